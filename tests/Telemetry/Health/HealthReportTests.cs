using System.Buffers;
using System.Text;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Tests;
using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Telemetry.Tests.Health;

public class HealthReportTests
{
    private static readonly ReadinessFacts Fine = new(MeshSeen: true, WatchdogWanted: true, WatchdogFed: true);

    private readonly TestTime _time = new();
    private readonly HealthRegister _health;
    private readonly LoopPulses _loops;

    public HealthReportTests()
    {
        _health = new HealthRegister(_time);
        _loops = new LoopPulses(_time);
    }

    [Fact]
    public void All_well_is_alive_and_ready()
    {
        _loops.Register("mesh", TimeSpan.FromSeconds(5)).Beat();
        _health.Raise("board.led-missing", "x", Severity.Degraded, "t", "f");

        var report = HealthReport.Judge(_loops, _health, Fine);

        Assert.True(report.Alive);
        Assert.True(report.Ready);
        Assert.Equal("""{"version":1,"alive":true,"reasons":[]}""", Text(report.WriteLiveness));
        Assert.Equal("""{"version":1,"ready":true,"reasons":[]}""", Text(report.WriteReadiness));
    }

    [Fact]
    public void A_hung_loop_is_neither_alive_nor_ready()
    {
        _loops.Register("mesh", TimeSpan.FromSeconds(5)).Beat();
        _time.Advance(TimeSpan.FromSeconds(6.5));

        var report = HealthReport.Judge(_loops, _health, Fine);

        Assert.False(report.Alive);
        Assert.False(report.Ready);
        Assert.Equal(
            """{"version":1,"alive":false,"reasons":[{"code":"health.loop-hung","subject":"mesh","text":"the loop mesh has made no progress for 6.5 s; its deadline is 5.0 s","fix":"nothing: the watchdog resets the board; keep the log for a report"}]}""",
            Text(report.WriteLiveness));
    }

    [Theory]
    [InlineData(false, true, true, "health.mesh-not-seen")]
    [InlineData(true, true, false, "health.watchdog-not-fed")]
    public void What_is_missing_makes_it_alive_but_not_ready(bool meshSeen, bool wanted, bool fed, string code)
    {
        var report = HealthReport.Judge(_loops, _health, new ReadinessFacts(meshSeen, wanted, fed));

        Assert.True(report.Alive);
        Assert.False(report.Ready);
        Assert.Equal(code, Assert.Single(report.NotReady).Code);
    }

    [Fact]
    public void A_watchdog_that_nobody_wants_need_not_be_fed() =>
        Assert.True(
            HealthReport
                .Judge(_loops, _health, new ReadinessFacts(MeshSeen: true, WatchdogWanted: false, WatchdogFed: false))
                .Ready);

    [Fact]
    public void A_critical_symptom_is_a_reason_in_its_own_words()
    {
        _health.Raise(
            "mesh.module-absent",
            "batman_adv",
            Severity.Critical,
            "the module is not loaded",
            "modprobe batman_adv");

        var report = HealthReport.Judge(_loops, _health, Fine);

        Assert.True(report.Alive);
        Assert.Equal(
            """{"version":1,"ready":false,"reasons":[{"code":"mesh.module-absent","subject":"batman_adv","text":"the module is not loaded","fix":"modprobe batman_adv"}]}""",
            Text(report.WriteReadiness));
    }

    [Fact]
    public void The_document_lists_every_reason_and_symptom() =>
        Assert.Empty(HealthDocument.Differences(Repository.ReadText("docs/health.md")));

    private static string Text(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
