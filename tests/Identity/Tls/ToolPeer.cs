using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using X0tta6bl4.Identity.Tls;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>A TLS peer that is somebody else's program. What it says is kept; the process ends with this object.</summary>
internal sealed class ToolPeer : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private ToolPeer(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has said until now, on both outputs.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>Starts a program; line by line (stdbuf), so that nothing of what it says is lost when it is ended.</summary>
    public static ToolPeer Start(string program, params IEnumerable<string> arguments) =>
        new(Process.Start(new ProcessStartInfo("stdbuf", ["-oL", "-eL", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException($"{program} did not start"));

    /// <summary>Types a line.</summary>
    public async Task TypeAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it has said this.</summary>
    public async Task HeardAsync(string text)
    {
        var begin = Stopwatch.GetTimestamp();
        while (!Said.Contains(text, StringComparison.OrdinalIgnoreCase))
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, $"\"{text}\" was not said, but:\n{Said}");
            await Task.Delay(20);
        }
    }

    /// <summary>Ends its input: it says goodbye then.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>We connect to a program that listens.</summary>
    /// <param name="port">Where it listens.</param>
    /// <param name="settings">Ours.</param>
    public static async Task<object> ConnectAsync(int port, TlsSettings settings) => await TlsWorld.ResultAsync(
        MutualTlsStream.ConnectAsync(await Loopback.ConnectAsync(port), settings, TimeProvider.System, CancellationToken.None))
        .WaitAsync(Patience);

    /// <summary>A program connects to us.</summary>
    /// <param name="start">Starts it, given our port.</param>
    /// <param name="settings">Ours.</param>
    public static async Task<(object Ours, ToolPeer Peer)> AcceptAsync(Func<int, ToolPeer> start, TlsSettings settings)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var peer = start(((IPEndPoint)listener.LocalEndpoint).Port);
        try
        {
            var socket = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
            socket.NoDelay = true;
            return (await TlsWorld.ResultAsync(MutualTlsStream.AcceptAsync(
                socket.GetStream(), settings, TimeProvider.System, CancellationToken.None)).WaitAsync(Patience), peer);
        }
        catch (TimeoutException exception)
        {
            using (peer)
            {
                throw new TimeoutException($"the peer did not come to a handshake; it said: {peer.Said}", exception);
            }
        }
    }

    /// <summary>Sends a line and expects the same back.</summary>
    public static async Task EchoesAsync(MutualTlsStream stream, string line)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\n"));
        await ReadsAsync(stream, line);
    }

    /// <summary>Reads this line.</summary>
    public static async Task ReadsAsync(MutualTlsStream stream, string line)
    {
        var answer = new byte[line.Length + 1];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Patience);
        Assert.Equal($"{line}\n", Encoding.ASCII.GetString(answer));
    }

    /// <summary>The peer has said goodbye (close_notify): reading ends, and does not throw.</summary>
    public static async Task EndsCleanlyAsync(MutualTlsStream stream) =>
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));

    /// <summary>What our side came to is a refusal of this kind.</summary>
    public static TlsHandshakeException Failed(object ours, TlsFailure failure)
    {
        var exception = Assert.IsType<TlsHandshakeException>(ours);
        Assert.Equal(failure, exception.Failure);
        return exception;
    }

    /// <summary>
    /// A client of ours that is refused: it has said all it has to say when the server decides, and may hear of it with its
    /// first read only.
    /// </summary>
    /// <returns>How it hears of it.</returns>
    public static async Task<string> IsTurnedAwayAsync(object ours) =>
        (ours as Exception ?? await Assert.ThrowsAnyAsync<IOException>(
            () => ((MutualTlsStream)ours).ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience))).ToString();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }
}
