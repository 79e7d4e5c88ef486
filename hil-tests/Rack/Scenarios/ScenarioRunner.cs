using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
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
    public async Task<IReadOnlyList<ScenarioResult>> RunAsync(
        IReadOnlyList<IScenario> scenarios, int seed, Action<ScenarioResult> onResult, CancellationToken cancellation)
    {
        var results = new List<ScenarioResult>();
        await using (var slot = new BenchSlot(source))
        {
            foreach (var scenario in scenarios)
            {
                var result = await RunOneAsync(slot, scenario, seed, cancellation);
                results.Add(result);
                onResult(result);
            }
        }

        // Only now: the consoles of routers that two scenarios shared are where the first began.
        if (results.All(r => r.Passed))
        {
            foreach (var logs in scenarios.Select(Logs).Where(Directory.Exists))
            {
                Directory.Delete(logs, recursive: true);
            }
        }

        return results;
    }

    private static string FileName(IScenario scenario) => scenario.Name.Replace('/', '.');

    private string Logs(IScenario scenario) => Path.Combine(directory, $"{FileName(scenario)}.logs");

    private async Task<ScenarioResult> RunOneAsync(
        BenchSlot slot, IScenario scenario, int seed, CancellationToken cancellation)
    {
        var logs = Logs(scenario);
        var context = new ScenarioContext(slot, seed, logs);
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
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(
            Path.Combine(directory, $"{FileName(scenario)}.json"), result.ToJson() + "\n", cancellation);
        if (error is not null || !scenario.OnlyLooks)
        {
            await slot.DisposeAsync();
        }

        if (error is null && Directory.Exists(logs) && slot.Bench is null)
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
}
