using X0tta6bl4.Identity.Tests.Minting;
using static X0tta6bl4.Identity.X509.SvidRefusalReason;

namespace X0tta6bl4.Identity.Tests.X509;

/// <content>Usages, chains and name constraints that are well formed and wrong.</content>
internal static partial class BadChains
{
    private static IReadOnlyList<SvidCase> MoreUsages =>
    [
        .. new[] { "dataEncipherment", "encipherOnly,keyAgreement", "decipherOnly,keyAgreement" }.Select(usage => Bad(
            "X-14", $"{usage} alone", LeafKeyUsage, a => a.Leaf(w => w with { Usage = $"critical,{usage}" }))),
        Bad("X-14", "certificate signing alone", LeafKeyUsage, a => a.Leaf(w => w with { Usage = "critical,keyCertSign" })),
        Bad("X-15", "certificate and list signing too", LeafKeyUsage, a => a.Leaf(
            w => w with { Usage = "critical,digitalSignature,keyCertSign,cRLSign" })),
        Bad("X-15", "certificate signing too, below an intermediate", LeafKeyUsage, a => a.Below(
            w => w, w => w with { Usage = "critical,digitalSignature,keyCertSign" })),
        Bad("X-19", "list signing too, below an intermediate", LeafKeyUsage, a => a.Below(
            w => w, w => w with { Usage = "critical,digitalSignature,cRLSign" }), "X-15"),
        Bad("X-18", "an authority that may sign certificates, with a path", LeafIsAuthority, a => a.Leaf(
            w => w with { Basic = "critical,CA:TRUE", Usage = "critical,digitalSignature,keyCertSign" })),
        Bad("X-18", "cA in constraints that are not critical", LeafIsAuthority, a => a.Leaf(w => w with { Basic = "CA:TRUE" })),
        Bad("X-20", "a web address for an ID", BadSpiffeId, a => a.Leaf(w => w.WithUris("https://example.org/a")), "ID-1"),
        Bad("X-20", "a urn for an ID", BadSpiffeId, a => a.Leaf(w => w.WithUris("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6")), "ID-1"),
        Bad("X-4", "an ID of a slash alone", BadSpiffeId, a => a.Leaf(w => w.WithUris("spiffe://example.org/") with { Subject = "/CN=a" }), "ID-12"),
        Bad("X-21", "an ID without a path, below an intermediate", NoPath, a => a.Below(w => w, w => w.WithUris("spiffe://example.org"))),
        Bad("ID-2", "a path and no trust domain, with a subject", BadSpiffeId, a => a.Leaf(w => w.WithUris("spiffe:///a") with { Subject = "/CN=example.org" }), "ID-4"),
        Bad("ID-2", "no trust domain and no path", BadSpiffeId, a => a.Leaf(w => w.WithUris("spiffe://") with { Subject = "/CN=example.org" }), "ID-4"),
        .. new[] { "timeStamping", "OCSPSigning", "emailProtection", "serverAuth,codeSigning", "clientAuth,emailProtection", "serverAuth,anyExtendedKeyUsage" }
            .Select(usage => Bad("X-16", $"{usage} alone, for extended usage", ExtendedKeyUsage, a => a.Leaf(w => w with { Extended = usage }))),
        Bad("X-16", "client authentication alone, critical, below an intermediate", ExtendedKeyUsage, a => a.Below(
            w => w, w => w with { Extended = "critical,clientAuth" })),
        .. new[]
        {
            "policyConstraints=critical,requireExplicitPolicy:0", "inhibitAnyPolicy=critical,0", "crlDistributionPoints=critical,URI:http://a.example/crl",
            "issuerAltName=critical,URI:http://a.example", "tlsfeature=critical,status_request", "subjectKeyIdentifier=critical,hash",
            "authorityInfoAccess=critical,OCSP;URI:http://a.example", "2.5.29.33=critical,ASN1:NULL", "1.3.6.1.4.1.11129.2.4.3=critical,ASN1:NULL",
        }.Select(line => Bad(
            "X-17", $"critical on a leaf: {line[..line.IndexOf('=')]}", UnknownCriticalExtension, a => a.Leaf(w => w with { More = line }))),
        .. new[] { "inhibitAnyPolicy=critical,0", "2.5.29.33=critical,ASN1:NULL", "certificatePolicies=critical,1.2.3.4" }.Select(line => Bad(
            "X-17", $"critical on an intermediate: {line[..line.IndexOf('=')]}", UnknownCriticalExtension, a => a.Below(w => w with { More = line }))),
        .. new[] { "p224", "brainpool256", "rsa-pss" }.Select(key => Bad(
            "U-9", $"a leaf's key {key}", WeakKey, a => a.Leaf(w => w with { Key = key }))),
        .. new[] { "p224", "brainpool256", "rsa8192" }.Select(key => Bad(
            "U-9", $"an authority's key {key}", WeakKey, a => a.Below(w => w with { Key = key }))),
        .. new[] { "sha224", "sha3-256", "sha512-256" }.Select(digest => Bad(
            "U-9", $"RSA with {digest}", SignatureAlgorithm, a => a.Below(w => w with { Key = "rsa2048" }, w => w with { Digest = digest }))),
        Bad("U-9", "SHA-1, by an intermediate", SignatureAlgorithm, a => a.Below(w => w, w => w with { Digest = "sha1" })),
        Bad("U-9", "SHA-1, of an intermediate", SignatureAlgorithm, a => a.Below(w => w with { Digest = "sha1" })),
        Expiring("X-17", "expired 61 seconds ago", Expired, -3000, -61),
        Expiring("X-17", "valid in 61 seconds", NotYetValid, 61, 3000),
        Expiring("X-17", "of a time of no length, an hour ago", Expired, -3600, -3600),
        Bad("X-17", "an intermediate that expired 61 seconds ago", Expired, a => a.Below(w => w with { NotAfter = Mint.Now.AddSeconds(-61) })),
        Bad("U-4", "an expired root of the bundle, through an intermediate that is valid", Expired, a =>
        {
            var middle = a.Mint.Intermediate("middle", a.ExpiredRoot);
            return [a.Mint.Leaf(middle).Der, middle.Der];
        }, "X-17"),
        Bad("U-4", "an expired root of the bundle, sent along", Expired, a => [a.Mint.Leaf(a.ExpiredRoot).Der, a.ExpiredRoot.Der], "X-17"),
        Bad("U-1", "an hour and 61 seconds, below an intermediate", LifetimeTooLong, a => a.Below(
            w => w, w => w with { NotBefore = Mint.Now, NotAfter = Mint.Now.AddSeconds(3661) })),
        Bad("U-1", "from 1950 until the end of time", LifetimeTooLong, a => a.Leaf(w => w with
        {
            NotBefore = new DateTimeOffset(1950, 1, 1, 0, 0, 0, TimeSpan.Zero),
            NotAfter = new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero),
        })),
    ];

    private static IReadOnlyList<SvidCase> MoreChains =>
    [
        .. new[]
        {
            "exarnple.org", "example.org-", "-example.org", "example..org", ".example.org", "example.org_", "example.com", "example.org.example.org",
            "sub.example.org", "org", "010.0.0.1", "0x7f000001", "2130706433",
        }.Select(domain => Bad("B-1", $"the look-alike {domain}", UnknownTrustDomain, a => a.Leaf(w => w.WithUris($"spiffe://{domain}/a")))),
        .. new[] { "127.0.0.01", "a.b", "_." }.Select(domain => Bad(
            "ID-9", $"{domain}, which is another than one we know only to who reads addresses and host names", UnknownTrustDomain,
            a => [a.Mint.Leaf(a.NamelessRoot, w => w.WithUris($"spiffe://{domain}/a")).Der], "B-1")),
        Bad("B-7", "a trust domain whose bundle is empty", UnknownTrustDomain, a => a.Leaf(w => w.WithUris("spiffe://empty.org/a")), "B-1"),
        Bad("B-7", "a trust domain whose bundle is empty, with the root sent along", UnknownTrustDomain,
            a => [.. a.Leaf(w => w.WithUris("spiffe://empty.org/a")), a.Root.Der], "B-1"),
        Bad("W-11", "another trust domain, signed by ours, through an intermediate", UnknownAuthority, a => a.Below(
            w => w with { Names = null }, w => w.WithUris("spiffe://other.org/a")), "X-17"),
        Bad("W-11", "our trust domain, by another's authority that calls itself ours", UnknownAuthority, a =>
        {
            var middle = a.Mint.Intermediate("root", a.Foreign);
            return [a.Mint.Leaf(middle).Der, middle.Der];
        }, "X-17"),
        Bad("B-1", "an authority of no bundle, sent along", UnknownAuthority, a =>
        {
            var alone = a.Mint.Root("nobody's root");
            return [a.Mint.Leaf(alone).Der, alone.Der];
        }, "X-17"),
        Bad("X-7", "an intermediate with an ID and a web address", IssuerId, a => a.Below(
            w => w.WithUris("spiffe://example.org", "https://example.org")), "X-2"),
        Bad("X-7", "the upper of two intermediates has a path", IssuerId, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w.WithUris("spiffe://example.org/one"));
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("X-7", "an intermediate of the trust domain above", IssuerId, a => a.Below(w => w.WithUris("spiffe://org"))),
        Bad("X-8", "an intermediate as a leaf, with another above it", NoPath, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root);
            return [a.Mint.Intermediate("two", one).Der, one.Der];
        }, "X-21"),
        Bad("X-17", "two authorities that signed each other", UnknownAuthority, a =>
        {
            var one = a.Mint.Root("one");
            var two = a.Mint.Intermediate("two", one);
            var oneAgain = a.Mint.Intermediate("one", two, w => w with { Key = "p256" });
            return [a.Mint.Leaf(two).Der, two.Der, oneAgain.Der];
        }),
        Bad("X-17", "an authority that signed itself, twice in different words", UnknownAuthority, a =>
        {
            var one = a.Mint.Root("self");
            var again = a.Mint.Renewed(one, w => w with { Subject = "/CN=self" });
            return [a.Mint.Leaf(one).Der, one.Der, again.Der];
        }),
        Bad("X-17", "the leaf once more at the end", Malformed, a => a.Leaf(w => w) is var c ? [c[0], c[0]] : []),
        Bad("X-17", "the root first", NoPath, a => [a.Root.Der, .. a.Leaf(w => w)], "X-21"),
        Bad("X-17", "another leaf between leaf and intermediate", UnknownAuthority, a =>
            a.Below(w => w) is var c ? [c[0], .. a.Leaf(w => w with { Subject = "/CN=between" }), c[1]] : []),
        Bad("X-17", "the upper of two intermediates missing", UnknownAuthority, a =>
        {
            var two = a.Mint.Intermediate("two", a.Mint.Intermediate("one", a.Root));
            return [a.Mint.Leaf(two).Der, two.Der];
        }),
        Bad("X-17", "the lower of two intermediates missing", UnknownAuthority, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root);
            return [a.Mint.Leaf(a.Mint.Intermediate("two", one)).Der, one.Der];
        }),
        Bad("X-17", "an intermediate that is like the right one, with another key", BadSignature, a =>
        {
            var one = a.Mint.Intermediate("twin", a.Root, w => w with { More = "subjectKeyIdentifier=none" });
            var other = a.Mint.Intermediate("twin", a.Root, w => w with { More = "subjectKeyIdentifier=none" });
            return [a.Mint.Leaf(one, w => w with { More = "authorityKeyIdentifier=none" }).Der, other.Der];
        }),
        Bad("X-17", "an intermediate changed after signing, in its key usage", BadSignature, a => a.Below(w => w with { Usage = "critical,cRLSign,keyCertSign" }) is var c
            ? [c[0], ChangedAt(c[1], [3, 2, 1, 6], 3, 4)] : []),
        Bad("X-9", "a leaf that signs an intermediate that signs a leaf", IssuerIsNoAuthority, a =>
        {
            var one = a.Mint.Leaf(a.Root, w => w with { Subject = "/CN=one" });
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("X-9", "an intermediate of version 1", IssuerIsNoAuthority, a =>
        {
            var chain = a.Below(w => w);
            return [chain[0], a.Mint.Forge(a.Root, chain[1], t =>
            {
                t.Children.RemoveAt(0);
                t.Children.RemoveAt(t.Children.Count - 1);
            })];
        }),
        Bad("X-13", "an intermediate for encipherment", IssuerIsNoAuthority, a => a.Below(w => w with { Usage = "critical,keyEncipherment,digitalSignature" })),
        Bad("X-13", "the upper of two intermediates without certificate signing", IssuerIsNoAuthority, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Usage = "critical,digitalSignature" });
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("U-3", "16 KiB and a byte, of several certificates", TooLarge, a =>
        {
            var chain = a.Below(w => w with { More = $"1.2.3.4.5=ASN1:UTF8String:{new string('x', 9_000)}" }, w => w with
            {
                More = $"1.2.3.4.5=ASN1:UTF8String:{new string('y', 8_000)}",
            });
            return chain;
        }),
        Bad("X-17", "a certificate with a long tag", Malformed, a => [[0x3F, 0x81, 0x01, .. a.Leaf(w => w)[0].AsSpan(1)]]),
        Bad("X-17", "two certificates in one's place", Malformed, a => a.Below(w => w) is var c ? [[.. c[0], .. c[1]]] : []),
        Bad("X-17", "a revocation list's beginning", Malformed, _ => [[0x30, 4, 0x30, 2, 2, 0]]),
        Bad("X-17", "half of an intermediate", Malformed, a => a.Below(w => w) is var c ? [c[0], c[1][..(c[1].Length / 2)]] : []),
        Bad("X-17", "no bytes for an intermediate", Malformed, a => [.. a.Leaf(w => w), []]),
        Bad("X-17", "an intermediate of indefinite length", Malformed, a => a.Below(w => w) is var c ? [c[0], [0x30, 0x80, .. c[1][4..], 0, 0]] : []),
    ];

    private static IReadOnlyList<SvidCase> MoreConstraints =>
    [
        Constrained("a trust domain permitted that ours only ends like", "permitted;URI:ple.org"),
        Constrained("a trust domain permitted that begins like ours", "permitted;URI:example.org.evil.org"),
        Constrained("the trust domain above ours permitted", "permitted;URI:org"),
        Constrained("hosts below the one above ours excluded", "excluded;URI:.org"),
        Constrained("ours excluded in capitals", "excluded;URI:EXAMPLE.ORG"),
        Constrained("another subject order permitted", "permitted;dirName:site", w => w with { Subject = "/CN=a/O=site" }, "[site]\nO=site"),
        Constrained("a longer subject permitted", "permitted;dirName:site", w => w with { Subject = "/O=site" }, "[site]\nO=site\nCN=a"),
        Constrained("no subject of the world but one permitted", "excluded;dirName:site", w => w with { Subject = "/O=site" }, "[site]\nO=site"),
        Constrained("a DNS name excluded in capitals", "excluded;DNS:EXAMPLE", w => w with { Names = $"critical,DNS:a.example,{Ours}" }),
        Constrained("the very DNS name excluded", "excluded;DNS:a.example", w => w with { Names = $"critical,DNS:a.example,{Ours}" }),
        Constrained("one of two DNS names not permitted", "permitted;DNS:example", w => w with { Names = $"critical,DNS:a.example,DNS:a.elsewhere,{Ours}" }),
        Constrained("a DNS name below a wildcard's excluded", "excluded;DNS:b.example", w => w with { Names = $"critical,DNS:a.b.example,{Ours}" }),
        Constrained("an address of version 6 permitted, one of version 4 shown", "permitted;IP:fd00::/ffff::", w => w with { Names = $"critical,IP:10.0.0.1,{Ours}" }),
        Constrained("another address of version 6 permitted", "permitted;IP:fd00::/ffff::", w => w with { Names = $"critical,IP:fd01::1,{Ours}" }),
        Constrained("an address of version 6 excluded", "excluded;IP:fd00::/ff00::", w => w with { Names = $"critical,IP:fd01::1,{Ours}" }),
        Constrained("every address excluded", "excluded;IP:0.0.0.0/0.0.0.0", w => w with { Names = $"critical,IP:10.0.0.1,{Ours}" }),
        Constrained("mail of hosts below permitted, of the host shown", "permitted;email:.example.org", w => w with { Names = $"critical,email:a@example.org,{Ours}" }),
        Constrained("mail of hosts below excluded", "excluded;email:.example.org", w => w with { Names = $"critical,email:a@b.example.org,{Ours}" }),
        Constrained("another mailbox permitted", "permitted;email:b@example.org", w => w with { Names = $"critical,email:a@example.org,{Ours}" }),
        Constrained("a subject's mailbox of another host", "permitted;email:other.org", w => w with { Subject = "/CN=a/emailAddress=a@example.org" }),
        Constrained("a registered number excluded, which nobody compares", "excluded;RID:1.2.3", w => w with { Names = $"critical,RID:1.2.4,{Ours}" }),
        Constrained("another name excluded, which nobody compares", "excluded;otherName:1.2.3;UTF8:x", w => w with { Names = $"critical,otherName:1.2.3;UTF8:y,{Ours}" }),
        Bad("X-10", "two authorities, each permits another half", NameConstraint, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Names = null, Constraints = "critical,permitted;URI:example.org" });
            var two = a.Mint.Intermediate("two", one, w => w with { Names = null, Constraints = "critical,permitted;URI:other.org" });
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("X-10", "an authority widens what the one above it narrowed", NameConstraint, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Names = null, Constraints = "critical,permitted;URI:other.org" });
            var two = a.Mint.Intermediate("two", one, w => w with { Names = null, Constraints = "critical,permitted;URI:example.org,permitted;URI:other.org" });
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("X-10", "an intermediate's own ID excluded above it", NameConstraint, a =>
        {
            var one = a.Mint.Intermediate("one", a.Root, w => w with { Names = null, Constraints = "critical,excluded;URI:example.org" });
            var two = a.Mint.Intermediate("two", one);
            return [a.Mint.Leaf(two).Der, two.Der, one.Der];
        }),
        Bad("U-5", "outside the names of a root that is sent along", NameConstraint, a => [a.Mint.Leaf(a.NarrowRoot).Der, a.NarrowRoot.Der], "X-10"),
    ];

    private static byte[] ChangedAt(byte[] der, ReadOnlySpan<byte> pattern, int offset, byte value)
    {
        der[der.AsSpan().IndexOf(pattern) + offset] = value;
        return der;
    }
}
