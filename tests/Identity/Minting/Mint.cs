using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Minting;

/// <summary>How a certificate is to be. The defaults are a flawless leaf of <see cref="Mint.Domain"/>.</summary>
internal sealed record Wish
{
    public string Subject { get; init; } = "/";

    public DateTimeOffset NotBefore { get; init; } = Mint.Now - TimeSpan.FromMinutes(10);

    public DateTimeOffset NotAfter { get; init; } = Mint.Now + TimeSpan.FromMinutes(50);

    public string Key { get; init; } = "p256";

    public string Digest { get; init; } = "sha256";

    public string? Basic { get; init; } = "critical,CA:FALSE";

    public string? Usage { get; init; } = "critical,digitalSignature";

    public string? Extended { get; init; } = "serverAuth,clientAuth";

    public string? Names { get; init; } = $"critical,URI:spiffe://{Mint.Domain}/a";

    public string? Constraints { get; init; }

    /// <summary>More lines of the extension file.</summary>
    public string More { get; init; } = "";

    /// <summary>An authority below or above others.</summary>
    public static Wish Authority(string name) => new()
    {
        Subject = $"/CN={name}",
        NotBefore = Mint.Now - TimeSpan.FromDays(30),
        NotAfter = Mint.Now + TimeSpan.FromDays(365),
        Basic = "critical,CA:TRUE",
        Usage = "critical,keyCertSign,cRLSign",
        Extended = null,
        Names = $"URI:spiffe://{Mint.Domain}",
    };

    /// <summary>With exactly these URIs as its alternative names, whatever characters they have.</summary>
    public Wish WithUris(params IEnumerable<string> uris) => this with
    {
        Names = "critical,@names",
        More = $"{More}\n[names]\n{string.Join('\n', uris.Select((uri, i) => $"URI.{i + 1}={Escape(uri)}"))}",
    };

    public string ExtensionFile() => string.Join('\n',
    [
        Line("basicConstraints", Basic), Line("keyUsage", Usage), Line("extendedKeyUsage", Extended),
        Line("subjectAltName", Names), Line("nameConstraints", Constraints), More, "",
    ]);

    // config(5) of OpenSSL: backslash escapes, # begins a comment, $ a variable.
    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("#", "\\#", StringComparison.Ordinal)
        .Replace("$", "\\$", StringComparison.Ordinal);

    private static string Line(string name, string? value) => value is null ? "" : $"{name}={value}";
}

/// <summary>A certificate and the files of it and its key.</summary>
internal sealed record Minted(string Name, byte[] Der, string CertificateFile, string KeyFile)
{
    /// <summary>The two as the agent holds them, with the certificates between it and the root.</summary>
    public LocalSvid ToLocal(Mint mint, params Minted[] between) => LocalSvid.Create(
        [Der, .. between.Select(b => (ReadOnlyMemory<byte>)b.Der)], PrivateKey.ReadPkcs8(mint.Pkcs8(this)));

    /// <summary>The certificate with one bit of its public key turned: the point is on no curve any more.</summary>
    public byte[] Bent()
    {
        byte[] der = [.. Der];
        var point = Certificate.Read(Der).KeyInfo.PublicKey.GetOctets();
        der[der.AsSpan().IndexOf(point) + point.Length - 1] ^= 1;
        return der;
    }
}

/// <summary>
/// Mints certificates with the openssl tool: the cases of the tests must not come from the code they test. The time in them
/// is <see cref="Now"/>, long after the tests' own, so that they do not age.
/// </summary>
internal sealed class Mint : IDisposable
{
    public const string Domain = "example.org";

