using X0tta6bl4.Netlink.Generic;
using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Linux.BatadvAttr;
using static X0tta6bl4.Netlink.Linux.BatadvCmd;

namespace X0tta6bl4.Netlink.Batman;

// Writes, and how every request is put together.
//
// ENOENT needs care, because it means two things: in a dump "this mesh has no active primary interface", and for
// generic netlink itself "no family of that number", which happens after the module was unloaded or reloaded. So on
// ENOENT the family is looked up again: gone is an error that says so, another number means ask once more, and the
// same number means the first of the two.

public sealed partial class BatmanClient
{
    private const byte FamilyVersion = 1;

    private static readonly string[] CommandNames = Enum.GetNames<BatadvCmd>();

    /// <summary>Writes settings of a mesh: <c>BATADV_CMD_SET_MESH</c>; what is null stays as it is.</summary>
    public void SetMesh(uint meshIfIndex, in MeshSettings settings)
    {
        var copy = settings;
        Command(
            BATADV_CMD_SET_MESH,
            meshIfIndex,
            null,
            (ref NetlinkWriter writer) => copy.WriteTo(ref writer)
        );
    }

    /// <summary>Writes settings of a hard interface: <c>BATADV_CMD_SET_HARDIF</c>; what is null stays.</summary>
    public void SetHardInterface(uint meshIfIndex, uint hardIfIndex, in HardInterfaceSettings settings)
    {
        var copy = settings;
        Command(
            BATADV_CMD_SET_HARDIF,
            meshIfIndex,
            $"hard interface {hardIfIndex}",
            (ref NetlinkWriter writer) =>
            {
                writer.PutUInt32((ushort)BATADV_ATTR_HARD_IFINDEX, hardIfIndex);
                copy.WriteTo(ref writer);
            }
        );
    }

    /// <summary>Writes the one setting a VLAN has: <c>BATADV_CMD_SET_VLAN</c>.</summary>
    /// <param name="meshIfIndex">The mesh.</param>
    /// <param name="vlanNumber">802.1Q id, 0–4095.</param>
    /// <param name="apIsolation">Drop frames between wifi clients.</param>
    public void SetVlan(uint meshIfIndex, ushort vlanNumber, bool apIsolation) =>
        Command(
            BATADV_CMD_SET_VLAN,
            meshIfIndex,
            $"VLAN {vlanNumber}",
            (ref NetlinkWriter writer) =>
            {
                writer.PutUInt16((ushort)BATADV_ATTR_VLANID, vlanNumber);
                MeshSettings.PutBool(ref writer, BATADV_ATTR_AP_ISOLATION_ENABLED, apIsolation);
            }
        );

    /// <summary>
    /// Starts a throughput measurement to another node: <c>BATADV_CMD_TP_METER</c>. It fills the path with traffic.
    /// The result arrives as <see cref="BatmanEvent.ThroughputMeterFinished"/> with the returned cookie, also when
    /// it could not start: listen before calling.
    /// </summary>
    /// <param name="meshIfIndex">The mesh.</param>
    /// <param name="originator">The far end's originator address.</param>
    /// <param name="duration">How long to send; the kernel counts in milliseconds.</param>
    public uint StartThroughputMeter(uint meshIfIndex, MacAddress originator, TimeSpan duration)
    {
        uint durationMs = (uint)Math.Clamp(duration.TotalMilliseconds, 1, uint.MaxValue);
        using var turn = _connection.Enter();
        var operation = Operation(BATADV_CMD_TP_METER, meshIfIndex, $"to {originator}");
        for (bool isFirst = true; ; isFirst = false)
        {
            var request = Begin(BATADV_CMD_TP_METER, 0, meshIfIndex);
            request.PutMac((ushort)BATADV_ATTR_ORIG_ADDRESS, originator);
            request.PutUInt32((ushort)BATADV_ATTR_TPMETER_TEST_TIME, durationMs);
            var answer = _connection.Query(operation, request, _names, out ThroughputMeterCookie cookie);
            if (isFirst && IsFamilyRenumbered(answer))
            {
                continue;
            }

            answer.ThrowIfError(operation, Hint(BATADV_CMD_TP_METER, answer));
            return cookie.Value;
        }
    }

    /// <summary>
    /// Stops a measurement: <c>BATADV_CMD_TP_METER_CANCEL</c>. Its result event still comes, on some kernels (6.1 is
    /// one) as <see cref="ThroughputMeterStatus.Complete"/> with the shorter time.
    /// </summary>
    public void CancelThroughputMeter(uint meshIfIndex, MacAddress originator) =>
        Command(
            BATADV_CMD_TP_METER_CANCEL,
            meshIfIndex,
            $"to {originator}",
            (ref NetlinkWriter writer) => writer.PutMac((ushort)BATADV_ATTR_ORIG_ADDRESS, originator)
        );

    private delegate void AddAttributes(ref NetlinkWriter writer);

