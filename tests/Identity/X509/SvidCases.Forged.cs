using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;
using static X0tta6bl4.Identity.X509.SvidRefusalReason;

namespace X0tta6bl4.Identity.Tests.X509;

/// <content>
/// What no honest tool writes: the tool's certificate is changed and signed again by the tool (<see cref="Mint.Forge"/>), or
/// changed after signing.
/// </content>
internal static partial class BadChains
{
    // Places in a tbsCertificate of version 3 (RFC 5280, section 4.1).
    private const int Serial = 1;
    private const int InnerAlgorithm = 2;
    private const int Validity = 4;
    private const int KeyInfo = 6;

    private static byte[] BasicConstraintsOid => [0x55, 0x1D, 0x13];
    private static byte[] KeyUsageOid => [0x55, 0x1D, 0x0F];
    private static byte[] NamesOid => [0x55, 0x1D, 0x11];
    private static byte[] ExtendedOid => [0x55, 0x1D, 0x25];
    private static byte[] KeyIdOid => [0x55, 0x1D, 0x0E];
    private static byte[] IssuerKeyIdOid => [0x55, 0x1D, 0x23];
    private static byte[] ConstraintsOid => [0x55, 0x1D, 0x1E];

    private static IReadOnlyList<SvidCase> Forged =>
    [
        .. ForgedFields, .. ForgedExtensions, .. ForgedNames, .. ForgedSignatures, .. ForgedKeys,
    ];

    private static IReadOnlyList<SvidCase> ForgedFields =>
    [
        Forge("X-17", "a negative serial number", Malformed, t => t[Serial].Content = [0x80, 1]),
        Forge("X-17", "the serial number zero", Malformed, t => t[Serial].Content = [0]),
        Forge("X-17", "a serial number of 21 bytes", Malformed, t => t[Serial].Content = [1, .. new byte[20]]),
        Forge("X-17", "a serial number of no bytes", Malformed, t => t[Serial].Content = []),
        Forge("X-17", "a serial number with a zero in front", Malformed, t => t[Serial].Content = [0, 1]),
        Forge("X-17", "version 1, and extensions", Malformed, t => t[0][0].Content = [0]),
        Forge("X-17", "version 2, and extensions", Malformed, t => t[0][0].Content = [1]),
        Forge("X-17", "version 4", Malformed, t => t[0][0].Content = [3]),
        Forge("X-17", "version 259, whose last byte is 3's", Malformed, t => t[0][0].Content = [1, 2]),
        Forge("X-17", "no version, and extensions", Malformed, t => t.Children.RemoveAt(0)),
        Forge("X-17", "no serial number", Malformed, t => t.Children.RemoveAt(Serial)),
        Forge("X-17", "no issuer", Malformed, t => t.Children.RemoveAt(3)),
        Forge("X-17", "no times", Malformed, t => t.Children.RemoveAt(Validity)),
        Forge("X-17", "one time only", Malformed, t => t[Validity].Children.RemoveAt(1)),
        Forge("X-17", "three times", Malformed, t => t[Validity].Children.Add(t[Validity][0])),
        Forge("X-17", "no key", Malformed, t => t.Children.RemoveAt(KeyInfo)),
        Forge("X-17", "a second list of extensions", Malformed, t => t.Children.Add(t.Children[^1])),
        Forge("X-17", "a number behind the extensions", Malformed, t => t.Children.Add(new DerTree(0x02, [1]))),
        Forge("X-17", "a time of letters", Malformed, t => t[Validity][1].Content = "whenever itis"u8.ToArray()),
        Forge("X-17", "a time in month 13", Malformed, t => t[Validity][1].Content = "311301120000Z"u8.ToArray()),
        Forge("X-17", "a time on 30 February", Malformed, t => t[Validity][1].Content = "310230120000Z"u8.ToArray()),
        Forge("X-17", "a time that is a text", Malformed, t => t[Validity][1].Tag = 0x0C),
        Forge("X-17", "a time without seconds", Malformed, t => t[Validity][1].Content = "3105011230Z"u8.ToArray()),
        Forge("X-17", "a time of another time zone", Malformed, t => t[Validity][1].Content = "310501123000+0100"u8.ToArray()),
        Forge("X-17", "a time of no time zone", Malformed, t => (t[Validity][1].Tag, t[Validity][1].Content) = (0x18, "20310501123000"u8.ToArray())),
        Forge("X-17", "a time with a fraction", Malformed, t => (t[Validity][1].Tag, t[Validity][1].Content) = (0x18, "20310501123000.5Z"u8.ToArray())),
        Forge("X-17", "an end before the beginning", Expired, t => t[Validity][1].Content = "310501110000Z"u8.ToArray()),
        Forge("X-17", "an end in 1950, written 50", Expired, t => t[Validity][1].Content = "500501120000Z"u8.ToArray()),
    ];