    public static readonly DateTimeOffset Now = new(2031, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly OpenSsl _openSsl = new();

    /// <summary>The tool and its folder.</summary>
    public OpenSsl Tool => _openSsl;

    private readonly Dictionary<string, string> _keys = [];
    private readonly Dictionary<(string Key, string Subject), string> _requests = [];
    private int _count;

    /// <summary>A self-signed authority.</summary>
    public Minted Root(string name, Func<Wish, Wish>? change = null) => Make(Change(Wish.Authority(name), change), issuer: null);

    /// <summary>The same root with the same key, for another time.</summary>
    public Minted Renewed(Minted root, Func<Wish, Wish> change) => Make(change(Wish.Authority("root")), issuer: null, root.KeyFile);

    /// <summary>An authority under another.</summary>
    public Minted Intermediate(string name, Minted issuer, Func<Wish, Wish>? change = null) =>
        Make(Change(Wish.Authority(name), change), issuer);

    /// <summary>A leaf.</summary>
    public Minted Leaf(Minted issuer, Func<Wish, Wish>? change = null) => Make(Change(new Wish(), change), issuer);

    /// <summary>
    /// A certificate with something changed that the tool would not write, and signed again by the tool: as an authority would
    /// that has gone mad, or bad.
    /// </summary>
    /// <param name="issuer">Whose key signs.</param>
    /// <param name="der">The certificate.</param>
    /// <param name="change">What becomes of the part that is signed.</param>
    public byte[] Forge(Minted issuer, byte[] der, Action<DerTree> change)
    {
        var certificate = DerTree.Read(der);
        change(certificate[0]);
        var name = $"f{++_count}";
        File.WriteAllBytes(_openSsl.PathOf($"{name}.tbs"), certificate[0].Bytes());
        _openSsl.Run("dgst", "-sha256", "-sign", issuer.KeyFile, "-out", $"{name}.sig", $"{name}.tbs");
        certificate[2].Content = [0, .. File.ReadAllBytes(_openSsl.PathOf($"{name}.sig"))];
        return certificate.Bytes();
    }

    /// <summary>The private key, PKCS #8 in DER.</summary>
    public byte[] Pkcs8(Minted of)
    {
        var file = _openSsl.PathOf($"{of.Name}.p8");
        _openSsl.Run("pkcs8", "-topk8", "-nocrypt", "-in", of.KeyFile, "-outform", "DER", "-out", file);
        return File.ReadAllBytes(file);
    }

    /// <summary>OpenSSL as a TLS peer, with this identity, at the time the certificates are for.</summary>
    public Process Peer(string command, Minted identity, Minted root, params IEnumerable<string> more) =>
        Talker(command, identity, root, ["-quiet", .. more]);

    /// <summary>The same, which takes commands and says what it does.</summary>
    public Process Talker(string command, Minted identity, Minted root, params IEnumerable<string> more) => _openSsl.Start(
    [
        command, "-cert", identity.CertificateFile, "-key", identity.KeyFile, "-CAfile", root.CertificateFile,
        "-verify_return_error", "-attime", Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), .. more,
    ]);

    /// <summary>The same without an identity.</summary>
    public Process Stranger(string command, params IEnumerable<string> more) => _openSsl.Start([command, "-quiet", .. more]);

    public void Dispose() => _openSsl.Dispose();

    private static Wish Change(Wish wish, Func<Wish, Wish>? change) => change is null ? wish : change(wish);

    private Minted Make(Wish wish, Minted? issuer, string? keyFile = null)
    {
        var name = $"c{++_count}";
        // Authorities have keys of their own; leaves of one kind share one, because making RSA keys takes seconds.
        var key = keyFile ?? KeyFile(wish.Key, issuer is null || wish.Basic?.Contains("CA:TRUE", StringComparison.Ordinal) == true ? name : "leaf");
        File.WriteAllText(_openSsl.PathOf($"{name}.ext"), wish.ExtensionFile());
        List<string> arguments =
        [
            "ca", "-batch", "-config", "ca.cnf", "-in", RequestFile(key, wish.Subject), "-extfile", $"{name}.ext", "-notext", "-preserveDN",
            "-startdate", Time(wish.NotBefore), "-enddate", Time(wish.NotAfter), "-out", $"{name}.pem",
            "-keyfile", issuer?.KeyFile ?? key, "-md", IsEdwards(issuer?.KeyFile ?? key) ? "null" : wish.Digest,
        ];
        arguments.AddRange(issuer is null ? ["-selfsign"] : ["-cert", issuer.CertificateFile]);
        _openSsl.Run(arguments);
        var pem = File.ReadAllText(_openSsl.PathOf($"{name}.pem"));
        return new Minted(
            name, Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]), _openSsl.PathOf($"{name}.pem"), _openSsl.PathOf(key));
    }

    /// <summary>The request of a key for a name, made once: starting the tool is what takes the time here.</summary>
    private string RequestFile(string key, string subject)
    {
        if (!_requests.TryGetValue((key, subject), out var file))
        {
            file = $"r{_requests.Count}.csr";
            _openSsl.Run("req", "-new", "-config", "ca.cnf", "-key", key, "-subj", subject, "-out", file);
            _requests.Add((key, subject), file);
        }

        return file;
    }

    private string KeyFile(string kind, string owner)
    {
        var file = $"{kind}-{owner}.key";
        if (!_keys.TryAdd(file, kind))
        {
            return file;
        }

        _openSsl.Run(kind switch
        {
            "p256" => ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file],
            "p384" => ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", file],
            "p521" => ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-out", file],
            "secp256k1" => ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-out", file],
            "p256-explicit" =>
            [
                "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit", "-out", file,
            ],
            "p224" => ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224", "-out", file],
            "brainpool256" => ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1", "-out", file],
            "ed25519" => ["genpkey", "-algorithm", "ED25519", "-out", file],
            "ed448" => ["genpkey", "-algorithm", "ED448", "-out", file],
            "rsa-exponent3" => ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3", "-out", file],
            "rsa-pss" => ["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file],
            _ => ["genpkey", "-algorithm", "RSA", "-pkeyopt", $"rsa_keygen_bits:{kind["rsa".Length..]}", "-out", file],
        });
        return file;
    }

    private static bool IsEdwards(string keyFile) => Path.GetFileName(keyFile).StartsWith("ed", StringComparison.Ordinal);

    internal static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
}
