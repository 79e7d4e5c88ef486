using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace X0tta6bl4.Telemetry.Service;

/// <summary>
/// Tells systemd how the agent fares: sd_notify(3) over the datagram socket of NOTIFY_SOCKET. Does nothing where no
/// service manager asked for it, such as under procd. Never throws and never blocks: a state the manager could not
/// take is counted in <see cref="Failures"/>. Thread-safe.
/// </summary>
public sealed class ServiceNotifier : IDisposable
{
    /// <summary>Longest STATUS= text in characters; systemctl shows one line.</summary>
    public const int StatusCharsMax = 200;

    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;
    private long _failures;

    /// <param name="environment">Reads a variable of the environment.</param>
    /// <param name="processId">Id of this process, compared with WATCHDOG_PID.</param>
    public ServiceNotifier(Func<string, string?> environment, int processId)
    {
        WatchdogInterval = ReadWatchdogInterval(environment, processId);
        var path = environment("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        // '@' stands for the NUL of an abstract address.
        _manager = new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    }

    /// <summary>The notifier of this process.</summary>
    public static ServiceNotifier FromEnvironment() => new(Environment.GetEnvironmentVariable, Environment.ProcessId);

    /// <summary>True when a service manager listens.</summary>
    public bool IsActive => _socket is not null;

    /// <summary>
    /// The unit's WatchdogSec, or null when it has none. <see cref="Watchdog"/> is due at half of it.
    /// </summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>States the manager did not take.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Start-up is complete. Sent last of all.</summary>
    public bool Ready() => Send("READY=1");

    /// <summary>The agent has begun to stop.</summary>
    public bool Stopping() => Send("STOPPING=1");

    /// <summary>The configuration is being read again; <see cref="Ready"/> ends it.</summary>
    /// <param name="time">Must be the system's monotonic clock: systemd compares the value with its own.</param>
    public bool Reloading(TimeProvider time)
    {
        // Int128: nanoseconds since boot times a million leaves 64 bits after two hours.
        var microseconds = (long)((Int128)time.GetTimestamp() * 1_000_000 / time.TimestampFrequency);
        return Send($"RELOADING=1\nMONOTONIC_USEC={microseconds.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>The main loop really turned.</summary>
    public bool Watchdog() => Send("WATCHDOG=1");

    /// <summary>One line for <c>systemctl status</c>.</summary>
    public bool Status(string text)
    {
        // A newline would start another assignment.
        var line = text.ReplaceLineEndings(" ");
        return Send("STATUS=" + (line.Length <= StatusCharsMax ? line : line[..StatusCharsMax]));
    }

    public void Dispose() => _socket?.Dispose();

    private bool Send(string state)
    {
        if (_socket is null)
        {
            return false;
        }

        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(state), _manager!);
            return true;
        }
        catch (SocketException)
        {
            Interlocked.Increment(ref _failures);
            return false;
        }
    }

    private static TimeSpan? ReadWatchdogInterval(Func<string, string?> environment, int processId)
    {
        var forUs = environment("WATCHDOG_PID") is not { Length: > 0 } pid
            || pid == processId.ToString(CultureInfo.InvariantCulture);
        return
            forUs
            && long.TryParse(
                environment("WATCHDOG_USEC"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var usec)
            && usec > 0
            ? TimeSpan.FromMicroseconds(usec)
            : null;
    }
}
