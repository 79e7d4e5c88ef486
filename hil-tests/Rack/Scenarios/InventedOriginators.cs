using System.Buffers.Binary;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Routers that exist only in the air: BATMAN_IV originator messages of each, once a second, as a real neighbour would
/// pass them on. The kernel that hears them fills its tables by its own rules, so that one small guest has the originator
/// table of a mesh no emulator could run. Packets: struct batadv_ogm_packet of linux/batadv_packet.h, compatibility
/// version 15.
/// </summary>
internal sealed class InventedOriginators : IAsyncDisposable
{
    private const ushort EtherType = 0x4305; // ETH_P_BATMAN
    private const int EthernetHeader = 14;
    private const int OgmBytes = 24;         // BATADV_OGM_HLEN
    private const int AggregateBytesMax = 512; // BATADV_MAX_AGGREGATION_BYTES
    private const byte CompatibilityVersion = 15;
    private const byte TimeToLive = 49;      // one hop less than an originator sends
    private const byte Quality = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;

    private InventedOriginators(IRadioLink link, string to, byte[] from, int count) =>
        _sending = SendAsync(link, to, from, count, _stop.Token);

    /// <summary>Begins to send, until disposed.</summary>
    /// <param name="link">The link they are heard on.</param>
    /// <param name="to">The router that hears them.</param>
    /// <param name="from">The neighbour they seem to come through: hears and is heard by <paramref name="to"/>.</param>
    /// <param name="count">How many.</param>
    public static InventedOriginators Start(IRadioLink link, string to, IRouter from, int count)
    {
        var address = Convert.FromHexString(from.MeshAddresses["mesh0"].Replace(":", "", StringComparison.Ordinal));
        return new InventedOriginators(link, to, address, count);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static async Task SendAsync(
        IRadioLink link, string to, byte[] from, int count, CancellationToken stop)
    {
        const int perFrame = AggregateBytesMax / OgmBytes;
        using var tick = new PeriodicTimer(Interval);
        for (uint sequence = 1; await tick.WaitForNextTickAsync(stop); sequence++)
        {
            for (var first = 0; first < count; first += perFrame)
            {
                await link.InjectAsync(to, Frame(from, first, Math.Min(perFrame, count - first), sequence), stop);
            }
        }
    }

    private static byte[] Frame(byte[] from, int first, int count, uint sequence)
    {
        var frame = new byte[EthernetHeader + (count * OgmBytes)];
        frame.AsSpan(0, 6).Fill(0xFF);
        from.CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), EtherType);
        for (var i = 0; i < count; i++)
        {
            var ogm = frame.AsSpan(EthernetHeader + (i * OgmBytes), OgmBytes);
            ogm[0] = 0x00; // BATADV_IV_OGM
            ogm[1] = CompatibilityVersion;
            ogm[2] = TimeToLive;
            BinaryPrimitives.WriteUInt32BigEndian(ogm[4..], sequence);
            ogm[8] = 0x02; // a locally administered address: 02:78:30:00:NN:NN
            ogm[9] = (byte)'x';
            ogm[10] = (byte)'0';
            BinaryPrimitives.WriteUInt16BigEndian(ogm[12..], (ushort)(first + i));
            from.CopyTo(ogm[14..]); // prev_sender: only whether it is the hearer itself matters
            ogm[21] = Quality;
        }

        return frame;
    }
}
