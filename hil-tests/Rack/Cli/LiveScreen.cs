using System.Text;

namespace X0tta6bl4.Rack.Cli;

/// <summary>
/// Draws the routers as text. On a terminal the picture stays in place; anywhere else it is printed now and then.
/// </summary>
internal sealed class LiveScreen(TextWriter output, bool isTerminal)
{
    /// <summary>Between two pictures where they cannot be drawn over each other.</summary>
    private static readonly TimeSpan PlainPause = TimeSpan.FromSeconds(15);

    private TimeSpan _nextPlain;

    public void Show(IReadOnlyList<RouterView> routers, string topology, TimeSpan elapsed, double? meshReadySeconds)
    {
        if (!isTerminal && elapsed < _nextPlain)
        {
            return;
        }

        _nextPlain = elapsed + PlainPause;
        var text = Render(routers, topology, elapsed, meshReadySeconds);
        // Home, each line cleared to its end, everything below cleared: no flicker.
        output.Write(
            isTerminal ? "\e[H" + text.Replace("\n", "\e[K\n", StringComparison.Ordinal) + "\e[J" : text + "\n");
        output.Flush();
    }

    internal static string Render(
        IReadOnlyList<RouterView> routers, string topology, TimeSpan elapsed, double? meshReadySeconds)
    {
        var text = new StringBuilder();
        var ready = meshReadySeconds is { } seconds ? $"mesh complete after {seconds:0.0} s" : "mesh is forming";
        text.AppendLine($"{topology}   {elapsed.TotalSeconds:0} s   {ready}   Ctrl-C ends everything");
        text.AppendLine();
        foreach (var router in routers)
        {
            text.AppendLine($"{router.Name}  {router.Health,-9} {Light("status", router)} {Light("mesh", router)} "
                + Light("fault", router)
                + $"  {router.LedChanges} LED changes");
            text.AppendLine(
                $"   neighbours   {(router.Neighbours.Count == 0 ? "none" : string.Join(", ", router.Neighbours))}");
            foreach (var path in router.Originators)
            {
                var quality = path.Tq is { } tq ? $"TQ {tq,3}/255" : $"{path.ThroughputKbps} kbit/s";
                var way = path.NextHop == path.Name ? "direct" : $"through {path.NextHop}";
                text.AppendLine($"   originator   {path.Name}  {quality}  {way}");
            }

            var fed = router.WatchdogFed ? $"fed, bites after {router.WatchdogTimeoutS:0} s" : "NOT fed";
            text.AppendLine($"   watchdog     {fed}, {router.Resets} resets");
            text.AppendLine(
                $"   reports      {router.MqttMessages} messages at the broker, {router.MetricsScraped} scrapes"
                + $" ({router.MetricsSamples} samples)");
            text.AppendLine($"   memory       {router.RssKib / 1024.0:0.0} MiB");
            if (router.Error is { } error)
            {
                text.AppendLine($"   !            {error}");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static string Light(string led, RouterView router) => $"{led} " + router.Leds.GetValueOrDefault(led) switch
    {
        "on" => "●",
        "slow" => "◐ slow",
        "fast" => "◐ fast",
        "off" => "○",
        _ => "…",
    };
}
