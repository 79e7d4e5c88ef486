using System.Net;
using System.Net.Sockets;
using System.Text;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>Answers each connection with the same; null: never.</summary>
internal sealed class FakeResponder : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public FakeResponder(Func<int, byte[]?> answer)
    {
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ocsp");
        _serving = ServeAsync(answer);
    }

    public Uri Url { get; }

    public static byte[] Http(byte[] body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync(Func<int, byte[]?> answer)
    {
        var held = new List<TcpClient>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                held.Add(client);
                var buffer = new byte[4096];
                var count = 0;
                while (!Encoding.ASCII.GetString(buffer, 0, count).Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    count += await client.GetStream().ReadAsync(buffer.AsMemory(count));
                }

                if (answer(held.Count) is { } bytes)
                {
                    try
                    {
                        await client.GetStream().WriteAsync(bytes);
                    }
                    catch (IOException)
                    {
                        // It has heard enough.
                    }

                    client.Close();
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            // It was stopped, in the middle of waiting for the next or just before.
            held.ForEach(c => c.Dispose());
        }
    }
}
