using MQTTnet.Exceptions;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// Follows the framing of received bytes and refuses a packet that declares more than the limit, before anyone
/// allocates it. MQTT 5, 2.1.4: after the first byte, the remaining length in one to four bytes of seven bits, least
/// significant first.
/// </summary>
internal sealed class PacketSizeGuard(int packetBytesMax)
{
    private const int LengthBytesMax = 4;

    private long _bodyLeft;
    private long _length;
    private int _headerBytes;

    /// <exception cref="MqttProtocolViolationException">The packet is larger than allowed, or its length is
    /// malformed.</exception>
    internal void Inspect(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_bodyLeft > 0)
            {
                var skipped = (int)Math.Min(_bodyLeft, bytes.Length);
                _bodyLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            Header(bytes[0]);
            bytes = bytes[1..];
        }
    }

    private void Header(byte value)
    {
        if (_headerBytes == 0)
        {
            _headerBytes = 1;
            _length = 0;
            return;
        }

        _length |= (long)(value & 0x7F) << (7 * (_headerBytes - 1));
        if ((value & 0x80) != 0)
        {
            _headerBytes++;
            if (_headerBytes > LengthBytesMax)
            {
                throw new MqttProtocolViolationException("the broker sent a malformed packet length");
            }

            return;
        }

        if (_length > packetBytesMax)
        {
            throw new MqttProtocolViolationException(
                $"the broker sent a packet of {_length} bytes; at most {packetBytesMax} are taken");
        }

        _headerBytes = 0;
        _bodyLeft = _length;
    }
}
