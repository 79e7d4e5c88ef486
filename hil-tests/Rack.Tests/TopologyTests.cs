using X0tta6bl4.Rack.Links;

namespace X0tta6bl4.Rack.Tests;

public class TopologyTests
{
    [Fact]
    public void A_line_gives_the_middle_two_interfaces_and_the_ends_one()
    {
        var line = Topology.Line(3);

        Assert.Equal(["A-B", "B-C"], line.Links.Select(l => l.Name));
        Assert.Equal(["mesh0"], line.Interfaces("A"));
        Assert.Equal(["mesh0", "mesh1"], line.Interfaces("B"));
        Assert.Equal(["mesh0"], line.Interfaces("C"));
    }

    [Fact]
    public void A_ring_has_as_many_links_as_routers() => Assert.Equal(4, Topology.Ring(4).Links.Count);

    [Fact]
    public void A_star_has_all_links_at_its_first_router()
    {
        Assert.Equal(["mesh0", "mesh1", "mesh2"], Topology.Star(4).Interfaces("A"));
        Assert.All(Topology.Star(4).Links, l => Assert.Equal("A", l.A.Router));
    }

    [Fact]
    public void Full_links_every_pair_once() => Assert.Equal(10, Topology.Full(5).Links.Count);

    [Fact]
    public void A_link_is_found_from_both_ends()
    {
        var ring = Topology.Ring(3);

        Assert.Equal(ring.Link("A", "C"), ring.Link("C", "A"));
    }

    [Fact]
    public void A_link_that_does_not_exist_is_named_in_the_error()
    {
        var error = Assert.Throws<ArgumentException>(() => Topology.Line(3).Link("A", "C"));

        Assert.Contains("no link between A and C in a line of 3", error.Message);
    }
}
