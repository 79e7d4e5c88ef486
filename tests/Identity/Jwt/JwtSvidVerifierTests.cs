using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests.Jwt;

public sealed class JwtSvidVerifierTests(JwtWorld world) : IClassFixture<JwtWorld>
{
    /// <summary>What deciding about any token may allocate; a stranger can ask for it as often as he likes.</summary>
    private const long AllocatedBytesMax = 512 * 1024;

    private readonly JwtSvidVerifier _verifier = new(new JwtSvidPolicy(), "reports");

    public static TheoryData<string> GoodNames => [.. GoodJwtSvids.All.Select(c => c.What)];

    public static TheoryData<string> BadNames => [.. BadJwtSvids.All.Select(c => c.What)];

    private JwtSvidVerdict Verify(string token) => _verifier.Verify(token, world.Bundles, Mint.Now);

    [Theory, MemberData(nameof(GoodNames))]
    public void Is_believed(string what)
    {
        var verdict = Verify(GoodJwtSvids.All.Single(c => c.What == what).Token(world));

        Assert.Null(verdict.Refusal);
        Assert.Contains("reports", verdict.Svid!.Audience);
    }

    [Theory, MemberData(nameof(BadNames))]
    public void Is_refused(string what)
    {
        var bad = BadJwtSvids.All.Single(c => c.What == what);
        var token = bad.Token(world);
        var first = Verify(token);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var verdict = Verify(token);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.Null(verdict.Svid);
        Assert.Equal((bad.Reason, bad.Requirement), (verdict.Refusal?.Reason, verdict.Refusal?.Requirement));
        Assert.Equal(first.Refusal, verdict.Refusal);
        Assert.All(verdict.Refusal!.ToString(), c => Assert.InRange(c, ' ', '~'));
    }

    /// <summary>J-9 is about sending tokens: <see cref="BearerTokenTests"/>.</summary>
    [Theory]
    [InlineData("J-1"), InlineData("J-2"), InlineData("J-3"), InlineData("J-4"), InlineData("J-5"), InlineData("J-6")]
    [InlineData("J-7"), InlineData("J-8"), InlineData("J-10"), InlineData("J-11"), InlineData("W-24")]
    public void Every_requirement_has_good_and_bad_cases(string requirement)
    {
        Assert.Contains(GoodJwtSvids.All, c => c.For == requirement);
        Assert.True(BadJwtSvids.All.Count(c => c.For == requirement) >= 2, requirement);
    }

    [Fact]
    public void What_was_signed_is_told()
    {
        var svid = Verify(world.Svid(t => t with { More = ",\"team\":\"roof\"" })).Svid!;

        Assert.Equal("spiffe://example.org/a", svid.Id.ToString());
        Assert.Equal((Mint.Now.AddSeconds(300), Mint.Now.AddSeconds(-10)), (svid.ExpiresAt, svid.IssuedAt));
        Assert.Equal(("es256", JwkKind.P256), (svid.Authority.KeyId, svid.Authority.Key.Kind));
        Assert.Equal("roof", svid.Claims.GetProperty("team").GetString());
        Assert.DoesNotContain("roof", svid.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spiffe://example.org/a", true)]
    [InlineData("spiffe://example.org/*", true)]
    [InlineData("spiffe://example.org/b", false)]
    [InlineData("spiffe://other.org/*", false)]
    public void Only_who_is_allowed_is_let_in(string pattern, bool expected)
    {
        Assert.Null(SpiffeIdPattern.Parse(pattern, out var allowed));

        var verdict = Verify(world.Svid()).Authorize([allowed]);

        Assert.Equal(expected ? null : "U-6", verdict.Refusal?.Requirement);
    }

    [Fact]
    public void A_refused_token_stays_refused_whoever_is_allowed()
    {
        Assert.Null(SpiffeIdPattern.Parse("spiffe://example.org/*", out var all));

        Assert.Equal("T-4", Verify(world.Svid(t => t with { Key = "stranger" })).Authorize([all]).Refusal!.Requirement);
    }

    [Fact]
    public void The_policy_decides_how_long_and_how_far()
    {
        var token = world.Svid(t => t with { Issued = TokenWish.At(0), Expires = TokenWish.At(300) });
        JwtRefusalReason? Reason(JwtSvidPolicy policy, double seconds) =>
            new JwtSvidVerifier(policy, "reports").Verify(token, world.Bundles, Mint.Now.AddSeconds(seconds)).Refusal?.Reason;
        var strict = new JwtSvidPolicy { ClockSkew = TimeSpan.Zero };

        Assert.Equal(JwtRefusalReason.LifetimeTooLong, Reason(new JwtSvidPolicy { LifetimeMax = TimeSpan.FromMinutes(3) }, 0));
        Assert.Null(Reason(new JwtSvidPolicy { LifetimeMax = TimeSpan.FromMinutes(4) }, 0));
        Assert.Equal(JwtRefusalReason.NotYetValid, Reason(strict, -0.001));
        Assert.Null(Reason(strict, 0));
        Assert.Null(Reason(strict, 299.999));
        Assert.Equal(JwtRefusalReason.Expired, Reason(strict, 300));
    }

    /// <summary>A router boots in 1970; a console may ask about any time.</summary>
    [Fact]
    public void No_time_is_too_early_or_too_late_to_ask()
    {
        foreach (var now in new[] { DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue })
        {
            Assert.NotNull(_verifier.Verify(world.Svid(), world.Bundles, now).Refusal);
        }
    }

    [Fact]
    public void What_a_token_claims_is_told_without_a_proof()
    {
        Assert.Equal(MintFixture.Domain("unknown.org"), JwtSvidVerifier.ClaimedTrustDomain(
            world.Svid(t => t with { Subject = "\"spiffe://unknown.org/a\"", Key = "stranger" })));
        Assert.Null(JwtSvidVerifier.ClaimedTrustDomain(world.Svid(t => t with { Subject = "\"a\"" })));
        Assert.Null(JwtSvidVerifier.ClaimedTrustDomain("..."));
    }

    [Fact]
    public void Nobody_is_no_audience() => Assert.Throws<ArgumentException>(() => new JwtSvidVerifier(new JwtSvidPolicy(), ""));
}
