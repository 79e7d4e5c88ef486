using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Tests.TestKit;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Board.Tests.Description;

public class BoardDescriptionTests
{
    private const string Minimal = "id = \"a,b\"\nmodel = \"m\"\nsources = [\"s\"]\n";

    private static string Folder => Repository.Folder("board-configs");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.toml").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_board_file_parses_and_names_its_sources(string file)
    {
        var problems = new TomlProblems();

        var board = BoardDescription.Read(Path.Combine(Folder, file), problems);

        Assert.True(board is not null, problems.ToString());
        Assert.Contains(board.Leds, l => l.Role == LedRole.Status);
        Assert.IsType<DeviceWatchdogDescription>(board.Watchdog);
        if (file != "qemu-virt-arm64.toml")
        {
            Assert.Equal(file, board.Id + ".toml");
        }
    }

    [Fact]
    public void The_qemu_board_is_what_the_rack_builds()
    {
        var board = BoardDescription.Read(Path.Combine(Folder, "qemu-virt-arm64.toml"), new TomlProblems())!;

        Assert.Equal("linux,dummy-virt", board.Id);
        Assert.Equal(["green:status", "blue:mesh", "red:fault"], board.Leds.Select(l => l.Sysfs));
        var button = Assert.Single(board.Buttons);
        Assert.Equal(("reset", "9030000.pl061:3", false), (button.Role, button.Line.ToString(), button.Line.ActiveLow));
        Assert.Equal("/dev/watchdog0", Assert.IsType<DeviceWatchdogDescription>(board.Watchdog).Device);
    }

