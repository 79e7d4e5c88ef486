using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;
using static X0tta6bl4.Identity.X509.SvidRefusalReason;

namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>Chains that must be refused: what is wrong, which requirement says so, the reason and the alert.</summary>
internal static partial class BadChains
{
    private const string Ours = "URI:spiffe://example.org/a";

    public static IReadOnlyList<SvidCase> All { get; } =
    [
        .. Names, .. Usages, .. Keys, .. Times, .. Chains, .. Constraints, .. Shapes, .. MoreChains, .. MoreConstraints, .. MoreUsages,
        .. Forged,
        .. Ids.Bad.Select(id => Bad(
            id.Requirement, id.What, BadSpiffeId, TlsAlert.BadCertificate, a => a.Leaf(w => w.WithUris(id.Uri)))),
    ];

    private static IReadOnlyList<SvidCase> Names =>
    [
        Bad("X-1", "no alternative names", NotOneUri, a => a.Leaf(w => w with { Names = null, Subject = "/CN=a" })),
        Bad("X-1", "a DNS name only", NotOneUri, a => a.Leaf(w => w with { Names = "critical,DNS:example.org" })),
        Bad("X-1", "an address only", NotOneUri, a => a.Leaf(w => w with { Names = "critical,IP:10.0.0.1" })),
        Bad("X-1", "the ID in the common name only", NotOneUri, a => a.Leaf(
            w => w with { Names = null, Subject = @"/CN=spiffe:\/\/example.org\/a" })),
        Bad("X-1", "the ID as a mail address", NotOneUri, a => a.Leaf(w => w with { Names = "critical,email:spiffe@example.org" })),
        Bad("X-2", "two SPIFFE IDs", NotOneUri, a => a.Leaf(w => w.WithUris("spiffe://example.org/a", "spiffe://example.org/b"))),
        Bad("X-2", "the same ID twice", NotOneUri, a => a.Leaf(w => w.WithUris("spiffe://example.org/a", "spiffe://example.org/a"))),
        Bad("X-22", "an ID and a web address", NotOneUri, a => a.Leaf(w => w.WithUris("spiffe://example.org/a", "https://example.org/")), "X-2"),
        Bad("X-22", "a web address and an ID", NotOneUri, a => a.Leaf(w => w.WithUris("https://example.org/", "spiffe://example.org/a")), "X-2"),
        Bad("X-22", "three URIs", NotOneUri, a => a.Leaf(w => w.WithUris("a:b", "spiffe://example.org/a", "c:d")), "X-2"),
        Bad("X-4", "an ID without a path", NoPath, a => a.Leaf(w => w.WithUris("spiffe://example.org")), "X-21"),
        Bad("X-21", "an ID without a path, with a subject", NoPath, a => a.Leaf(
            w => w.WithUris("spiffe://example.org") with { Subject = "/CN=a" })),
        Bad("X-5", "names that are not critical, without a subject", NamesNotCritical, a => a.Leaf(w => w with { Names = Ours })),
        Bad("X-5", "names that are not critical, of an intermediate's leaf", NamesNotCritical, a => a.Below(
            w => w, w => w with { Names = Ours })),
        Bad("B-1", "a trust domain we do not know", UnknownTrustDomain, a => a.Leaf(w => w.WithUris("spiffe://unknown.org/a"))),
        Bad("B-1", "another trust domain, signed by ours", UnknownAuthority, a => a.Leaf(w => w.WithUris("spiffe://other.org/a")), "X-17"),
        Bad("W-11", "our trust domain, signed by another's authority", UnknownAuthority,
            a => [a.Mint.Leaf(a.Foreign).Der], "X-17"),
        .. new[] { "example.org.", "example.org.evil.org", "xn--exmple-cua.org", "examp1e.org", "example-org", "www.example.org", "example.or" }
            .Select(domain => Bad(
                "B-1", $"the look-alike {domain}", UnknownTrustDomain, a => a.Leaf(w => w.WithUris($"spiffe://{domain}/a")))),
    ];

