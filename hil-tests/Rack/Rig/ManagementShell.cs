using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace X0tta6bl4.Rack.Rig;

/// <summary>What a script did.</summary>
public readonly record struct ExecResult(int ExitCode, string Output)
{
    /// <summary>The output, when the script succeeded.</summary>
    public string Text(string script) => ExitCode == 0
        ? Output
        : throw new RackException($"exit code {ExitCode} of `{script}`: {Output.Trim()}");
}

/// <summary>
/// Runs scripts in a guest over its management port (image/rootfs/usr/lib/rack/shell): a line with a token and a time
/// limit, the script, the token again; back come the output and a last line with the token and the exit code.
/// </summary>
internal static class ManagementShell
{
    /// <summary>Beyond the script's own limit, for connecting and for a busy emulator.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static async Task<ExecResult> RunAsync(
        string router, IPEndPoint endPoint, string script, TimeSpan limit, CancellationToken cancellation)
    {
        var token = "rack-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit + Grace);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(endPoint, timer.Token);
            await using var stream = client.GetStream();
            var seconds = Math.Max(1, (int)Math.Ceiling(limit.TotalSeconds));
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"{token} {seconds}\n{script}\n{token}\n"), timer.Token);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return Parse(await reader.ReadToEndAsync(timer.Token), token);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new RackException(
                $"{router} did not finish within {limit.TotalSeconds:0.#} s: `{script}`", exception);
        }
        catch (Exception exception) when (exception is SocketException or IOException or FormatException)
        {
            throw new RackException($"management port of {router}: {exception.Message}", exception);
        }
    }

    internal static ExecResult Parse(string answer, string token)
    {
        // From the end: the script may print anything, its own text included.
        var at = answer.LastIndexOf('\n' + token + ' ', StringComparison.Ordinal);
        return at >= 0
            && int.TryParse(answer.AsSpan(at + token.Length + 2).Trim(), NumberStyles.None, null, out var code)
            ? new ExecResult(code, answer[..at])
            : throw new FormatException("the connection ended before the script did");
    }
}
