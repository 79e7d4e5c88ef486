using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>Chains that must be believed.</summary>
internal static class GoodChains
{
    public static IReadOnlyList<SvidCase> All { get; } =
    [
        Good("X-1, X-2, X-4, X-11, X-12, X-15, X-18, X-19, X-20, X-21, X-22, B-1, B-7", "a leaf of the root", a => a.Leaf(w => w)),
        Good("X-3", "a DNS name and an address beside the URI", a => a.Leaf(w => w with
        {
            Names = "critical,DNS:a.example,IP:10.0.0.1,email:a@b.c,URI:spiffe://example.org/a",
        })),
        Good("X-5", "a subject, and names that are not critical", a => a.Leaf(w => w with
        {
            Subject = "/CN=a", Names = "URI:spiffe://example.org/a",
        })),
        Good("X-9", "no basic constraints at all", a => a.Leaf(w => w with { Basic = null })),
        Good("X-9", "a path length that is just enough", a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Basic = "critical,CA:TRUE,pathlen:1" });
            var two = a.Mint.Intermediate("two", one, w => w with { Basic = "critical,CA:TRUE,pathlen:0" });
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Good("X-10", "a permitted trust domain", a => a.Below(
            w => w with { Constraints = "critical,permitted;URI:example.org,excluded;URI:evil.org" })),
        Good("X-10", "a permitted subject", a => a.Below(
            w => w with { Constraints = "critical,permitted;dirName:site", More = "[site]\nO=site" },
            w => w with { Subject = "/O=site/CN=a" })),
        Good("X-10", "a permitted DNS name, address and mail address", a => a.Below(
            w => w with
            {
                Constraints = "critical,permitted;DNS:example,permitted;IP:10.0.0.0/255.0.0.0,permitted;email:.b.c",
            },
            w => w with { Names = "critical,DNS:a.example,IP:10.1.2.3,email:a@x.b.c,URI:spiffe://example.org/a" })),
        Good("X-14", "key encipherment and agreement beside digital signature", a => a.Leaf(
            w => w with { Usage = "critical,digitalSignature,keyEncipherment,keyAgreement" })),
        Good("X-16", "no extended key usage", a => a.Leaf(w => w with { Extended = null })),
        Good("X-16", "a critical extended key usage", a => a.Leaf(w => w with { Extended = "critical,serverAuth,clientAuth" })),
        Good("X-7, X-8, X-9, X-13, X-17, ID-20", "an intermediate", a => a.Below(w => w)),
        Good("X-17", "an intermediate, and the root sent along", a => [.. a.Below(w => w), a.Root.Der]),
        Good("X-17", "an intermediate without an ID", a => a.Below(w => w with { Names = null })),
        Good("U-1, U-4", "an hour and SPIRE's ten seconds", a => a.Leaf(
            w => w with { NotBefore = Mint.Now, NotAfter = Mint.Now + TimeSpan.FromSeconds(3610) })),
        Good("U-1", "an hour and a minute to the second", a => a.Leaf(
            w => w with { NotBefore = Mint.Now, NotAfter = Mint.Now + TimeSpan.FromSeconds(3660) })),
        Good("W-11, B-1", "another trust domain, by its own authority", a => [a.Mint.Leaf(a.Foreign, w => w.WithUris("spiffe://other.org/a")).Der]),
        Good("U-3", "four certificates", a =>
        {
            var one = a.Mint.Intermediate("one", a.Root);
            var two = a.Mint.Intermediate("two", one);
            var three = a.Mint.Intermediate("three", two);
            return [a.Mint.Leaf(three).Der, three.Der, two.Der, one.Der];
        }),
        Good("U-3", "just under 16 KiB", a => a.Leaf(w => w with { More = $"1.2.3.4.5=ASN1:UTF8String:{new string('x', 15_700)}" })),
        Good("U-5, X-10", "inside the names of a root of the bundle", a => [a.Mint.Leaf(a.NarrowRoot, w => w.WithUris("spiffe://a.b.example.org/a")).Der]),
        Good("X-17", "valid in 59 seconds", a => a.Leaf(w => w with { NotBefore = Mint.Now.AddSeconds(59), NotAfter = Mint.Now.AddSeconds(3000) })),
        Good("X-17", "expired 59 seconds ago", a => a.Leaf(w => w with { NotBefore = Mint.Now.AddSeconds(-3000), NotAfter = Mint.Now.AddSeconds(-59) })),
        Good("U-9", "an RSA leaf's key with the exponent 3", a => a.Leaf(w => w with { Key = "rsa-exponent3" })),
        Good("U-9", "a leaf's key on P-384", a => a.Leaf(w => w with { Key = "p384" })),
        Good("U-9", "an Ed25519 leaf's key", a => a.Leaf(w => w with { Key = "ed25519" })),
        Good("U-9", "an RSA leaf's key of 2048 bits", a => a.Leaf(w => w with { Key = "rsa2048" })),
        Good("U-9", "an Ed25519 authority", a => a.Below(w => w with { Key = "ed25519" })),
        Good("U-9", "keys of 4096 bits, the authority's and the leaf's",
            a => a.Below(w => w with { Key = "rsa4096" }, w => w with { Key = "rsa4096" })),
        Good("U-9", "an RSA authority with SHA-512", a => a.Below(w => w with { Key = "rsa2048" }, w => w with { Digest = "sha512" })),
        Good("U-9", "a P-384 authority with SHA-384", a => a.Below(w => w with { Key = "p384" }, w => w with { Digest = "sha384" })),
        .. Ids.Good.Select(id => Good(
            id.Requirement, $"the ID {id.What}", a => [a.Mint.Leaf(a.NamelessRoot, w => w.WithUris(id.Uri)).Der])),
    ];

    private static SvidCase Good(string requirement, string what, Func<Authorities, byte[][]> chain) =>
        new($"{requirement}: {what}", "", null, null, chain);
}
