using System.Diagnostics;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Minting;

/// <summary>How a revocation list is to be. The defaults are a flawless one that names nobody.</summary>
internal sealed record ListWish
{
    public IReadOnlyList<string> Revoked { get; init; } = [];

    public DateTimeOffset ThisUpdate { get; init; } = Mint.Now - TimeSpan.FromHours(1);

    public DateTimeOffset NextUpdate { get; init; } = Mint.Now + TimeSpan.FromDays(1);

    /// <summary>Null: without one.</summary>
    public int? Number { get; init; } = 1;

    /// <summary>Lines of its extensions; empty: a list of version 1, unless it has a number.</summary>
    public string Extensions { get; init; } = "authorityKeyIdentifier=keyid";

    public string Digest { get; init; } = "sha256";

    /// <summary>A reason of each entry, in the words of the openssl tool.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Revocation lists and OCSP responses by the openssl tool, which our own code has not touched.</summary>
internal sealed class StatusMint(Mint mint)
{
    private int _count;

    /// <summary>A list, in DER.</summary>
    public byte[] List(Minted issuer, Func<ListWish, ListWish>? change = null)
    {
        var wish = change is null ? new ListWish() : change(new ListWish());
        var name = NewName("crl");
        Write($"{name}.idx", Index('R', wish.Revoked, wish.Reason));
        Write($"{name}.num", $"{wish.Number:x4}\n");
        Write($"{name}.cnf", $"""
            [ca]
            default_ca = any
            [any]
            database = {name}.idx
            default_md = sha256
            unique_subject = no
            {(wish.Number is null ? "" : $"crlnumber = {name}.num")}
            [exts]
            {wish.Extensions}
            """);
        List<string> arguments =
        [
            "ca", "-gencrl", "-config", $"{name}.cnf", "-keyfile", issuer.KeyFile, "-cert", issuer.CertificateFile,
            "-crl_lastupdate", Mint.Time(wish.ThisUpdate), "-crl_nextupdate", Mint.Time(wish.NextUpdate), "-out", $"{name}.pem",
            "-md", Path.GetFileName(issuer.KeyFile).StartsWith("ed", StringComparison.Ordinal) ? "null" : wish.Digest,
        ];
        if (wish.Extensions.Length > 0)
        {
            arguments.AddRange(["-crlexts", "exts"]);
        }

        mint.Tool.Run(arguments);
        mint.Tool.Run("crl", "-in", $"{name}.pem", "-outform", "DER", "-out", $"{name}.crl");
        return File.ReadAllBytes(PathOf($"{name}.crl"));
    }

    /// <summary>A responder's answer about a certificate, made now by the machine's clock, good for a day.</summary>
    /// <param name="about">The certificate.</param>
    /// <param name="issuer">Who signed it.</param>
    /// <param name="signer">Who signs the answer.</param>
    /// <param name="status">V is good, R revoked; another: the responder does not know it.</param>
    /// <param name="more">More arguments.</param>
    public byte[] Response(Minted about, Minted issuer, Minted signer, char status = 'V', params IEnumerable<string> more)
    {
        var name = NewName("ocsp");
        Write($"{name}.idx", status is 'V' or 'R' ? Index(status, [SerialOf(about)]) : "");
        mint.Tool.Run(
        [
            "ocsp", .. more, "-index", $"{name}.idx", "-CA", issuer.CertificateFile, "-rsigner", signer.CertificateFile, "-rkey", signer.KeyFile,
            "-issuer", issuer.CertificateFile, "-cert", about.CertificateFile, "-noverify", "-no_nonce", "-ndays", "1",
            "-respout", $"{name}.der",
        ]);
        return File.ReadAllBytes(PathOf($"{name}.der"));
    }

    /// <summary>A responder that answers on a port of 127.0.0.1; the caller ends it.</summary>
    public Process Responder(int port, Minted issuer, Minted signer, string index)
    {
        var name = NewName("live");
        Write($"{name}.idx", index);
        return mint.Tool.Start(
        [
            "ocsp", "-index", $"{name}.idx", "-CA", issuer.CertificateFile, "-rsigner", signer.CertificateFile, "-rkey", signer.KeyFile,
            "-port", $"{port}", "-ndays", "1",
        ]);
    }

    /// <summary>A file in the tool's folder.</summary>
    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(PathOf(name), content);
        return PathOf(name);
    }

    /// <summary>Serial number as the tool's index has it.</summary>
    public static string SerialOf(Minted certificate)
    {
        var serial = Certificate.Read(certificate.Der).SerialNumber.ToUpperInvariant();
        return serial.Length > 2 && serial.StartsWith("00", StringComparison.Ordinal) ? serial[2..] : serial;
    }

    /// <summary>Lines of the tool's index of certificates.</summary>
    public static string Index(char status, IEnumerable<string> serials, string reason = "") => string.Concat(serials.Select(serial =>
        $"{status}\t350101000000Z\t{(status == 'R' ? $"260101000000Z{reason}" : "")}\t{serial}\tunknown\t/CN=x\n"));

    private void Write(string name, string content) => File.WriteAllText(PathOf(name), content);

    private string PathOf(string name) => mint.Tool.PathOf(name);

    private string NewName(string kind) => $"{kind}{Interlocked.Increment(ref _count)}-{Environment.CurrentManagedThreadId}";
}
