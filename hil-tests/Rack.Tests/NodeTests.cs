using System.Diagnostics;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Rack.Tests;

/// <summary>What a virtual router gets to boot from.</summary>
public class NodeTests
{
    [Fact]
    public void The_archive_is_one_that_cpio_reads()
    {
        using var output = new MemoryStream();
        var archive = new CpioArchive(output);
        archive.AddFile("/etc/a/one", "12345");
        archive.AddFile("/etc/a/two", "", isExecutable: true);
        archive.Finish();

        var listing = Cpio(output.ToArray());

        Assert.Equal(
            [("drwxr-xr-x", "etc"), ("drwxr-xr-x", "etc/a"), ("-rw-r--r--", "etc/a/one"), ("-rwxr-xr-x", "etc/a/two")],
            listing);
        Assert.Equal(0, output.Length % 4);
    }

    [Fact]
    public void The_agents_configuration_is_TOML_with_every_mesh_interface()
    {
        var text = AgentConfigFile.Render(
            "B", new RouterOptions { Algorithm = "BATMAN_V" }, ["mesh0", "mesh1"], hasBroker: true);

        var problems = new TomlProblems();
        var root = TomlFile.Parse(text, "agent.toml", problems);
        Assert.False(problems.Any, problems.ToString());
        Assert.Equal(["mesh0", "mesh1"], root!.Section("mesh").StringList("hard_interfaces"));
        Assert.Equal("BATMAN_V", root.Section("mesh").String("algorithm", ""));
        Assert.Equal(AgentConfigFile.BrokerAddress, root.Section("mqtt").String("host", ""));
    }

    [Fact]
    public void A_scenario_has_the_last_word_on_the_configuration()
    {
        var options = new RouterOptions { EditConfig = _ => "broken" };

        Assert.Equal("broken", AgentConfigFile.Render("A", options, ["mesh0"], hasBroker: false));
    }

    private static List<(string Mode, string Name)> Cpio(byte[] archive)
    {
        using var cpio = Process.Start(new ProcessStartInfo("cpio", ["-t", "-v", "--quiet"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        cpio.StandardInput.BaseStream.Write(archive);
        cpio.StandardInput.Close();
        var lines = cpio.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        cpio.WaitForExit();
        return [.. lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(p => (p[0], p[^1]))];
    }
}
