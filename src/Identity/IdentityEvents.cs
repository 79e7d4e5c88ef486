using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Identity;

/// <summary>Events 7000–7099.</summary>
internal static partial class IdentityEvents
{
    [LoggerMessage(
        EventId = 7000,
        Level = LogLevel.Information,
        Message = "This router is {SpiffeId} until {NotAfter}, serial {Serial}, from {Source}; {TrustDomains} trust domains are trusted")]
    internal static partial void Rotated(
        this ILogger logger, string spiffeId, string notAfter, string serial, string source, int trustDomains);

    [LoggerMessage(
        EventId = 7001,
        Level = LogLevel.Warning,
        Message = "The identity was taken back by {Source}: connections end, and none is made until there is another")]
    internal static partial void TakenBack(this ILogger logger, string source);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Warning, Message = "No new identity from {Source}: {Reason}")]
    internal static partial void Failed(this ILogger logger, string source, string reason);

    [LoggerMessage(
        EventId = 7003,
        Level = LogLevel.Warning,
        Message = "The clock shows {Wall}, which is past for certain: certificates are judged as of {Now}")]
    internal static partial void ClockBehind(this ILogger logger, string wall, string now);

    [LoggerMessage(EventId = 7004, Level = LogLevel.Error, Message = "The identity {SpiffeId} expired at {NotAfter}: no connection can be made")]
    internal static partial void Expired(this ILogger logger, string spiffeId, string notAfter);

    [LoggerMessage(EventId = 7005, Level = LogLevel.Warning, Message = "The connection to {Peer} was ended: {Reason}")]
    internal static partial void ConnectionEnded(this ILogger logger, string peer, string reason);

    [LoggerMessage(EventId = 7050, Level = LogLevel.Information, Message = "{Lists} revocation lists count, with {Entries} entries")]
    internal static partial void RevocationListsRead(this ILogger logger, int lists, int entries);

    [LoggerMessage(EventId = 7051, Level = LogLevel.Warning, Message = "Revocation files are not taken over: {Reason}")]
    internal static partial void RevocationFilesFailed(this ILogger logger, string reason);
}
