using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Route;

// How rtnetlink messages become rows. Messages of other types or families in the same dump or group are skipped:
// above all RTM_NEWLINK and RTM_DELLINK of AF_BRIDGE, which tell of bridge ports. Taking such an RTM_DELLINK ("left
// its bridge") for "the link is gone" is a classic mistake.

public readonly partial record struct Link : INetlinkRow<Link>
{
    static RowProblem INetlinkRow<Link>.Read(in NetlinkMessage message, NameCache names, out Link row) =>
        Read(message, names, out row);

    internal static RowProblem Read(scoped in NetlinkMessage message, NameCache names, out Link row)
    {
        row = new Link { Name = "" };
        if (message.Header.Type is not (RtnetlinkUapi.RTM_NEWLINK or RtnetlinkUapi.RTM_DELLINK))
        {
            return RowProblem.Skip;
        }

        if (!MemoryMarshal.TryRead(message.Payload, out IfInfoMsg info))
        {
            return RowProblem.Malformed;
        }

        if (info.ifi_family != SocketUapi.AF_UNSPEC)
        {
            return RowProblem.Skip;
        }

        row = row with
        {
            Index = (uint)info.ifi_index,
            Flags = (LinkFlags)info.ifi_flags,
            HardwareType = info.ifi_type,
        };
        ReadOnlySpan<byte> name = default;
        string? wrongLength = null;
        bool isInfoGood = true;
        var attributes = new NetlinkAttributeReader(message.Payload[Unsafe.SizeOf<IfInfoMsg>()..]);
        while (attributes.TryRead(out var attribute))
        {
            switch (attribute.Type)
            {
                case IfLinkUapi.IFLA_IFNAME:
                    name = attribute.Text;
                    break;
                case IfLinkUapi.IFLA_LINKINFO:
                    isInfoGood &= TryReadKind(attribute.Nested(), names, out string? kind);
                    row = row with { Kind = kind };
                    break;
                case IfLinkUapi.IFLA_ADDRESS:
                    // Not every link has an Ethernet address: a tunnel's is four bytes.
                    row = row with { Address = attribute.TryGetMac(out var mac) ? mac : null };
                    break;
                default:
                    wrongLength ??= ReadNumber(attribute, ref row);
                    break;
            }
        }

        if (attributes.IsMalformed || !isInfoGood)
        {
            return RowProblem.Malformed;
        }

        if (wrongLength is not null)
        {
            return new RowProblem(RowProblemKind.WrongLength, wrongLength);
        }

        if (name.IsEmpty)
        {
            return new RowProblem(RowProblemKind.Missing, nameof(IfLinkUapi.IFLA_IFNAME));
        }

        row = row with { Name = names.Learn(row.Index, name) };
        return RowProblem.None;
    }

    /// <summary>The attributes of fixed size; returns the name of one whose size is wrong.</summary>
    private static string? ReadNumber(scoped in NetlinkAttribute attribute, ref Link row)
    {
        switch (attribute.Type)
        {
            case IfLinkUapi.IFLA_MTU:
                row = row with { Mtu = attribute.TryGetUInt32(out uint mtu) ? mtu : 0 };
                return attribute.Value.Length == 4 ? null : nameof(IfLinkUapi.IFLA_MTU);
            case IfLinkUapi.IFLA_MASTER:
                // A master of 0 says the same as no attribute: some kernels send it on release.
                row = row with { MasterIndex = attribute.TryGetUInt32(out uint master) && master != 0 ? master : null };
                return attribute.Value.Length == 4 ? null : nameof(IfLinkUapi.IFLA_MASTER);
            case IfLinkUapi.IFLA_LINK:
                row = row with { ParentIndex = attribute.TryGetUInt32(out uint parent) && parent != 0 ? parent : null };
                return attribute.Value.Length == 4 ? null : nameof(IfLinkUapi.IFLA_LINK);
            case IfLinkUapi.IFLA_OPERSTATE:
                _ = attribute.TryGetByte(out byte state);
                row = row with { OperationalState = (OperationalState)state };
                return attribute.Value.Length == 1 ? null : nameof(IfLinkUapi.IFLA_OPERSTATE);
            case IfLinkUapi.IFLA_CARRIER:
                row = row with { HasCarrier = attribute.TryGetByte(out byte carrier) ? carrier != 0 : null };
                return attribute.Value.Length == 1 ? null : nameof(IfLinkUapi.IFLA_CARRIER);
            case IfLinkUapi.IFLA_CARRIER_CHANGES:
                row = row with { CarrierChanges = attribute.TryGetUInt32(out uint changes) ? changes : null };
                return attribute.Value.Length == 4 ? null : nameof(IfLinkUapi.IFLA_CARRIER_CHANGES);
            case IfLinkUapi.IFLA_STATS64:
                bool isWhole = MemoryMarshal.TryRead(attribute.Value, out RtnlLinkStats64 raw);
                row = row with { Statistics = isWhole ? ToStatistics(raw) : null };
                return isWhole ? null : nameof(IfLinkUapi.IFLA_STATS64);
            default:
                return null;
        }
    }

    private static LinkStatistics ToStatistics(in RtnlLinkStats64 raw) =>
        new()
        {
            ReceivedPackets = raw.rx_packets,
            SentPackets = raw.tx_packets,
            ReceivedBytes = raw.rx_bytes,
            SentBytes = raw.tx_bytes,
            ReceiveErrors = raw.rx_errors,
            SendErrors = raw.tx_errors,
            ReceiveDropped = raw.rx_dropped,
            SendDropped = raw.tx_dropped,
        };

    private static bool TryReadKind(NetlinkAttributeReader info, NameCache names, out string? kind)
    {
        kind = null;
        while (info.TryRead(out var attribute))
        {
            if (attribute.Type == IfLinkUapi.IFLA_INFO_KIND)
            {
                kind = names.Intern(attribute.Text);
            }
        }

        return !info.IsMalformed;
    }
}

