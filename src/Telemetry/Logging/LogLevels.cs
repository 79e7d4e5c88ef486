using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>The names of levels in log lines, metric labels, the configuration and the command line.</summary>
public static class LogLevels
{
    /// <summary>trace, debug, info, warn, error or critical.</summary>
    public static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        _ => "none",
    };

    /// <summary>The level of a name, as the configuration writes it.</summary>
    public static bool TryParse(string name, out LogLevel level)
    {
        for (level = LogLevel.Trace; level <= LogLevel.None; level++)
        {
            if (name == Name(level))
            {
                return true;
            }
        }

        level = LogLevel.Information;
        return false;
    }
}
