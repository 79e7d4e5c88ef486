using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Cli;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Tests;

/// <summary>What the rack reads from guests, brokers and command lines.</summary>
public class ParserTests
{
    [Fact]
    public void The_last_token_ends_a_scripts_output_even_when_the_script_printed_it_too()
    {
        var result = ManagementShell.Parse("x\nrack-1 7\nmore\nrack-1 3\n", "rack-1");

        Assert.Equal(3, result.ExitCode);
        Assert.Equal("x\nrack-1 7\nmore", result.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("output without an end")]
    [InlineData("\nrack-1 ")]
    [InlineData("\nrack-1 x")]
    public void An_answer_cut_short_is_an_error(string answer) =>
        Assert.Throws<FormatException>(() => ManagementShell.Parse(answer, "rack-1"));

    [Fact]
    public void A_scrape_is_read_with_labels_escapes_and_infinities()
    {
        var metrics = PrometheusText.Parse("""
            # HELP a Text
            # TYPE a counter
            a{x="1",y="a\"b\\n"} 2
            a{x="2"} 3.5
            b +Inf
            """);

        Assert.Equal(5.5, metrics.Value("a"));
        Assert.Equal(3.5, metrics.Value("a", ("x", "2")));
        Assert.Equal("a\"b\\n", metrics.Samples[0].Labels["y"]);
        Assert.Equal(double.PositiveInfinity, metrics.Value("b"));
        Assert.Null(metrics.Value("c"));
    }

    [Fact]
    public void What_is_no_scrape_is_an_error() => Assert.Throws<RackException>(() => PrometheusText.Parse("<html>"));

    [Fact]
    public void Tables_of_batctl_and_of_the_agent_are_read_by_the_same_reader()
    {
        var paths = MeshTables.Paths(MeshTables.Parse("""
            [{"hard_ifindex":3,"hard_ifname":"mesh0","orig_address":"o","best":true,
              "last_seen_msecs":84,"neigh_address":"n","tq":255},
             {"hard_ifindex":3,"hard_ifname":"mesh1","orig_address":"p",
              "last_seen_msecs":8,"neigh_address":"n","throughput":1000}]
            """));

        Assert.Equal(new MeshPath("o", "n", "mesh0", 255, null, true), paths[0]);
        Assert.Equal(new MeshPath("p", "n", "mesh1", null, 1000, false), paths[1]);
    }

    [Fact]
    public void Text_instead_of_JSON_is_quoted_in_the_error()
    {
        var error = Assert.Throws<RackException>(() => MeshTables.Parse("Error - no such interface"));

        Assert.Contains("Error - no such interface", error.Message);
    }

    [Fact]
    public void A_message_belongs_to_the_router_of_its_topic()
    {
        var message = new MqttMessage(true, "x0tta6bl4/v1/rack/A/mesh", "{}");

        Assert.Equal("A", message.Router);
        Assert.Equal("mesh", message.Kind);
        Assert.Equal("", new MqttMessage(false, "$SYS/broker", "").Router);
    }

    [Fact]
    public void Options_are_taken_out_and_names_are_left()
    {
        var line = new CommandLine(["a", "--seed", "5", "b", "--list"]);

        Assert.Equal(5, line.Number("--seed", 0));
        Assert.True(line.Flag("--list"));
        Assert.Equal(["a", "b"], line.Rest("usage"));
    }

    [Theory]
    [InlineData("--seed")]
    [InlineData("--seed", "x")]
    public void A_bad_number_is_a_mistake_of_the_user(params string[] arguments) =>
        Assert.Throws<UsageException>(() => new CommandLine(arguments).Number("--seed", 0));

    [Fact]
    public void An_unknown_option_is_named() =>
        Assert.Contains(
            "--sead", Assert.Throws<UsageException>(() => new CommandLine(["--sead"]).Rest("usage")).Message);
}
