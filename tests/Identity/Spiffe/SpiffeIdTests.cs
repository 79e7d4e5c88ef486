using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests.Spiffe;

public class SpiffeIdTests
{
    public static TheoryData<string, string, string> Bad => [.. Ids.Bad.Select(i => (i.Requirement, i.What, i.Uri))];

    public static TheoryData<string> Good => [.. Ids.Good.Select(i => i.Uri),
        "spiffe://a", "spiffe://10.0.0.1/x", "spiffe://-/x", "spiffe://a..b/x", "spiffe://_/x", $"spiffe://{new string('t', 255)}/x",
        $"spiffe://example.org/{new string('p', 2027)}"];

    [Theory, MemberData(nameof(Bad))]
    public void Is_none(string requirement, string what, string text)
    {
        var problem = SpiffeId.Parse(text, out var id);

        Assert.NotNull(problem);
        Assert.True(requirement == problem.Requirement, $"{what}: {problem}");
        Assert.Equal(default, id);
    }

    [Theory, MemberData(nameof(Good))]
    public void Is_one_and_reads_back(string text)
    {
        Assert.Null(SpiffeId.Parse(text, out var id));
        Assert.Equal(text, id.ToString());
    }

    /// <summary>Whatever is taken is written back as it was: no two texts are one ID (ID-17).</summary>
    [Fact]
    public void No_text_is_taken_for_another() => Gen.String[Gen.Char["spife:/.-_aZ%?#@ é"], 0, 24].Sample(
        tail =>
        {
            foreach (var text in new[] { tail, $"spiffe://{tail}", $"spiffe://td/{tail}" })
            {
                if (SpiffeId.Parse(text, out var id) is null)
                {
                    Assert.Equal(text, id.ToString());
                }
            }
        },
        iter: 100_000);

    [Theory]
    [InlineData("spiffe://td/a", "spiffe://td/a", true)]
    [InlineData("spiffe://td/a", "spiffe://td/a/b", false)]
    [InlineData("spiffe://td/a/*", "spiffe://td/a/b", true)]
    [InlineData("spiffe://td/a/*", "spiffe://td/a/b/c", true)]
    [InlineData("spiffe://td/a/*", "spiffe://td/a", false)]
    [InlineData("spiffe://td/a/*", "spiffe://td/ab", false)]
    [InlineData("spiffe://td/a/*", "spiffe://td/ab/c", false)]
    [InlineData("spiffe://td/*", "spiffe://td/x", true)]
    [InlineData("spiffe://td", "spiffe://td/x/y", true)]
    [InlineData("spiffe://td", "spiffe://tdx/x", false)]
    [InlineData("spiffe://td/*", "spiffe://other/x", false)]
    public void A_pattern_lets_in_whole_segments(string pattern, string id, bool expected)
    {
        Assert.Null(SpiffeIdPattern.Parse(pattern, out var parsed));
        Assert.Null(SpiffeId.Parse(id, out var candidate));
        Assert.Equal(expected, parsed.Matches(candidate));
    }

    [Theory]
    [InlineData("*"), InlineData("spiffe://*"), InlineData("spiffe://td/a*"), InlineData("spiffe://td/*/a"), InlineData("spiffe://*.td/a")]
    public void There_is_no_other_wildcard(string pattern) => Assert.NotNull(SpiffeIdPattern.Parse(pattern, out _));
}
