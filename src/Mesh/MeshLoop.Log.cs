using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Mesh;

public sealed partial class MeshLoop
{
    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Information, "mesh is {state}")]
        public static partial void StateChanged(ILogger logger, MeshState state);

        [LoggerMessage(3002, LogLevel.Information, "originator {originator} appeared via {next_hop} on {interface} ({quality})")]
        public static partial void OriginatorAppeared(
            ILogger logger, string originator, string next_hop, string @interface, uint quality);

        [LoggerMessage(3003, LogLevel.Warning, "originator {originator} lost (was via {next_hop})")]
        public static partial void OriginatorLost(ILogger logger, string originator, string next_hop);

        [LoggerMessage(3004, LogLevel.Information, "next hop to {originator} changed from {from} to {to} on {interface} ({quality})")]
        public static partial void NextHopChanged(
            ILogger logger, string originator, string from, string to, string @interface, uint quality);

        [LoggerMessage(3005, LogLevel.Warning, "path to {originator} via {next_hop} is weak ({quality})")]
        public static partial void PathWeak(ILogger logger, string originator, string next_hop, uint quality);

        [LoggerMessage(3006, LogLevel.Information, "path to {originator} via {next_hop} is good again ({quality})")]
        public static partial void PathGood(ILogger logger, string originator, string next_hop, uint quality);

        [LoggerMessage(3007, LogLevel.Information, "neighbour {neighbour} appeared on {interface}")]
        public static partial void NeighbourAppeared(ILogger logger, string neighbour, string @interface);

        [LoggerMessage(3008, LogLevel.Warning, "neighbour {neighbour} lost on {interface}")]
        public static partial void NeighbourLost(ILogger logger, string neighbour, string @interface);

        [LoggerMessage(3009, LogLevel.Information, "gateway changed from {from} to {to}")]
        public static partial void GatewayChanged(ILogger logger, string from, string to);

        [LoggerMessage(3011, LogLevel.Error, "cannot read the mesh: {reason}")]
        public static partial void ReadFailed(ILogger logger, string reason);
    }
}