    private static IReadOnlyList<SvidCase> ForgedExtensions =>
    [
        Forge("X-17", "the key usage twice", Malformed, t => Twice(t, KeyUsageOid)),
        Forge("X-17", "the alternative names twice", Malformed, t => Twice(t, NamesOid)),
        Forge("X-17", "the basic constraints twice", Malformed, t => Twice(t, BasicConstraintsOid)),
        Forge("X-1", "an empty list of extensions", NotOneUri, t => t.Extensions.Children.Clear()),
        Forge("X-17", "an extension without a value", Malformed, t => t.Extensions[0].Children.RemoveAt(t.Extensions[0].Children.Count - 1)),
        Forge("X-17", "an extension whose number is a text", Malformed, t => t.Extensions[0][0].Tag = 0x0C),
        Forge("X-17", "an extension whose criticality is a number", Malformed, t => t.Extensions[0][1].Tag = 0x02),
        Forge("X-17", "basic constraints that are no sequence", Malformed, t => t.Extension(BasicConstraintsOid).Content = [0x01, 0x01, 0xFF]),
        Forge("X-17", "basic constraints with bytes behind", Malformed, t => t.Extension(BasicConstraintsOid).Content = [0x30, 0, 0]),
        Forge("X-17", "basic constraints of no bytes", Malformed, t => t.Extension(BasicConstraintsOid).Content = []),
        Forge("X-17", "basic constraints of indefinite length", Malformed, t => t.Extension(BasicConstraintsOid).Content = [0x30, 0x80, 0, 0]),
        Forge("X-18", "cA with a truth that is not DER's", LeafIsAuthority, t => t.Extension(BasicConstraintsOid).Content = [0x30, 3, 1, 1, 1]),
        Forge("X-17", "cA, and a negative path length", Malformed, t => t.Extension(BasicConstraintsOid).Content = [0x30, 6, 1, 1, 0xFF, 2, 1, 0x80]),
        Forge("X-17", "a key usage that is a number", Malformed, t => t.Extension(KeyUsageOid).Content = [0x02, 1, 0x80]),
        Forge("X-17", "a key usage that is a list", Malformed, t => t.Extension(KeyUsageOid).Content = [0x30, 4, 3, 2, 7, 0x80]),
        Forge("X-17", "a key usage with bytes behind", Malformed, t => t.Extension(KeyUsageOid).Content = [3, 2, 7, 0x80, 0]),
        Forge("X-17", "a key usage of nine unused bits", Malformed, t => t.Extension(KeyUsageOid).Content = [3, 2, 9, 0x80]),
        Forge("X-14", "a key usage of no bits", LeafKeyUsage, t => t.Extension(KeyUsageOid).Content = [3, 1, 0]),
        Forge("X-14", "a key usage whose only bit is one of the ninth kind", LeafKeyUsage, t => t.Extension(KeyUsageOid).Content = [3, 3, 7, 0, 0x80]),
        Forge("X-17", "an extended key usage that is a text", Malformed, t => t.Extension(ExtendedOid).Content = [0x0C, 1, (byte)'x']),
        Forge("X-17", "an extended key usage of nothing", Malformed, t => t.Extension(ExtendedOid).Content = [0x30, 0]),
        Forge("X-17", "an extended key usage with bytes behind", Malformed, t => t.Extension(ExtendedOid).Content = [.. t.Extension(ExtendedOid).Content, 5, 0]),
        .. new[] { BasicConstraintsOid, KeyUsageOid, NamesOid, ExtendedOid, KeyIdOid, IssuerKeyIdOid }.Select(oid => Forge(
            "X-17", $"the extension 2.5.29.{oid[2]} nested 3,000 deep", Malformed, t => t.Extension(oid).Content = Nested(3000))),
        .. new[] { BasicConstraintsOid, KeyUsageOid, NamesOid, ExtendedOid, KeyIdOid, IssuerKeyIdOid }.Select(oid => Forge(
            "X-17", $"the extension 2.5.29.{oid[2]} nested 3,000 deep, of indefinite length", Malformed,
            t => t.Extension(oid).Content = Indefinite(3000))),
        ForgeMiddle("X-10", "name constraints nested 3,000 deep", Malformed, t => t.Extension(ConstraintsOid).Content = Nested(3000)),
        ForgeMiddle("X-10", "name constraints that are no sequence", Malformed, t => t.Extension(ConstraintsOid).Content = [0x02, 1, 1]),
        ForgeMiddle("X-10", "name constraints with a minimum", Malformed, t => t.Extension(ConstraintsOid).Content =
            [0x30, 12, 0xA0, 10, 0x30, 8, 0x86, 3, (byte)'o', (byte)'r', (byte)'g', 0x80, 1, 1]),
        ForgeMiddle("X-10", "name constraints with a maximum", Malformed, t => t.Extension(ConstraintsOid).Content =
            [0x30, 12, 0xA0, 10, 0x30, 8, 0x86, 3, (byte)'o', (byte)'r', (byte)'g', 0x81, 1, 9]),
        ForgeMiddle("X-17", "the authority's basic constraints twice", Malformed, t => Twice(t, BasicConstraintsOid)),
        ForgeMiddle("X-9", "an authority's path length that is negative", Malformed, t => t.Extension(BasicConstraintsOid).Content = [0x30, 6, 1, 1, 0xFF, 2, 1, 0x80]),
        ForgeMiddle("X-9", "an authority that is one by a number", IssuerIsNoAuthority, t => t.Extension(BasicConstraintsOid).Content = [0x30, 3, 2, 1, 1]),
    ];

