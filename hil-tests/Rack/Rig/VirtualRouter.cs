using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// A router as a QEMU machine: an emulated Cortex-A53 with the kernel and drivers a real one has. What is behind this
/// class instead of a board: the console is QEMU's standard output, LEDs are its trace, resets are its events.
/// </summary>
public sealed class VirtualRouter : IRouter
{
    private static readonly TimeSpan QmpLimit = TimeSpan.FromSeconds(10);

    /// <summary>pciehp blinks its power light for 5 s before it lets a card go.</summary>
    private static readonly TimeSpan UnplugLimit = TimeSpan.FromSeconds(20);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly QemuCommand _command;
    private ChildProcess? _machine;
    private QmpClient? _qmp;

    private VirtualRouter(QemuCommand command, string consoleLog)
    {
        _command = command;
        Console = new SerialConsole(command.Router, consoleLog);
        MeshAddresses = command.MeshInterfaces
            .Select((name, card) => (name, NodeImage.MeshMac(command.RouterIndex, card)))
            .ToDictionary(p => p.name, p => p.Item2);
    }

    public string Name => _command.Router;

    public RouterAbilities Abilities =>
        RouterAbilities.ReplugCards
        | RouterAbilities.SeeLeds
        | RouterAbilities.PressButton
        | RouterAbilities.TellWatchdogResets | RouterAbilities.BuildToOrder;

    public IReadOnlyDictionary<string, string> MeshAddresses { get; }

    public SerialConsole Console { get; }

    public LedCapture Leds { get; } = new();

    public Journal<BoardReset> Resets { get; } = new();

    /// <summary>Everything QEMU reported.</summary>
    public Journal<QmpEvent> MachineEvents { get; } = new();

    /// <summary>Prepares the machine's image and disk; power comes later.</summary>
    internal static async Task<VirtualRouter> CreateAsync(
        QemuCommand command, string consoleLog, CancellationToken cancellation)
    {
        NodeImage.Write(
            command.Image, command.Assets, command.Router, command.RouterIndex, command.Options, command.MeshInterfaces,
            command.Identity);
        await using (var disk = File.Create(command.StateDisk))
        {
            disk.SetLength(command.Options.StateDiskKiB * 1024L);
        }

        await FormatAsync(command.StateDisk, cancellation);
        return new VirtualRouter(command, consoleLog);
    }

    public async Task PowerOnAsync(CancellationToken cancellation)
    {
        if (_machine is { HasExited: false })
        {
            throw new InvalidOperationException($"{Name} has power already");
        }

        File.Delete(_command.QmpSocket);
        _machine = await ChildProcess.StartAsync(
            QemuCommand.Program, _command.Arguments(), Console.Feed, OnError);
        await Wait.UntilAsync($"QEMU of {Name} answers", QmpLimit, ConnectAsync, Console.Tail, cancellation);
    }

    public async Task PowerCutAsync(CancellationToken cancellation)
    {
        if (_machine is { } machine)
        {
            _machine = null;
            await machine.DisposeAsync();
        }

        if (_qmp is { } qmp)
        {
            _qmp = null;
            await qmp.DisposeAsync();
        }
    }

    public async Task WaitUntilManagedAsync(long mark, TimeSpan limit, CancellationToken cancellation)
    {
        var start = RackClock.Now;
        await Console.WaitForAsync($"rack: {Name} ready", mark, limit, cancellation);
        await Wait.UntilAsync(
            $"the management shell of {Name} answers", limit - (RackClock.Now - start) + TimeSpan.FromSeconds(1),
            async stop => (await ExecAsync("true", TimeSpan.FromSeconds(5), stop)).ExitCode == 0,
            Console.Tail, cancellation);
    }

    public Task<ExecResult> ExecAsync(string script, TimeSpan limit, CancellationToken cancellation)
    {
        Running();
        return ManagementShell.RunAsync(
            Name, new IPEndPoint(IPAddress.Loopback, _command.ShellHostPort), script, limit, cancellation);
    }

