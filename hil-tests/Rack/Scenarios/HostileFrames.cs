using System.Buffers.Binary;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Batman-adv frames no honest router sends, from a seed: real frames with bits changed or their end cut off, every
/// packet type with a right header and random content, and pure noise. The field's wire format is batadv_packet.h.
/// </summary>
internal sealed class HostileFrames(Random random, byte[] target, IReadOnlyList<byte[]> honest)
{
    private const ushort EtherType = 0x4305;
    private const int EthernetHeader = 14;
    private const int FrameBytesMax = 1514;
    private const byte CompatibilityVersion = 15;

    // batadv_packettype: OGM, broadcast, coded, ELP, OGM2, multicast; unicast, fragment, 4-address, ICMP, unicast TVLV.
    private static readonly byte[] PacketTypes = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x41, 0x42, 0x43, 0x44];

#pragma warning disable CA5394 // The seed of a failed run must bring the same frames back.
    public byte[] Next() => random.Next(4) switch
    {
        0 => Mutated(),
        1 => CutShort(),
        2 => RightHeaderOnly(),
        _ => Noise(),
    };

    private byte[] Mutated()
    {
        var frame = Honest();
        for (var changes = random.Next(1, 9); changes > 0; changes--)
        {
            frame[random.Next(EthernetHeader, frame.Length)] = (byte)random.Next(256);
        }

        return frame;
    }

    private byte[] CutShort()
    {
        var frame = Honest();
        return frame[..random.Next(EthernetHeader, frame.Length)];
    }

    private byte[] RightHeaderOnly()
    {
        var frame = Noise();
        frame[EthernetHeader] = PacketTypes[random.Next(PacketTypes.Length)];
        if (frame.Length > EthernetHeader + 2)
        {
            frame[EthernetHeader + 1] = CompatibilityVersion;
            // A time to live: most handlers drop 0 and 1 before they read on.
            frame[EthernetHeader + 2] = (byte)random.Next(2, 51);
        }

        return frame;
    }

    private byte[] Noise()
    {
        var frame = new byte[random.Next(EthernetHeader + 1, FrameBytesMax + 1)];
        random.NextBytes(frame);
        // To everyone or to the target; from one of a few senders, or each would be a new neighbour.
        if (random.Next(2) == 0)
        {
            frame.AsSpan(0, 6).Fill(0xFF);
        }
        else
        {
            target.CopyTo(frame, 0);
        }

        frame[6] = 0x02;
        frame.AsSpan(7, 4).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), EtherType);
        return frame;
    }

    private byte[] Honest() => [.. honest[random.Next(honest.Count)]];
#pragma warning restore CA5394
}
