namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// What a router wrote on its serial port, line by line. The agent's log is among it: a guest's console is its standard
/// output. Also kept in a file, which a failed scenario leaves behind.
/// </summary>
public sealed class SerialConsole : IDisposable
{
    /// <summary>Lines quoted in an error.</summary>
    private const int TailLines = 25;

    private readonly string _router;
    private readonly StreamWriter _file;
    private readonly Lock _lock = new();

    public SerialConsole(string router, string logFile)
    {
        _router = router;
        _file = new StreamWriter(logFile, append: true);
    }

    /// <summary>Lines, without their line ends.</summary>
    public Journal<string> Lines { get; } = new();

    public void Feed(string line)
    {
        var text = line.TrimEnd('\r');
        Lines.Add(text);
        lock (_lock)
        {
            _file.WriteLine($"{RackClock.Now.TotalSeconds,9:0.000} {text}");
            _file.Flush();
        }
    }

    /// <summary>Waits for a line that contains a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mark">Look from here on (<see cref="Journal{T}.Mark"/> taken before the action).</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<JournalEntry<string>> WaitForAsync(
        string text, long mark, TimeSpan limit, CancellationToken cancellation) =>
        await Lines.WaitAsync(mark, line => line.Contains(text, StringComparison.Ordinal), limit, cancellation)
        ?? throw new RackException(
            $"not within {limit.TotalSeconds:0.#} s: \"{text}\" on the console of {_router}\n{Tail()}");

    /// <summary>The last lines, for errors.</summary>
    public string Tail()
    {
        var lines = Lines.Tail(TailLines).Select(l => $"{l.At.TotalSeconds,9:0.000} {l.Item}");
        return $"--- console of {_router}\n{string.Join('\n', lines)}";
    }

    public void Dispose() => _file.Dispose();
}