    private static IReadOnlyList<SvidCase> ForgedNames =>
    [
        Forge("X-1", "alternative names of nothing", NotOneUri, t => t.Extension(NamesOid).Content = [0x30, 0]),
        Forge("X-17", "alternative names that are no sequence", Malformed, t => t.Extension(NamesOid).Content = [0x86, 1, (byte)'a']),
        Forge("X-17", "alternative names with bytes behind", Malformed, t => t.Extension(NamesOid).Content = [.. t.Extension(NamesOid).Content, 0, 0]),
        Forge("X-17", "an alternative name of no known kind", Malformed, t => t.Extension(NamesOid).Content = NameList([(0x89, "x"), (0x86, "spiffe://example.org/a")])),
        Forge("X-22", "a second ID among many other names", NotOneUri, t => t.Extension(NamesOid).Content = NameList(
            [(0x86, "spiffe://example.org/a"), .. Enumerable.Range(0, 20).Select(i => ((byte)0x82, $"n{i}.example")), (0x86, "spiffe://example.org/b")]), "X-2"),
        Forge("X-2", "an ID and an empty URI", NotOneUri, t => t.Extension(NamesOid).Content = NameList([(0x86, "spiffe://example.org/a"), (0x86, "")])),
        ForgeId("ID-1", "an empty URI", ""),
        ForgeId("ID-7", "an ID cut short by a NUL in its trust domain", "spiffe://example.org\0.evil.org/a"),
        ForgeId("ID-7", "a tab in the trust domain", "spiffe://example.org\t/a"),
        ForgeId("ID-7", "a line end behind the trust domain", "spiffe://example.org\r\n/a"),
        ForgeId("ID-7", "a letter with a bit too many in the trust domain", "spiffe://example.org\u00E9/a"),
        ForgeId("ID-7", "a Cyrillic a in UTF-8", "spiffe://ex\u00D0\u00B0mple.org/a"),
        ForgeId("ID-7", "a backslash for a slash", @"spiffe://example.org\a"),
        ForgeId("ID-7", "a full-width dot in UTF-8", "spiffe://example\u00EF\u00BC\u008Eorg/a"),
        ForgeId("ID-13", "an ID cut short by a NUL in its path", "spiffe://example.org/a\0b"),
        ForgeId("ID-13", "a NUL at the end of the path", "spiffe://example.org/a\0"),
        ForgeId("ID-13", "a line end at the end of the path", "spiffe://example.org/a\n"),
        ForgeId("ID-13", "a space at the end of the path", "spiffe://example.org/a "),
        ForgeId("ID-13", "a letter of UTF-8 in the path", "spiffe://example.org/\u00C3\u00A9"),
        ForgeId("ID-13", "an escape sequence for terminals in the path", "spiffe://example.org/\u001b[2J"),
        ForgeId("ID-1", "a byte order mark before the scheme", "\u00EF\u00BB\u00BFspiffe://example.org/a"),
        ForgeId("ID-1", "a space before the scheme", " spiffe://example.org/a"),
        ForgeId("ID-10", "a double-encoded slash", "spiffe://example.org/a%252fb"),
        ForgeId("ID-10", "an encoded NUL", "spiffe://example.org/a%00"),
        ForgeId("ID-10", "an over-long encoded slash", "spiffe://example.org/a%c0%afb"),
    ];

