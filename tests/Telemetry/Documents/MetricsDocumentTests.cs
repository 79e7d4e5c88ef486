using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Telemetry.Tests.Documents;

public class MetricsDocumentTests
{
    private const string Document =
        "## A\n| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n| `m_total` | counter | `b`, `a` | x |\n| `h_seconds` | histogram | | y |\n## B\n| `g` | gauge | | z |\n";

    private const string Scrape =
        "# HELP m_total x\n# TYPE m_total counter\nm_total{a=\"1\",b=\"2\"} 3\n# HELP h_seconds y\n# TYPE h_seconds histogram\nh_seconds_sum 1\nh_seconds_bucket{le=\"+Inf\"} 1\n";

    [Fact]
    public void A_right_document_differs_in_nothing() =>
        Assert.Empty(MetricsDocument.Differences(Document, Scrape, "A"));

    [Fact]
    public void A_row_that_is_not_scraped_is_found() =>
        Assert.Equal(
            ["g has a row in docs/metrics.md but is not scraped"],
            MetricsDocument.Differences(Document, Scrape));

    [Theory]
    [InlineData("# TYPE n gauge\nn 1\n", "n is scraped but has no row")]
    [InlineData("# TYPE g counter\ng 1\n", "g is a counter; docs/metrics.md says gauge")]
    [InlineData("# TYPE g gauge\ng{x=\"1\"} 1\n", "g has the labels 'x'")]
    public void A_difference_is_found(string more, string expected) =>
        Assert.StartsWith(expected, Assert.Single(MetricsDocument.Differences(Document, Scrape + more, "A")));

    [Fact]
    public void A_misspelt_section_is_found() =>
        Assert.Equal(["docs/metrics.md has no section 'C'"], MetricsDocument.Differences(Document, Scrape, "C"));
}
