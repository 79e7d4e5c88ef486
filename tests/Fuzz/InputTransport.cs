using System.Buffers.Binary;
using X0tta6bl4.Netlink;

namespace X0tta6bl4.Fuzz;

/// <summary>
/// Plays a fuzzer's bytes as what the kernel sends. A file is a list of datagrams, each behind its length (two bytes,
/// little endian). Messages are made to look addressed to the last request where the fuzzer left the numbers zero:
/// it would need years to guess a sequence number.
/// </summary>
internal sealed class InputTransport(ReadOnlyMemory<byte> input) : INetlinkTransport
{
    /// <summary>More datagrams than any answer needs: a fuzzer's endless dump must end.</summary>
    private const int DatagramsPerInput = 64;

    private ReadOnlyMemory<byte> _rest = input;
    private int _played;
    private uint _sequence;
    private ushort _type;

    public uint PortId => 4711;

    public void Send(ReadOnlySpan<byte> datagram)
    {
        _type = BinaryPrimitives.ReadUInt16LittleEndian(datagram[4..]);
        _sequence = BinaryPrimitives.ReadUInt32LittleEndian(datagram[8..]);
    }

    public ReceiveOutcome Receive(Span<byte> buffer, TimeSpan timeout, out int length, out uint senderPort)
    {
        length = 0;
        senderPort = 0;
        var rest = _rest.Span;
        if (rest.Length < 2 || _played++ >= DatagramsPerInput)
        {
            return ReceiveOutcome.TimedOut;
        }

        int wanted = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        rest = rest[2..];
        var datagram = rest[..Math.Min(wanted, rest.Length)];
        _rest = _rest[(2 + datagram.Length)..];
        if (datagram.Length > buffer.Length)
        {
            return ReceiveOutcome.Truncated;
        }

        datagram.CopyTo(buffer);
        length = datagram.Length;
        Address(buffer[..length]);
        return ReceiveOutcome.Datagram;
    }

    public void JoinGroup(uint group) { }

    public void LeaveGroup(uint group) { }

    public void Dispose() { }

    private void Address(Span<byte> datagram)
    {
        while (datagram.Length >= 16)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(datagram);
            if (BinaryPrimitives.ReadUInt16LittleEndian(datagram[4..]) == 0)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(datagram[4..], _type);
            }

            if (BinaryPrimitives.ReadUInt64LittleEndian(datagram[8..]) == 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(datagram[8..], _sequence);
                BinaryPrimitives.WriteUInt32LittleEndian(datagram[12..], PortId);
            }

            if (length < 16 || length > datagram.Length)
            {
                return;
            }

            datagram = datagram[Math.Min((int)(length + 3) & ~3, datagram.Length)..];
        }
    }
}