    private static IReadOnlyList<SvidCase> ForgedSignatures =>
    [
        Signed("no bytes at all", BadSignature, c => c[2].Content = [0]),
        Signed("r and s zero", BadSignature, c => c[2].Content = [0, 0x30, 6, 2, 1, 0, 2, 1, 0]),
        Signed("r and s one", BadSignature, c => c[2].Content = [0, 0x30, 6, 2, 1, 1, 2, 1, 1]),
        Signed("r and s the order of the curve", BadSignature, c => c[2].Content = [0, .. Pair(P256Order, P256Order)]),
        Signed("s negative", BadSignature, c => c[2].Content = [0, .. Pair(Half(c, 0), [0x80, .. Half(c, 1)])]),
        Signed("s beyond the order of the curve", BadSignature, c => c[2].Content = [0, .. Pair(Half(c, 0), [1, .. new byte[32], .. Half(c, 1)])]),
        Signed("r and s exchanged", BadSignature, c => c[2].Content = [0, .. Pair(Half(c, 1), Half(c, 0))]),
        Signed("r alone", BadSignature, c => c[2].Content = [0, .. DerTree.Sequence(new DerTree(2, Half(c, 0))).Bytes()]),
        Signed("a third number", BadSignature, c => c[2].Content =
            [0, .. DerTree.Sequence(new(2, Half(c, 0)), new(2, Half(c, 1)), new(2, [1])).Bytes()]),
        Signed("bytes behind it", BadSignature, c => c[2].Content = [.. c[2].Content, 0]),
        Signed("sequences nested 3,000 deep", BadSignature, c => c[2].Content = [0, .. Nested(3000)]),
        Signed("sequences nested 3,000 deep, of indefinite length", BadSignature, c => c[2].Content = [0, .. Indefinite(3000)]),
        Signed("bits unused", Malformed, c => c[2].Content[0] = 3),
        Signed("an octet string for a bit string", Malformed, c => c[2].Tag = 4),
        Signed("nothing in its place", Malformed, c => c.Children.RemoveAt(2)),
        Signed("another one behind it", Malformed, c => c.Children.Add(c[2])),
        Signed("another algorithm outside than inside", SignatureAlgorithm, c => c[1][0].Content = [.. EcdsaSha, 3]),
        Signed("RSA outside and ECDSA inside", SignatureAlgorithm, c => c[1][0].Content = RsaSha256),
        Signed("parameters of the algorithm outside", SignatureAlgorithm, c => c[1].Children.Add(new DerTree(5, []))),
        Forge("U-9", "parameters of the algorithm inside", SignatureAlgorithm, t => t[InnerAlgorithm].Children.Add(new DerTree(5, []))),
        Forge("U-9", "another algorithm inside than outside", SignatureAlgorithm, t => t[InnerAlgorithm][0].Content = [.. EcdsaSha, 3]),
        Whole("U-9", "the algorithm of RSA, in both places, with an ECDSA key", SignatureAlgorithm,
            a => a.Mint.Forge(a.Root, a.Leaf(w => w)[0], t => t[InnerAlgorithm][0].Content = RsaSha256), c => c[1][0].Content = RsaSha256),
        Whole("U-9", "the algorithm of Ed25519, in both places, with an ECDSA key", SignatureAlgorithm,
            a => a.Mint.Forge(a.Root, a.Leaf(w => w)[0], t => t[InnerAlgorithm][0].Content = Ed25519Oid), c => c[1][0].Content = Ed25519Oid),
        Whole("U-9", "ECDSA with NULL for parameters, in both places", SignatureAlgorithm,
            a => a.Mint.Forge(a.Root, a.Leaf(w => w)[0], t => t[InnerAlgorithm].Children.Add(new DerTree(5, []))), c => c[1].Children.Add(new DerTree(5, []))),
        Whole("U-9", "an algorithm nobody knows, in both places", SignatureAlgorithm,
            a => a.Mint.Forge(a.Root, a.Leaf(w => w)[0], t => t[InnerAlgorithm][0].Content = [0x2A, 3, 4]), c => c[1][0].Content = [0x2A, 3, 4]),
        Signed("that of another certificate", BadSignature, (a, c) => c[2].Content = DerTree.Read(a.Leaf(w => w)[0])[2].Content),
        Bad("ID-20", "an ID changed after signing", BadSignature, a => Changed(
            a.Leaf(w => w.WithUris("spiffe://example.org/idid")), leaf => leaf[leaf.AsSpan().IndexOf("/idid"u8) + 1] = (byte)'x'), "X-17"),
        Whole("ID-20", "a key changed after signing", BadSignature, a => a.Leaf(w => w)[0],
            c => c[0][KeyInfo][1].Content = DerTree.Read(Spare(c))[1].Content, "X-17"),
        Whole("ID-20", "an ID added after signing", BadSignature, a => a.Leaf(w => w with { Subject = "/CN=a", Names = null })[0],
            c => c[0].Extensions.Children.Add(DerTree.Sequence(new DerTree(6, NamesOid), new(4, NameList([(0x86, "spiffe://example.org/a")])))), "X-17"),
    ];

