using System.Text.Json;

namespace X0tta6bl4.Agent.Cli;

/// <summary>The one screen: how the router is, why, and what it does next.</summary>
internal static class StatusText
{
    /// <summary>Changes shown; <c>--json</c> has more.</summary>
    private const int ChangesShown = 6;

    public static int Show(JsonElement status, TextWriter output)
    {
        var agent = status.GetProperty("agent");
        var mesh = status.GetProperty("mesh");
        output.WriteLine(
            $"{status.Text("node")} ({status.Text("site")}) is {status.Text("health").ToUpperInvariant()}"
            + $"   agent {agent.Text("agent_version")} up {Duration(agent.Text("uptime_s"))}, {agent.Text("rss_kib")} KiB");
        output.WriteLine();
        foreach (var symptom in status.GetProperty("symptoms").EnumerateArray())
        {
            output.WriteLine($"  ! {symptom.Text("severity"),-9}{symptom.Text("text")}");
            output.WriteLine($"             {symptom.Text("fix")}   [{symptom.Text("code")}]");
        }

        output.WriteLine(
            $"mesh       {mesh.Text("mesh_ifname")} {mesh.Text("state")} {mesh.Text("algo_name")}: {mesh.Text("originators")} originators"
            + $" ({mesh.Text("weak_paths")} weak), {mesh.Text("neighbours")} neighbours, {mesh.Text("gateways")} gateways");
        foreach (var hardInterface in mesh.GetProperty("hard_interfaces").EnumerateArray())
        {
            output.WriteLine($"           {hardInterface.Text("hard_ifname")}: {Describe(hardInterface)}");
        }

        WriteOptional(status, "watchdog", output, w =>
            $"{w.Text("device")} {(w.Text("fed") == "yes" ? "fed" : "NOT FED")}, time-out {w.Text("timeout_s")} s;"
            + $" last reset: {w.Text("last_reset")}");
        WriteOptional(status, "identity", output, i => i.Text("spiffe_id") == "-"
            ? $"none yet, from {i.Text("source")}"
            : $"{i.Text("spiffe_id")}, {(i.Text("usable") == "yes" ? $"valid for {Duration(i.Text("expires_in_s"))}" : "EXPIRED")},"
                + $" {i.Text("connections")} connections");
        WriteOptional(status, "mqtt", output, m =>
            $"{m.Text("broker")} {(m.Text("connected") == "yes" ? "connected" : "not connected")},"
            + $" {m.Text("published")} published, {m.Text("queued")} waiting, {m.Text("dropped")} dropped");
        WriteOptional(status, "leds", output, leds => string.Join(", ", leds.EnumerateArray()
            .Select(l => $"{l.Text("role")} {l.Text("pattern")}")));
        WriteChanges(status, output);
        WriteNext(status, output);
        return status.Text("health") == "healthy" ? ExitCode.Fine : ExitCode.Degraded;
    }

    private static void WriteOptional(JsonElement status, string name, TextWriter output, Func<JsonElement, string> text)
    {
        if (status.TryGetProperty(name, out var element) && element.ValueKind is not JsonValueKind.Null)
        {
            output.WriteLine($"{name,-11}{text(element)}");
        }
    }

    private static string Describe(JsonElement hardInterface) =>
        hardInterface.Text("present") == "no" ? "absent"
        : hardInterface.Text("attached") == "no" ? "NOT in the mesh"
        : $"in the mesh, {(hardInterface.Text("up") == "yes" ? "up" : "down")}"
            + (hardInterface.Text("attachments") is "0" ? "" : $", put in {hardInterface.Text("attachments")} times");

    private static void WriteChanges(JsonElement status, TextWriter output)
    {
        var heading = "changes";
        foreach (var change in status.GetProperty("changes").EnumerateArray().Take(ChangesShown))
        {
            var from = change.Text("from");
            var to = change.Text("to");
            var subject = change.Text("address") is var address and not "-" ? address : change.Text("hard_ifname");
            output.WriteLine($"{heading,-11}{Duration(change.Text("age_s")),6} ago  {change.Text("kind").Replace('_', ' ')} {subject.Trim('-')}"
                + (from == "-" ? "" : $" from {from}") + (to == "-" ? "" : $" to {to}"));
            heading = "";
        }
    }

    private static void WriteNext(JsonElement status, TextWriter output)
    {
        if (!status.TryGetProperty("next", out var next))
        {
            return;
        }

        var heading = "next";
        foreach (var item in next.EnumerateArray())
        {
            output.WriteLine($"{heading,-11}in {item.Text("in_s"),5} s  {item.Text("what")}");
            heading = "";
        }
    }

    private static string Duration(string seconds) =>
        !double.TryParse(seconds, out var value) ? "-"
        : value < 120 ? $"{value:0}s"
        : value < 7200 ? $"{value / 60:0}m"
        : value < 172_800 ? $"{value / 3600:0}h"
        : $"{value / 86_400:0}d";
}