    [Fact]
    public void Every_key_is_read()
    {
        var board = BoardDescription.Parse(
            Minimal + """
            [[led]]
            role = "uplink"
            chip = "gpiochip0"
            line_name = "LED1"
            active_low = true
            [[button]]
            role = "wps"
            chip = "x"
            line = 7
            bias = "pull-up"
            debounce = "50ms"
            long_press = "5s"
            [watchdog]
            kind = "gpio"
            chip = "x"
            line = 1
            timeout = "1s"
            always_running = true
            [thermal]
            zones = ["cpu-thermal"]
            """,
            "f.toml", new TomlProblems())!;

        Assert.Equal(new LedDescription(LedRole.Uplink, null, new GpioLineRef("gpiochip0", null, "LED1", true, GpioBias.AsIs)), board.Leds[0]);
        Assert.Equal(
            new ButtonDescription(
                "wps", new GpioLineRef("x", 7, null, false, GpioBias.PullUp), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)),
            board.Buttons[0]);
        Assert.Equal(
            new GpioWatchdogDescription(new GpioLineRef("x", 1, null, false, GpioBias.AsIs), TimeSpan.FromSeconds(1), true),
            board.Watchdog);
        Assert.Equal(["cpu-thermal"], board.ThermalZones);
    }

    [Theory]
    [InlineData("", "f.toml:1:1: 'id' is missing")]
    [InlineData("id = \"nocomma\"\nmodel = \"m\"\nsources = [\"s\"]", "f.toml:1:1: 'id' must be vendor,model as in the device tree's compatible")]
    [InlineData("id = \"../x,y\"\nmodel = \"m\"\nsources = [\"s\"]", "f.toml:1:1: 'id' must be vendor,model as in the device tree's compatible")]
    [InlineData("id = \"a,b\"\nmodel = \"m\"", "f.toml:1:1: 'sources' is missing")]
    [InlineData(Minimal + "[[led]]\nrole = \"status\"", "f.toml:4:3: 'led.sysfs' or chip and line must be given, one of the two")]
    [InlineData(Minimal + "[[led]]\nrole = \"status\"\nsysfs = \"../x\"", "f.toml:6:1: 'led.sysfs' must be the name of a LED below /sys/class/leds, such as green:status, found \"../x\"")]
    [InlineData(Minimal + "[[led]]\nrole = \"status\"\nsysfs = \"a\"\n[[led]]\nrole = \"status\"\nsysfs = \"b\"", "f.toml:8:1: 'led.role' is given to two LEDs")]
    [InlineData(Minimal + "[[button]]\nrole = \"Reset!\"\nchip = \"x\"\nline = 1", "f.toml:5:1: 'button.role' must be lower-case letters, digits and dashes")]
    [InlineData(Minimal + "[[button]]\nrole = \"reset\"\nchip = \"x\"\nline = 1\nline_name = \"a\"", "f.toml:7:1: 'button.line' or line_name must be given, one of the two")]
    [InlineData(Minimal + "[watchdog]\nkind = \"device\"\ndevice = \"/etc/passwd\"", "f.toml:6:1: 'watchdog.device' must be a device below /dev, such as /dev/watchdog0, found \"/etc/passwd\"")]
    [InlineData(Minimal + "[watchdog]\nkind = \"device\"\ntimout = \"30s\"", "f.toml:6:1: unknown key 'watchdog.timout' (nearest known key: timeout)")]
    public void A_broken_file_is_refused_with_the_place(string text, string expected)
    {
        var problems = new TomlProblems();

        Assert.Null(BoardDescription.Parse(text, "f.toml", problems));
        Assert.Contains(expected, problems.Items.Select(p => p.ToString()));
    }

    [Fact]
    public void A_cut_board_file_never_throws()
    {
        var text = File.ReadAllText(Path.Combine(Folder, "qemu-virt-arm64.toml"));
        for (var cut = 0; cut < text.Length; cut += 7)
        {
            BoardDescription.Parse(text[..cut], "f.toml", new TomlProblems());
        }
    }

    [Fact]
    public void The_board_is_found_by_the_device_tree()
    {
        using var world = new World();
        world.Sys.Write("/proc/device-tree/compatible", "linksys,e8450-ubi\0linksys,e8450\0mediatek,mt7622\0");

        Assert.Equal("linksys,e8450", BoardDetector.Detect(world.Sys.Root, Folder, null, world.Health).Id);
        Assert.Equal("", world.Symptoms);
    }

    [Fact]
    public void OpenWrts_board_name_goes_first_and_a_file_is_found_by_its_id()
    {
        using var world = new World();
        world.Sys.Write("/tmp/sysinfo/board_name", "linux,dummy-virt\n");
        world.Sys.Write("/proc/device-tree/compatible", "linksys,e8450\0");

        Assert.Equal("linux,dummy-virt", BoardDetector.Detect(world.Sys.Root, Folder, null, world.Health).Id);
    }

    [Fact]
    public void A_configured_board_is_taken_without_looking()
    {
        using var world = new World();

        Assert.Equal("bananapi,bpi-r3", BoardDetector.Detect(world.Sys.Root, Folder, "bananapi,bpi-r3", world.Health).Id);
        Assert.Equal(
            "linux,dummy-virt",
            BoardDetector.Detect(world.Sys.Root, Folder, Path.Combine(Folder, "qemu-virt-arm64.toml"), world.Health).Id);
    }

    [Fact]
    public void An_unknown_board_is_a_symptom_and_nothing_is_guessed()
    {
        using var world = new World();
        world.Sys.Write("/proc/device-tree/compatible", "acme,rocket\0");

        var board = BoardDetector.Detect(world.Sys.Root, Folder, null, world.Health);

        Assert.Equal(("acme,rocket", 0, 0), (board.Id, board.Leds.Count, board.Buttons.Count));
        Assert.Null(board.Watchdog);
        Assert.Equal("board.unknown(acme,rocket) Degraded", world.Symptoms);
    }

    [Theory]
    [InlineData("acme,rocket.toml", "id = 5", "board.description-invalid() Degraded")]
    [InlineData("other.toml", "id = \"acme,rocket\"", "board.description-invalid() Degraded")]
    [InlineData("other.toml", "id = \"acme,other\"\nbroken = ", "board.unknown(acme,rocket) Degraded")]
    public void A_broken_file_of_this_board_is_a_symptom_of_another_board_is_not(string file, string text, string symptom)
    {
        using var world = new World();
        world.Sys.Write("/proc/device-tree/compatible", "acme,rocket\0");
        world.Sys.Write("/boards/" + file, text);

        var board = BoardDetector.Detect(world.Sys.Root, world.Sys.Root.Path("/boards"), null, world.Health);

        Assert.Equal("unknown board", board.Model);
        Assert.Equal(symptom, world.Symptoms);
    }

    [Fact]
    public void A_machine_without_a_device_tree_and_a_folder_that_is_not_there_are_survived()
    {
        using var world = new World();

        Assert.Equal("none,unknown", BoardDetector.Detect(world.Sys.Root, "/nonexistent", null, world.Health).Id);
        Assert.Equal("board.unknown(none,unknown) Degraded", world.Symptoms);
    }
}
