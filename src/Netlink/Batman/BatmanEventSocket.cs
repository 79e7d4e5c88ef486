using X0tta6bl4.Netlink.Generic;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// Listens to the groups <c>config</c> and <c>tpmeter</c> of the "batadv" family, which are all it has, and to the
/// coming and going of the family itself: it can be opened before the module is loaded, and joins the groups when
/// it is. One thread at a time.
/// </summary>
public sealed class BatmanEventSocket : IDisposable, INetlinkEventSource
{
    private readonly NetlinkEventReader _reader;
    private readonly NameCache _names = new();
    private ushort? _familyId;

    /// <summary>Over any transport; owns <paramref name="events"/>, borrows <paramref name="requests"/>.</summary>
    /// <param name="events">The socket that listens.</param>
    /// <param name="requests">A socket to look the family up with; not used after the constructor.</param>
    /// <param name="time">For the lookup's time-out.</param>
    /// <exception cref="NetlinkException">The kernel refused the lookup or a group.</exception>
    public BatmanEventSocket(INetlinkTransport events, INetlinkTransport requests, TimeProvider? time = null)
    {
        _reader = new NetlinkEventReader(events);

        // The connection's Dispose would dispose the borrowed transport; it holds nothing else.
        var connection = new NetlinkConnection(requests, time ?? TimeProvider.System);

        // First listen for families, then ask: a module loaded in between is then seen by one of the two.
        var controller = GenericController.Find(connection, GenericController.Name);
        if (controller is not null && controller.Groups.TryGetValue(GenericController.NotifyGroup, out uint notify))
        {
            events.JoinGroup(notify);
        }

        var family = GenericController.Find(connection, BatmanUapi.BATADV_NL_NAME);
        if (family is not null)
        {
            Join(family);
        }
    }

    /// <summary>
    /// Opens a socket to the kernel. A module that is not loaded is no error: its events come when it is.
    /// </summary>
    /// <exception cref="NetlinkException">No socket.</exception>
    public static BatmanEventSocket Open()
    {
        using var requests = NetlinkSocket.Open(NetlinkUapi.NETLINK_GENERIC, NetlinkLimits.RequestQueueBytes);
        var events = NetlinkSocket.Open(NetlinkUapi.NETLINK_GENERIC, NetlinkLimits.EventQueueBytes);
        try
        {
            return new BatmanEventSocket(events, requests);
        }
        catch
        {
            events.Dispose();
            throw;
        }
    }

    /// <summary>What the socket threw away.</summary>
    public NetlinkCounters Counters => _reader.Counters;

    /// <inheritdoc/>
    public int FileDescriptor => NetlinkEventReader.DescriptorOf(_reader.Transport);

    /// <summary>True while the groups are joined.</summary>
    public bool IsModuleLoaded => _familyId is not null;

    /// <summary>
    /// Waits at most <paramref name="timeout"/> (zero: not at all) for the first event, appends it and what else is
    /// there already, at most <see cref="NetlinkLimits.EventDatagramsPerCall"/> datagrams, and returns how many
    /// events were appended.
    /// </summary>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Receive(List<BatmanEvent> into, TimeSpan timeout)
    {
        int before = into.Count;
        for (int i = 0; i < NetlinkLimits.EventDatagramsPerCall; i++)
        {
            if (!_reader.TryRead(i == 0 ? timeout : TimeSpan.Zero, out var datagram, out string? lost))
            {
                break;
            }

            lost ??= Decode(datagram, into);
            if (lost is not null)
            {
                into.Add(new BatmanEvent.ResyncNeeded(lost));
            }
        }

        return into.Count - before;
    }

    public void Dispose() => _reader.Dispose();

    private void Join(GenericFamily family)
    {
        foreach (
            string name in (ReadOnlySpan<string>)
                [BatmanUapi.BATADV_NL_MCAST_GROUP_CONFIG, BatmanUapi.BATADV_NL_MCAST_GROUP_TPMETER]
        )
        {
            // The group "config" came with Linux 5.1: an older kernel simply has nothing to say there.
            if (family.Groups.TryGetValue(name, out uint group))
            {
                _reader.Transport.JoinGroup(group);
            }
        }

        _familyId = family.Id;
    }

    /// <summary>Appends the events of one datagram; returns why something was lost, or null.</summary>
    private string? Decode(ReadOnlySpan<byte> datagram, List<BatmanEvent> into)
    {
        bool isGood = true;
        var messages = new NetlinkMessageReader(datagram);
        while (messages.TryRead(out var message))
        {
            if (message.Payload.Length < GenetlinkUapi.GENL_HDRLEN)
            {
                isGood &= message.Header.Type < NetlinkUapi.NLMSG_MIN_TYPE;
            }
            else if (message.Header.Type == GenetlinkUapi.GENL_ID_CTRL)
            {
                isGood &= DecodeFamily(message, into);
            }
            else if (message.Header.Type == _familyId)
            {
                isGood &= DecodeBatadv(message, into);
            }
        }

        return isGood && !messages.IsMalformed ? null : _reader.Malformed();
    }

    private bool DecodeFamily(in NetlinkMessage message, List<BatmanEvent> into)
    {
        byte command = message.Payload[0];
        if (command is not (GenetlinkUapi.CTRL_CMD_NEWFAMILY or GenetlinkUapi.CTRL_CMD_DELFAMILY))
        {
            // New and removed groups of any family: ours come and go with the family.
            return true;
        }

        var problem = GenericFamily.Read(message, out var family);
        if (problem.Kind != RowProblemKind.None || family is null)
        {
            return false;
        }

        if (family.Name != BatmanUapi.BATADV_NL_NAME)
        {
            return true;
        }

        if (command == GenetlinkUapi.CTRL_CMD_NEWFAMILY && family.Id != _familyId)
        {
            Join(family);
            into.Add(new BatmanEvent.ModuleLoaded());
        }
        else if (command == GenetlinkUapi.CTRL_CMD_DELFAMILY && _familyId is not null)
        {
            _familyId = null;
            into.Add(new BatmanEvent.ModuleUnloaded());
        }

        return true;
    }

    private bool DecodeBatadv(in NetlinkMessage message, List<BatmanEvent> into)
    {
        switch ((BatadvCmd)message.Payload[0])
        {
            case BatadvCmd.BATADV_CMD_SET_MESH when TryRead(message, out MeshInterface mesh):
                into.Add(new BatmanEvent.MeshChanged(mesh));
                return true;
            case BatadvCmd.BATADV_CMD_SET_HARDIF when TryRead(message, out HardInterface hardInterface):
                into.Add(new BatmanEvent.HardInterfaceChanged(hardInterface));
                return true;
            case BatadvCmd.BATADV_CMD_SET_VLAN when TryRead(message, out MeshVlan vlan):
                into.Add(new BatmanEvent.VlanChanged(vlan));
                return true;
            case BatadvCmd.BATADV_CMD_TP_METER when TryRead(message, out ThroughputMeterResult result):
                into.Add(new BatmanEvent.ThroughputMeterFinished(result));
                return true;
            case BatadvCmd.BATADV_CMD_SET_MESH:
            case BatadvCmd.BATADV_CMD_SET_HARDIF:
            case BatadvCmd.BATADV_CMD_SET_VLAN:
            case BatadvCmd.BATADV_CMD_TP_METER:
                return false;
            default:
                // A newer kernel's event: nothing we know became stale.
                return true;
        }
    }

    private bool TryRead<TRow>(in NetlinkMessage message, out TRow row)
        where TRow : struct, INetlinkRow<TRow> => TRow.Read(message, _names, out row).Kind == RowProblemKind.None;
}
