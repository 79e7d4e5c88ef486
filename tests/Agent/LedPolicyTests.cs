using X0tta6bl4.Agent.Control;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Mesh;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Tests;

public class LedPolicyTests
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    private static Symptom Symptom(string code, Severity severity) => new(code, "", severity, "text", "fix", 0);

    private static MeshSnapshot Mesh(MeshState state, int neighbours = 0, int weak = 0) =>
        new() { State = state, AliveNeighbours = neighbours, WeakPaths = weak };

    [Theory]
    [InlineData(MeshState.Starting, 0, false, LedState.Booting)]
    [InlineData(MeshState.NoModule, 0, false, LedState.Fault)]
    [InlineData(MeshState.NoInterface, 0, true, LedState.Fault)]
    [InlineData(MeshState.NoPermission, 0, false, LedState.Fault)]
    [InlineData(MeshState.ReadFailed, 1, true, LedState.Fault)]
    [InlineData(MeshState.NoActiveHardInterface, 0, false, LedState.Joining)]
    [InlineData(MeshState.NoActiveHardInterface, 0, true, LedState.Isolated)]
    [InlineData(MeshState.Up, 0, false, LedState.Joining)]
    [InlineData(MeshState.Up, 0, true, LedState.Isolated)]
    [InlineData(MeshState.Up, 2, true, LedState.Healthy)]
    public void The_mesh_decides_when_nothing_else_is_wrong(MeshState state, int neighbours, bool had, LedState expected) =>
        Assert.Equal(expected, LedPolicy.Decide(Mesh(state, neighbours), [], had, Late));

    [Theory]
    [InlineData(MeshState.NoModule)]
    [InlineData(MeshState.NoInterface)]
    public void A_mesh_that_is_not_there_yet_is_no_fault_while_the_router_boots(MeshState state) =>
        Assert.Equal(LedState.Booting, LedPolicy.Decide(Mesh(state), [], false, Early));

    [Fact]
    public void A_critical_symptom_of_another_part_is_a_fault_in_any_state() =>
        Assert.Equal(LedState.Fault, LedPolicy.Decide(
            Mesh(MeshState.Up, 2), [Symptom("board.watchdog-starving", Severity.Critical)], true, Late));

    [Fact]
    public void A_degraded_symptom_or_a_weak_path_degrades_and_info_does_not()
    {
        Assert.Equal(LedState.Degraded, LedPolicy.Decide(
            Mesh(MeshState.Up, 2), [Symptom("board.led-missing", Severity.Degraded)], true, Late));
        Assert.Equal(LedState.Degraded, LedPolicy.Decide(Mesh(MeshState.Up, 2, weak: 1), [], true, Late));
        Assert.Equal(LedState.Healthy, LedPolicy.Decide(
            Mesh(MeshState.Up, 2), [Symptom("x.y", Severity.Info)], true, Late));
    }
}
