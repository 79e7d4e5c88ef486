using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Authority;

/// <summary>IDs of authorities' servers.</summary>
internal static class EnrolmentServerId
{
    public static SpiffeId Of(TrustDomain domain, string path) => SpiffeId.Parse($"{SpiffeId.Scheme}{domain}{path}", out var id) is { } problem
        ? throw new ArgumentException(problem.ToString(), nameof(path))
        : id;
}
