using System.Globalization;
using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Agent.Cli;

/// <summary>
/// <c>svid verify</c>: would this chain be believed, and if not, why: the same decision as in a handshake, on files. Needs no
/// running agent and no configuration.
/// </summary>
internal static class SvidVerb
{
    public static readonly OfflineVerb Verb = new(
        "svid",
        [("verify CHAIN", "would this certificate chain be believed, and why not (--bundle, --trust-domain; --crl)")],
        ["--bundle", "--trust-domain", "--at", "--allow", "--crl"],
        Run);

    private const string Usage =
        "usage: x0tta6bl4 svid verify --bundle FILE --trust-domain TD [--at TIME] [--allow PATTERN]... [--crl FILE]... CHAIN";

    private static int Run(CommandLine line, TextWriter output, TextWriter error)
    {
        if (line.Arguments is not ["verify", var chain] || line.Value("--bundle") is not { } bundle
            || line.Value("--trust-domain") is not { } domain)
        {
            error.WriteLine(Usage);
            return ExitCode.Usage;
        }

        try
        {
            Show(Verify(chain, bundle, domain, line), line.Json, output, out var isBelieved);
            return isBelieved ? ExitCode.Fine : ExitCode.Failed;
        }
        catch (Exception exception) when (exception is CertificateFormatException or FormatException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Usage;
        }
    }

    private static SvidVerdict Verify(string chainFile, string bundleFile, string domainName, CommandLine line)
    {
        if (TrustDomain.Parse(domainName, out var domain) is { } problem)
        {
            throw new FormatException($"--trust-domain: {problem}");
        }

        var patterns = line.Values.Where(v => v.Flag == "--allow").Select(v => Pattern(v.Value)).ToList();
        var bundle = Named(bundleFile, bytes => TrustBundleReader.Read(bytes, domain));
        var chain = Named(chainFile, bytes => CertificateList.Read(bytes, CertificatesMax));
        var now = Time(line.Value("--at"));
        var verdict = new SvidVerifier(new SvidPolicy()).Verify(chain, new TrustBundleSet(bundle), now);
        verdict = patterns.Count == 0 ? verdict : verdict.Authorize(patterns);
        var lists = line.Values.Where(v => v.Flag == "--crl").SelectMany(v => RevocationFiles.ReadFile(v.Value)).ToList();
        return lists.Count == 0 ? verdict : new RevocationLists(lists).Judge(verdict, now);
    }

    /// <summary>More than a chain may have, so that it is the verifier who says so.</summary>
    private const int CertificatesMax = 100;

    private static SpiffeIdPattern Pattern(string text) =>
        SpiffeIdPattern.Parse(text, out var pattern) is { } problem ? throw new FormatException($"--allow: {problem}") : pattern;

    internal static DateTimeOffset Time(string? text) => text is null
        ? TimeProvider.System.GetUtcNow()
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new FormatException($"--at: not a time such as 2031-05-01T12:00:00Z: \"{text}\"");

    private static T Named<T>(string path, Func<ReadOnlyMemory<byte>, T> parse)
    {
        try
        {
            return parse(BoundedFile.Read(path, TrustBundle.BytesMax));
        }
        catch (CertificateFormatException exception)
        {
            throw new CertificateFormatException($"{path}: {exception.Message}", exception);
        }
    }

    private static void Show(SvidVerdict verdict, bool json, TextWriter output, out bool isBelieved)
    {
        isBelieved = verdict.Refusal is null;
        if (!json)
        {
            output.WriteLine(verdict is { Svid: { } svid, Refusal: null }
                ? $"yes: {svid.Id} until {svid.NotAfter:u}, serial {svid.SerialNumber}, by {svid.Authority.Label}"
                    + (svid.IsIslandIssued ? ", issued by an island authority" : "")
                : $"no: {verdict.Refusal}");
            return;
        }

        output.WriteLine(JsonOutput.Write(writer =>
        {
            writer.WriteBoolean("believed", verdict.Refusal is null);
            if (verdict.Svid is { } svid)
            {
                writer.WriteString("spiffe_id", svid.Id.ToString());
                writer.WriteString("not_after", svid.NotAfter.UtcDateTime);
                writer.WriteString("serial_number", svid.SerialNumber);
                writer.WriteBoolean("island_issued", svid.IsIslandIssued);
            }

            if (verdict.Refusal is { } refusal)
            {
                writer.WriteString("reason", refusal.Reason.ToString());
                writer.WriteString("requirement", refusal.Requirement);
                writer.WriteNumber("tls_alert", (byte)refusal.Alert);
                writer.WriteString("text", refusal.Text);
            }
        }));
    }
}
