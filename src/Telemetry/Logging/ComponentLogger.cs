using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>The logger of one component; formats the message and hands it to the log. Never throws.</summary>
internal sealed class ComponentLogger(AgentLog log, string component) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Level && logLevel < LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string message;
        try
        {
            message = formatter(state, exception);
        }
        catch (Exception error)
        {
            message = $"({error.GetType().Name} while formatting this message)";
        }

        log.Write(
            component,
            logLevel,
            eventId,
            message,
            state as IReadOnlyList<KeyValuePair<string, object?>>,
            exception);
    }
}
