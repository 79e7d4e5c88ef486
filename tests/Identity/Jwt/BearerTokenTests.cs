using X0tta6bl4.Identity.Jwt;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>J-9.</summary>
public class BearerTokenTests
{
    [Theory]
    [InlineData("Bearer a.b.c", "a.b.c")]
    [InlineData("bearer a.b.c", "a.b.c")]
    [InlineData("BEARER   a.b.c", "a.b.c")]
    [InlineData("Bearer ", "")]
    [InlineData("Bearer", "")]
    [InlineData("Bearera.b.c", "")]
    [InlineData("Basic a.b.c", "")]
    [InlineData("a.b.c", "")]
    [InlineData(" Bearer a.b.c", "")]
    [InlineData("", "")]
    public void A_token_is_read_after_its_scheme(string header, string expected) => Assert.Equal(expected, BearerToken.Read(header).ToString());

    [Fact]
    public void What_is_written_is_read() => Assert.Equal("a.b.c", BearerToken.Read(BearerToken.Header("a.b.c")).ToString());
}