    private static NetlinkOperation Operation(BatadvCmd command, uint meshIfIndex, string? detail = null) =>
        new(CommandNames[(int)command], meshIfIndex == 0 ? null : "mesh interface", meshIfIndex, detail);

    /// <summary>What net/batman-adv/netlink.c means by an errno that has another usual meaning.</summary>
    private static string? Hint(BatadvCmd command, in KernelAnswer answer) =>
        answer.ErrorNumber switch
        {
            Errno.EINVAL when answer.Text is null =>
                "It is no mesh interface, or the other interface is no part of it: check `batctl if`.",
            Errno.ENOENT when command is BATADV_CMD_GET_VLAN or BATADV_CMD_SET_VLAN =>
                "The mesh has no such VLAN: it appears with `ip link add link bat0 type vlan id N`.",
            _ => null,
        };

    private void Command(BatadvCmd command, uint meshIfIndex, string? detail, AddAttributes add)
    {
        using var turn = _connection.Enter();
        var operation = Operation(command, meshIfIndex, detail);
        for (bool isFirst = true; ; isFirst = false)
        {
            var request = Begin(command, NetlinkUapi.NLM_F_ACK, meshIfIndex);
            add(ref request);
            var answer = _connection.Command(operation, request);
            if (isFirst && IsFamilyRenumbered(answer))
            {
                continue;
            }

            answer.ThrowIfError(operation, Hint(command, answer));
            return;
        }
    }

    private TRow Get<TRow>(
        BatadvCmd command,
        uint meshIfIndex,
        BatadvAttr key = BATADV_ATTR_UNSPEC,
        uint value = 0
    )
        where TRow : struct, INetlinkRow<TRow>
    {
        using var turn = _connection.Enter();
        var operation = Operation(command, meshIfIndex, key == BATADV_ATTR_UNSPEC ? null : $"({key} {value})");
        for (bool isFirst = true; ; isFirst = false)
        {
            var request = Begin(command, 0, meshIfIndex);
            if (key == BATADV_ATTR_HARD_IFINDEX)
            {
                request.PutUInt32((ushort)key, value);
            }
            else if (key == BATADV_ATTR_VLANID)
            {
                request.PutUInt16((ushort)key, (ushort)value);
            }

            var answer = _connection.Query(operation, request, _names, out TRow row);
            if (isFirst && IsFamilyRenumbered(answer))
            {
                continue;
            }

            answer.ThrowIfError(operation, Hint(command, answer));
            return row;
        }
    }

    private DumpOutcome Dump<TRow>(BatadvCmd command, uint meshIfIndex, uint hardIfIndex, List<TRow> into)
        where TRow : struct, INetlinkRow<TRow>
    {
        using var turn = _connection.Enter();
        var operation = Operation(command, meshIfIndex);
        for (bool isFirst = true; ; isFirst = false)
        {
            // Cleared here too: Begin may throw before the dump gets to it.
            into.Clear();
            var request = Begin(command, NetlinkUapi.NLM_F_DUMP, meshIfIndex);
            if (hardIfIndex != 0)
            {
                request.PutUInt32((ushort)BATADV_ATTR_HARD_IFINDEX, hardIfIndex);
            }

            var answer = _connection.Dump(operation, request, _names, into);
            switch (answer.ErrorNumber)
            {
                case 0:
                    return DumpOutcome.Complete;
                case Errno.ENOENT when isFirst && IsFamilyRenumbered(answer):
                    continue;
                case Errno.ENOENT:
                    return DumpOutcome.MeshDown;
                case Errno.EOPNOTSUPP:
                    return DumpOutcome.NotSupported;
                default:
                    throw answer.ToException(operation, Hint(command, answer));
            }
        }
    }

    private NetlinkWriter Begin(BatadvCmd command, ushort flags, uint meshIfIndex)
    {
        // The lookup uses the same request buffer, so it comes first.
        ushort family = Family().Id;
        var request = _connection.Begin(family, flags);
        request.PutStruct(new GenlMsgHdr { cmd = (byte)command, version = FamilyVersion });
        if (meshIfIndex != 0)
        {
            request.PutUInt32((ushort)BATADV_ATTR_MESH_IFINDEX, meshIfIndex);
        }

        return request;
    }

    private GenericFamily Family() =>
        _family ??=
            GenericController.Find(_connection, BatmanUapi.BATADV_NL_NAME)
            ?? throw new NetlinkException(
                NetlinkFailure.Refused,
                "looking up the generic netlink family",
                BatmanUapi.BATADV_NL_NAME,
                Errno.ENOENT,
                hint: "The batman-adv module is not loaded: `modprobe batman-adv`."
            )
            {
                IsFamilyMissing = true,
            };

    /// <summary>After ENOENT: does the family have another number now? Throws when it is gone.</summary>
    private bool IsFamilyRenumbered(in KernelAnswer answer)
    {
        if (answer.ErrorNumber != Errno.ENOENT)
        {
            return false;
        }

        ushort? before = _family?.Id;
        _family = null;
        return Family().Id != before;
    }
}
