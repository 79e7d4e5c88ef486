using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Revocation;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class ResponderNameTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    /// <summary>OcspFetcher.AskAsync: "A responder that does not answer is a refusal, never an exception."</summary>
    [Theory]
    [InlineData(5, 63), InlineData(14, 20), InlineData(1, 250), InlineData(1, 300), InlineData(1, 64)]
    public async Task A_name_no_resolver_takes_is_a_refusal(int labels, int length)
    {
        var host = string.Join('.', Enumerable.Repeat(new string('a', length), labels));
        var leaf = world.Leaf($"long-{labels}-{length}", more: $"authorityInfoAccess=OCSP;URI:http://{host}/\n");
        var fetcher = new OcspFetcher(new RevocationPolicy { Mode = RevocationMode.Ocsp }, TimeProvider.System);

        var verdict = await fetcher.AskAsync(
            Certificate.Read(leaf.Der), Certificate.Read(world.Root.Der), () => StatusWorld.Now, CancellationToken.None);

        Assert.False(verdict.IsGood);
    }

    [Theory]
    [InlineData("http://xn--a.example/"), InlineData("http://\u00df\u200d.example/"), InlineData("http://[::1%25x]/"), InlineData("http://a..b/"), InlineData("http://a_b.example:65535/")]
    public void An_odd_name_is_read_or_not_and_throws_nothing(string text) => _ = OcspFetcher.ReadUrl(text)?.IdnHost;
}
