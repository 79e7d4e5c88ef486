using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Tests.KernelBytes;

namespace X0tta6bl4.Netlink.Tests;

public class CodecTests
{
    // nlmsghdr: 40 bytes, RTM_GETLINK with REQUEST|DUMP, sequence 1, port 4711; ifinfomsg of zeros;
    // IFLA_EXT_MASK (29) = RTEXT_FILTER_SKIP_STATS: what `ip -o link` sends, with its own numbers.
    private const string GetLinkHex =
        "28000000 1200 0103 01000000 67120000  00 00 0000 00000000 00000000 00000000  0800 1d00 08000000";

    [Fact]
    public void Writing_a_request_gives_the_bytes_of_the_uapi()
    {
        byte[] buffer = new byte[64];
        buffer.AsSpan().Fill(0xee);
        var writer = new NetlinkWriter(
            buffer,
            RtnetlinkUapi.RTM_GETLINK,
            NetlinkUapi.NLM_F_REQUEST | NetlinkUapi.NLM_F_DUMP
        );
        writer.PutStruct(default(IfInfoMsg));
        writer.PutUInt32(IfLinkUapi.IFLA_EXT_MASK, RtnetlinkUapi.RTEXT_FILTER_SKIP_STATS);
        NetlinkWriter.Stamp(buffer.AsSpan(0, writer.Length), 1, 4711);

        Assert.Equal(Convert.ToHexString(FromHex(GetLinkHex)), Convert.ToHexString(buffer.AsSpan(0, writer.Length)));
    }

    [Fact]
    public void Reading_those_bytes_gives_the_request()
    {
        var messages = new NetlinkMessageReader(FromHex(GetLinkHex));

        Assert.True(messages.TryRead(out var message));
        Assert.Equal(RtnetlinkUapi.RTM_GETLINK, message.Header.Type);
        Assert.Equal(0x301, message.Header.Flags);
        Assert.Equal(1u, message.Header.Sequence);
        Assert.Equal(4711u, message.Header.PortId);
        var attributes = new NetlinkAttributeReader(message.Payload[16..]);
        Assert.True(attributes.TryRead(out var mask));
        Assert.Equal(IfLinkUapi.IFLA_EXT_MASK, mask.Type);
        Assert.True(mask.TryGetUInt32(out uint value));
        Assert.Equal(8u, value);
        Assert.False(attributes.TryRead(out _));
        Assert.False(attributes.IsMalformed);
        Assert.False(messages.TryRead(out _));
        Assert.False(messages.IsMalformed);
    }