public readonly partial record struct InterfaceAddress : INetlinkRow<InterfaceAddress>
{
    static RowProblem INetlinkRow<InterfaceAddress>.Read(
        in NetlinkMessage message,
        NameCache names,
        out InterfaceAddress row
    ) => Read(message, out row);

    internal static RowProblem Read(scoped in NetlinkMessage message, out InterfaceAddress row)
    {
        row = default;
        if (message.Header.Type is not (RtnetlinkUapi.RTM_NEWADDR or RtnetlinkUapi.RTM_DELADDR))
        {
            return RowProblem.Skip;
        }

        if (!MemoryMarshal.TryRead(message.Payload, out IfAddrMsg info))
        {
            return RowProblem.Malformed;
        }

        if (info.ifa_family is not (SocketUapi.AF_INET or SocketUapi.AF_INET6))
        {
            return RowProblem.Skip;
        }

        InetAddress address = default;
        InetAddress local = default;
        uint flags = info.ifa_flags;
        string? wrongLength = null;
        var attributes = new NetlinkAttributeReader(message.Payload[Unsafe.SizeOf<IfAddrMsg>()..]);
        while (attributes.TryRead(out var attribute))
        {
            switch (attribute.Type)
            {
                case IfAddrUapi.IFA_ADDRESS when !InetAddress.TryRead(attribute.Value, out address):
                    wrongLength = nameof(IfAddrUapi.IFA_ADDRESS);
                    break;
                case IfAddrUapi.IFA_LOCAL when !InetAddress.TryRead(attribute.Value, out local):
                    wrongLength = nameof(IfAddrUapi.IFA_LOCAL);
                    break;
                case IfAddrUapi.IFA_FLAGS when !attribute.TryGetUInt32(out flags):
                    wrongLength = nameof(IfAddrUapi.IFA_FLAGS);
                    break;
                default:
                    break;
            }
        }

        // IPv4 sends both (equal unless point to point), IPv6 only IFA_ADDRESS unless it has a peer.
        row = new InterfaceAddress
        {
            InterfaceIndex = info.ifa_index,
            Address = local.HasValue ? local : address,
            Peer = local.HasValue && local != address ? address : default,
            PrefixLength = info.ifa_prefixlen,
            Scope = info.ifa_scope,
            Flags = flags,
        };
        if (attributes.IsMalformed)
        {
            return RowProblem.Malformed;
        }

        if (wrongLength is not null)
        {
            return new RowProblem(RowProblemKind.WrongLength, wrongLength);
        }

        return row.Address.HasValue
            ? RowProblem.None
            : new RowProblem(RowProblemKind.Missing, nameof(IfAddrUapi.IFA_ADDRESS));
    }
}

public readonly partial record struct NeighbourEntry : INetlinkRow<NeighbourEntry>
{
    static RowProblem INetlinkRow<NeighbourEntry>.Read(
        in NetlinkMessage message,
        NameCache names,
        out NeighbourEntry row
    ) => Read(message, out row);

    internal static RowProblem Read(scoped in NetlinkMessage message, out NeighbourEntry row)
    {
        row = default;
        if (message.Header.Type is not (RtnetlinkUapi.RTM_NEWNEIGH or RtnetlinkUapi.RTM_DELNEIGH))
        {
            return RowProblem.Skip;
        }

        if (!MemoryMarshal.TryRead(message.Payload, out NdMsg info))
        {
            return RowProblem.Malformed;
        }

        // Bridges put their forwarding table into the same messages, as AF_BRIDGE.
        if (info.ndm_family is not (SocketUapi.AF_INET or SocketUapi.AF_INET6))
        {
            return RowProblem.Skip;
        }

        InetAddress address = default;
        MacAddress? hardwareAddress = null;
        bool isAddressGood = true;
        var attributes = new NetlinkAttributeReader(message.Payload[Unsafe.SizeOf<NdMsg>()..]);
        while (attributes.TryRead(out var attribute))
        {
            if (attribute.Type == NeighbourUapi.NDA_DST)
            {
                isAddressGood = InetAddress.TryRead(attribute.Value, out address);
            }
            else if (attribute.Type == NeighbourUapi.NDA_LLADDR)
            {
                hardwareAddress = attribute.TryGetMac(out var mac) ? mac : null;
            }
        }

        row = new NeighbourEntry
        {
            InterfaceIndex = (uint)info.ndm_ifindex,
            Address = address,
            HardwareAddress = hardwareAddress,
            State = (NeighbourStates)info.ndm_state,
        };
        if (attributes.IsMalformed)
        {
            return RowProblem.Malformed;
        }

        if (!isAddressGood)
        {
            return new RowProblem(RowProblemKind.WrongLength, nameof(NeighbourUapi.NDA_DST));
        }

        return address.HasValue
            ? RowProblem.None
            : new RowProblem(RowProblemKind.Missing, nameof(NeighbourUapi.NDA_DST));
    }
}
