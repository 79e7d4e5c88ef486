using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Agent.Supervision;

internal sealed partial class Supervisor
{
    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Information, "part {part} started")]
        public static partial void PartStarted(ILogger logger, string part);

        [LoggerMessage(4002, LogLevel.Error, "part {part} failed, restart {restart} in {delay_s} s: {reason}")]
        public static partial void PartFailed(
            ILogger logger, Exception? exception, string part, int restart, double delay_s, string reason);

        [LoggerMessage(4003, LogLevel.Critical,
            "part {part} failed {failures} times within {window_s} s; ending the process so that init restarts it")]
        public static partial void Escalated(ILogger logger, string part, int failures, double window_s);

        [LoggerMessage(4004, LogLevel.Information, "part {part} stopped")]
        public static partial void PartStopped(ILogger logger, string part);

        [LoggerMessage(4005, LogLevel.Error, "part {part} did not stop within {timeout_s} s; leaving it behind")]
        public static partial void PartStuck(ILogger logger, string part, double timeout_s);
    }
}