    private static IReadOnlyList<SvidCase> Usages =>
    [
        Bad("X-18", "a leaf that is an authority", LeafIsAuthority, a => a.Leaf(w => w with { Basic = "critical,CA:TRUE" })),
        Bad("X-18", "a leaf that is an authority for none", LeafIsAuthority, a => a.Leaf(w => w with { Basic = "critical,CA:TRUE,pathlen:0" })),
        Bad("X-8", "an intermediate as a leaf", NoPath, a => [a.Mint.Intermediate("i", a.Root).Der], "X-21"),
        Bad("X-8", "an intermediate with a path as a leaf", LeafIsAuthority, a =>
            [a.Mint.Intermediate("i", a.Root, w => w.WithUris("spiffe://example.org/a")).Der], "X-18"),
        Bad("X-8", "the root itself", NoPath, a => [a.Root.Der], "X-21"),
        Bad("X-11", "no key usage", LeafKeyUsage, a => a.Leaf(w => w with { Usage = null })),
        Bad("X-11", "no key usage, below an intermediate", LeafKeyUsage, a => a.Below(w => w, w => w with { Usage = null })),
        Bad("X-12", "key usage not critical", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "digitalSignature" })),
        Bad("X-12", "key usage not critical, with more in it", LeafKeyUsage, a => a.Leaf(
            w => w with { Usage = "digitalSignature,keyEncipherment" })),
        Bad("X-14", "key encipherment alone", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "critical,keyEncipherment" })),
        Bad("X-14", "key agreement alone", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "critical,keyAgreement" })),
        Bad("X-14", "non-repudiation alone", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "critical,nonRepudiation" })),
        Bad("X-15", "certificate signing too", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "critical,digitalSignature,keyCertSign" })),
        Bad("X-19", "list signing too", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "critical,digitalSignature,cRLSign" }), "X-15"),
        Bad("X-19", "everything", LeafKeyUsage, a => a.Leaf(
            w => w with { Usage = "critical,digitalSignature,keyEncipherment,keyCertSign,cRLSign" }), "X-15"),
        Bad("X-16", "client authentication alone", ExtendedKeyUsage, a => a.Leaf(w => w with { Extended = "clientAuth" })),
        Bad("X-16", "server authentication alone", ExtendedKeyUsage, a => a.Leaf(w => w with { Extended = "serverAuth" })),
        Bad("X-16", "code signing alone", ExtendedKeyUsage, a => a.Leaf(w => w with { Extended = "critical,codeSigning" })),
        Bad("X-16", "any purpose alone", ExtendedKeyUsage, a => a.Leaf(w => w with { Extended = "anyExtendedKeyUsage" })),
        Bad("X-17", "a critical extension of nobody", UnknownCriticalExtension, a => a.Leaf(
            w => w with { More = "1.2.3.4.5=critical,ASN1:UTF8String:x" })),
        Bad("X-17", "a critical policy", UnknownCriticalExtension, a => a.Leaf(
            w => w with { More = "certificatePolicies=critical,1.2.3.4" })),
        Bad("X-17", "a critical extension of an intermediate", UnknownCriticalExtension, a => a.Below(
            w => w with { More = "1.2.3.4.5=critical,ASN1:NULL" })),
        Bad("X-17", "a critical policy constraint of an intermediate", UnknownCriticalExtension, a => a.Below(
            w => w with { More = "policyConstraints=critical,requireExplicitPolicy:0" })),
    ];

    private static IReadOnlyList<SvidCase> Keys =>
    [
        .. new[] { "rsa1024", "rsa512", "p521", "secp256k1", "p256-explicit", "ed448", "rsa8192" }.Select(key => Bad(
            "U-9", $"a leaf's key {key}", WeakKey, a => a.Leaf(w => w with { Key = key, Digest = "sha256" }))),
        .. new[] { "rsa1024", "p521", "secp256k1", "p256-explicit", "ed448" }.Select(key => Bad(
            "U-9", $"an authority's key {key}", WeakKey, a => a.Below(w => w with { Key = key }))),
        Bad("U-9", "SHA-1", SignatureAlgorithm, a => a.Leaf(w => w with { Digest = "sha1" })),
        Bad("U-9", "SHA-224", SignatureAlgorithm, a => a.Leaf(w => w with { Digest = "sha224" })),
        Bad("U-9", "ECDSA with SHA-512", SignatureAlgorithm, a => a.Leaf(w => w with { Digest = "sha512" })),
        Bad("U-9", "RSA with SHA-1", SignatureAlgorithm, a => a.Below(w => w with { Key = "rsa2048" }, w => w with { Digest = "sha1" })),
        Bad("U-9", "RSA with MD5", SignatureAlgorithm, a => a.Below(w => w with { Key = "rsa2048" }, w => w with { Digest = "md5" })),
        Bad("U-9", "SHA-3", SignatureAlgorithm, a => a.Leaf(w => w with { Digest = "sha3-256" })),
        Bad("X-17", "a signature with a bit changed", BadSignature, a => Changed(a.Leaf(w => w), leaf => leaf[^3] ^= 1)),
        Bad("X-17", "an ID changed after signing", BadSignature, a => Changed(
            a.Leaf(w => w.WithUris("spiffe://example.org/aaaa")), leaf => leaf[leaf.AsSpan().IndexOf("/aaaa"u8) + 4] = (byte)'b')),
        Bad("X-17", "an intermediate's name changed after signing", BadSignature, a =>
        {
            var chain = a.Below(w => w.WithUris("spiffe://example.org"));
            chain[1][chain[1].AsSpan().IndexOf("middle"u8)] = (byte)'M';
            return chain;
        }),
    ];

    private static IReadOnlyList<SvidCase> Times =>
    [
        Expiring("X-17", "expired two minutes ago", Expired, -3600, -120),
        Expiring("X-17", "expired a year ago", Expired, -31_536_000, -31_532_400),
        Expiring("X-17", "valid in two minutes", NotYetValid, 120, 3600),
        Expiring("X-17", "valid next year", NotYetValid, 31_536_000, 31_539_600),
        Bad("X-17", "an expired intermediate", Expired, TlsAlert.CertificateExpired, a => a.Below(
            w => w with { NotAfter = Mint.Now - TimeSpan.FromMinutes(2) })),
        Bad("X-17", "an intermediate of tomorrow", NotYetValid, TlsAlert.CertificateExpired, a => a.Below(
            w => w with { NotBefore = Mint.Now + TimeSpan.FromDays(1) })),
        Bad("U-4", "an expired root of the bundle", Expired, TlsAlert.CertificateExpired, a =>
            [a.Mint.Leaf(a.ExpiredRoot).Der], "X-17"),
        Bad("U-1", "an hour and 61 seconds", LifetimeTooLong, a => a.Leaf(
            w => w with { NotBefore = Mint.Now, NotAfter = Mint.Now + TimeSpan.FromSeconds(3661) })),
        Bad("U-1", "a day", LifetimeTooLong, a => a.Leaf(w => w with { NotAfter = Mint.Now + TimeSpan.FromDays(1) })),
        Bad("U-1", "a year", LifetimeTooLong, a => a.Leaf(w => w with { NotAfter = Mint.Now + TimeSpan.FromDays(365) })),
        Bad("U-1", "until the end of time", LifetimeTooLong, a => a.Leaf(
            w => w with { NotAfter = new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero) })),
    ];

    private static IReadOnlyList<SvidCase> Chains =>
    [
        Bad("X-17", "nothing", NoCertificate, TlsAlert.CertificateRequired, _ => [], "U-8"),
        Bad("X-17", "a self-signed leaf", UnknownAuthority, TlsAlert.UnknownCa, a =>
            [a.Mint.Root("self", w => w with { Basic = null, Usage = "critical,digitalSignature", Names = Ours, NotBefore = Mint.Now, NotAfter = Mint.Now + TimeSpan.FromHours(1) }).Der]),
        Bad("X-17", "an authority that only calls itself the root", UnknownAuthority, TlsAlert.UnknownCa, a =>
            [a.Mint.Leaf(a.Impostor).Der]),
        Bad("X-17", "an authority that calls itself the root and hides its key's name", BadSignature, a =>
            [a.Mint.Leaf(a.Impostor, w => w with { More = "authorityKeyIdentifier=none" }).Der]),
        Bad("X-17", "an authority that only calls itself the root, sent along", BadSignature, a =>
            [a.Mint.Leaf(a.Impostor).Der, a.Impostor.Der]),
        Bad("X-17", "a missing intermediate", UnknownAuthority, TlsAlert.UnknownCa, a => a.Below(w => w)[..1]),
        Bad("X-17", "a foreign intermediate", UnknownAuthority, TlsAlert.UnknownCa, a =>
            [a.Mint.Leaf(a.Mint.Intermediate("x", a.Root)).Der, a.Mint.Intermediate("y", a.Root).Der]),
        Bad("X-17", "a foreign intermediate of the same name", BadSignature, a =>
            [a.Mint.Leaf(a.Mint.Intermediate("x", a.Root)).Der, a.Mint.Intermediate("x", a.Root).Der]),
        Bad("X-17", "an intermediate of a foreign root", UnknownAuthority, TlsAlert.UnknownCa, a =>
        {
            var middle = a.Mint.Intermediate("middle", a.Foreign);
            return [a.Mint.Leaf(middle).Der, middle.Der];
        }),
        Bad("X-17", "the intermediate first", NoPath, a => [.. a.Below(w => w).Reverse()], "X-21"),
        Bad("X-17", "intermediates in the wrong order", UnknownAuthority, TlsAlert.UnknownCa, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root);
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, one.Der, two.Der];
        }),
        Bad("X-17", "a certificate twice", Malformed, a => a.Below(w => w) is var c ? [c[0], c[1], c[1]] : []),
        Bad("X-17", "a loop", Malformed, a => a.Below(w => w) is var c ? [c[0], c[1], c[0]] : []),
        Bad("X-17", "something that has nothing to do with it behind the chain", UnknownAuthority, TlsAlert.UnknownCa, a =>
            [.. a.Below(w => w), a.Mint.Intermediate("stray", a.Root).Der]),
        Bad("X-9", "a leaf that signs a leaf", IssuerIsNoAuthority, a =>
        {
            var one = a.Mint.Leaf(a.Root, w => w with { Subject = "/CN=one" });
            return [a.Mint.Leaf(one).Der, one.Der];
        }),
        Bad("X-9", "an intermediate without basic constraints", IssuerIsNoAuthority, a => a.Below(w => w with { Basic = null })),
        Bad("X-9", "an intermediate with cA false", IssuerIsNoAuthority, a => a.Below(w => w with { Basic = "critical,CA:FALSE" })),
        Bad("X-13", "an intermediate without certificate signing", IssuerIsNoAuthority, a => a.Below(w => w with { Usage = "critical,cRLSign" })),
        Bad("X-13", "an intermediate without key usage", IssuerIsNoAuthority, a => a.Below(w => w with { Usage = null })),
        Bad("X-9", "an intermediate below one that allows none", PathTooLong, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Basic = "critical,CA:TRUE,pathlen:0" });
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("X-9", "two intermediates below one that allows one", PathTooLong, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Basic = "critical,CA:TRUE,pathlen:1" });
            var two = a.Mint.Intermediate("two", one);
            var three = a.Mint.Intermediate("three", two, w => w with { Basic = "critical,CA:TRUE,pathlen:9" });
            return [a.Mint.Leaf(three).Der, three.Der, two.Der, one.Der];
        }),
        Bad("X-7", "an intermediate whose ID has a path", IssuerId, a => a.Below(w => w.WithUris("spiffe://example.org/ca"))),
        Bad("X-7", "an intermediate of another trust domain", IssuerId, a => a.Below(w => w.WithUris("spiffe://other.org"))),
        .. new[] { "spiffe://other.org/ca/", "SPIFFE://other.org", "spiffe://Other.org", "spiffe://other.org?x", "spiffe:" }.Select(uri => Bad(
            "X-7", $"an intermediate with the broken ID {uri}", IssuerId, a => a.Below(w => w.WithUris(uri)))),
        .. new[] { " #zz", " #3080", "#0c04726f6f74", " #0c04726f6f74" }.Select(name => Bad(
            "X-17", $"an issuer whose name \"{name}\" some parsers decode", UnknownAuthority, TlsAlert.UnknownCa,
            a => [a.Mint.Leaf(a.Mint.Root(name)).Der])),
        Bad("X-7", "an intermediate with two IDs", IssuerId, a => a.Below(
            w => w.WithUris("spiffe://example.org", "spiffe://other.org")), "X-2"),
    ];

    private static IReadOnlyList<SvidCase> Constraints =>
    [
        Constrained("another trust domain permitted", "permitted;URI:other.org"),
        Constrained("only hosts below ours permitted", "permitted;URI:.example.org"),
        Constrained("ours excluded", "excluded;URI:example.org"),
        Constrained("ours permitted and excluded", "permitted;URI:example.org,excluded;URI:example.org"),
        Constrained("another subject permitted", "permitted;dirName:site", w => w with { Subject = "/O=elsewhere/CN=a" }, "[site]\nO=site"),
        Constrained("the subject excluded", "excluded;dirName:site", w => w with { Subject = "/O=site/CN=a" }, "[site]\nO=site"),
        Constrained("another DNS name permitted", "permitted;DNS:other.example", w => w with { Names = $"critical,DNS:a.example,{Ours}" }),
        Constrained("a DNS name that only ends alike", "permitted;DNS:ample", w => w with { Names = $"critical,DNS:a.example,{Ours}" }),
        Constrained("a DNS name excluded", "excluded;DNS:example", w => w with { Names = $"critical,DNS:a.example,{Ours}" }),
        Constrained("another address permitted", "permitted;IP:10.0.0.0/255.0.0.0", w => w with { Names = $"critical,IP:11.0.0.1,{Ours}" }),
        Constrained("an address excluded", "excluded;IP:10.0.0.0/255.255.255.0", w => w with { Names = $"critical,IP:10.0.0.77,{Ours}" }),
        Constrained("another mail host permitted", "permitted;email:other.org", w => w with { Names = $"critical,email:a@example.org,{Ours}" }),
        Constrained("a mailbox excluded", "excluded;email:a@example.org", w => w with { Names = $"critical,email:a@example.org,{Ours}" }),
        Constrained("a subject's mailbox excluded", "excluded;email:a@example.org", w => w with { Subject = "/CN=a/emailAddress=a@example.org" }),
        Constrained("a name of a kind nobody compares", "permitted;RID:1.2.3", w => w with { Names = $"critical,RID:1.2.3.4,{Ours}" }),
        Bad("X-10", "constraints that are not critical", NameConstraint, a => a.Below(w => w with { Constraints = "permitted;URI:other.org" })),
        Bad("X-10", "an intermediate outside its authority's names", NameConstraint, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Constraints = "critical,permitted;dirName:site", More = "[site]\nO=site" });
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("X-10", "constraints two levels up", NameConstraint, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Names = null, Constraints = "critical,permitted;URI:other.org" });
            var two = a.Mint.Intermediate("two", one, w => w with { Names = null });
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("U-5", "outside the names of a root of the bundle", NameConstraint, a => [a.Mint.Leaf(a.NarrowRoot).Der], "X-10"),
        Bad("U-5", "outside the names of a root, through an intermediate", NameConstraint, a =>
        {
            var middle = a.Mint.Intermediate("middle", a.NarrowRoot, w => w with { Names = null });
            return [a.Mint.Leaf(middle).Der, middle.Der];
        }, "X-10"),
    ];

    private static IReadOnlyList<SvidCase> Shapes =>
    [
        Shape("no bytes", _ => []),
        Shape("one byte", _ => [0x30]),
        Shape("text", _ => "-----BEGIN CERTIFICATE-----"u8.ToArray()),
        Shape("an empty sequence", _ => [0x30, 0x00]),
        Shape("a number", _ => [0x02, 0x01, 0x01]),
        Shape("bytes behind it", leaf => [.. leaf, 0]),
        Shape("its last byte missing", leaf => leaf[..^1]),
        Shape("an indefinite length", leaf => [0x30, 0x80, .. leaf[4..], 0, 0]),
        Shape("a length of four bytes", leaf => [0x30, 0x84, 0, 0, .. leaf[2..]]),
        Shape("a length longer than need be", leaf => [0x30, 0x83, 0, .. leaf[2..]]),
        Shape("a million bytes in its length", leaf => [0x30, 0x83, 0x10, 0, 0, .. leaf[4..]]),
        Shape("sequences nested 4,000 deep", _ => Nested(4000)),
        Shape("sequences nested 30 deep", _ => Nested(30)),
        Bad("U-3", "five certificates", TooLarge, a =>
        {
            var top = a.Root;
            var chain = new List<byte[]>();
            for (var i = 0; i < 4; i++)
            {
                top = a.Mint.Intermediate($"level {i}", top);
                chain.Insert(0, top.Der);
            }

            return [a.Mint.Leaf(top).Der, .. chain];
        }),
        Bad("U-3", "17 KiB", TooLarge, a => a.Leaf(w => w with { More = $"1.2.3.4.5=ASN1:UTF8String:{new string('x', 17_000)}" })),
        Bad("U-3", "10 MiB", TooLarge, a => [.. a.Leaf(w => w), new byte[10 * 1024 * 1024]]),
        Bad("U-3", "a thousand certificates", TooLarge, a => [.. Enumerable.Repeat(a.Root.Der, 1000)]),
        Bad("U-3", "65 alternative names", Malformed, a => a.Leaf(w => w with
        {
            Names = $"critical,{string.Join(',', Enumerable.Range(0, 64).Select(i => $"DNS:n{i}.example"))},{Ours}",
        }), "X-17"),
        Bad("U-3", "65 name constraints", Malformed, a => a.Below(w => w with
        {
            Constraints = $"critical,{string.Join(',', Enumerable.Range(0, 65).Select(i => $"permitted;DNS:n{i}.example"))}",
        }), "X-17"),
    ];

    private static SvidCase Expiring(string requirement, string what, SvidRefusalReason reason, int fromSeconds, int toSeconds) =>
        Bad(requirement, what, reason, TlsAlert.CertificateExpired, a => a.Leaf(w => w with
        {
            NotBefore = Mint.Now + TimeSpan.FromSeconds(fromSeconds),
            NotAfter = Mint.Now + TimeSpan.FromSeconds(toSeconds),
        }));

    private static SvidCase Constrained(string what, string constraints, Func<Wish, Wish>? leaf = null, string section = "") =>
        Bad("X-10", what, NameConstraint, a => a.Below(w => w with { Constraints = $"critical,{constraints}", More = section }, leaf));

    private static SvidCase Shape(string what, Func<byte[], byte[]> change) =>
        Bad("X-17", $"a certificate with {what}", Malformed, a => [change(a.Leaf(w => w)[0])]);

    private static byte[][] Changed(byte[][] chain, Action<byte[]> change)
    {
        change(chain[0]);
        return chain;
    }

    /// <summary>Sequences in one another, with their right lengths.</summary>
    private static byte[] Nested(int depth)
    {
        byte[] bytes = [];
        for (var i = 0; i < depth; i++)
        {
            byte[] head = bytes.Length < 128 ? [0x30, (byte)bytes.Length]
                : bytes.Length < 256 ? [0x30, 0x81, (byte)bytes.Length]
                : [0x30, 0x82, (byte)(bytes.Length >> 8), (byte)bytes.Length];
            bytes = [.. head, .. bytes];
        }

        return bytes;
    }

    /// <summary>A case whose alert is the one that goes with its reason.</summary>
    private static SvidCase Bad(
        string requirement, string what, SvidRefusalReason reason, Func<Authorities, byte[][]> chain, string? said = null) =>
        Bad(requirement, what, reason, reason switch
        {
            UnknownTrustDomain or UnknownAuthority => TlsAlert.UnknownCa,
            Expired or NotYetValid => TlsAlert.CertificateExpired,
            WeakKey or SignatureAlgorithm or UnknownCriticalExtension => TlsAlert.UnsupportedCertificate,
            _ => TlsAlert.BadCertificate,
        }, chain, said);

    private static SvidCase Bad(
        string requirement, string what, SvidRefusalReason reason, TlsAlert alert, Func<Authorities, byte[][]> chain,
        string? said = null) =>
        new($"{requirement}: {what}", said ?? requirement, reason, alert, chain);
}
