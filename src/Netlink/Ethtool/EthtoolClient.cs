using System.Runtime.InteropServices;
using System.Text;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Ethtool;

/// <summary>
/// Reads a driver's statistics with ioctl(SIOCETHTOOL), as `ethtool -S` and `batctl statistics` do: how many there are
/// (ETHTOOL_GSSET_INFO), their names (GSTRINGS), their values (GSTATS). Needs no privilege. One thread at a time.
/// </summary>
/// <remarks>
/// The kernel fills the buffers by its own count, not by their size. So they always have room for
/// <see cref="NetlinkLimits.EthtoolStatistics"/>, and a driver that announces more is refused before anything is
/// copied; one that grows between the calls still fits. Names that did not change keep their strings, so reading
/// again allocates nothing.
/// </remarks>
public sealed class EthtoolClient : IDisposable
{
    private const int NamesOffset = 12;
    private const int ValuesOffset = 8;

    private readonly FileDescriptor _socket;
    private readonly byte[] _names = new byte[
        NamesOffset + (NetlinkLimits.EthtoolStatistics * EthtoolUapi.ETH_GSTRING_LEN)
    ];
    private readonly byte[] _values = new byte[ValuesOffset + (NetlinkLimits.EthtoolStatistics * sizeof(ulong))];
    private readonly List<string> _knownNames = [];

    private EthtoolClient(FileDescriptor socket) => _socket = socket;

    /// <summary>Opens a socket, in the network namespace of the calling thread.</summary>
    /// <exception cref="NetlinkException">No socket.</exception>
    public static EthtoolClient Open()
    {
        const int type = SocketUapi.SOCK_DGRAM | SocketUapi.SOCK_CLOEXEC;

        // Any socket will do; netlink's is there even in a kernel without IPv4.
        var socket = Libc.Socket(SocketUapi.AF_NETLINK, type, NetlinkUapi.NETLINK_GENERIC, out int errno);
        return socket is null
            ? throw new NetlinkException(NetlinkFailure.Socket, "opening a socket for ethtool", null, errno)
            : new EthtoolClient(socket);
    }

    /// <summary>Reads all statistics of an interface; the list is cleared first, empty if there are none.</summary>
    /// <param name="interfaceName">For example bat0.</param>
    /// <param name="into">The caller's list.</param>
    /// <exception cref="NetlinkException">
    /// ENODEV: no such interface. Over the limit: the driver has more than
    /// <see cref="NetlinkLimits.EthtoolStatistics"/>.
    /// </exception>
    public unsafe void ReadStatistics(string interfaceName, List<EthtoolStatistic> into)
    {
        into.Clear();
        var info = new EthtoolSsetInfo
        {
            cmd = EthtoolUapi.ETHTOOL_GSSET_INFO,
            sset_mask = 1UL << (int)EthtoolUapi.ETH_SS_STATS,
        };
        bool hasStatistics =
            Call(interfaceName, "ETHTOOL_GSSET_INFO", &info) && info.sset_mask != 0 && info.data != 0;
        if (!hasStatistics)
        {
            return;
        }

        if (info.data > NetlinkLimits.EthtoolStatistics)
        {
            throw new NetlinkException(
                NetlinkFailure.OverLimit,
                "ETHTOOL_GSSET_INFO",
                interfaceName,
                detail: $"the driver has {info.data} statistics, more than {NetlinkLimits.EthtoolStatistics}"
            );
        }

        var names = new EthtoolGstrings
        {
            cmd = EthtoolUapi.ETHTOOL_GSTRINGS,
            string_set = EthtoolUapi.ETH_SS_STATS,
            len = info.data,
        };
        MemoryMarshal.Write(_names, in names);
        var values = new EthtoolStats { cmd = EthtoolUapi.ETHTOOL_GSTATS, n_stats = info.data };
        MemoryMarshal.Write(_values, in values);
        fixed (byte* namesPointer = _names)
        fixed (byte* valuesPointer = _values)
        {
            if (
                !Call(interfaceName, "ETHTOOL_GSTRINGS", namesPointer)
                || !Call(interfaceName, "ETHTOOL_GSTATS", valuesPointer)
            )
            {
                return;
            }
        }

        Decode(into);
    }

    public void Dispose() => _socket.Dispose();

    private void Decode(List<EthtoolStatistic> into)
    {
        uint nameCount = MemoryMarshal.Read<EthtoolGstrings>(_names).len;
        uint valueCount = MemoryMarshal.Read<EthtoolStats>(_values).n_stats;
        int count = (int)Math.Min(Math.Min(nameCount, valueCount), NetlinkLimits.EthtoolStatistics);
        for (int i = 0; i < count; i++)
        {
            var name = _names.AsSpan(
                NamesOffset + (i * EthtoolUapi.ETH_GSTRING_LEN),
                EthtoolUapi.ETH_GSTRING_LEN
            );
            int end = name.IndexOf((byte)0);
            ulong value = MemoryMarshal.Read<ulong>(_values.AsSpan(ValuesOffset + (i * sizeof(ulong))));
            into.Add(new EthtoolStatistic(NameAt(i, end < 0 ? name : name[..end]), value));
        }
    }

    private string NameAt(int place, ReadOnlySpan<byte> name)
    {
        if (place < _knownNames.Count && Ascii.Equals(name, _knownNames[place]))
        {
            return _knownNames[place];
        }

        string fresh = Encoding.UTF8.GetString(name);
        if (place < _knownNames.Count)
        {
            _knownNames[place] = fresh;
        }
        else
        {
            _knownNames.Add(fresh);
        }

        return fresh;
    }

    /// <summary>False when the driver has no statistics at all (EOPNOTSUPP).</summary>
    private unsafe bool Call(string interfaceName, string operation, void* argument)
    {
        var request = new IfReq { ifr_data = (nint)argument };
        Span<byte> name = request.ifr_name;
        if (!Encoding.UTF8.TryGetBytes(interfaceName, name[..^1], out _))
        {
            throw new ArgumentException(
                $"'{interfaceName}' is no interface name: it has more than {name.Length - 1} bytes.",
                nameof(interfaceName)
            );
        }

        int result = Libc.Ioctl(_socket, SockiosUapi.SIOCETHTOOL, &request);
        return result switch
        {
            >= 0 => true,
            -Errno.EOPNOTSUPP => false,
            _ => throw new NetlinkException(NetlinkFailure.Refused, operation, interfaceName, -result),
        };
    }
}
