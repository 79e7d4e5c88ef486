using X0tta6bl4.Netlink.Batman;
using static X0tta6bl4.Mesh.Tests.Rows;

namespace X0tta6bl4.Mesh.Tests;

public class NeighbourTrackerTests
{
    private readonly NeighbourTracker _tracker = new(new MeshOptions());

    private List<MeshChange> See(params Neighbour[] rows)
    {
        var changes = new List<MeshChange>();
        _tracker.Update(rows, 1, changes);
        return changes;
    }

    [Fact]
    public void A_silent_neighbour_is_lost_after_the_confirming_sample_though_the_kernel_keeps_it()
    {
        Assert.Equal(MeshChangeKind.NeighbourAppeared, Assert.Single(See(Link(1, 500))).Kind);
        Assert.Empty(See(Link(1, 2_010)));
        Assert.Equal(MeshChangeKind.NeighbourLost, Assert.Single(See(Link(1, 2_210))).Kind);
        Assert.Empty(See(Link(1, 30_000)));
        Assert.Equal(0, _tracker.Alive);
        Assert.Equal(MeshChangeKind.NeighbourAppeared, Assert.Single(See(Link(1, 10))).Kind);
    }

    [Fact]
    public void One_late_message_is_not_a_loss()
    {
        See(Link(1, 500));
        Assert.Empty(See(Link(1, 2_010)));
        Assert.Empty(See(Link(1, 150)));
        Assert.Equal(1, _tracker.Alive);
    }

    [Fact]
    public void The_next_sample_is_due_when_a_neighbour_can_first_count_as_silent()
    {
        See(Link(1, 300), Link(2, 1_900));
        Assert.Equal(TimeSpan.FromMilliseconds(100), _tracker.NextSampleIn);
        See(Link(1, 300), Link(2, 2_000));
        Assert.Equal(NeighbourTracker.ConfirmAfter, _tracker.NextSampleIn);
    }

    [Fact]
    public void The_same_router_on_two_interfaces_is_two_neighbours()
    {
        Assert.Equal(2, See(Link(1, 0, hardIf: 3), Link(1, 0, hardIf: 4)).Count);
        See(Link(1, 0, hardIf: 3), Link(1, 2_100, hardIf: 4));
        var change = Assert.Single(See(Link(1, 0, hardIf: 3), Link(1, 2_300, hardIf: 4)));
        Assert.Equal((MeshChangeKind.NeighbourLost, 4u), (change.Kind, change.InterfaceIndex));
    }

    [Fact]
    public void A_neighbour_gone_from_the_table_is_lost_after_two_samples()
    {
        See(Link(1, 0));
        Assert.Empty(See());
        Assert.Equal(MeshChangeKind.NeighbourLost, Assert.Single(See()).Kind);
    }

    [Fact]
    public void Neighbours_beyond_the_limit_are_counted_not_followed()
    {
        See([.. Enumerable.Range(1, NeighbourTracker.NeighboursMax + 3).Select(i => Link(i, 0))]);
        Assert.Equal((NeighbourTracker.NeighboursMax, 3), (_tracker.Alive, _tracker.Unfollowed));
    }

    /// <summary>Whatever the last-seen times do, appeared and lost alternate for each neighbour, beginning with appeared.</summary>
    [Fact]
    public void Appeared_and_lost_alternate() => Gen.Select(Gen.Int[0, 3], Gen.UInt[0, 4_000]).Array[0, 6].Array[1, 80].Sample(
        dumps =>
        {
            var tracker = new NeighbourTracker(new MeshOptions());
            var alive = new HashSet<X0tta6bl4.Netlink.MacAddress>();
            foreach (var dump in dumps)
            {
                var changes = new List<MeshChange>();
                tracker.Update([.. dump.DistinctBy(d => d.Item1).Select(d => Link(d.Item1, d.Item2))], 1, changes);
                foreach (var change in changes)
                {
                    Assert.True(change.Kind == MeshChangeKind.NeighbourAppeared
                        ? alive.Add(change.Subject)
                        : alive.Remove(change.Subject));
                }

                Assert.Equal(alive.Count, tracker.Alive);
            }
        },
        iter: 10_000);
}