    private static IReadOnlyList<SvidCase> ForgedKeys =>
    [
        Key("a point that is off its curve", t => t[KeyInfo][1].Content[^1] ^= 1),
        Key("the point at infinity", t => t[KeyInfo][1].Content = [0, 0]),
        Key("a point of no bytes", t => t[KeyInfo][1].Content = [0]),
        Key("a point cut off", t => t[KeyInfo][1].Content = t[KeyInfo][1].Content[..^1]),
        Key("coordinates beyond the field", t => t[KeyInfo][1].Content = [0, 4, .. Enumerable.Repeat((byte)0xFF, 64)]),
        Key("a curve that is inherited", t => (t[KeyInfo][0][1].Tag, t[KeyInfo][0][1].Content) = (5, [])),
        Key("no curve", t => t[KeyInfo][0].Children.RemoveAt(1)),
        Key("P-384 by name and P-256 by its bytes", t => t[KeyInfo][0][1].Content = [0x2B, 0x81, 0x04, 0x00, 0x22]),
        Key("an algorithm nobody knows", t => t[KeyInfo][0][0].Content = [0x2A, 3, 4]),
        Key("X25519, which cannot sign", t => t[KeyInfo] = Raw(0x6E, 32)),
        Key("Ed25519 of 31 bytes", t => t[KeyInfo] = Raw(0x70, 31)),
        Key("Ed25519 with parameters", t =>
        {
            t[KeyInfo] = Raw(0x70, 32);
            t[KeyInfo][0].Children.Add(new DerTree(5, []));
        }),
        Key("an Ed25519 point of small order", t => t[KeyInfo] = Raw(0x70, 32)),
        Key("RSA with an even modulus", t => t[KeyInfo] = Rsa(2048, 65537, isOdd: false)),
        Key("RSA with the exponent 1", t => t[KeyInfo] = Rsa(2048, 1)),
        Key("RSA with an even exponent", t => t[KeyInfo] = Rsa(2048, 65536)),
        Key("RSA with an exponent of 40 bits", t => t[KeyInfo] = Rsa(2048, 0xFF_0000_0001)),
        Key("RSA with the exponent 0", t => t[KeyInfo] = Rsa(2048, 0)),
        Key("RSA of 2,047 bits", t => t[KeyInfo] = Rsa(2047, 65537)),
        Key("RSA of 4,097 bits", t => t[KeyInfo] = Rsa(4097, 65537)),
        Key("RSA whose key is no sequence", t => t[KeyInfo] = KeyOf(RsaOid, [2, 1, 1])),
        Key("RSA whose modulus is negative", t => t[KeyInfo] = KeyOf(RsaOid, DerTree.Sequence(new(2, [0xFF, .. new byte[255]]), new DerTree(2, [1, 0, 1])).Bytes())),
        Key("RSA nested 3,000 deep", t => t[KeyInfo] = KeyOf(RsaOid, Nested(3000))),
        Key("RSA nested 3,000 deep, of indefinite length", t => t[KeyInfo] = KeyOf(RsaOid, Indefinite(3000))),
        Key("DSA", t => t[KeyInfo][0][0].Content = [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01]),
    ];

