using System.Globalization;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Rack.Physical;

/// <summary>A board on the bench. Commands are run by <c>sh -c</c> on the machine the bench hangs on.</summary>
internal sealed record BoardEntry
{
    public required string Name { get; init; }

    /// <summary>Device of the serial console, for example /dev/ttyUSB0.</summary>
    public required string Serial { get; init; }

    public required long Baud { get; init; }

    /// <summary>Text on the console once user space is up.</summary>
    public required string ReadyText { get; init; }

    /// <summary>Text that appears on the console at every reset, for example the boot loader's banner.</summary>
    public required string ResetText { get; init; }

    /// <summary>Text that appears when the watchdog was the reason; empty when the board does not tell.</summary>
    public required string WatchdogText { get; init; }

    public required string PowerOn { get; init; }

    public required string PowerCut { get; init; }

    /// <summary>
    /// Command that runs a shell script given on its standard input on the board, for example over ssh.
    /// </summary>
    public required string Shell { get; init; }

    /// <summary>Base address of the agent's HTTP server.</summary>
    public required Uri Http { get; init; }

    /// <summary>Command that prints a line <c>LINE LEVEL</c> at each change of a LED's pin; empty when nothing captures
    /// them. Lines are numbered as on the virtual rack: 4 status, 5 mesh, 6 fault.</summary>
    public required string GpioCapture { get; init; }

    /// <summary>Command that presses the button; empty when nothing can.</summary>
    public required string PressButton { get; init; }

    /// <summary>Addresses of the mesh interfaces.</summary>
    public required IReadOnlyDictionary<string, string> MeshAddresses { get; init; }
}

/// <summary>A way to interrupt the link between two boards.</summary>
internal sealed record LinkEntry(string A, string B, string Cut, string Restore);

/// <summary>
/// The description of a bench of real boards (docs/rack.md has one to copy). Read strictly: every problem at once, with
/// line and column, before anything is switched on.
/// </summary>
internal sealed record BenchFile
{
    public required IReadOnlyList<BoardEntry> Boards { get; init; }

    public required IReadOnlyList<LinkEntry> Links { get; init; }

    /// <summary>Address on which the broker listens for the boards; empty when the bench has none.</summary>
    public required string BrokerAddress { get; init; }

    public required int BrokerPort { get; init; }

    /// <summary>Files of the broker's identity and of whom it lets in, PEM: certificates, key, bundle.</summary>
    public required IReadOnlyList<string> BrokerFiles { get; init; }

    /// <summary>The broker's identity, read from its files.</summary>
    public IdentityFiles BrokerIdentity()
    {
        try
        {
            return new IdentityFiles(
                File.ReadAllText(BrokerFiles[0]), File.ReadAllText(BrokerFiles[1]), File.ReadAllText(BrokerFiles[2]));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RackException($"[broker] of the bench file: {exception.Message}", exception);
        }
    }

    public static BenchFile Read(string path)
    {
        var problems = new TomlProblems();
        var root = TomlFile.Read(path, problems);
        var bench = root is null ? null : Parse(root);
        return bench is null || problems.Any
            ? throw new RackException($"the bench file has {problems.Count} problems\n{problems}")
            : bench;
    }

    /// <summary>For tests: the same from text.</summary>
    internal static BenchFile? Parse(string text, TomlProblems problems)
    {
        var root = TomlFile.Parse(text, "bench.toml", problems);
        var bench = root is null ? null : Parse(root);
        return problems.Any ? null : bench;
    }

    private static BenchFile Parse(TomlSection root)
    {
        var broker = root.Section("broker");
        var isBroker = broker.String("listen", "").Length > 0;
        var bench = new BenchFile
        {
            Boards = [.. root.Sections("router").Select(Board)],
            Links = [.. root.Sections("link").Select(Link)],
            BrokerAddress = broker.String("listen", ""),
            BrokerPort = (int)broker.Int("port", 8883, 1, 65535),
            BrokerFiles = isBroker
                ? [broker.RequiredString("certificates"), broker.RequiredString("key"), broker.RequiredString("bundle")]
                : [],
        };
        if (bench.Boards.Count == 0)
        {
            root.Problem("router", "a bench has at least one [[router]]");
        }

        root.Done();
        return bench;
    }

    private static BoardEntry Board(TomlSection section)
    {
        var mesh = section.Section("mesh");
        return new BoardEntry
        {
            Name = section.RequiredString("name"),
            Serial = section.RequiredString("serial"),
            Baud = section.Int("baud", 115200, 1200, 4_000_000),
            ReadyText = section.RequiredString("ready"),
            ResetText = section.RequiredString("reset"),
            WatchdogText = section.String("watchdog_reset", ""),
            PowerOn = section.RequiredString("power_on"),
            PowerCut = section.RequiredString("power_cut"),
            Shell = section.RequiredString("shell"),
            Http = section.Parse("http", Address, "an address like http://192.168.1.1:9464")
                ?? new Uri("http://127.0.0.1"),
            GpioCapture = section.String("gpio_capture", ""),
            PressButton = section.String("press_button", ""),
            MeshAddresses = mesh.Names.ToDictionary(
                n => n, n => mesh.RequiredString(n).ToLower(CultureInfo.InvariantCulture)),
        };
    }

    private static LinkEntry Link(TomlSection section)
    {
        var between = section.StringList("between");
        if (between.Count != 2)
        {
            section.Problem("between", "names two routers, for example [\"A\", \"B\"]");
        }

        return new LinkEntry(
            between.ElementAtOrDefault(0) ?? "", between.ElementAtOrDefault(1) ?? "",
            section.RequiredString("cut"), section.RequiredString("restore"));
    }

    private static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp ? uri : null;
}
