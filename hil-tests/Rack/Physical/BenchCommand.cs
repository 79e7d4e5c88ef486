using System.Text;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Physical;

/// <summary>Runs a command of the bench file to its end.</summary>
internal static class BenchCommand
{
    /// <summary>Relays and switches answer at once or not at all.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <param name="what">For errors: which router or link, which key of the bench file.</param>
    /// <param name="command">For <c>sh -c</c>.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="limit">Longest time.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<ExecResult> RunAsync(
        string what, string command, string input, TimeSpan limit, CancellationToken cancellation)
    {
        var output = new StringBuilder();
        var gate = new Lock();
        await using var process = await ChildProcess.StartAsync("sh", ["-c", command], Take, Take, input: input);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new RackException($"{what}: `{command}` did not end within {limit.TotalSeconds:0.#} s", exception);
        }

        lock (gate)
        {
            return new ExecResult(process.ExitCode, output.ToString());
        }

        void Take(string line)
        {
            lock (gate)
            {
                output.AppendLine(line);
            }
        }
    }

    /// <summary>The same for a command that must succeed.</summary>
    public static async Task MustAsync(string what, string command, CancellationToken cancellation)
    {
        var result = await RunAsync(what, command, "", Limit, cancellation);
        if (result.ExitCode != 0)
        {
            throw new RackException($"{what}: `{command}` ended with {result.ExitCode}: {result.Output.Trim()}");
        }
    }
}
