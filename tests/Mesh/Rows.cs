using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;

namespace X0tta6bl4.Mesh.Tests;

/// <summary>Short forms of table rows.</summary>
internal static class Rows
{
    public static MacAddress Mac(int number) => new(0x0200_0000_0000ul + (uint)number);

    public static Originator Path(int originator, int nextHop, byte tq, bool best = true, uint lastSeenMs = 100, uint hardIf = 3) =>
        new()
        {
            Address = Mac(originator),
            NextHop = Mac(nextHop),
            HardIfIndex = hardIf,
            Tq = tq,
            LastSeenMs = lastSeenMs,
            IsBest = best,
        };

    public static Originator PathV(int originator, int nextHop, uint kbps) => new()
    {
        Address = Mac(originator),
        NextHop = Mac(nextHop),
        HardIfIndex = 3,
        ThroughputKbps = kbps,
        LastSeenMs = 100,
        IsBest = true,
    };

    public static Neighbour Link(int neighbour, uint lastSeenMs, uint hardIf = 3) =>
        new() { Address = Mac(neighbour), HardIfIndex = hardIf, LastSeenMs = lastSeenMs };
}
