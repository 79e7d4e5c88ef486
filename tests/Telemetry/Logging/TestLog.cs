using System.Text;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Tests;

namespace X0tta6bl4.Telemetry.Tests.Logging;

/// <summary>A log into memory, on a clock of its own.</summary>
internal sealed class TestLog : IDisposable
{
    private readonly MemoryStream _output = new();

    internal TestLog(LogOptions? options = null)
    {
        Log = new AgentLog(options ?? new LogOptions(), _output, Time);
        Logger = Log.CreateLogger("X0tta6bl4.Mesh.Loops.MeshLoop");
    }

    internal TestTime Time { get; } = new();

    internal AgentLog Log { get; }

    internal ILogger Logger { get; }

    internal string[] Lines()
    {
        Assert.True(Log.Flush(TimeSpan.FromSeconds(10)));
        return Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    internal string Line() => Assert.Single(Lines());

    public void Dispose() => Log.Dispose();
}

/// <summary>Events as a module would declare them.</summary>
internal static partial class TestEvents
{
    [LoggerMessage(
        EventId = 9000,
        Level = LogLevel.Information,
        Message = "Neighbour {Neighbour} on {HardInterface} appeared after {AfterMs} ms")]
    internal static partial void NeighbourAppeared(
        this ILogger logger,
        string neighbour,
        string hardInterface,
        int afterMs);

    [LoggerMessage(EventId = 9001, Level = LogLevel.Error, Message = "Reading {Path} failed")]
    internal static partial void ReadFailed(this ILogger logger, string path, Exception error);

    [LoggerMessage(EventId = 9002, Level = LogLevel.Debug, Message = "Value {Value}")]
    internal static partial void Value(this ILogger logger, object? value);
}
