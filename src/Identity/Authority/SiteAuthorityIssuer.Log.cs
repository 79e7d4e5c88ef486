using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Identity.Authority;

public sealed partial class SiteAuthorityIssuer
{
    private static partial class Log
    {
        [LoggerMessage(7320, LogLevel.Information, "{SpiffeId} enrolled at the site authority {Address}")]
        public static partial void Enrolled(ILogger logger, string spiffeId, string address);

        [LoggerMessage(7321, LogLevel.Information, "{SpiffeId} came back to the site authority {Address} with the key it kept")]
        public static partial void Returned(ILogger logger, string spiffeId, string address);

        [LoggerMessage(7322, LogLevel.Information, "{SpiffeId} takes up the identity of before the restart, until {NotAfter}")]
        public static partial void TakenUp(ILogger logger, string spiffeId, string notAfter);

        [LoggerMessage(7323, LogLevel.Information, "the site authority did not renew, the next way is tried: {Problem}")]
        public static partial void Fallback(ILogger logger, string problem);

        [LoggerMessage(7324, LogLevel.Warning, "the new identity could not be kept on flash and the former one stays there: {Problem}")]
        public static partial void NotKept(ILogger logger, string problem);

        [LoggerMessage(7325, LogLevel.Warning, "the join string cannot be read and is left out, the router goes on with what it kept: {Problem}")]
        public static partial void JoinUnreadable(ILogger logger, string problem);
    }
}
