namespace X0tta6bl4.Identity.Authority;

/// <summary>How a node reaches its site authority.</summary>
public sealed record SiteAuthorityIssuerOptions
{
    /// <summary>
    /// The join string; null when the router has used one before. Used once, then it may be removed. It is asked again each
    /// time, so that a new one is taken without a restart.
    /// </summary>
    public Func<JoinString?> Join { get; init; } = () => null;

    /// <summary>Addresses, HOST:PORT, tried in turn before those of the join string; at most <see cref="JoinString.AddressesMax"/>.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>
    /// How often the identity is put on flash, on this router and in the authority's ledger, at a renewal. Zero: at each, so
    /// that a reboot within the hour needs no authority at all. A longer time costs a reboot one question, and saves flash.
    /// </summary>
    public TimeSpan KeepEvery { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Is called when the authority says that this router is denied: what else it has from there is to be put away.</summary>
    public Action Denied { get; init; } = () => { };

    /// <summary>Reaches an address.</summary>
    public DialAddress Dial { get; init; } = EnrolmentClient.DialTcpAsync;
}
