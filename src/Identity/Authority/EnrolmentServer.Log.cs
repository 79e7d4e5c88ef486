using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Identity.Authority;

public sealed partial class EnrolmentServer
{
    private static partial class Log
    {
        [LoggerMessage(7300, LogLevel.Information, "the authority of {TrustDomain} listens on {Address}")]
        public static partial void Listening(ILogger logger, string trustDomain, string address);

        [LoggerMessage(7301, LogLevel.Information, "{Operation} of {SpiffeId} for {Source}: issued until {NotAfter}")]
        public static partial void Issued(ILogger logger, string operation, string spiffeId, string source, string notAfter);

        [LoggerMessage(7302, LogLevel.Warning, "{Operation} for {Source} refused ({Reason}): {Text}")]
        public static partial void Refused(ILogger logger, string operation, string source, string reason, string text);

        [LoggerMessage(7303, LogLevel.Debug, "connection of {Source} came to nothing: {Problem}")]
        public static partial void Broken(ILogger logger, string source, string problem);

        [LoggerMessage(7304, LogLevel.Error, "the authority could not answer {Source}")]
        public static partial void Failed(ILogger logger, string source, Exception exception);

        [LoggerMessage(7305, LogLevel.Warning, "accepting connections on {Address} failed: {Problem}")]
        public static partial void AcceptFailed(ILogger logger, string address, string problem);

        [LoggerMessage(7306, LogLevel.Error, "the authority of {TrustDomain} cannot issue anything, its own certificate has not begun, has ended or was never given; {Source} was turned away")]
        public static partial void CannotIssue(ILogger logger, string trustDomain, string source);
    }
}
