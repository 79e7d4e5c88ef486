using System.Net;
using X0tta6bl4.Api;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.WorkloadApi;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Configuration;

/// <summary>Reads <c>[secrets]</c>, <c>[identity]</c>, <c>[authority]</c> and <c>[island]</c>.</summary>
internal static class IdentityConfig
{
    /// <summary>Most bundles of other trust domains.</summary>
    public const int FederatedMax = 16;

    /// <summary>Most addresses of authorities.</summary>
    public const int AddressesMax = JoinString.AddressesMax;

    private const string Folder = "/etc/x0tta6bl4/identity";

    private enum Source
    {
        None,
        Files,
        WorkloadApi,
        Spire,
        Authority,
    }

    /// <summary>The sealed store; made at its first use, whatever is configured here.</summary>
    public static SealedStoreOptions Secrets(TomlSection section) => new()
    {
        Directory = Absolute(section, "directory", SealedStoreOptions.DefaultDirectory),
        Tpm = OptionalPath(section, "tpm"),
        DeviceSecretFile = OptionalPath(section, "device_secret"),
        PassphraseFile = OptionalPath(section, "passphrase_file"),
    };

    /// <summary>Null when there is no source.</summary>
    public static IdentityOptions? Identity(TomlSection section)
    {
        var source = section.OneOf(
            "source", Source.None, ("none", Source.None), ("files", Source.Files), ("workload-api", Source.WorkloadApi),
            ("spire", Source.Spire), ("authority", Source.Authority));
        var domain = Domain(section.String("trust_domain", ""), out var problem);
        if (source != Source.None && problem is not null)
        {
            section.Problem("trust_domain", problem);
        }

        var files = Files(section, domain);
        var authority = new EnrolmentOptions(
            Absolute(section, "join_file", "/etc/x0tta6bl4/join"), Addresses(section, "authority_addresses"));
        var workloadApi = WorkloadApi(section, isWanted: source == Source.WorkloadApi);
        var spire = Spire(section, isWanted: source == Source.Spire);
        var (revocation, lists, staple) = Revocation(section);
        var options = new IdentityOptions(
            domain, section.Duration("lifetime_max", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)))
        {
            Islands = Addresses(section, "island_addresses"),
            Revocation = revocation,
            RevocationLists = lists,
            OcspStaple = staple,
        };
        return source switch
        {
            Source.None => null,
            Source.Files => options with { Files = files },
            Source.WorkloadApi => options with { WorkloadApi = workloadApi },
            Source.Spire => options with { Spire = spire },
            _ => options with { Authority = authority },
        };
    }

    /// <summary>Null when this router is no site authority.</summary>
    public static AuthorityOptions? Authority(TomlSection section)
    {
        var options = new AuthorityOptions(
            Listen(section), Absolute(section, "ledger", "/var/lib/x0tta6bl4/authority"),
            section.Duration("svid_lifetime", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            StandInFor: TimeSpan.Zero);
        return options.Listen.Count == 0 ? null : options;
    }

    /// <summary>Null when this router stands in for nobody.</summary>
    public static AuthorityOptions? Island(TomlSection section)
    {
        var defaults = new IslandPolicy();
        var options = new AuthorityOptions(
            Listen(section), Ledger: null,
            section.Duration("svid_lifetime", defaults.SvidLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            TimeSpan.FromDays(section.Int("days", (long)defaults.StandInFor.TotalDays, 1, AuthorityPolicy.IslandDaysMax)));
        return options.Listen.Count == 0 ? null : options;
    }

    private static WorkloadApiOptions? WorkloadApi(TomlSection section, bool isWanted)
    {
        var configured = section.String("workload_api", "");
        var hint = section.String("hint", "", WorkloadApiSource.HintBytesMax);
        if (!isWanted)
        {
            return null;
        }

        if (WorkloadEndpoint.Locate(configured.Length > 0 ? configured : null, Environment.GetEnvironmentVariable, out var endpoint) is { } problem)
        {
            section.Problem("workload_api", problem.ToString());
            return null;
        }

        return new WorkloadApiOptions(endpoint!, hint.Length > 0 ? hint : null);
    }

    private static SpireOptions? Spire(TomlSection section, bool isWanted)
    {
        var server = section.String("spire_server", "", 260);
        var bundle = Absolute(section, "spire_trust_bundle", $"{Folder}/spire_bundle.pem");
        var certificates = OptionalPath(section, "spire_x509pop_certificates");
        var key = OptionalPath(section, "spire_x509pop_key");
        var hint = section.String("hint", "", WorkloadApiSource.HintBytesMax);
        if (!isWanted)
        {
            return null;
        }

        if ((certificates is null) != (key is null))
        {
            section.Problem("spire_x509pop_key", "needs spire_x509pop_certificates beside it, and the other way round");
        }

        if (JoinString.ParseAddress(server, out var address) is not null || !server.EndsWith($":{address!.Port}", StringComparison.Ordinal))
        {
            section.Problem("spire_server", $"must be HOST:PORT such as spire.example:8081, found \"{server}\"");
            return null;
        }

        return new SpireOptions(address.Host, address.Port, bundle, hint.Length > 0 ? hint : null)
        {
            Provisioned = certificates is not null && key is not null ? (certificates, key) : null,
        };
    }

    private static IdentityFiles Files(TomlSection section, TrustDomain domain) => new(
        domain,
        Absolute(section, "certificates", $"{Folder}/svid.pem"),
        Absolute(section, "key", $"{Folder}/svid_key.pem"),
        Absolute(section, "bundle", $"{Folder}/svid_bundle.pem"))
    {
        Federated = new ValueList<(TrustDomain, string)>(
            section.ParseList("federated_bundles", Federated, "a trust domain and a path such as \"other.example=/path/bundle.pem\"", FederatedMax)
                ?.Select(f => (f.Item1, f.Item2)) ?? []),
    };

    private static ValueList<IPEndPoint> Listen(TomlSection section) => new(section.ParseList(
        "listen", text => ListenAddress.TryParse(text, out var address, out _) ? address : null,
        $"an IP address and port such as 0.0.0.0:{JoinString.DefaultPort}", AgentConfig.ListenMax) ?? []);

    private static ValueList<string> Addresses(TomlSection section, string key) => new(section.ParseList(
        key, text => JoinString.ParseAddress(text, out _) is null ? text : null,
        $"HOST:PORT such as 10.20.0.1:{JoinString.DefaultPort}", AddressesMax) ?? []);

    private static (RevocationPolicy Policy, ValueList<string> Lists, string? Staple) Revocation(TomlSection section)
    {
        var mode = section.OneOf(
            "revocation", RevocationMode.Off,
            ("off", RevocationMode.Off), ("crl", RevocationMode.Crl), ("ocsp-stapled", RevocationMode.OcspStapled), ("ocsp", RevocationMode.Ocsp));
        var lists = new ValueList<string>(
            section.ParseList("crls", text => Path.IsPathRooted(text) ? text : null, "an absolute path", RevocationPaths.FilesMax) ?? []);
        if (mode == RevocationMode.Crl && lists.Count == 0)
        {
            section.Problem("crls", "revocation = \"crl\" needs at least one list, or a folder of them");
        }

        var responder = section.Parse(
            "ocsp_responder", text => text.Length == 0 ? NoResponder : OcspFetcher.ReadUrl(text), "an http URL such as \"http://ca.example/ocsp\"");
        var staple = section.Parse("ocsp_staple", text => text.Length == 0 || Path.IsPathRooted(text) ? text : null, "an absolute path");
        var policy = new RevocationPolicy { Mode = mode, Responder = ReferenceEquals(responder, NoResponder) ? null : responder };
        return (policy, lists, string.IsNullOrEmpty(staple) ? null : staple);
    }

    /// <summary>The empty text: the certificate names the responder.</summary>
    private static readonly Uri NoResponder = new("http://none.invalid/");

    private static TrustDomain Domain(string text, out string? problem)
    {
        problem = TrustDomain.Parse(text, out var domain)?.ToString();
        return domain;
    }

    private static Tuple<TrustDomain, string>? Federated(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !Path.IsPathRooted(text[(equals + 1)..]))
        {
            return null;
        }

        var domain = Domain(text[..equals], out var problem);
        return problem is null ? Tuple.Create(domain, text[(equals + 1)..]) : null;
    }

    private static string Absolute(TomlSection section, string key, string defaultValue) =>
        section.Parse(key, text => Path.IsPathRooted(text) ? text : null, "an absolute path") ?? defaultValue;

    /// <summary>Null when it is absent or empty.</summary>
    private static string? OptionalPath(TomlSection section, string key) =>
        section.Parse(key, text => text.Length == 0 || Path.IsPathRooted(text) ? text : null, "an absolute path, or empty") is { Length: > 0 } path
            ? path
            : null;
}
