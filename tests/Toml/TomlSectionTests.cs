using System.Net;

namespace X0tta6bl4.Toml.Tests;

public class TomlSectionTests
{
    private enum Algorithm
    {
        BatmanIv,
        BatmanV,
    }

    private static (TomlSection Root, TomlProblems Problems) Read(string text)
    {
        var problems = new TomlProblems();
        var root = TomlFile.Parse(text, "f.toml", problems);
        Assert.True(root is not null, problems.ToString());
        return (root, problems);
    }

    private static string OnlyProblem(TomlProblems problems) => Assert.Single(problems.Items).ToString();

    [Fact]
    public void Values_of_every_kind_are_read()
    {
        var (root, problems) = Read("""
            name = "node-1"
            count = 0x10
            ratio = 0.5
            whole = 2
            on = true
            wait = "500ms"
            hours = "2h"
            algorithm = "BATMAN_V"
            peers = ["10.0.0.1", "10.0.0.2"]
            address = "127.0.0.1"
            [leds]
            status = "green:status"
            [[button]]
            line = 3
            [[button]]
            line = 4
            """);

        Assert.Equal("node-1", root.String("name", "x"));
        Assert.Equal(16, root.Int("count", 0, 0, 100));
        Assert.Equal(0.5, root.Float("ratio", 1, 0, 1));
        Assert.Equal(2, root.Float("whole", 1, 0, 5));
        Assert.True(root.Bool("on", false));
        Assert.Equal(TimeSpan.FromMilliseconds(500), root.Duration("wait", default, default, TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromHours(2), root.Duration("hours", default, default, TimeSpan.FromDays(1)));
        Assert.Equal(Algorithm.BatmanV, Algorithms(root));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], root.StringList("peers"));
        Assert.Equal(IPAddress.Loopback, root.Parse("address", Address, "an IP address"));
        Assert.Equal("green:status", root.Section("leds").String("status"));
        Assert.Equal([3, 4], root.Sections("button").Select(b => b.Int("line", 0, 0, 63)));
        root.Done();
        Assert.False(problems.Any, problems.ToString());
    }

    [Fact]
    public void Absent_keys_and_sections_give_defaults()
    {
        var (root, problems) = Read("");

        Assert.Null(root.String("name"));
        Assert.Equal("x", root.String("name", "x"));
        Assert.Equal(7, root.Int("n", 7, 0, 10));
        Assert.Equal(TimeSpan.FromSeconds(3), root.Duration("d", TimeSpan.FromSeconds(3), default, TimeSpan.MaxValue));
        Assert.Equal(["a"], root.StringList("l", ["a"]));
        Assert.Null(root.Parse("address", Address, "an IP address"));
        Assert.Null(root.Parse("mac", Mac, "a MAC address"));
        Assert.False(root.Section("leds").IsPresent);
        Assert.Equal(5, root.Section("leds").Section("deep").Int("n", 5, 0, 10));
        Assert.Empty(root.Sections("button"));
        root.Done();
        Assert.False(problems.Any);
    }

    [Theory]
    [InlineData("n = \"7\"", "f.toml:1:1: 'n' must be an integer from 0 to 10, found a string")]
    [InlineData("n = 11", "f.toml:1:1: 'n' must be from 0 to 10, found 11")]
    [InlineData("\n  n = 1.5", "f.toml:2:3: 'n' must be an integer from 0 to 10, found a float")]
    [InlineData("d = \"5 parsecs\"", "f.toml:1:1: 'd' must be a duration from \"1s\" to \"1h\", found \"5 parsecs\"")]
    [InlineData("d = \"2h\"", "f.toml:1:1: 'd' must be a duration from \"1s\" to \"1h\", found \"2h\"")]
    [InlineData("d = 5", "f.toml:1:1: 'd' must be a duration from \"1s\" to \"1h\", found an integer")]
    [InlineData("d = \"99999999999999999999h\"", "f.toml:1:1: 'd' must be a duration from \"1s\" to \"1h\", found \"99999999999999999999h\"")]
    [InlineData("b = 1", "f.toml:1:1: 'b' must be true or false, found an integer")]
    [InlineData("f = nan", "f.toml:1:1: 'f' must be a number from 0 to 1")]
    [InlineData("s = 1", "f.toml:1:1: 's' must be a string in quotes, found an integer")]
    [InlineData("l = [\n \"a\",\n 5]", "f.toml:3:2: each item of 'l' must be a string")]
    [InlineData("a = \"1.2.3.4.5\"", "f.toml:1:1: 'a' must be an IP address, found \"1.2.3.4.5\"")]
    [InlineData("m = \"xx\"", "f.toml:1:1: 'm' must be a MAC address, found \"xx\"")]
    [InlineData("algorithm = \"BATMAN_X\"", "f.toml:1:1: 'algorithm' must be one of \"BATMAN_IV\", \"BATMAN_V\", found \"BATMAN_X\" (nearest: BATMAN_V)")]
    [InlineData("leds = 5", "f.toml:1:1: 'leds' must be a table [leds], found an integer")]
    [InlineData("button = {}", "f.toml:1:1: 'button' must be an array of tables [[button]], found a table")]
    [InlineData("[leds]\nstatis = 1", "f.toml:2:1: unknown key 'leds.statis' (nearest known key: status)")]
    [InlineData("[[button]]\nlnie = 1", "f.toml:2:1: unknown key 'button.lnie' (nearest known key: line)")]
    [InlineData("[ledz]\nstatus = 1", "f.toml:1:2: unknown section 'ledz' (nearest known key: leds)")]
    public void A_wrong_value_is_named_with_its_place(string text, string expected)
    {
        var (root, problems) = Read(text);

        ReadAll(root);

        Assert.Equal(expected, OnlyProblem(problems));
    }

    [Fact]
    public void All_problems_are_reported_in_one_pass()
    {
        var (root, problems) = Read("n = 11\nb = 1\nzz = 3\n[leds]\nstatus = 4\n");

        ReadAll(root);
        ReadAll(root); // a second Done reports unknown keys no second time

        Assert.Equal(
            ["f.toml:1:1", "f.toml:2:1", "f.toml:3:1", "f.toml:5:1"],
            problems.Items.Select(p => $"{p.File}:{p.Line}:{p.Column}").Distinct().Order());
        Assert.Single(problems.Items, p => p.Message.Contains("unknown key 'zz'", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_key_without_a_near_name_lists_the_known_ones()
    {
        var (root, problems) = Read("completely_else = 1");
        root.Bool("on", false);
        root.Int("n", 1, 0, 2);

        root.Done();

        Assert.Equal("f.toml:1:1: unknown key 'completely_else' (known here: on, n)", OnlyProblem(problems));
    }

    [Fact]
    public void Inline_tables_dotted_keys_and_headers_mean_the_same()
    {
        foreach (var text in new[] { "[a.b]\nc = 1", "a.b.c = 1", "a = { b = { c = 1 } }", "[a]\nb.c = 1", "[a]\n[a.b]\nc = 1" })
        {
            var (root, problems) = Read(text);
            Assert.Equal(1, root.Section("a").Section("b").Int("c", 0, 0, 9));
            root.Done();
            Assert.False(problems.Any, problems.ToString());
        }

        var (inline, _) = Read("button = [{ line = 3 }, { line = 4 }]");
        Assert.Equal([3, 4], inline.Sections("button").Select(b => b.Int("line", 0, 0, 63)));
    }

    [Fact]
    public void A_sub_table_belongs_to_the_last_element_of_its_array()
    {
        var (root, _) = Read("[[radio]]\nn = 1\n[radio.led]\nx = 1\n[[radio]]\nn = 2\n[radio.led]\nx = 2");

        Assert.Equal([1, 2], root.Sections("radio").Select(r => r.Section("led").Int("x", 0, 0, 9)));
    }

    [Fact]
    public void Required_keys_and_callers_problems_point_at_the_right_place()
    {
        var (root, problems) = Read("[uplink]\nport = 80\n");
        var uplink = root.Section("uplink");

        Assert.Equal("", uplink.RequiredString("host"));
        uplink.Problem("port", "is taken by the API");

        Assert.Equal(
            ["f.toml:1:2: 'uplink.host' is missing", "f.toml:2:1: 'uplink.port' is taken by the API"],
            problems.Items.Select(p => p.ToString()));
    }

    private static void ReadAll(TomlSection root)
    {
        root.Int("n", 7, 0, 10);
        root.Duration("d", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        root.Bool("b", false);
        root.Float("f", 0, 0, 1);
        root.String("s");
        root.StringList("l");
        root.Parse("a", Address, "an IP address");
        root.Parse("m", Mac, "a MAC address");
        Algorithms(root);
        root.Section("leds").String("status");
        foreach (var button in root.Sections("button"))
        {
            button.Int("line", 0, 0, 63);
        }

        root.Done();
    }

    private static Algorithm Algorithms(TomlSection root) =>
        root.OneOf("algorithm", Algorithm.BatmanIv, ("BATMAN_IV", Algorithm.BatmanIv), ("BATMAN_V", Algorithm.BatmanV));

    private static IPAddress? Address(string text) => IPAddress.TryParse(text, out var address) ? address : null;

    private static long? Mac(string text) => text.Length == 17 ? 1 : null;
}
