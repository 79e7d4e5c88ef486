using System.Net;

namespace X0tta6bl4.Netlink.Tests;

public class InetAddressTests
{
    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("0.0.0.0")]
    [InlineData("2001:db8::1")]
    [InlineData("::")]
    [InlineData("fe80::ba:deff:feaf:fe01")]
    public void Text_agrees_with_the_framework(string text)
    {
        var address = InetAddress.Parse(text);

        Assert.Equal(IPAddress.Parse(text), address.ToIPAddress());
        Assert.Equal(text, address.ToString());
        Assert.Equal(text.Contains(':', StringComparison.Ordinal), address.IsIPv6);
    }

    [Fact]
    public void No_address_is_neither_family_and_has_no_text()
    {
        InetAddress none = default;

        Assert.False(none.HasValue);
        Assert.Equal("", none.ToString());
        Assert.Throws<InvalidOperationException>(() => none.ToIPAddress());
    }

    [Fact]
    public void Equal_bits_of_different_families_differ() =>
        Assert.NotEqual(InetAddress.Parse("0.0.0.0"), InetAddress.Parse("::"));

    [Fact]
    public void Any_four_or_sixteen_bytes_are_an_address_and_nothing_else() =>
        Gen.Byte.Array[0, 20].Sample(bytes =>
        {
            bool isAddress = InetAddress.TryRead(bytes, out var address);
            byte[] back = new byte[20];
            return isAddress == (bytes.Length is 4 or 16)
                && (!isAddress || back.AsSpan(0, address.WriteTo(back)).SequenceEqual(bytes));
        });
}
