namespace X0tta6bl4.Netlink.Tests;

public class MacAddressTests
{
    private static readonly Gen<MacAddress> AnyMac = Gen.ULong.Select(value => new MacAddress(value));

    [Fact]
    public void It_takes_six_bytes_of_memory() =>
        Assert.Equal(6, System.Runtime.CompilerServices.Unsafe.SizeOf<MacAddress>());

    [Fact]
    public void Text_and_bytes_agree()
    {
        var address = MacAddress.Parse("02:ba:de:af:fe:01");

        byte[] bytes = new byte[6];
        address.WriteTo(bytes);

        Assert.Equal("02badeaffe01", Convert.ToHexStringLower(bytes));
        Assert.Equal("02:ba:de:af:fe:01", address.ToString());
        Assert.Equal(0x02badeaffe01UL, address.Value);
    }

    [Fact]
    public void Every_address_survives_text_and_bytes() =>
        AnyMac.Sample(address =>
        {
            Span<byte> bytes = stackalloc byte[6];
            address.WriteTo(bytes);
            return MacAddress.Parse(address.ToString()) == address
                && MacAddress.TryRead(bytes, out var read)
                && read == address;
        });

    [Theory]
    [InlineData("")]
    [InlineData("02:ba:de:af:fe")]
    [InlineData("02:ba:de:af:fe:0g")]
    [InlineData("02:ba:de:af:fe:01 ")]
    [InlineData("02:ba-de:af:fe:01")]
    [InlineData("02.ba.de.af.fe.01")]
    [InlineData("+2:ba:de:af:fe:01")]
    public void Other_text_is_refused(string text)
    {
        Assert.False(MacAddress.TryParse(text, out _));
        Assert.Throws<FormatException>(() => MacAddress.Parse(text));
    }

    [Fact]
    public void Parsing_never_throws() => Gen.String.Sample(text => MacAddress.TryParse(text, out _) || true);

    [Fact]
    public void A_short_destination_is_left_alone()
    {
        Span<char> text = stackalloc char[16];
        Assert.False(MacAddress.Broadcast.TryFormat(text, out int written, default, null));
        Assert.Equal(0, written);
    }

    [Fact]
    public void Group_addresses_are_told_from_node_addresses()
    {
        Assert.True(MacAddress.Broadcast.IsMulticast);
        Assert.True(MacAddress.Parse("01:00:5e:00:00:fb").IsMulticast);
        Assert.False(MacAddress.Parse("02:00:00:00:00:01").IsMulticast);
        Assert.True(default(MacAddress).IsZero);
    }

    [Fact]
    public void Order_is_that_of_the_text() =>
        Gen.Select(AnyMac, AnyMac)
            .Sample(
                (a, b) =>
                    Math.Sign(a.CompareTo(b)) == Math.Sign(string.CompareOrdinal(a.ToString(), b.ToString()))
            );
}
