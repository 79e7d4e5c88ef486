using System.Text;
using X0tta6bl4.Board.Tests.TestKit;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board.Tests.Watchdog;

public class ResetReasonTests
{
    private static readonly RunRecord Record = new("boot-1", RunState.Running, "netlink, raft", "power-or-crash: first");

    [Theory]
    [InlineData(null, "b", null, "power-or-crash: no record of an earlier run")]
    [InlineData(null, "b", true, "watchdog-silent: no record of an earlier run")]
    [InlineData(RunState.Running, "b", false, "power-or-crash")]
    [InlineData(RunState.Running, "b", null, "power-or-crash: the watchdog cannot say whether it fired")]
    [InlineData(RunState.Running, "b", true, "watchdog-silent: the agent was running")]
    [InlineData(RunState.Recovered, "b", false, "power-or-crash")]
    [InlineData(RunState.Recovered, "b", true, "watchdog-silent: the agent was running")]
    [InlineData(RunState.Hung, "b", true, "watchdog-hang: netlink, raft (the hardware confirms it)")]
    [InlineData(RunState.Hung, "b", false, "watchdog-hang: netlink, raft (the hardware does not confirm it)")]
    [InlineData(RunState.Hung, "b", null, "watchdog-hang: netlink, raft (the hardware cannot say)")]
    [InlineData(RunState.RebootRequested, "b", false, "requested: netlink, raft")]
    [InlineData(RunState.RebootRequested, "b", true, "requested: netlink, raft")]
    [InlineData(RunState.Stopped, "b", false, "clean")]
    [InlineData(RunState.Stopped, "b", null, "clean")]
    [InlineData(RunState.Stopped, "b", true, "watchdog-silent: after the agent had been stopped")]
    [InlineData(RunState.Running, "boot-1", true, "agent-restart: it was killed or crashed")]
    [InlineData(RunState.Recovered, "boot-1", null, "agent-restart: it was killed or crashed")]
    [InlineData(RunState.Hung, "boot-1", null, "agent-restart: it ended while netlink, raft hung")]
    [InlineData(RunState.RebootRequested, "boot-1", null, "agent-restart: it ended after a reboot was requested (netlink, raft)")]
    [InlineData(RunState.Stopped, "boot-1", false, "agent-restart: it had been stopped in order")]
    public void The_reason_follows_from_record_boot_id_and_hardware(RunState? state, string bootId, bool? cardReset, string expected)
    {
        var record = state is null ? null : Record with { State = state.Value };
        WatchdogFlags? status = cardReset is null ? null : cardReset.Value ? WatchdogFlags.CardReset : WatchdogFlags.None;

        var reason = ResetReason.From(record, bootId, status);

        Assert.Equal(expected, reason.ToString());
        Assert.Equal(reason.Kind == ResetKind.AgentRestart ? "power-or-crash: first" : null, reason.BootReason);
    }

    [Fact]
    public void A_record_comes_back_as_it_was_written() =>
        Gen.Select(Gen.String[Gen.Char[' ', '~'], 1, 40], Gen.Enum<RunState>(), Gen.String[Gen.Char[' ', '~'], 0, 200]).Sample((boot, state, detail) =>
        {
            var record = new RunRecord(boot, state, detail, "x");
            Assert.Equal(record, RunRecord.TryParse(record.ToBytes()));
        });

    [Fact]
    public void Any_text_makes_a_record_within_the_size_limit() =>
        Gen.Select(Gen.String[0, 400], Gen.String[0, 400]).Sample((detail, reason) =>
        {
            var bytes = new RunRecord("boot", RunState.Hung, detail, reason).ToBytes();
            Assert.True(bytes.Length <= RunRecord.BytesMax);
            Assert.NotNull(RunRecord.TryParse(bytes));
        });

    [Fact]
    public void A_record_torn_at_any_byte_is_no_record()
    {
        var whole = Record.ToBytes();
        for (var cut = 0; cut < whole.Length; cut++)
        {
            Assert.Null(RunRecord.TryParse(whole.AsSpan(0, cut)));
        }
    }

    [Fact]
    public void A_record_with_any_bit_turned_is_no_record()
    {
        var whole = Record.ToBytes();
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var read = RunRecord.TryParse(damaged);
            Assert.True(read is null || read == Record, Encoding.UTF8.GetString(damaged)); // only the case of a hex digit may differ
        }
    }

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Byte.Array[0, 1100].Sample(bytes => { RunRecord.TryParse(bytes); });

    [Fact]
    public void The_boot_reason_is_carried_over_restarts_of_the_agent()
    {
        using var world = new World();
        RunJournal Journal(string boot) => new(world.Sys.StateFolder, boot, world.Health, world.Metrics);

        Journal("boot-1").Write(RunState.Hung, "netlink");
        Assert.Equal("watchdog-hang: netlink (the hardware confirms it)", Journal("boot-2").Begin(WatchdogFlags.CardReset).ToString());
        var first = Journal("boot-2").Begin(WatchdogFlags.CardReset);
        var second = Journal("boot-2").Begin(WatchdogFlags.CardReset);

        Assert.Equal(ResetKind.AgentRestart, first.Kind);
        Assert.Equal("watchdog-hang: netlink (the hardware confirms it)", first.BootReason);
        Assert.Equal(first.BootReason, second.BootReason);
    }

    [Fact]
    public void An_unreadable_record_is_survived()
    {
        using var world = new World();
        Directory.CreateDirectory(world.Sys.StateFolder + "/last-run");

        var reason = new RunJournal(world.Sys.StateFolder, "b", world.Health, world.Metrics).Begin(null);

        Assert.Equal(ResetKind.PowerOrCrash, reason.Kind);
        Assert.Contains("board.record-unwritable", world.Symptoms, StringComparison.Ordinal);
    }
}