    private static readonly byte[] EcdsaSha = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03];
    private static byte[] RsaOid => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
    private static readonly byte[] RsaSha256 = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
    private static byte[] Ed25519Oid => [0x2B, 0x65, 0x70];
    private static readonly byte[] P256Order =
        [0, .. Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")];

    /// <summary>Sequences in one another, none of which says how long it is, and none of which ends.</summary>
    private static byte[] Indefinite(int depth) => [.. Enumerable.Repeat<byte[]>([0x30, 0x80], depth).SelectMany(b => b)];

    /// <summary>A leaf of the root, with something changed before it was signed.</summary>
    private static SvidCase Forge(
        string requirement, string what, SvidRefusalReason reason, Action<DerTree> change, string? said = null) =>
        Bad(requirement, what, reason, a => [a.Mint.Forge(a.Root, a.Leaf(w => w)[0], change)], said);

    /// <summary>A leaf below an intermediate, which was changed before it was signed.</summary>
    private static SvidCase ForgeMiddle(string requirement, string what, SvidRefusalReason reason, Action<DerTree> change) =>
        Bad(requirement, what, reason, a =>
        {
            var chain = a.Below(w => w with { Constraints = "critical,permitted;URI:example.org" });
            return [chain[0], a.Mint.Forge(a.Root, chain[1], change)];
        }, reason == Malformed ? "X-17" : null);

    private static SvidCase ForgeId(string requirement, string what, string uri) =>
        Forge(requirement, what, BadSpiffeId, t => t.Extension(NamesOid).Content = NameList([(0x86, uri)]));

    private static SvidCase Key(string what, Action<DerTree> change) => Forge("U-9", $"a leaf's key: {what}", WeakKey, change);

    /// <summary>A leaf of the root, with something changed after it was signed.</summary>
    private static SvidCase Signed(string what, SvidRefusalReason reason, Action<DerTree> change) => Signed(what, reason, (_, c) => change(c));

    private static SvidCase Signed(string what, SvidRefusalReason reason, Action<Authorities, DerTree> change) => Bad(
        reason == SignatureAlgorithm ? "U-9" : "X-17", $"a signature with {what}", reason, a =>
        {
            var certificate = DerTree.Read(a.Leaf(w => w)[0]);
            change(a, certificate);
            return [certificate.Bytes()];
        });

    private static SvidCase Whole(
        string requirement, string what, SvidRefusalReason reason, Func<Authorities, byte[]> leaf, Action<DerTree> change, string? said = null) =>
        Bad(requirement, what, reason, a =>
        {
            var certificate = DerTree.Read(leaf(a));
            change(certificate);
            return [certificate.Bytes()];
        }, said);

    private static void Twice(DerTree tbs, byte[] oid) =>
        tbs.Extensions.Children.Add(tbs.Extensions.Children.Single(e => e[0].Content.AsSpan().SequenceEqual(oid)));

    /// <summary>A GeneralNames of these, one byte a character.</summary>
    private static byte[] NameList(IEnumerable<(byte Tag, string Text)> names) =>
        DerTree.Sequence(names.Select(n => new DerTree(n.Tag, [.. n.Text.Select(c => (byte)c)]))).Bytes();

    private static byte[] Half(DerTree certificate, int index) => DerTree.Read(certificate[2].Content[1..])[index].Content;

    private static byte[] Pair(byte[] r, byte[] s) => DerTree.Sequence(new DerTree(2, r), new(2, s)).Bytes();

    private static DerTree KeyOf(byte[] oid, byte[] key) => DerTree.Sequence(
        DerTree.Sequence(new DerTree(6, oid)), new DerTree(3, [0, .. key]));

    /// <summary>A key of RFC 8410 whose bytes are zero.</summary>
    private static DerTree Raw(byte kind, int bytes) => KeyOf([0x2B, 0x65, kind], new byte[bytes]);

    private static DerTree Rsa(int bits, long exponent, bool isOdd = true)
    {
        var modulus = new byte[(bits + 7) / 8];
        new Random(bits).NextBytes(modulus);
        modulus[0] = (byte)(1 << (bits - 1) % 8);
        modulus[^1] = (byte)(isOdd ? modulus[^1] | 1 : modulus[^1] & 0xFE);
        var e = new System.Numerics.BigInteger(exponent).ToByteArray(isBigEndian: true);
        return KeyOf(RsaOid, DerTree.Sequence(new DerTree(2, (bits % 8) == 0 ? [0, .. modulus] : modulus), new(2, e)).Bytes());
    }

    /// <summary>Another key than the one in it.</summary>
    private static byte[] Spare(DerTree certificate)
    {
        var key = DerTree.Read(certificate[0][KeyInfo].Bytes());
        key[1].Content = [0, 4, .. key[1].Content[2..].Reverse()];
        return key.Bytes();
    }
}
