using X0tta6bl4.Netlink.Route;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>Any rtnetlink row the kernel can send.</summary>
internal static class RouteGen
{
    private static readonly Gen<string> Name = Gen.String[Gen.Char['a', 'z'], 1, 15];
    private static readonly Gen<MacAddress?> MaybeMac = Gen.ULong.Select(value => new MacAddress(value)).Nullable();
    private static readonly Gen<uint?> MaybeIndex = Gen.UInt[1, uint.MaxValue].Nullable();

    public static Gen<InetAddress> Inet { get; } =
        Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16])
            .Select(bytes => InetAddress.TryRead(bytes, out var address) ? address : default);

    public static Gen<Link> Links { get; } =
        Gen.Select(
            Gen.Select(Gen.UInt, Name, Name.Null(), MaybeIndex, MaybeIndex),
            Gen.Select(Gen.Int, Gen.Byte, Gen.Bool.Nullable(), Gen.UInt.Nullable(), Gen.UInt),
            Gen.Select(MaybeMac, Gen.UShort),
            Gen.ULong.Array[8].Null(),
            (identity, state, hardware, statistics) =>
                new Link
                {
                    Index = identity.Item1,
                    Name = identity.Item2,
                    Kind = identity.Item3,
                    MasterIndex = identity.Item4,
                    ParentIndex = identity.Item5,
                    Flags = (LinkFlags)state.Item1,
                    OperationalState = (OperationalState)state.Item2,
                    HasCarrier = state.Item3,
                    CarrierChanges = state.Item4,
                    Mtu = state.Item5,
                    Address = hardware.Item1,
                    HardwareType = hardware.Item2,
                    Statistics = statistics is null
                        ? null
                        : new LinkStatistics
                        {
                            ReceivedPackets = statistics[0],
                            SentPackets = statistics[1],
                            ReceivedBytes = statistics[2],
                            SentBytes = statistics[3],
                            ReceiveErrors = statistics[4],
                            SendErrors = statistics[5],
                            ReceiveDropped = statistics[6],
                            SendDropped = statistics[7],
                        },
                }
        );

    public static Gen<InterfaceAddress> Addresses { get; } =
        Gen.Select(
            Gen.Select(Gen.UInt, Gen.Bool, Gen.Byte.Array[16], Gen.Byte.Array[16]),
            Gen.Select(Gen.Bool, Gen.Byte, Gen.Byte, Gen.UInt),
            (place, rest) =>
            {
                int length = place.Item2 ? 4 : 16;
                InetAddress.TryRead(place.Item3.AsSpan(0, length), out var address);
                InetAddress.TryRead(place.Item4.AsSpan(0, length), out var peer);
                return new InterfaceAddress
                {
                    InterfaceIndex = place.Item1,
                    Address = address,
                    Peer = rest.Item1 && peer != address ? peer : default,
                    PrefixLength = rest.Item2,
                    Scope = rest.Item3,
                    Flags = rest.Item4,
                };
            }
        );

    public static Gen<NeighbourEntry> Neighbours { get; } =
        Gen.Select(
            Gen.UInt,
            Inet,
            MaybeMac,
            Gen.UShort,
            (index, address, mac, state) =>
                new NeighbourEntry
                {
                    InterfaceIndex = index,
                    Address = address,
                    HardwareAddress = mac,
                    State = (NeighbourStates)state,
                }
        );
}
