using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Telemetry.Tests.Documents;

public class LogDocumentTests
{
    [Fact]
    public void The_document_lists_every_event() =>
        Assert.Empty(
            LogDocument.Differences(Repository.ReadText("docs/logs.md"), 1000, 1999, typeof(AgentLog).Assembly));

    [Fact]
    public void A_missing_a_wrong_and_a_stale_row_are_found()
    {
        const string Text =
            "| 1000 | error | LinesLost | {Lost} log lines were lost while standard output was blocked |\n| 1999 | warn | Old | x |\n";

        var differences = LogDocument.Differences(Text, 1000, 1999, typeof(AgentLog).Assembly);

        Assert.Equal(3, differences.Count);
        Assert.Contains(differences, d => d.StartsWith("event 1000 is 'warn", StringComparison.Ordinal));
        Assert.Contains(differences, d => d.StartsWith("event 1001 has no row", StringComparison.Ordinal));
        Assert.Contains(differences, d => d.StartsWith("event 1999 has a row", StringComparison.Ordinal));
    }
}
