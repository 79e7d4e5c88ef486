using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Board.Tests.TestKit;

namespace X0tta6bl4.Board.Tests.Leds;

public class LedTableTests
{
    [Fact]
    public void The_table_is_this_one()
    {
        var rows = Enum.GetValues<LedState>().Select(state =>
            $"{state,-8} " + string.Join(' ', Enum.GetValues<LedRole>().Select(role => $"{LedTable.Pattern(role, state).Word(),-10}")).TrimEnd());

        Assert.Equal(
            """
            Healthy  on         on         on         off
            Degraded on         on         on         slow-blink
            Joining  slow-blink slow-blink off        off
            Isolated slow-blink off        off        slow-blink
            Booting  slow-blink off        off        off
            Updating fast-blink off        off        off
            Fault    fast-blink off        off        on
            """,
            string.Join('\n', rows));
    }

    [Fact]
    public void The_guide_shows_the_same_table()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Folder("docs"), "boards.md"));

        foreach (var state in Enum.GetValues<LedState>())
        {
            var row = string.Join(" | ", Enum.GetValues<LedRole>().Select(role => LedTable.Pattern(role, state).Word()));
            Assert.Contains($"| {state.ToString().ToLowerInvariant()} | {row} |\n", guide, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_worse_state_wins_in_any_order() =>
        Gen.Select(Gen.Enum<LedState>(), Gen.Enum<LedState>()).Sample((a, b) =>
        {
            Assert.Equal(LedTable.Worst(a, b), LedTable.Worst(b, a));
            Assert.Equal(Math.Max((int)a, (int)b), (int)LedTable.Worst(a, b));
        });

    [Fact]
    public void A_steady_status_led_means_in_the_mesh()
    {
        var steady = Enum.GetValues<LedState>().Where(s => LedTable.Pattern(LedRole.Status, s) == LedPattern.On);

        Assert.Equal([LedState.Healthy, LedState.Degraded], steady);
    }
}
