using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Mesh;

internal sealed partial class HardInterfaceKeeper
{
    private static partial class Log
    {
        [LoggerMessage(3101, LogLevel.Information, "created mesh interface {interface} with {algorithm}")]
        public static partial void InterfaceCreated(ILogger logger, string @interface, string algorithm);

        [LoggerMessage(3102, LogLevel.Information, "set {interface} up")]
        public static partial void InterfaceSetUp(ILogger logger, string @interface);

        [LoggerMessage(3103, LogLevel.Warning, "put {interface} into {mesh} (time {attachments})")]
        public static partial void HardInterfaceAttached(ILogger logger, string @interface, string mesh, long attachments);

        [LoggerMessage(3104, LogLevel.Error, "cannot {verb} {interface}: {reason}")]
        public static partial void ChangeRefused(ILogger logger, string verb, string @interface, string reason);
    }
}
