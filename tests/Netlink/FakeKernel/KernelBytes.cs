using System.Buffers.Binary;
using System.Text;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>
/// Puts messages together as the kernel would, byte by byte and without the product's writer, so that a mistake in
/// one is not repeated by the other. All numbers little endian: the tests run on x86-64 and AArch64.
/// </summary>
internal static class KernelBytes
{
    public static byte[] Message(ushort type, ushort flags, uint sequence, uint port, params byte[][] parts)
    {
        byte[] body = Join(parts);
        byte[] head = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)(16 + body.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(6), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), port);
        return Pad(Join(head, body));
    }

    public static byte[] Attribute(int type, params byte[] value)
    {
        byte[] head = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(2), (ushort)type);
        return Pad(Join(head, value));
    }

    public static byte[] Attribute(int type, ushort value) => Attribute(type, BitConverter.GetBytes(value));

    public static byte[] Attribute(int type, uint value) => Attribute(type, BitConverter.GetBytes(value));

    public static byte[] Attribute(int type, ulong value) => Attribute(type, BitConverter.GetBytes(value));

    public static byte[] Attribute(int type, MacAddress value)
    {
        byte[] bytes = new byte[6];
        value.WriteTo(bytes);
        return Attribute(type, bytes);
    }

    public static byte[] Attribute(int type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + "\0"));

    public static byte[] Attribute(int type, InetAddress value)
    {
        byte[] bytes = new byte[value.ByteCount];
        value.WriteTo(bytes);
        return Attribute(type, bytes);
    }

    public static byte[] Nested(int type, params byte[][] attributes) => Attribute(type | 0x8000, Join(attributes));

    public static byte[] GenericHeader(byte command, byte version = 1) => [command, version, 0, 0];

    public static byte[] Join(params byte[][] parts) => parts.SelectMany(part => part).ToArray();

    public static byte[] FromHex(string text) =>
        Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));

    private static byte[] Pad(byte[] bytes) => Join(bytes, new byte[-bytes.Length & 3]);
}
