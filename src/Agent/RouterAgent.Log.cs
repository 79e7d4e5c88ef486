using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Agent;

internal sealed partial class RouterAgent
{
    private static partial class Log
    {
        [LoggerMessage(4101, LogLevel.Information, "x0tta6bl4 {version} {arch} starts as {node} of {site}, configuration {config}")]
        public static partial void Starting(
            ILogger logger, string version, string arch, string node, string site, string config);

        [LoggerMessage(4102, LogLevel.Information, "stopping on {signal}")]
        public static partial void Stopping(ILogger logger, string signal);

        [LoggerMessage(4103, LogLevel.Information, "stopped after {ran_s} s")]
        public static partial void Stopped(ILogger logger, double ran_s);

        [LoggerMessage(4104, LogLevel.Information, "configuration reloaded from {config}")]
        public static partial void Reloaded(ILogger logger, string config);

        [LoggerMessage(4105, LogLevel.Error, "configuration not reloaded, the running one stays: {problem}")]
        public static partial void ReloadRefused(ILogger logger, string problem);
    }
}
