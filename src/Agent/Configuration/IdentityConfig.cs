using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Configuration;

/// <summary>Reads <c>[identity]</c>.</summary>
internal static class IdentityConfig
{
    /// <summary>Most bundles of other trust domains.</summary>
    public const int FederatedMax = 16;

    private const string Folder = "/etc/x0tta6bl4/identity";

    /// <summary>Null when there is no source.</summary>
    public static IdentityOptions? Read(TomlSection section)
    {
        var isWanted = section.OneOf("source", false, ("none", false), ("files", true));
        var domain = Domain(section.String("trust_domain", ""), out var problem);
        if (isWanted && problem is not null)
        {
            section.Problem("trust_domain", problem);
        }

        var files = new IdentityFiles(
            domain,
            Absolute(section, "certificates", "svid.pem"),
            Absolute(section, "key", "svid_key.pem"),
            Absolute(section, "bundle", "svid_bundle.pem"))
        {
            Federated = new ValueList<(TrustDomain, string)>(
                section.ParseList("federated_bundles", Federated, "a trust domain and a path such as \"other.example=/path/bundle.pem\"", FederatedMax)
                    ?.Select(f => (f.Item1, f.Item2)) ?? []),
        };
        var lifetime = section.Duration("lifetime_max", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(24));
        var (revocation, lists, staple) = Revocation(section);
        return isWanted ? new IdentityOptions(files, lifetime, revocation, lists, staple) : null;
    }

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

    private static string Absolute(TomlSection section, string key, string file) =>
        section.Parse(key, text => Path.IsPathRooted(text) ? text : null, "an absolute path") ?? $"{Folder}/{file}";
}
