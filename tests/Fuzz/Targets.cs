using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Route;
using X0tta6bl4.Netlink.Uevent;

namespace X0tta6bl4.Fuzz;

/// <summary>
/// Everything that reads bytes of the kernel. The first byte of an input picks the reader, the rest is what it reads.
/// The one exception allowed is <see cref="NetlinkException"/>; any other is a find.
/// </summary>
internal static class Targets
{
    /// <summary>How many readers there are: the first byte counts modulo this.</summary>
    public const int Count = 20;

    private const uint Mesh = 7;

    public static void Run(ReadOnlyMemory<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        try
        {
            Run(input.Span[0] % Count, input[1..]);
        }
        catch (NetlinkException)
        {
            // What a kernel that sends nonsense must give.
        }
    }

    private static void Run(int target, ReadOnlyMemory<byte> input)
    {
        switch (target)
        {
            case 0:
                WalkAttributes(input.Span, depth: 0);
                break;
            case <= 12:
                ReadBatman(target, input);
                break;
            case <= 16:
                ReadRoute(target, input);
                break;
            default:
                ReadEvents(target, input);
                break;
        }
    }

    private static void WalkAttributes(ReadOnlySpan<byte> bytes, int depth)
    {
        var reader = new NetlinkAttributeReader(bytes);
        while (reader.TryRead(out var attribute))
        {
            _ = attribute.GetString();
            _ = attribute.TryGetUInt64(out _);
            if (depth < 8)
            {
                WalkAttributes(attribute.Value, depth + 1);
            }
        }
    }

    private static void ReadBatman(int target, ReadOnlyMemory<byte> input)
    {
        using var client = new BatmanClient(new InputTransport(input));
        switch (target)
        {
            case 1:
                client.DumpOriginators(Mesh, []);
                break;
            case 2:
                client.DumpNeighbours(Mesh, []);
                break;
            case 3:
                client.DumpGateways(Mesh, []);
                break;
            case 4:
                client.DumpLocalTranslations(Mesh, []);
                break;
            case 5:
                client.DumpGlobalTranslations(Mesh, []);
                break;
            case 6:
                client.DumpBridgeLoopClaims(Mesh, []);
                break;
            case 7:
                client.DumpBridgeLoopBackbones(Mesh, []);
                break;
            case 8:
                client.DumpDatCache(Mesh, []);
                break;
            case 9:
                client.DumpMulticast(Mesh, []);
                break;
            case 10:
                client.DumpHardInterfaces(Mesh, []);
                break;
            case 11:
                client.GetMesh(Mesh);
                break;
            default:
                client.GetVlan(Mesh, 1);
                client.GetRoutingAlgorithms([]);
                client.StartThroughputMeter(Mesh, default, TimeSpan.FromSeconds(1));
                break;
        }
    }

    private static void ReadRoute(int target, ReadOnlyMemory<byte> input)
    {
        using var client = new RouteClient(new InputTransport(input));
        switch (target)
        {
            case 13:
                client.DumpLinks([]);
                break;
            case 14:
                client.DumpAddresses([]);
                break;
            case 15:
                client.DumpNeighbours([]);
                break;
            default:
                client.SetUp(1, true);
                break;
        }
    }

    private static void ReadEvents(int target, ReadOnlyMemory<byte> input)
    {
        switch (target)
        {
            case 17:
                using (var socket = new RouteEventSocket(new InputTransport(input), RouteGroups.Links))
                {
                    socket.Receive([], TimeSpan.Zero);
                }

                break;
            case 18:
                using (var socket = new UeventSocket(new InputTransport(input)))
                {
                    socket.Receive([], TimeSpan.Zero);
                }

                break;
            default:
                using (var requests = new InputTransport(Seeds.Lookups()))
                using (var socket = new BatmanEventSocket(new InputTransport(input), requests))
                {
                    socket.Receive([], TimeSpan.Zero);
                }

                break;
        }
    }
}
