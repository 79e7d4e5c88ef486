using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>What must hold for every kind of row of the batadv family.</summary>
public class RowTests
{
    private const uint Bat0 = 7;

    public static TheoryData<string> Kinds => [.. RowKind.All.Select(kind => kind.Title)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_row_the_kernel_can_send_is_read_back_equal(string title) => Kind(title).RoundTrip(2_000);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_cut_at_any_byte_gives_a_named_error_and_no_row(string title)
    {
        var kind = Kind(title);
        byte[] whole = kind.Sample();
        Assert.Equal(1, Read(kind, whole));
        for (int length = 0; length < whole.Length; length++)
        {
            // The message's own length tells the truth about the cut: only its attributes are cut.
            var error = TryRead(kind, whole[..length], out int rows);
            bool isCutBetweenOptionalAttributes = error is null;
            Assert.True(isCutBetweenOptionalAttributes ? rows == 1 : rows == 0);
            if (error is not null)
            {
                Assert.Contains(kind.Command.ToString(), error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_datagram_cut_at_any_byte_gives_an_error_and_no_row(string title)
    {
        var kind = Kind(title);
        byte[] body = kind.Sample();
        int whole = 16 + body.Length;
        for (int length = 0; length < whole; length++)
        {
            using var kernel = new FakeKernel
            {
                Handler = (k, request) =>
                    k.Raw(
                        KernelBytes.Message(
                            request.Type,
                            kind.IsDump ? NetlinkUapi.NLM_F_MULTI : (ushort)0,
                            request.Sequence,
                            request.Port,
                            body
                        )[..length]
                    ),
            };
            using var client = new BatmanClient(kernel, kernel.Clock);

            var error = Assert.Throws<NetlinkException>(() => kind.Dump(client, Bat0));

            var expected = length == 0 ? NetlinkFailure.TimedOut : NetlinkFailure.Malformed;
            Assert.Equal(expected, error.Failure);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_mandatory_attribute_is_missed_by_name(string title)
    {
        var kind = Kind(title);
        byte[] whole = kind.Sample();
        foreach (var mandatory in kind.Mandatory)
        {
            var error = TryRead(kind, Without(whole, mandatory), out _);

            Assert.NotNull(error);
            Assert.Equal(NetlinkFailure.MissingAttribute, error.Failure);
            Assert.Contains($"lacks {mandatory}", error.Message, StringComparison.Ordinal);
            Assert.Contains(kind.Command.ToString(), error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Attributes_of_a_newer_kernel_are_skipped(string title)
    {
        var kind = Kind(title);
        byte[] newer = KernelBytes.Join(
            kind.Sample(),
            KernelBytes.Attribute(61, 1u),
            KernelBytes.Attribute(63, [1, 2, 3]),
            KernelBytes.Attribute(64, 1u),
            KernelBytes.Attribute(0x3fff, "from the future"),
            KernelBytes.Nested(200, KernelBytes.Attribute(1, 1u))
        );

        Assert.Equal(1, Read(kind, newer));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_attribute_of_the_wrong_length_is_named(string title)
    {
        var kind = Kind(title);
        var victim = kind.Mandatory.First(a =>
            a is not (BatadvAttr.BATADV_ATTR_VERSION or BatadvAttr.BATADV_ATTR_ALGO_NAME)
        );
        byte[] wrong = KernelBytes.Join(kind.Sample(), KernelBytes.Attribute((int)victim, [1, 2, 3]));

        var error = TryRead(kind, wrong, out _);

        Assert.NotNull(error);
        Assert.Equal(NetlinkFailure.Malformed, error.Failure);
        Assert.Contains($"{victim} has an unexpected length", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_bytes_give_rows_or_a_netlink_error_and_nothing_else(string title)
    {
        var kind = Kind(title);
        byte[] good = kind.Sample();

        // Half pure noise, half a good message with some bytes changed, which gets much deeper.
        var noise = Gen.Byte.Array[0, 300];
        var change = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte);
        var damage = change.Array[1, 6].Select(changes => Damage(good, changes));
        Gen.OneOf(noise, damage)
            .Sample(
                body =>
                {
                    using var kernel = new FakeKernel { Handler = (k, request) => kind.Answer(k, request, body) };
                    using var client = new BatmanClient(kernel, kernel.Clock);
                    try
                    {
                        return kind.Dump(client, Bat0) <= 1;
                    }
                    catch (NetlinkException)
                    {
                        return true;
                    }
                },
                iter: 10_000
            );
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_datagrams_give_rows_or_a_netlink_error_and_nothing_else(string title)
    {
        var kind = Kind(title);
        Gen.Byte.Array[0, 200]
            .Array[1, 4]
            .Sample(
                datagrams =>
                {
                    using var kernel = new FakeKernel
                    {
                        Handler = (k, request) =>
                        {
                            foreach (byte[] datagram in datagrams)
                            {
                                Disguise(datagram, request);
                                k.Raw(datagram);
                            }
                        },
                    };
                    using var client = new BatmanClient(kernel, kernel.Clock);
                    try
                    {
                        return kind.Dump(client, Bat0) >= 0;
                    }
                    catch (NetlinkException)
                    {
                        return true;
                    }
                },
                iter: 10_000
            );
    }

    private static RowKind Kind(string title) => RowKind.All.Single(kind => kind.Title == title);

    private static int Read(RowKind kind, byte[] body)
    {
        var error = TryRead(kind, body, out int rows);
        Assert.Null(error);
        return rows;
    }

    private static NetlinkException? TryRead(RowKind kind, byte[] body, out int rows)
    {
        using var kernel = new FakeKernel { Handler = (k, request) => kind.Answer(k, request, body) };
        using var client = new BatmanClient(kernel, kernel.Clock);
        rows = 0;
        try
        {
            rows = kind.Dump(client, Bat0);
            return null;
        }
        catch (NetlinkException error)
        {
            return error;
        }
    }

    private static byte[] Without(byte[] body, BatadvAttr unwanted)
    {
        byte[] left = body[..4];
        var reader = new NetlinkAttributeReader(body.AsSpan(4));
        while (reader.TryRead(out var attribute))
        {
            if (attribute.Type != (ushort)unwanted)
            {
                left = KernelBytes.Join(left, KernelBytes.Attribute(attribute.Type, attribute.Value.ToArray()));
            }
        }

        return left;
    }

    private static byte[] Damage(byte[] good, (int At, byte Value)[] changes)
    {
        byte[] damaged = [.. good];
        foreach (var (at, value) in changes)
        {
            damaged[at] = value;
        }

        return damaged;
    }

    /// <summary>Makes noise look addressed to us, else it is ignored before it can hurt.</summary>
    private static void Disguise(byte[] datagram, FakeRequest request)
    {
        if (datagram.Length < 16)
        {
            return;
        }

        uint length = datagram[0] < 128 ? (uint)datagram.Length : datagram[0];
        BitConverter.TryWriteBytes(datagram.AsSpan(0), length);
        ushort type = datagram[4] < 128 ? request.Type : (ushort)(datagram[4] & 7);
        BitConverter.TryWriteBytes(datagram.AsSpan(4), type);
        BitConverter.TryWriteBytes(datagram.AsSpan(8), request.Sequence);
        BitConverter.TryWriteBytes(datagram.AsSpan(12), request.Port);
    }
}
