using X0tta6bl4.Rack.Physical;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Rack.Tests;

/// <summary>The description of a bench of real boards, and what is read from one.</summary>
public class PhysicalTests
{
    [Fact]
    public void What_a_board_prints_when_it_gets_power_is_no_reset()
    {
        var resets = new Journal<BoardReset>();
        var reader = new ResetReader("banner", "reason", "ready", resets);
        reader.PowerOn();
        foreach (var line in (string[])["banner", "reason", "ready", "banner", "ready"])
        {
            reader.Feed(line);
        }

        Assert.False(Assert.Single(resets.Since(0)).Item.ByWatchdog);
    }

    private const string Whole = """
        [broker]
        listen = "192.168.7.1"
        certificates = "/bench/broker.pem"
        key = "/bench/broker-key.pem"
        bundle = "/bench/bundle.pem"

        [[router]]
        name = "A"
        serial = "/dev/ttyUSB0"
        ready = "procd: - init complete -"
        reset = "U-Boot 2024"
        watchdog_reset = "reset cause: WDT"
        power_on = "relay 1 on"
        power_cut = "relay 1 off"
        shell = "ssh root@192.168.7.2 sh"
        http = "http://192.168.7.2:9464"
        [router.mesh]
        mesh0 = "94:83:C4:00:00:01"

        [[link]]
        between = ["A", "B"]
        cut = "attenuator 1 90"
        restore = "attenuator 1 0"
        """;

    [Fact]
    public void A_bench_file_is_read()
    {
        var problems = new TomlProblems();
        var bench = BenchFile.Parse(Whole, problems);

        Assert.False(problems.Any, problems.ToString());
        Assert.Equal(115200, bench!.Boards[0].Baud);
        Assert.Equal("94:83:c4:00:00:01", bench.Boards[0].MeshAddresses["mesh0"]);
        Assert.Equal(("A", "B"), (bench.Links[0].A, bench.Links[0].B));
        Assert.Equal(8883, bench.BrokerPort);
    }

    [Fact]
    public void A_missing_key_and_an_unknown_one_are_both_reported()
    {
        var problems = new TomlProblems();
        var text = Whole
            .Replace("power_cut = \"relay 1 off\"\n", "", StringComparison.Ordinal)
            .Replace("ready =", "redy =", StringComparison.Ordinal);

        Assert.Null(BenchFile.Parse(text, problems));
        Assert.Contains("power_cut", problems.ToString());
        Assert.Contains("redy", problems.ToString());
    }

    [Fact]
    public async Task A_board_whose_serial_port_is_absent_is_refused_by_name()
    {
        var problems = new TomlProblems();
        var board = BenchFile.Parse(Whole, problems)!.Boards[0] with { Serial = "/dev/ttyUSB-absent" };

        var error = await Assert.ThrowsAsync<RackException>(
            () => PhysicalRouter.AttachAsync(board, "/dev/null", TestContext.Current.CancellationToken));

        Assert.Contains("A: serial = \"/dev/ttyUSB-absent\" does not exist", error.Message);
    }

    [Theory]
    [InlineData("4 1", 4, true)]
    [InlineData(" 6  0", 6, false)]
    public void A_line_of_a_capture_is_a_level(string text, int line, bool isOn) =>
        Assert.Equal((line, isOn), PhysicalRouter.ParseCapture(text));

    [Theory]
    [InlineData("")]
    [InlineData("4")]
    [InlineData("4 2")]
    [InlineData("x 1")]
    public void Anything_else_is_none(string text) => Assert.Null(PhysicalRouter.ParseCapture(text));

    [Theory]
    [InlineData("banner|reason|ready", "W")]
    [InlineData("reason|banner|ready", "W")]
    [InlineData("banner|ready", "O")]
    [InlineData("banner|banner|ready", "OO")]
    [InlineData("reason|banner|ready|banner|ready", "WO")]
    [InlineData("banner|reason|ready|banner|reason|ready", "WW")]
    public void A_reset_is_one_reset_in_whatever_order_the_boot_loader_talks(string lines, string expected)
    {
        var resets = new Journal<BoardReset>();
        var reader = new ResetReader("banner", "reason", "ready", resets);
        foreach (var line in lines.Split('|'))
        {
            reader.Feed(line);
        }

        Assert.Equal(expected, string.Concat(resets.Since(0).Select(r => r.Item.ByWatchdog ? 'W' : 'O')));
    }
}
