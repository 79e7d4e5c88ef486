using System.Text.Json;
using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Agent.Cli;

/// <content>What the ledger says.</content>
internal static partial class CaVerb
{
    private static int List(CommandLine line, TextWriter output)
    {
        using var ledger = OpenLedger(line);
        var (nodes, tokens) = ledger.ReadAsync(
            state => (
                state.Nodes.Values.OrderBy(n => n.Id.ToString(), StringComparer.Ordinal).ToList(),
                state.Tokens.Values.OrderBy(t => t.NotAfter).ToList()),
            CancellationToken.None).GetAwaiter().GetResult();
        var now = TimeProvider.System.GetUtcNow();
        if (line.Json)
        {
            output.WriteLine(JsonOutput.Write(writer => Write(writer, nodes, tokens)));
            return ExitCode.Fine;
        }

        foreach (var node in nodes)
        {
            output.WriteLine($"{Standing(node),-9}{node.Id}{Details(node, now)}");
        }

        foreach (var token in tokens)
        {
            output.WriteLine($"{(token.NotAfter >= now ? "token" : "ended"),-9}{token.Id}  token {token.Selector} until {token.NotAfter:u}");
        }

        return ExitCode.Fine;
    }

    private static string Standing(LedgerNode node) =>
        node.IsDenied ? "denied" : node.IsEnrolled ? "enrolled" : "known";

    private static string Details(LedgerNode node, DateTimeOffset now) =>
        (node.IsEnrolled ? $"  since {node.EnrolledAt:u}, last contact {node.LastContact:yyyy-MM-dd}" : "")
        + (node.IslandDays > 0 ? $", island authority for {node.IslandDays} days" : "")
        + (node.IssuedNotAfter >= now ? $"  by file: serial {node.IssuedSerial} until {node.IssuedNotAfter:u}" : "");

    private static void Write(Utf8JsonWriter writer, List<LedgerNode> nodes, List<LedgerToken> tokens)
    {
        writer.WriteStartArray("nodes");
        foreach (var node in nodes)
        {
            writer.WriteStartObject();
            writer.WriteString("spiffe_id", node.Id.ToString());
            writer.WriteString("standing", Standing(node));
            writer.WriteNumber("island_days", node.IslandDays);
            if (node.IsEnrolled)
            {
                writer.WriteString("enrolled_at", node.EnrolledAt.UtcDateTime);
                writer.WriteString("last_contact", node.LastContact.UtcDateTime);
            }

            if (node.IssuedSerial.Length > 0)
            {
                writer.WriteString("issued_serial_number", node.IssuedSerial);
                writer.WriteString("issued_not_after", node.IssuedNotAfter.UtcDateTime);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("tokens");
        foreach (var token in tokens)
        {
            writer.WriteStartObject();
            writer.WriteString("spiffe_id", token.Id.ToString());
            writer.WriteString("selector", token.Selector);
            writer.WriteString("not_after", token.NotAfter.UtcDateTime);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
