using System.Buffers.Text;
using System.Text;

namespace X0tta6bl4.Netlink.Uevent;

/// <summary>
/// A kernel object event of the net subsystem: an interface that came or went, or batman-adv's news about gateways and
/// bridge loops. The format is text: <c>ACTION@DEVPATH</c>, then <c>KEY=VALUE</c> fields, each with a final zero
/// byte (kernel: Documentation/core-api/kobject.rst, lib/kobject_uevent.c).
/// </summary>
public sealed record NetworkUevent
{
    /// <summary>add, remove, change, move, online, offline; or "resync" with <see cref="IsResyncNeeded"/>.</summary>
    public required string Action { get; init; }

    /// <summary>For example /devices/virtual/net/bat0.</summary>
    public required string DevicePath { get; init; }

    /// <summary>INTERFACE.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>IFINDEX.</summary>
    public uint? InterfaceIndex { get; init; }

    /// <summary>BATTYPE: gw or bla; null when the event is not batman-adv's (net/batman-adv/main.c).</summary>
    public string? BatmanType { get; init; }

    /// <summary>BATACTION: add, del, change, loopdetect.</summary>
    public string? BatmanAction { get; init; }

    /// <summary>BATDATA: the gateway's or the looping backbone's MAC address.</summary>
    public string? BatmanData { get; init; }

    /// <summary>Events were lost; nothing else is meant.</summary>
    public bool IsResyncNeeded { get; init; }

    internal static NetworkUevent Resync { get; } =
        new()
        {
            Action = "resync",
            DevicePath = "",
            IsResyncNeeded = true,
        };

    /// <summary>Reads an event; never throws.</summary>
    /// <returns>Skip for other subsystems, Malformed for bytes that are no event.</returns>
    internal static RowProblem Read(ReadOnlySpan<byte> datagram, out NetworkUevent? uevent)
    {
        uevent = null;
        var rest = datagram;
        if (!TryTakeField(ref rest, out var head))
        {
            return RowProblem.Malformed;
        }

        int at = head.IndexOf((byte)'@');
        if (at <= 0)
        {
            return RowProblem.Malformed;
        }

        bool isNet = false;
        string? name = null;
        uint? index = null;
        string? batmanType = null;
        string? batmanAction = null;
        string? batmanData = null;
        int fields = 0;
        while (!rest.IsEmpty)
        {
            if (!TryTakeField(ref rest, out var field) || ++fields > NetlinkLimits.UeventFields)
            {
                return RowProblem.Malformed;
            }

            int equals = field.IndexOf((byte)'=');
            if (equals <= 0)
            {
                return RowProblem.Malformed;
            }

            var key = field[..equals];
            var value = field[(equals + 1)..];
            if (key.SequenceEqual("SUBSYSTEM"u8))
            {
                isNet = value.SequenceEqual("net"u8);
            }
            else if (key.SequenceEqual("INTERFACE"u8))
            {
                name = Encoding.UTF8.GetString(value);
            }
            else if (key.SequenceEqual("IFINDEX"u8))
            {
                bool isNumber = Utf8Parser.TryParse(value, out uint number, out int used) && used == value.Length;
                index = isNumber ? number : null;
            }
            else if (key.SequenceEqual("BATTYPE"u8))
            {
                batmanType = Encoding.UTF8.GetString(value);
            }
            else if (key.SequenceEqual("BATACTION"u8))
            {
                batmanAction = Encoding.UTF8.GetString(value);
            }
            else if (key.SequenceEqual("BATDATA"u8))
            {
                batmanData = Encoding.UTF8.GetString(value);
            }
        }

        if (!isNet)
        {
            return RowProblem.Skip;
        }

        uevent = new NetworkUevent
        {
            Action = Encoding.UTF8.GetString(head[..at]),
            DevicePath = Encoding.UTF8.GetString(head[(at + 1)..]),
            InterfaceName = name,
            InterfaceIndex = index,
            BatmanType = batmanType,
            BatmanAction = batmanAction,
            BatmanData = batmanData,
        };
        return RowProblem.None;
    }

    /// <summary>Takes the bytes up to a zero byte; false when there is none: the event was cut.</summary>
    private static bool TryTakeField(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        int end = rest.IndexOf((byte)0);
        field = end < 0 ? default : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return end >= 0;
    }
}
