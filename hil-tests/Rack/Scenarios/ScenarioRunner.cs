using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>How a scenario went; one JSON line.</summary>
public sealed record ScenarioResult(
    string Name,
    bool Passed,
    IReadOnlyDictionary<string, object> Figures,
    double Seconds,
    int Seed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Options);
}

/// <summary>
/// Runs scenarios one after the other. Each gets routers of its own, unless the one before only looked at the same
/// kind. What a failed one leaves behind: its result, the consoles, and what every router says of itself.
/// </summary>
public sealed class ScenarioRunner(IBenchSource source, string directory, Action<string> say)
{
    private IBench? _running;
    private BenchPlan? _runningPlan;

    public async Task<IReadOnlyList<ScenarioResult>> RunAsync(
        IReadOnlyList<IScenario> scenarios, int seed, Action<ScenarioResult> onResult, CancellationToken cancellation)
    {
        var results = new List<ScenarioResult>();
        try
        {
            foreach (var scenario in scenarios)
            {
                var result = await RunOneAsync(scenario, seed, cancellation);
                results.Add(result);
                onResult(result);
            }
        }
        finally
        {
            await DropBenchAsync();
        }

        return results;
    }

    private async Task<ScenarioResult> RunOneAsync(IScenario scenario, int seed, CancellationToken cancellation)
    {
        var fileName = scenario.Name.Replace('/', '.');
        var logs = Path.Combine(directory, $"{fileName}.logs");
        var context = new ScenarioContext(source, seed, logs, _running, _runningPlan);
        if (Directory.Exists(logs))
        {
            Directory.Delete(logs, recursive: true);
        }

        say($"{scenario.Name}: {scenario.Promise}");
        var watch = Stopwatch.StartNew();
        var error = await TryAsync(scenario, context, cancellation);
        var seconds = Math.Round(watch.Elapsed.TotalSeconds, 1);
        cancellation.ThrowIfCancellationRequested();

        if (error is not null)
        {
            say(error);
            await KeepEvidenceAsync(context, logs, error);
        }

        var result = new ScenarioResult(
            scenario.Name, error is null, context.Figures, seconds, seed, error?.Split('\n')[0]);
        await File.WriteAllTextAsync(
            Path.Combine(Directory.CreateDirectory(directory).FullName, $"{fileName}.json"), result.ToJson() + "\n",
            cancellation);
        await KeepOrDropBenchAsync(scenario, context, passed: error is null);
        if (error is null && Directory.Exists(logs) && _running is null)
        {
            Directory.Delete(logs, recursive: true);
        }

        return result;
    }

    private static async Task<string?> TryAsync(
        IScenario scenario, ScenarioContext context, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(scenario.Limit);
        try
        {
            await scenario.RunAsync(context, limit.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"did not end within {scenario.Limit.TotalSeconds} s";
        }
        catch (RackException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            // A mistake of the scenario or the rack itself: the stack tells where.
            return exception.ToString();
        }
    }

    private static async Task KeepEvidenceAsync(ScenarioContext context, string logs, string error)
    {
        Directory.CreateDirectory(logs);
        await File.WriteAllTextAsync(Path.Combine(logs, "error.txt"), error + "\n");
        foreach (var router in context.Bench?.Routers ?? [])
        {
            string text;
            try
            {
                var said = await router.ExecAsync(
                    "x0tta6bl4 status; batctl o; batctl n; ip link; dmesg | tail -40", TimeSpan.FromSeconds(10),
                    CancellationToken.None);
                text = said.Output;
            }
            catch (RackException exception)
            {
                text = exception.Message;
            }

            await File.WriteAllTextAsync(Path.Combine(logs, $"{router.Name}.status.txt"), text);
        }
    }

    private async Task KeepOrDropBenchAsync(IScenario scenario, ScenarioContext context, bool passed)
    {
        if (context.Bench is not null && !ReferenceEquals(context.Bench, _running))
        {
            await DropBenchAsync();
            _running = context.Bench;
            _runningPlan = context.Plan;
        }

        if (!passed || !scenario.OnlyLooks)
        {
            await DropBenchAsync();
        }
    }

    private async Task DropBenchAsync()
    {
        if (_running is { } bench)
        {
            _running = null;
            _runningPlan = null;
            await bench.DisposeAsync();
        }
    }
}
