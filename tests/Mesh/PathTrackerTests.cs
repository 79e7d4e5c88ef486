using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Netlink.Batman;
using static X0tta6bl4.Mesh.Tests.Rows;

namespace X0tta6bl4.Mesh.Tests;

public class PathTrackerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PathTracker _tracker;

    public PathTrackerTests() => _tracker = new PathTracker(new MeshOptions(), _time);

    private List<MeshChange> See(params Originator[] rows)
    {
        var changes = new List<MeshChange>();
        _tracker.Update(rows, _time.GetTimestamp(), changes);
        return changes;
    }

    [Fact]
    public void An_originator_appears_once()
    {
        var change = Assert.Single(See(Path(1, 2, 200)));
        Assert.Equal((MeshChangeKind.OriginatorAppeared, Mac(1), Mac(2)), (change.Kind, change.Subject, change.To));
        Assert.Empty(See(Path(1, 2, 200)));
        Assert.Equal(1, _tracker.Reachable);
    }

    [Fact]
    public void One_missing_sample_is_not_a_loss_two_are()
    {
        See(Path(1, 2, 200));
        Assert.Empty(See());
        Assert.Equal(MeshChangeKind.OriginatorLost, Assert.Single(See()).Kind);
        Assert.Empty(See());
        Assert.Equal(0, _tracker.Reachable);
    }

    [Fact]
    public void A_row_missed_once_and_back_is_nothing()
    {
        See(Path(1, 2, 200));
        See();
        Assert.Empty(See(Path(1, 2, 200)));
        Assert.Empty(See());
        Assert.Empty(See(Path(1, 2, 200)));
    }

    [Fact]
    public void A_stale_row_is_lost_although_the_kernel_still_lists_it()
    {
        See(Path(1, 2, 200));
        Assert.Empty(See(Path(1, 2, 200, lastSeenMs: 10_001)));
        Assert.Equal(MeshChangeKind.OriginatorLost, Assert.Single(See(Path(1, 2, 200, lastSeenMs: 11_001))).Kind);
        Assert.Equal(MeshChangeKind.OriginatorAppeared, Assert.Single(See(Path(1, 2, 200))).Kind);
    }

    [Fact]
    public void The_next_hop_is_that_of_the_best_row_and_other_rows_do_not_hide_it()
    {
        See(Path(1, 2, 200), Path(1, 3, 150, best: false));
        Assert.Empty(See(Path(1, 3, 150, best: false), Path(1, 2, 200)));
        var change = Assert.Single(See(Path(1, 3, 220), Path(1, 2, 200, best: false)));
        Assert.Equal((MeshChangeKind.NextHopChanged, Mac(2), Mac(3)), (change.Kind, change.From, change.To));
    }

    [Fact]
    public void A_dump_that_flags_no_row_best_keeps_the_old_next_hop()
    {
        See(Path(1, 2, 200));
        Assert.Empty(See(Path(1, 2, 200, best: false), Path(1, 3, 210, best: false)));
        Assert.Empty(See(Path(1, 2, 200)));
    }

    [Fact]
    public void A_row_that_stands_twice_in_one_dump_counts_once()
    {
        Assert.Single(See(Path(1, 2, 200), Path(1, 2, 200)));
        Assert.Equal(1, _tracker.Reachable);
    }

    [Fact]
    public void A_young_path_is_not_called_weak_and_an_old_one_is_with_hysteresis()
    {
        See(Path(1, 2, 10));
        Assert.Empty(See(Path(1, 2, 10)));
        _time.Advance(PathTracker.WeakGrace);
        Assert.Equal(MeshChangeKind.PathWeak, Assert.Single(See(Path(1, 2, 89))).Kind);
        Assert.Equal(1, _tracker.Weak);
        Assert.Empty(See(Path(1, 2, 91)));
        Assert.Empty(See(Path(1, 2, 129)));
        Assert.Equal(MeshChangeKind.PathGood, Assert.Single(See(Path(1, 2, 130))).Kind);
        Assert.Empty(See(Path(1, 2, 90)));
        Assert.Equal(0, _tracker.Weak);
    }

    [Fact]
    public void Batman_v_is_judged_by_throughput()
    {
        See(PathV(1, 2, 50_000));
        _time.Advance(PathTracker.WeakGrace);
        Assert.Equal(MeshChangeKind.PathWeak, Assert.Single(See(PathV(1, 2, 999))).Kind);
        Assert.Empty(See(PathV(1, 2, 2_999)));
        Assert.Equal(MeshChangeKind.PathGood, Assert.Single(See(PathV(1, 2, 3_000))).Kind);
    }

    [Fact]
    public void Clear_names_every_reachable_originator_once()
    {
        See(Path(1, 2, 200), Path(2, 2, 200));
        var changes = new List<MeshChange>();
        _tracker.Clear(_time.GetTimestamp(), changes);
        Assert.Equal([Mac(1), Mac(2)], changes.Select(c => c.Subject).Order());
        Assert.All(changes, c => Assert.Equal(MeshChangeKind.OriginatorLost, c.Kind));
        Assert.Empty(See());
    }

    [Fact]
    public void Originators_beyond_the_limit_are_counted_not_followed()
    {
        var rows = Enumerable.Range(1, PathTracker.OriginatorsMax + 7).Select(i => Path(i, 1, 200)).ToArray();
        Assert.Equal(PathTracker.OriginatorsMax, See(rows).Count);
        Assert.Equal(7, _tracker.Unfollowed);
    }

    [Fact]
    public void A_round_over_a_known_mesh_allocates_nothing_per_originator()
    {
        var rows = Enumerable.Range(1, 1000).Select(i => Path(i, i % 5, 200)).ToArray();
        var changes = new List<MeshChange>();
        _tracker.Update(rows, 1, changes);
        _tracker.Update(rows, 2, changes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _tracker.Update(rows, 3, changes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256);
    }

    /// <summary>Random dumps against a model that keeps the whole history of each originator and judges from it.</summary>
    [Fact]
    public void Appearances_and_losses_match_a_slow_model() => Gen.Int[0, 5].Array[0, 12].Array[1, 60].Sample(
        dumps =>
        {
            var tracker = new PathTracker(new MeshOptions(), _time);
            var reachable = new HashSet<int>();
            var history = new List<HashSet<int>>();
            foreach (var dump in dumps)
            {
                history.Add([.. dump]);
                var changes = new List<MeshChange>();
                tracker.Update([.. dump.Select(o => Path(o, 9, 200))], 1, changes);
                var expected = new List<(MeshChangeKind, int)>();
                for (var o = 0; o <= 5; o++)
                {
                    var goneTwice = history.Count >= 2 && !history[^1].Contains(o) && !history[^2].Contains(o);
                    if (history[^1].Contains(o) && reachable.Add(o))
                    {
                        expected.Add((MeshChangeKind.OriginatorAppeared, o));
                    }
                    else if (goneTwice && reachable.Remove(o))
                    {
                        expected.Add((MeshChangeKind.OriginatorLost, o));
                    }
                }

                Assert.Equal(
                    expected.Select(e => (e.Item1, Mac(e.Item2))).Order(),
                    changes.Select(c => (c.Kind, c.Subject)).Order());
                Assert.Equal(reachable.Count, tracker.Reachable);
            }
        },
        iter: 10_000);
}
