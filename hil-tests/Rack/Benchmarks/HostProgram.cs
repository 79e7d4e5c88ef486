using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>Programs of a benchmark that run on this machine, without a guest.</summary>
internal static class HostProgram
{
    /// <summary>Path of one that <c>build.sh bench</c> has made for this machine.</summary>
    public static string Find(RackAssets assets, string name, string benchmark)
    {
        var rid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        var path = Path.Combine(assets.Artifacts, "bin", rid, name);
        return File.Exists(path) ? path : throw new RackException($"no {path}; run: ./build.sh bench {benchmark}");
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="RackException">It failed; the message holds what it said.</exception>
    public static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var output = new ConcurrentQueue<string>();
        var error = new ConcurrentQueue<string>();
        await using var process = await ChildProcess.StartAsync(program, arguments, output.Enqueue, error.Enqueue);
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0
            ? string.Join('\n', output)
            : throw new RackException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {string.Join('\n', error)}");
    }

    /// <summary>The same for one that answers with a line of JSON.</summary>
    public static async Task<JsonElement> MeasureAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var json = JsonDocument.Parse(await RunAsync(program, arguments, cancellation));
        return json.RootElement.Clone();
    }
}
