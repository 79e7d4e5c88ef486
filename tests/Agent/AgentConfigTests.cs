using X0tta6bl4.Agent.Cli;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Mesh;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Tests;

public class AgentConfigTests
{
    private static string ProblemsOf(string text)
    {
        var problems = new TomlProblems();
        Assert.Null(AgentConfig.Parse(text, "agent.toml", problems));
        return problems.ToString();
    }

    private static AgentOptions Fine(string text)
    {
        var problems = new TomlProblems();
        var options = AgentConfig.Parse(text, "agent.toml", problems);
        Assert.True(options is not null, problems.ToString());
        return options;
    }

    [Fact]
    public void The_sample_is_valid_and_says_what_an_empty_file_means()
    {
        Assert.Equal(Fine("[node]\nname = \"n\""), Fine(ConfigVerb.Sample().Replace("name = \"\"", "name = \"n\"")));
    }

    [Fact]
    public void Every_key_of_the_sample_is_a_key_the_agent_knows_also_the_commented_ones()
    {
        var uncommented = string.Join('\n', ConfigVerb.Sample().Split('\n')
            .Select(line => line.StartsWith("# ", StringComparison.Ordinal) && line.Contains(" = ") && !line.Contains(". ") ? line[2..] : line));
        Fine(uncommented.Replace("name = \"\"", "name = \"n\""));
    }

    [Fact]
    public void Equal_files_give_equal_options_so_that_reload_restarts_nothing()
    {
        const string Text = "[node]\nname=\"a\"\n[mesh]\nhard_interfaces=[\"mesh0\",\"mesh1\"]\n[mqtt]\nhost=\"127.0.0.1\"";
        Assert.Equal(Fine(Text), Fine(Text));
        Assert.NotEqual(Fine(Text).Mesh, Fine(Text.Replace("mesh1", "mesh2")).Mesh);
        Assert.Equal(Fine(Text).Mqtt, Fine(Text.Replace("mesh1", "mesh2")).Mqtt);
    }

    [Theory]
    [InlineData("[mesh]\nhard_interface = [\"a\"]", "agent.toml:2:1: unknown key 'mesh.hard_interface' (nearest known key: hard_interfaces)")]
    [InlineData("[mesch]\n", "unknown section 'mesch'")]
    [InlineData("[mesh]\nalgorithm = \"BATMAN_VI\"", "BATMAN_V")]
    [InlineData("[mesh]\npoll_interval = \"10ms\"", "agent.toml:2:1")]
    [InlineData("[mesh]\nhard_interfaces = [\"a/b\"]", "interface name of 1 to 15 characters")]
    [InlineData("[mesh]\nhard_interfaces = [\"bat0\"]", "must not contain the mesh interface")]
    [InlineData("[mesh]\nweak_tq = 200\ngood_tq = 100", "must not be above good_tq")]
    [InlineData("[node]\nname = \"a b\"", "letters, digits")]
    [InlineData("[api]\nlisten = [\"localhost\"]", "an IP address and port")]
    [InlineData("[api]\nsocket = \"relative\"", "absolute path")]
    [InlineData("[mqtt]\nhost = \"broker.example\"", "mutual TLS")]
    [InlineData("[mqtt]\nport = 0", "1 to 65535")]
    [InlineData("[log]\nlevel = \"chatty\"", "must be one of")]
    [InlineData("node = 1", "must be a table")]
    [InlineData("[node", "agent.toml:1:")]
    public void A_wrong_file_gives_no_options_and_a_place(string text, string expected) =>
        Assert.Contains(expected, ProblemsOf(text));

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var problems = ProblemsOf("[mesh]\nweak_tq = 300\n[log]\nlevel = \"x\"\n[foo]\n");
        Assert.Contains("weak_tq", problems);
        Assert.Contains("level", problems);
        Assert.Contains("foo", problems);
    }

    [Fact]
    public void Another_host_is_reached_over_mutual_tls_only()
    {
        Assert.Contains("not be encrypted", ProblemsOf("[mqtt]\nhost = \"broker.example\"\ntls = false"));
        Assert.Contains("set identity.source", ProblemsOf("[mqtt]\nhost = \"broker.example\"\nbroker_ids = [\"spiffe://a\"]"));
        Assert.Contains("broker_ids", ProblemsOf($"{Files}[mqtt]\nhost = \"broker.example\""));
        var mqtt = Fine($"{Files}[mqtt]\nhost = \"broker.example\"\nbroker_ids = [\"spiffe://a/broker\"]").Mqtt!;
        Assert.Equal(("broker.example", 8883, true), (mqtt.Reporter.Host, mqtt.Reporter.Port, mqtt.Reporter.IsEncrypted));
    }

    private const string Files = "[identity]\nsource = \"files\"\ntrust_domain = \"a\"\n";

    [Fact]
    public void A_broker_on_this_machine_may_be_plain() =>
        Assert.Equal(1883, Fine("[mqtt]\nhost = \"127.0.0.1\"").Mqtt!.Reporter.Port);

    [Theory]
    [InlineData("source = \"files\"", "trust_domain")]
    [InlineData("source = \"files\"\ntrust_domain = \"A\"", "ID-6")]
    [InlineData("source = \"smoke\"", "source")]
    [InlineData("source = \"spire\"\ntrust_domain = \"a\"", "spire_server")]
    [InlineData("source = \"workload-api\"\ntrust_domain = \"a\"\nworkload_api = \"http://x\"", "E-8")]
    [InlineData("source = \"authority\"\ntrust_domain = \"a\"\nauthority_addresses = [\"x y\"]", "authority_addresses")]
    [InlineData("federated_bundles = [\"b=c.pem\"]", "federated_bundles")]
    [InlineData("source = \"files\"\ntrust_domain = \"a\"\n[island]\nlisten = [\"0.0.0.0:8448\"]", "stands in")]
    [InlineData("source = \"files\"\ntrust_domain = \"a\"\nisland_addresses = [\"10.0.0.7:8448\"]", "renewed by islands")]
    public void A_wrong_identity_is_named(string text, string expected) =>
        Assert.Contains(expected, ProblemsOf($"[identity]\n{text}\n"));

    [Fact]
    public void No_text_makes_it_throw() => Gen.String.Sample(
        text => AgentConfig.Parse(text, "agent.toml", new TomlProblems()), iter: 10_000);

    [Fact]
    public void Defaults_are_those_of_the_mesh_options()
    {
        var mesh = Fine("[node]\nname = \"n\"").Mesh;
        Assert.Equal(new MeshOptions() with { HardInterfaces = mesh.HardInterfaces }, mesh);
        Assert.Empty(mesh.HardInterfaces);
    }
}
