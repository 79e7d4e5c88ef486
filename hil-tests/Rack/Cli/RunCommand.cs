using System.Text.Json;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Cli;

/// <summary>
/// <c>rack run</c>: the main job to look at. Three routers in a line, until the time is up or Ctrl-C.
/// </summary>
internal static class RunCommand
{
    public const string Usage = "rack run [--seconds N] [--json] [--agent PATH]";

    /// <summary>Between two looks. One look costs an emulated router about a second of its processor.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static async Task<int> RunAsync(CommandLine line, CancellationToken cancellation)
    {
        var isJson = line.Flag("--json");
        var seconds = line.Number("--seconds", 0);
        var agent = line.Value("--agent");
        if (line.Rest(Usage).Count > 0)
        {
            throw new UsageException($"usage: {Usage}");
        }

        var assets = RackAssets.Find(agent);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (seconds > 0)
        {
            until.CancelAfter(TimeSpan.FromSeconds(seconds));
        }

        // With --json standard output is for the one object at the end.
        var screen = isJson
            ? new LiveScreen(Console.Error, isTerminal: false)
            : new LiveScreen(Console.Out, isTerminal: !Console.IsOutputRedirected);
        await Console.Error.WriteLineAsync("booting three routers in a line A - B - C");
        await using var bench = await VirtualBench.CreateAsync(
            Steps.LineOfThree, assets, seed: 1, Path.Combine(assets.Artifacts, "run"), cancellation);
        var (views, readySeconds) = await WatchAsync(bench, screen, until.Token);

        var isWhole = readySeconds is not null && views.All(v => v.Error is null);
        if (isJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { routers = views, mesh_ready_s = readySeconds }, Json));
        }

        // Ctrl-C before the mesh was complete is the user's choice, not a failure.
        return isWhole || cancellation.IsCancellationRequested ? ExitCodes.Fine : ExitCodes.Failed;
    }

    private static async Task<(IReadOnlyList<RouterView> Views, double? ReadySeconds)> WatchAsync(
        VirtualBench bench, LiveScreen screen, CancellationToken until)
    {
        var views = bench.Routers.Select(r => new RouterView { Name = r.Name }).ToArray();
        double? readySeconds = null;
        try
        {
            await bench.PowerOnAsync(until);
            while (true)
            {
                var newer = await Task.WhenAll(views.Select(v => v.RefreshAsync(bench, until)));
                views = newer;
                readySeconds ??= IsComplete(views) ? Math.Round(RackClock.Now.TotalSeconds, 1) : null;
                screen.Show(views, bench.Topology.ToString(), RackClock.Now, readySeconds);
                await Task.Delay(LookPause, until);
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            return (views, readySeconds);
        }
    }

    /// <summary>Everyone sees everyone, and the ends see each other through the middle.</summary>
    private static bool IsComplete(RouterView[] views) =>
        views.All(v => v.Originators.Count == views.Length - 1)
        && views[0].NextHops.GetValueOrDefault("C") == "B"
        && views[2].NextHops.GetValueOrDefault("A") == "B";
}