    public async Task<HttpAnswer> GetAsync(string path, CancellationToken cancellation)
    {
        Running();
        var uri = new Uri($"http://127.0.0.1:{_command.HttpHostPort}{path}");
        try
        {
            using var response = await Http.GetAsync(uri, cancellation);
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

    /// <summary>QEMU raises the line of the power key for 100 ms.</summary>
    public Task PressButtonAsync(CancellationToken cancellation) =>
        Qmp().RunAsync("system_powerdown", null, cancellation);

    public async Task UnplugAsync(string meshInterface, CancellationToken cancellation)
    {
        var mark = MachineEvents.Mark;
        await Qmp().RunAsync("device_del", new JsonObject { ["id"] = meshInterface }, cancellation);
        var gone = await MachineEvents.WaitAsync(
            mark, e => e.Name == "DEVICE_DELETED" && JsonNode.Parse(e.Data)?["device"]?.ToString() == meshInterface,
            UnplugLimit, cancellation);
        if (gone is null)
        {
            throw new RackException(
                $"{Name} did not let go of {meshInterface} within {UnplugLimit.TotalSeconds} s\n{Console.Tail()}");
        }
    }

    public Task PlugAsync(string meshInterface, CancellationToken cancellation)
    {
        var card = _command.MeshInterfaces.ToList().IndexOf(meshInterface);
        var arguments = new JsonObject { ["driver"] = "virtio-net-pci" };
        foreach (var (key, value) in _command.Card(meshInterface, card))
        {
            arguments[key] = value;
        }

        return Qmp().RunAsync("device_add", arguments, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await PowerCutAsync(CancellationToken.None);
        Console.Dispose();
    }

    private static async Task FormatAsync(string disk, CancellationToken cancellation)
    {
        var path = Environment.GetEnvironmentVariable("PATH");
        // mkfs lives where a plain user's PATH does not look.
        var info = new ProcessStartInfo("mkfs.ext4", ["-q", "-F", disk])
        {
            UseShellExecute = false,
            Environment = { ["PATH"] = $"{path}:/usr/sbin:/sbin" },
            RedirectStandardError = true,
        };
        using var mkfs = Process.Start(info) ?? throw new RackException("cannot start mkfs.ext4 (package e2fsprogs)");
        var error = await mkfs.StandardError.ReadToEndAsync(cancellation);
        await mkfs.WaitForExitAsync(cancellation);
        if (mkfs.ExitCode != 0)
        {
            throw new RackException($"mkfs.ext4 {disk}: {error.Trim()}");
        }
    }

    private async Task<bool> ConnectAsync(CancellationToken cancellation)
    {
        Running();
        if (!File.Exists(_command.QmpSocket))
        {
            return false;
        }

        _qmp = await QmpClient.ConnectAsync(_command.QmpSocket, MachineEvents, OnEvent, cancellation);
        return true;
    }

    private void OnEvent(QmpEvent machineEvent)
    {
        // One reset by the watchdog is two events: WATCHDOG says who, RESET that it happened.
        switch (machineEvent.Name)
        {
            case "WATCHDOG":
                Resets.Add(new BoardReset(ByWatchdog: true));
                break;
            case "RESET" when MachineEvents.Tail(2) is not [{ Item.Name: "WATCHDOG" }, ..]:
                Resets.Add(new BoardReset(ByWatchdog: false));
                break;
            default:
                break;
        }
    }

    private void OnError(string line)
    {
        if (!Leds.FeedTrace(line))
        {
            Console.Feed($"qemu: {line}");
        }
    }

    private QmpClient Qmp()
    {
        Running();
        return _qmp ?? throw new RackException($"{Name}: QEMU's control socket is not connected");
    }

    private void Running()
    {
        if (_machine is null)
        {
            throw new RackException($"{Name} has no power");
        }

        if (_machine.HasExited)
        {
            throw new RackException($"QEMU of {Name} ended with exit code {_machine.ExitCode}\n{Console.Tail()}");
        }
    }
}
