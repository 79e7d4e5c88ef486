using System.Globalization;
using System.Net;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Physical;

/// <summary>
/// A board on a shelf: its console is a serial port, its power a relay, its LEDs a capture device on the pins, its
/// shell whatever the bench file names. Programs read the devices (cat, the capture command), so that a reader blocked
/// on a dead adapter can be killed like any other process.
/// </summary>
internal sealed class PhysicalRouter : IRouter
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly BoardEntry _board;
    private readonly List<ChildProcess> _readers = [];
    private readonly ResetReader _resetReader;

    private PhysicalRouter(BoardEntry board, string consoleLog)
    {
        _board = board;
        Console = new SerialConsole(board.Name, consoleLog);
        _resetReader = new ResetReader(board.ResetText, board.WatchdogText, board.ReadyText, Resets);
    }

    public string Name => _board.Name;

    public RouterAbilities Abilities =>
        (_board.GpioCapture.Length > 0 ? RouterAbilities.SeeLeds : RouterAbilities.None)
        | (_board.PressButton.Length > 0 ? RouterAbilities.PressButton : RouterAbilities.None)
        | (_board.WatchdogText.Length > 0 ? RouterAbilities.TellWatchdogResets : RouterAbilities.None);

    public IReadOnlyDictionary<string, string> MeshAddresses => _board.MeshAddresses;

    public SerialConsole Console { get; }

    public LedCapture Leds { get; } = new();

    public Journal<BoardReset> Resets { get; } = new();

    /// <summary>Takes the board's power away and starts to listen: every scenario begins from a cold board.</summary>
    public static async Task<PhysicalRouter> AttachAsync(
        BoardEntry board, string consoleLog, CancellationToken cancellation)
    {
        if (!File.Exists(board.Serial))
        {
            throw new RackException(
                $"{board.Name}: serial = \"{board.Serial}\" does not exist; "
                + "plug the adapter in, or correct the bench file");
        }

        var router = new PhysicalRouter(board, consoleLog);
        try
        {
            await router.PowerCutAsync(cancellation);
            await router.ListenAsync();
        }
        catch
        {
            await router.DisposeAsync();
            throw;
        }

        return router;
    }

    public Task PowerOnAsync(CancellationToken cancellation)
    {
        _resetReader.PowerOn();
        return BenchCommand.MustAsync($"{Name}: power_on", _board.PowerOn, cancellation);
    }

    public Task PowerCutAsync(CancellationToken cancellation) =>
        BenchCommand.MustAsync($"{Name}: power_cut", _board.PowerCut, cancellation);

    public async Task WaitUntilManagedAsync(long mark, TimeSpan limit, CancellationToken cancellation)
    {
        Listening();
        await Console.WaitForAsync(_board.ReadyText, mark, limit, cancellation);
        await Wait.UntilAsync(
            $"the shell of {Name} answers", limit,
            async stop =>
                (await ExecAsync("true", TimeSpan.FromSeconds(5), stop)).ExitCode == 0, Console.Tail, cancellation);
    }

    public Task<ExecResult> ExecAsync(string script, TimeSpan limit, CancellationToken cancellation)
    {
        Listening();
        return BenchCommand.RunAsync($"{Name}: shell", _board.Shell, script + "\n", limit, cancellation);
    }

    public async Task<HttpAnswer> GetAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(_board.Http, path), cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable
                ? new HttpAnswer((int)response.StatusCode, body)
                : throw new RackException($"{Name}: GET {path} answered {(int)response.StatusCode}: {body}");
        }
        catch (Exception exception) when (exception is HttpRequestException
            || (exception is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new RackException($"{Name}: GET {path}: {exception.Message}", exception);
        }
    }

    public Task PressButtonAsync(CancellationToken cancellation)
    {
        this.Need(RouterAbilities.PressButton);
        return BenchCommand.MustAsync($"{Name}: press_button", _board.PressButton, cancellation);
    }

    public Task UnplugAsync(string meshInterface, CancellationToken cancellation)
    {
        this.Need(RouterAbilities.ReplugCards);
        return Task.CompletedTask;
    }

    public Task PlugAsync(string meshInterface, CancellationToken cancellation)
    {
        this.Need(RouterAbilities.ReplugCards);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }

        Console.Dispose();
    }

    /// <summary>Reads <c>LINE LEVEL</c> of a capture command.</summary>
    internal static (int Line, bool IsOn)? ParseCapture(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var line, "0" or "1"] parts
            && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number, parts[1] == "1")
            : null;

    private async Task ListenAsync()
    {
        // The device name is an argument, not part of the script: no quoting to get wrong.
        _readers.Add(await ChildProcess.StartAsync(
            "sh",
            ["-c", "stty -F \"$1\" \"$2\" raw -echo && exec cat \"$1\"", "serial", _board.Serial, $"{_board.Baud}"],
            OnConsole, line => Console.Feed($"serial port: {line}")));
        if (_board.GpioCapture.Length > 0)
        {
            _readers.Add(await ChildProcess.StartAsync(
                "sh", ["-c", $"exec {_board.GpioCapture}"], OnCapture, line => Console.Feed($"gpio capture: {line}")));
        }
    }

    private void OnConsole(string line)
    {
        Console.Feed(line);
        _resetReader.Feed(line);
    }

    private void OnCapture(string line)
    {
        if (ParseCapture(line) is { } change)
        {
            Leds.Feed(change.Line, change.IsOn);
        }
        else
        {
            Console.Feed($"gpio capture printed something else than \"LINE LEVEL\": {line}");
        }
    }

    private void Listening()
    {
        if (_readers.Find(r => r.HasExited) is { } ended)
        {
            throw new RackException(
                $"{Name}: the program that reads the serial port or the pins ended with {ended.ExitCode}\n"
                + Console.Tail());
        }
    }
}
