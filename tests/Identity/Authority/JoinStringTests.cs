using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

public sealed class JoinStringTests
{
    [Fact]
    public async Task It_says_all_a_router_needs_on_one_line_and_its_secret_to_nobody_else()
    {
        await using var world = new AuthorityWorld(KeyKind.Ed25519);
        var made = await world.Authority.MakeTokenAsync(
            AuthorityWorld.Id("node/a"), TimeSpan.FromHours(1), ["10.0.0.1:8448", "[fe80::1%mesh0]:9000"], CancellationToken.None);

        var text = made.Reveal();
        var read = JoinString.Parse($"  {text}\n");

        Assert.StartsWith("x0join1.", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
        Assert.InRange(text.Length, 300, 1500);
        Assert.Equal((made.Id, world.Root.Certificate.SerialNumber), (read.Id, read.Root.SerialNumber));
        Assert.Equal(made.Addresses, read.Addresses);
        Assert.Equal(made.Token.ToBytes(), read.Token.ToBytes());
        Assert.Equal("join string for spiffe://site.example/node/a", read.ToString());
    }

    [Fact]
    public async Task A_mistake_in_copying_shows_and_the_message_holds_none_of_it()
    {
        await using var world = new AuthorityWorld(KeyKind.Ed25519);
        var text = (await world.TokenAsync("node/a")).Reveal();
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Char[' ', '~']).Sample((at, with) =>
        {
            var bent = string.Concat(text.AsSpan(0, at), new string(with, 1), text.AsSpan(at + 1));
            if (bent.Trim() == text)
            {
                return;
            }

            try
            {
                // Bits of the last character that mean nothing may change; the content may not.
                Assert.Equal(text, JoinString.Parse(bent).Reveal());
                Assert.Equal(text.Length - 1, at);
            }
            catch (FormatException exception)
            {
                Assert.DoesNotContain(text[20..40], exception.Message, StringComparison.Ordinal);
            }
        });
        Assert.All(new[] { 8, 20, text.Length - 1 }, length => Assert.Throws<FormatException>(() => JoinString.Parse(text.AsSpan(0, length))));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", 8448)]
    [InlineData("10.0.0.1:9", "10.0.0.1", 9)]
    [InlineData("authority.example", "authority.example", 8448)]
    [InlineData("fe80::1", "fe80::1", 8448)]
    [InlineData("[fe80::1%mesh0]:9", "fe80::1%mesh0", 9)]
    [InlineData("[::1]", "::1", 8448)]
    public void Addresses(string text, string host, int port)
    {
        Assert.Null(JoinString.ParseAddress(text, out var address));
        Assert.Equal((host, port), (address!.Host, address.Port));
    }

    [Theory]
    [InlineData(""), InlineData(":1"), InlineData("a:0"), InlineData("a:65536"), InlineData("a:x"), InlineData("a b"), InlineData("a,b"), InlineData("[::1]x")]
    public void No_addresses(string text) => Assert.NotNull(JoinString.ParseAddress(text, out _));
}
