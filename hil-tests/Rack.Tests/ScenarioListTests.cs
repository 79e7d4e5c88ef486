using X0tta6bl4.Rack.Cli;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Tests;

public class ScenarioListTests
{
    /// <summary>Files under artifacts/hil/ are named after scenarios.</summary>
    [Fact]
    public void Names_are_unique_and_fit_a_file_name()
    {
        Assert.Equal(ScenarioList.All.Count, ScenarioList.All.Select(s => s.Name).Distinct().Count());
        Assert.All(ScenarioList.All, s => Assert.Matches("^[a-z0-9-]+(/[a-z0-9-]+)?$", s.Name));
    }

    [Fact]
    public void The_fast_group_only_looks_so_that_it_shares_its_routers()
    {
        var smoke = ScenarioList.Pick([ScenarioList.Smoke]);

        Assert.Equal(["mesh-forms", "multi-hop"], smoke.Select(s => s.Name));
        Assert.All(smoke, s => Assert.True(s.OnlyLooks));
    }

    [Fact]
    public void A_name_picks_its_variants() =>
        Assert.Equal(2, ScenarioList.Pick(["agent-hang-resets-board"]).Count);

    [Fact]
    public void An_unknown_name_lists_what_there_is() =>
        Assert.Contains("mesh-forms", Assert.Throws<RackException>(() => ScenarioList.Pick(["nothing"])).Message);

    [Fact]
    public void Hostile_frames_repeat_with_the_seed_and_have_an_ethernet_header()
    {
        byte[] target = [2, 0, 0, 0, 0, 1];
        IReadOnlyList<byte[]> honest = [new byte[60], new byte[90]];
#pragma warning disable CA5394 // A test of repeatability.
        var first = new HostileFrames(new Random(4), target, honest);
        var second = new HostileFrames(new Random(4), target, honest);
#pragma warning restore CA5394
        for (var i = 0; i < 2000; i++)
        {
            var frame = first.Next();
            Assert.Equal(frame, second.Next());
            Assert.InRange(frame.Length, 14, 1514);
        }
    }

    [Fact]
    public void The_picture_shows_paths_lights_and_what_went_wrong()
    {
        var view = new RouterView
        {
            Name = "A",
            Health = "healthy",
            Originators = [new ViewedPath("C", 163, null, "B")],
            Neighbours = ["B"],
            Leds = new Dictionary<string, string> { ["status"] = "on", ["mesh"] = "slow", ["fault"] = "off" },
            Error = "no answer",
        };

        var text = LiveScreen.Render([view], "line of 3", TimeSpan.FromSeconds(20), 15.5);

        Assert.Contains("mesh complete after 15.5 s", text);
        Assert.Contains("C  TQ 163/255  through B", text);
        Assert.Contains("status ● mesh ◐ slow fault ○", text);
        Assert.Contains("!            no answer", text);
    }
}
