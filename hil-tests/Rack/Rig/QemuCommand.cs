using System.Net;
using System.Net.Sockets;
using System.Numerics;
using X0tta6bl4.Rack.Links;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// The machine a router runs on, as QEMU's command line. Nothing of it reaches a real network: cards are unix sockets,
/// and the management network is restricted to the ports named here, all on 127.0.0.1.
/// </summary>
internal sealed record QemuCommand
{
    public const string Program = "qemu-system-aarch64";
    public const int ShellPort = 2323;
    private const string GuestAddress = "10.0.2.15";

    public required string Router { get; init; }

    public required int RouterIndex { get; init; }

    public required RouterOptions Options { get; init; }

    public required RackAssets Assets { get; init; }

    public required RackDirectory Directory { get; init; }

    public required IReadOnlyList<string> MeshInterfaces { get; init; }

    /// <summary>Host port forwarded to the management shell.</summary>
    public required int ShellHostPort { get; init; }

    /// <summary>Host port forwarded to the agent's HTTP server.</summary>
    public required int HttpHostPort { get; init; }

    /// <summary>Host port of the broker; null when there is none.</summary>
    public int? BrokerPort { get; init; }

    /// <summary>Who the router is; null when it talks to nobody.</summary>
    public IdentityFiles? Identity { get; init; }

    public string Image => Directory.File($"{Router}.cpio");

    public string StateDisk => Directory.File($"{Router}.state");

    public string QmpSocket => Directory.File($"{Router}.qmp");

    public IReadOnlyList<string> Arguments()
    {
        List<string> arguments =
        [
            "-name", $"rack-{Router}", "-M", "virt", "-cpu", "cortex-a53", "-m", $"{Options.MemoryMiB}",
            "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", Assets.Kernel, "-initrd", Image, "-dtb", Assets.DeviceTree,
            // cma=0: the kernel wants half of the memory for cameras; panic: come back as a router would.
            "-append", "console=ttyAMA0 quiet cma=0 panic=5",
            "-serial", "stdio",
            "-qmp", $"unix:{QmpSocket},server=on,wait=off",
            "-rtc", Options.BootsIn1970 ? "base=1970-01-01" : "base=utc",
            // Every change of a GPIO output on standard error: what a LED does, seen from outside.
            "-trace", "pl061_set_output",
            // What the guest wrote survives the death of QEMU in the host's page cache; flushing it gains nothing here.
            "-drive", $"file={StateDisk},format=raw,if=none,id=state,cache=unsafe",
            "-device", "virtio-blk-pci,drive=state,romfile=",
            "-device", "virtio-rng-pci,romfile=",
            "-netdev", ManagementNetwork(),
            "-device", $"virtio-net-pci,netdev=mgmt,romfile=,mac={NodeImage.ManagementMac(RouterIndex)}",
        ];
        if (Options.CountsInstructions)
        {
            var shift = BitOperations.Log2(RouterOptions.NanosecondsPerInstruction);
            arguments.AddRange(["-icount", $"shift={shift},sleep=on"]);
        }

        if (Options.HasWatchdog)
        {
            arguments.AddRange(["-device", "i6300esb", "-action", "watchdog=reset"]);
        }

        foreach (var (name, card) in MeshInterfaces.Select((name, card) => (name, card)))
        {
            var end = new LinkEnd(Router, name);
            arguments.AddRange(
            [
                // A port each: only cards behind one can be unplugged while running.
                "-device", $"pcie-root-port,id=port-{name},chassis={card + 1},slot={card + 1}",
                "-netdev", $"dgram,id=air-{name},local.type=unix,local.path={RadioLink.CardSocket(Directory, end)},"
                    + $"remote.type=unix,remote.path={RadioLink.AirSocket(Directory, end)}",
                "-device", $"virtio-net-pci,{string.Join(',', Card(name, card).Select(p => $"{p.Key}={p.Value}"))}",
            ]);
        }

        return arguments;
    }

    /// <summary>Properties of a mesh card, at start and when plugged in again.</summary>
    public IReadOnlyDictionary<string, string> Card(string name, int card) => new Dictionary<string, string>
    {
        ["id"] = name,
        ["bus"] = $"port-{name}",
        ["netdev"] = $"air-{name}",
        ["mac"] = NodeImage.MeshMac(RouterIndex, card),
        ["romfile"] = "",
    };

    /// <summary>A free port on the loopback interface. Taken by someone else before QEMU binds it only by rare chance;
    /// QEMU then ends at once and says so.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private string ManagementNetwork()
    {
        var network = "user,id=mgmt,restrict=on"
            + $",hostfwd=tcp:127.0.0.1:{ShellHostPort}-{GuestAddress}:{ShellPort}"
            + $",hostfwd=tcp:127.0.0.1:{HttpHostPort}-{GuestAddress}:{AgentConfigFile.HttpPort}";
        var bridge = Path.Combine(AppContext.BaseDirectory, "tcp-bridge.sh");
        return BrokerPort is { } port
            // A command a connection: the plain form has one connection for the machine's whole life.
            ? $"{network},guestfwd=tcp:{AgentConfigFile.BrokerAddress}:{AgentConfigFile.BrokerPort}"
                + $"-cmd:bash {bridge} {port}"
            : network;
    }
}