    [Fact]
    public void Padding_is_zero_whatever_the_buffer_held()
    {
        byte[] buffer = new byte[64];
        buffer.AsSpan().Fill(0xee);
        var writer = new NetlinkWriter(buffer, 16, 0);
        writer.PutByte(1, 0xaa);
        writer.PutString(2, "bat0");
        writer.PutMac(3, MacAddress.Broadcast);

        byte[] expected = FromHex("0500 0100 aa000000  0900 0200 62617430 00000000  0a00 0300 ffffffffffff 0000");
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(buffer.AsSpan(16, writer.Length - 16)));
    }

    [Fact]
    public void Nested_lists_carry_their_length_and_the_nested_bit()
    {
        byte[] buffer = new byte[64];
        var writer = new NetlinkWriter(buffer, 16, 0);
        int outer = writer.BeginNested(18);
        writer.PutString(1, "batadv");
        int inner = writer.BeginNested(2);
        writer.PutFlag(7);
        writer.EndNested(inner);
        writer.EndNested(outer);

        byte[] expected = FromHex("1800 1280  0b00 0100 626174616476 0000  0800 0280  0400 0700");
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(buffer.AsSpan(16, writer.Length - 16)));
        Assert.Equal(
            Convert.ToHexString(Nested(18, Attribute(1, "batadv"), Nested(2, Attribute(7)))),
            Convert.ToHexString(expected)
        );
    }

    [Fact]
    public void A_buffer_too_small_is_remembered_and_never_overrun()
    {
        for (int size = 0; size < 60; size++)
        {
            byte[] guarded = new byte[size + 8];
            guarded.AsSpan(size).Fill(0xee);
            var writer = new NetlinkWriter(guarded.AsSpan(0, size), 16, 0);
            int mark = writer.BeginNested(1);
            writer.PutUInt64(2, ulong.MaxValue);
            writer.PutString(3, "mesh0");
            writer.PutInet(4, InetAddress.Parse("2001:db8::1"));
            writer.EndNested(mark);

            Assert.Equal(size < 16 + 4 + 12 + 12 + 20, writer.IsOverflowed);
            Assert.True(guarded.AsSpan(size).IndexOfAnyExcept((byte)0xee) < 0);
        }
    }

    [Fact]
    public void The_nested_and_byte_order_bits_are_no_part_of_the_type()
    {
        var reader = new NetlinkAttributeReader(FromHex("0800 05c0 01000000"));

        Assert.True(reader.TryRead(out var attribute));
        Assert.Equal(5, attribute.Type);
    }

    [Theory]
    [InlineData("0300 0100")]
    [InlineData("0000 0100")]
    [InlineData("0900 0100 01000000")]
    [InlineData("0800")]
    public void A_length_that_does_not_fit_is_malformed(string hex)
    {
        var reader = new NetlinkAttributeReader(FromHex(hex));

        Assert.False(reader.TryRead(out _));
        Assert.True(reader.IsMalformed);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void The_last_attribute_and_message_need_no_padding()
    {
        var attributes = new NetlinkAttributeReader(FromHex("0500 0100 aa"));
        Assert.True(attributes.TryRead(out var attribute));
        Assert.Equal(1, attribute.Value.Length);
        Assert.False(attributes.TryRead(out _));
        Assert.False(attributes.IsMalformed);

        var messages = new NetlinkMessageReader(FromHex("11000000 1000 0000 00000000 00000000 aa"));
        Assert.True(messages.TryRead(out var message));
        Assert.Equal(1, message.Payload.Length);
        Assert.False(messages.TryRead(out _));
        Assert.False(messages.IsMalformed);
    }

    [Fact]
    public void More_attributes_than_the_limit_are_malformed()
    {
        byte[] many = new byte[(NetlinkLimits.AttributesPerList + 1) * 4];
        for (int i = 0; i < many.Length; i += 4)
        {
            many[i] = 4;
        }

        var reader = new NetlinkAttributeReader(many);
        int count = 0;
        while (reader.TryRead(out _))
        {
            count++;
        }

        Assert.Equal(NetlinkLimits.AttributesPerList, count);
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void Texts_end_at_the_first_zero_or_at_the_limit()
    {
        Assert.Equal("bat", Text("bat\0junk\0"u8));
        Assert.Equal("bat0", Text("bat0"u8));
        Assert.Equal("", Text([]));
        Assert.Equal("\ufffd", Text([0xff, 0]));
        Assert.Equal(NetlinkLimits.TextBytes, Text(Enumerable.Repeat((byte)'a', 5000).ToArray()).Length);

        static string Text(ReadOnlySpan<byte> value) => new NetlinkAttribute(1, value).GetString();
    }

    [Fact]
    public void Walking_any_bytes_ends_without_an_exception() =>
        Gen.Byte.Array[0, 200]
            .Sample(
                bytes =>
                {
                    int left = bytes.Length;
                    var messages = new NetlinkMessageReader(bytes);
                    while (messages.TryRead(out var message))
                    {
                        left -= NetlinkHeader.Size + message.Payload.Length;
                        Walk(message.Payload);
                    }

                    Walk(bytes);
                    return left >= 0;
                },
                iter: 50_000
            );

    [Fact]
    public void Whatever_is_written_is_read_back() =>
        Gen.Select(Gen.UShort[1, 0x3fff], Gen.Byte.Array[0, 40])
            .Array[0, 12]
            .Sample(
                attributes =>
                {
                    byte[] buffer = new byte[1024];
                    var writer = new NetlinkWriter(buffer, 99, 7);
                    foreach (var (type, value) in attributes)
                    {
                        writer.PutBytes(type, value);
                    }

                    Assert.False(writer.IsOverflowed);
                    var messages = new NetlinkMessageReader(writer.Finish(5, 6));
                    Assert.True(messages.TryRead(out var message));
                    var reader = new NetlinkAttributeReader(message.Payload);
                    foreach (var (type, value) in attributes)
                    {
                        Assert.True(reader.TryRead(out var attribute));
                        Assert.Equal(type, attribute.Type);
                        Assert.Equal(value, attribute.Value.ToArray());
                    }

                    Assert.False(reader.TryRead(out _));
                    Assert.False(reader.IsMalformed);
                },
                iter: 10_000
            );

    private static void Walk(ReadOnlySpan<byte> list)
    {
        var reader = new NetlinkAttributeReader(list);
        while (reader.TryRead(out var attribute))
        {
            _ = attribute.TryGetByte(out _);
            _ = attribute.TryGetUInt16(out _);
            _ = attribute.TryGetUInt32(out _);
            _ = attribute.TryGetUInt64(out _);
            _ = attribute.TryGetUInt32BigEndian(out _);
            _ = attribute.TryGetMac(out _);
            _ = attribute.GetString();
            if (attribute.Value.Length >= 4 && attribute.Value.Length < list.Length)
            {
                Walk(attribute.Value);
            }
        }
    }
}
