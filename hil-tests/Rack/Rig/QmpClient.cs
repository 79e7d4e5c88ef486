using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace X0tta6bl4.Rack.Rig;

/// <summary>An event QEMU reported.</summary>
/// <param name="Name">For example RESET, WATCHDOG, DEVICE_DELETED.</param>
/// <param name="Data">Its data as JSON text, for example <c>{"guest":true,"reason":"guest-reset"}</c>.</param>
public sealed record QmpEvent(string Name, string Data);

/// <summary>
/// QEMU's machine protocol over its unix socket: one JSON object a line, answers carry the command's id, events come in
/// between. One reader loop sorts them.
/// </summary>
public sealed class QmpClient : IAsyncDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly Journal<QmpEvent> _events;
    private readonly Action<QmpEvent> _onEvent;
    private readonly Dictionary<int, TaskCompletionSource<JsonObject>> _pending = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task _reading;
    private int _nextId;

    private QmpClient(Socket socket, Journal<QmpEvent> events, Action<QmpEvent> onEvent)
    {
        _socket = socket;
        _events = events;
        _onEvent = onEvent;
        _reading = ReadAsync();
    }

    /// <summary>Connects and leaves negotiation mode. Events go to a journal that outlives the connection.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="events">Gets every event.</param>
    /// <param name="onEvent">Called after an event was added, in order.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async Task<QmpClient> ConnectAsync(
        string path, Journal<QmpEvent> events, Action<QmpEvent> onEvent, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            var client = new QmpClient(socket, events, onEvent);
            await client.RunAsync("qmp_capabilities", null, cancellation);
            return client;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new RackException($"QMP socket {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Runs a command and returns its answer; QEMU's refusal is a <see cref="RackException"/>.</summary>
    public async Task<JsonNode?> RunAsync(string command, JsonObject? arguments, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        int id;
        lock (_lock)
        {
            id = _nextId++;
            _pending[id] = answer;
        }

        var request = new JsonObject { ["execute"] = command, ["id"] = id };
        if (arguments is not null)
        {
            request["arguments"] = arguments;
        }

        await _sending.WaitAsync(cancellation);
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), cancellation);
        }
        catch (SocketException exception)
        {
            throw new RackException($"QMP {command}: QEMU is gone ({exception.Message})", exception);
        }
        finally
        {
            _sending.Release();
        }

        try
        {
            var reply = await answer.Task.WaitAsync(AnswerLimit, cancellation);
            return reply["error"] is { } error
                ? throw new RackException($"QMP {command}: {error["desc"]}")
                : reply["return"];
        }
        catch (TimeoutException exception)
        {
            throw new RackException($"QMP {command}: no answer within {AnswerLimit.TotalSeconds} s", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _sending.Dispose();
    }

    private async Task ReadAsync()
    {
        await using var stream = new NetworkStream(_socket, ownsSocket: false);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var end = "QEMU closed the connection";
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                Take(JsonNode.Parse(line) as JsonObject ?? throw new JsonException("not an object"));
            }
        }
        catch (Exception exception) when (
            exception is IOException or ObjectDisposedException or SocketException or JsonException)
        {
            // The machine was switched off, or its end of the socket was; whoever still waits for an answer is told.
            end = exception.Message;
        }

        lock (_lock)
        {
            foreach (var waiting in _pending.Values)
            {
                waiting.TrySetException(new RackException($"QMP: {end}"));
            }

            _pending.Clear();
        }
    }

    private void Take(JsonObject message)
    {
        if (message["event"] is { } name)
        {
            var happened = new QmpEvent(name.GetValue<string>(), message["data"]?.ToJsonString() ?? "{}");
            _events.Add(happened);
            _onEvent(happened);
            return;
        }

        if (message["id"] is not { } id)
        {
            return; // the greeting
        }

        lock (_lock)
        {
            if (_pending.Remove(id.GetValue<int>(), out var waiting))
            {
                waiting.SetResult(message);
            }
        }
    }
}
