using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Agent.Cli;

/// <summary>
/// <c>ca</c>: the site authority at the console. Works on the sealed store and the ledger, with or without an agent that serves
/// routers from them at the same time.
/// </summary>
internal static partial class CaVerb
{
    /// <summary>Name of the ledger's folder, beside the sealed store.</summary>
    private const string LedgerFolder = "authority";

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(24);
    private const int RootDays = 3650;

    public static readonly OfflineVerb Verb = new(
        "ca",
        [
            ("init", "make a root authority; its key is sealed in the store (--trust-domain, --out)"),
            ("bundle", "its root certificate, for programs that check it (--out)"),
            ("token --id ID", "a one-time join string for one router (--ttl, --address)"),
            ("issue --id ID", "a certificate into files, or for a request (--out-dir, --csr, --ttl)"),
            ("deny|allow --id ID", "stop issuing for a stolen router; or let it be enrolled again"),
            ("island --id ID", "let a router stand in for the authority (--days; 0 takes it back)"),
            ("list", "who is enrolled, who is denied, which tokens wait"),
        ],
        [
            .. StoreFlags.All, "--ledger", "--trust-domain", "--lifetime", "--key", "--out",
            "--out-dir", "--id", "--ttl", "--long-lived", "--csr", "--address", "--days",
        ],
        Run);

    private const string Usage =
        "usage: x0tta6bl4 ca init --trust-domain TD [--out FILE] [--lifetime DAYS] [--key p256|ed25519]\n"
        + "       x0tta6bl4 ca bundle [--out FILE]\n"
        + "       x0tta6bl4 ca token --id ID [--ttl 24h] [--address HOST:PORT]...\n"
        + "       x0tta6bl4 ca issue --id ID --out-dir DIR [--csr FILE] [--ttl 1h] [--long-lived yes] [--key p256|ed25519]\n"
        + "       x0tta6bl4 ca deny --id ID | allow --id ID | island --id ID --days N | list [--json]\n"
        + "       each with [--store DIR] [--ledger DIR] [--tpm PATH] [--device-secret FILE] [--passphrase-file FILE]";

    private static int Run(CommandLine line, TextWriter output, TextWriter error)
    {
        Func<CommandLine, TextWriter, int>? run = line.Arguments switch
        {
            ["init"] => Init,
            ["bundle"] => Bundle,
            ["token"] => Token,
            ["issue"] => Issue,
            ["deny"] => Deny,
            ["allow"] => Allow,
            ["island"] => Island,
            ["list"] => List,
            _ => null,
        };
        if (run is null)
        {
            error.WriteLine(Usage);
            return ExitCode.Usage;
        }

        try
        {
            CoreDumps.Forbid();
            return run(line, output);
        }
        catch (FormatException exception)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Usage;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or IdentityAuthorityException
            or CertificateFormatException)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    private static SealedStore OpenStore(CommandLine line) => new(StoreFlags.Store(line));

    private static string StoreOf(CommandLine line) => StoreFlags.Store(line).Directory;

    private static string LedgerOf(CommandLine line) => Path.GetFullPath(
        line.Value("--ledger") ?? StoreFlags.Configured(line)?.Authority?.Ledger
        ?? Path.Combine(Path.GetDirectoryName(StoreOf(line)) ?? "/", LedgerFolder));

    private static AuthorityLedger OpenLedger(CommandLine line) => new(
        LedgerOf(line),
        TimeProvider.System.GetUtcNow,
        problem => Console.Error.WriteLine($"x0tta6bl4: {problem}"));

    private static IssuingKey ReadKey(CommandLine line)
    {
        using var store = OpenStore(line);
        return AuthorityKeyStore.Read(store, AuthorityKeyStore.SiteName)
            ?? throw new IOException($"{StoreOf(line)}: there is no authority; make one: x0tta6bl4 ca init --trust-domain TD");
    }

    /// <summary>Does something with the authority and its ledger, which are closed afterwards.</summary>
    private static T With<T>(CommandLine line, Func<SiteAuthority, Task<T>> work)
    {
        var key = ReadKey(line);
        using var ledger = OpenLedger(line);
        return work(new SiteAuthority(key, ledger, new AuthorityPolicy(), TimeProvider.System.GetUtcNow)).GetAwaiter().GetResult();
    }

    private static void With(CommandLine line, Func<SiteAuthority, Task> work) => With(line, async authority =>
    {
        await work(authority);
        return true;
    });
}
