using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Route;

/// <summary>
/// Listens to rtnetlink's groups: a hard interface that leaves its mesh, loses its carrier or vanishes shows here at
/// once. One thread at a time.
/// </summary>
public sealed class RouteEventSocket : IDisposable, INetlinkEventSource
{
    private readonly NetlinkEventReader _reader;
    private readonly NameCache _names = new();

    /// <summary>Speaks over any transport and joins the groups; owns it.</summary>
    public RouteEventSocket(INetlinkTransport transport, RouteGroups groups)
    {
        _reader = new NetlinkEventReader(transport);
        if (groups.HasFlag(RouteGroups.Links))
        {
            transport.JoinGroup(RtnetlinkUapi.RTNLGRP_LINK);
        }

        if (groups.HasFlag(RouteGroups.Addresses))
        {
            transport.JoinGroup(RtnetlinkUapi.RTNLGRP_IPV4_IFADDR);
            transport.JoinGroup(RtnetlinkUapi.RTNLGRP_IPV6_IFADDR);
        }

        if (groups.HasFlag(RouteGroups.Neighbours))
        {
            transport.JoinGroup(RtnetlinkUapi.RTNLGRP_NEIGH);
        }
    }

    /// <summary>Opens a socket, in the network namespace of the calling thread; needs no privilege.</summary>
    /// <exception cref="NetlinkException">No socket.</exception>
    public static RouteEventSocket Open(RouteGroups groups = RouteGroups.Links | RouteGroups.Addresses)
    {
        var transport = NetlinkSocket.Open(NetlinkUapi.NETLINK_ROUTE, NetlinkLimits.EventQueueBytes);
        try
        {
            return new RouteEventSocket(transport, groups);
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    /// <summary>What the socket threw away.</summary>
    public NetlinkCounters Counters => _reader.Counters;

    /// <inheritdoc/>
    public int FileDescriptor => NetlinkEventReader.DescriptorOf(_reader.Transport);

    /// <summary>
    /// Waits at most <paramref name="timeout"/> (zero: not at all) for the first event, appends it and what else is
    /// there already, at most <see cref="NetlinkLimits.EventDatagramsPerCall"/> datagrams, and returns how many
    /// events were appended. Lost events appear as one <see cref="RouteEventKind.ResyncNeeded"/>.
    /// </summary>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Receive(List<RouteEvent> into, TimeSpan timeout)
    {
        int before = into.Count;
        for (int i = 0; i < NetlinkLimits.EventDatagramsPerCall; i++)
        {
            if (!_reader.TryRead(i == 0 ? timeout : TimeSpan.Zero, out var datagram, out string? lost))
            {
                break;
            }

            if ((lost ?? Decode(datagram, into)) is not null)
            {
                into.Add(new RouteEvent { Kind = RouteEventKind.ResyncNeeded });
            }
        }

        return into.Count - before;
    }

    public void Dispose() => _reader.Dispose();

    private string? Decode(ReadOnlySpan<byte> datagram, List<RouteEvent> into)
    {
        bool isGood = true;
        var messages = new NetlinkMessageReader(datagram);
        while (messages.TryRead(out var message))
        {
            var problem = message.Header.Type switch
            {
                RtnetlinkUapi.RTM_NEWLINK or RtnetlinkUapi.RTM_DELLINK => DecodeLink(message, into),
                RtnetlinkUapi.RTM_NEWADDR or RtnetlinkUapi.RTM_DELADDR => DecodeAddress(message, into),
                RtnetlinkUapi.RTM_NEWNEIGH or RtnetlinkUapi.RTM_DELNEIGH => DecodeNeighbour(message, into),
                _ => RowProblem.Skip,
            };
            isGood &= problem.Kind is RowProblemKind.None or RowProblemKind.Skip;
        }

        return isGood && !messages.IsMalformed ? null : _reader.Malformed();
    }

    private RowProblem DecodeLink(scoped in NetlinkMessage message, List<RouteEvent> into)
    {
        var problem = Link.Read(message, _names, out var link);
        if (problem.Kind != RowProblemKind.None)
        {
            return problem;
        }

        bool isRemoved = message.Header.Type == RtnetlinkUapi.RTM_DELLINK;
        if (isRemoved)
        {
            _names.Forget(link.Index);
        }

        into.Add(
            new RouteEvent
            {
                Kind = isRemoved ? RouteEventKind.LinkRemoved : RouteEventKind.LinkChanged,
                InterfaceIndex = link.Index,
                InterfaceName = link.Name,
                LinkKind = link.Kind,
                MasterIndex = link.MasterIndex,
                Flags = link.Flags,
                OperationalState = link.OperationalState,
                HasCarrier = link.HasCarrier,
            }
        );
        return problem;
    }

    private static RowProblem DecodeAddress(scoped in NetlinkMessage message, List<RouteEvent> into)
    {
        var problem = InterfaceAddress.Read(message, out var address);
        if (problem.Kind == RowProblemKind.None)
        {
            bool isRemoved = message.Header.Type == RtnetlinkUapi.RTM_DELADDR;
            into.Add(
                new RouteEvent
                {
                    Kind = isRemoved ? RouteEventKind.AddressRemoved : RouteEventKind.AddressChanged,
                    InterfaceIndex = address.InterfaceIndex,
                    Address = address.Address,
                    PrefixLength = address.PrefixLength,
                }
            );
        }

        return problem;
    }

    private static RowProblem DecodeNeighbour(scoped in NetlinkMessage message, List<RouteEvent> into)
    {
        var problem = NeighbourEntry.Read(message, out var neighbour);
        if (problem.Kind == RowProblemKind.None)
        {
            bool isRemoved = message.Header.Type == RtnetlinkUapi.RTM_DELNEIGH;
            into.Add(
                new RouteEvent
                {
                    Kind = isRemoved ? RouteEventKind.NeighbourRemoved : RouteEventKind.NeighbourChanged,
                    InterfaceIndex = neighbour.InterfaceIndex,
                    Address = neighbour.Address,
                    HardwareAddress = neighbour.HardwareAddress,
                    NeighbourState = neighbour.State,
                }
            );
        }

        return problem;
    }
}
