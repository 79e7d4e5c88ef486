using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Agent;

/// <summary>Events 4200–4209: the authority this router serves as, and the islands.</summary>
internal static partial class EnrolmentEvents
{
    [LoggerMessage(4200, LogLevel.Warning, "The authority's ledger: {Problem}")]
    internal static partial void Ledger(ILogger logger, string problem);

    [LoggerMessage(4201, LogLevel.Information, "In touch with the real authority; {LeftOut} routers did not fit into what an island keeps")]
    internal static partial void IslandInTouch(ILogger logger, int leftOut);

    [LoggerMessage(4202, LogLevel.Warning, "Not in touch with the real authority: {Reason}")]
    internal static partial void IslandOutOfTouch(ILogger logger, string reason);

    [LoggerMessage(4203, LogLevel.Information, "An island authority would not renew this router now: {Problem}")]
    internal static partial void IslandNotGreeted(ILogger logger, string problem);
}
