using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Api;

/// <summary>
/// One HTTP server with its own fixed routes, either on TCP (<see cref="OnTcp"/>) or on a unix socket
/// (<see cref="OnUnixSocket"/>). Two servers and not one with two listeners: what TCP may reach is then a matter of
/// which list a route is in, and a taken port does not cost the control socket. Run it under the supervisor; it may be
/// run again.
/// </summary>
public sealed class ApiServer
{
    private readonly IReadOnlyList<IPEndPoint> _tcp;
    private readonly string? _socketPath;
    private readonly ApiLimits _limits;
    private readonly ILogger _logger;
    private readonly RouteApplication _application;

    private ApiServer(
        IReadOnlyList<IPEndPoint> tcp,
        string? socketPath,
        IReadOnlyList<ApiRoute> routes,
        AgentMetrics metrics,
        ILogger logger,
        TimeProvider time,
        ApiLimits? limits)
    {
        _tcp = tcp;
        _socketPath = socketPath;
        _limits = limits ?? new ApiLimits();
        _logger = logger;
        _application = new RouteApplication(routes, _limits, new ApiMetrics(metrics.Factory), logger, time);
    }

    /// <summary>
    /// What the server listens on now; empty while it does not run. A TCP port given as 0 shows its real number.
    /// </summary>
    public Latest<IReadOnlyList<string>> Addresses { get; } = new([]);

    /// <summary>
    /// A server on TCP addresses. Give it only routes that may be seen by whoever reaches those addresses.
    /// </summary>
    public static ApiServer OnTcp(
        IReadOnlyList<IPEndPoint> addresses,
        IReadOnlyList<ApiRoute> routes,
        AgentMetrics metrics,
        ILogger logger,
        TimeProvider time,
        ApiLimits? limits = null)
    {
        if (addresses.Count == 0)
        {
            // Kestrel would listen on a port of its own choice.
            throw new ArgumentException("no address to listen on: run no server instead", nameof(addresses));
        }

        return new ApiServer(addresses, socketPath: null, routes, metrics, logger, time, limits);
    }

    /// <summary>
    /// A server on a unix socket that only the agent's own user (root) may open: mode 0600, in a directory made with
    /// 0700. The path is absolute and has at most <see cref="ControlSocket.PathBytesMax"/> bytes.
    /// </summary>
    public static ApiServer OnUnixSocket(
        string socketPath,
        IReadOnlyList<ApiRoute> routes,
        AgentMetrics metrics,
        ILogger logger,
        TimeProvider time,
        ApiLimits? limits = null) =>
        new([], socketPath, routes, metrics, logger, time, limits);

    /// <summary>Listens and answers until cancelled, then lets requests under way finish.</summary>
    /// <exception cref="ApiListenException">The address is taken or not to be had; the message says what to
    /// do.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The claim outlives the server: the next agent may take the socket over only when this one has let go of it.
        using var claim = _socketPath is null ? null : ControlSocket.Claim(_socketPath, _logger);
        await using var services = KestrelServices.Create(
            Configure,
            transport =>
            {
                if (_socketPath is not null)
                {
                    transport.CreateBoundListenSocket = ControlSocket.Bind;
                }
            },
            _logger);
        var server = services.GetRequiredService<IServer>();
        await StartAsync(server, cancellationToken);
        var addresses = BoundAddresses(server);
        Addresses.Publish(addresses);
        foreach (var address in addresses)
        {
            _logger.Listening(address);
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }

        using var patience = new CancellationTokenSource(_limits.StopTimeout);
        await server.StopAsync(patience.Token);
        Addresses.Publish([]);
        foreach (var address in addresses)
        {
            _logger.StoppedListening(address);
        }
    }

    private IReadOnlyList<string> BoundAddresses(IServer server) => _socketPath is not null
        ? [_socketPath]
        : [.. server.Features.Get<IServerAddressesFeature>()!.Addresses.Select(url => new Uri(url).Authority)];

    private async Task StartAsync(IServer server, CancellationToken cancellationToken)
    {
        try
        {
            await server.StartAsync(_application, cancellationToken);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw _socketPath is null
                ? Explain(error)
                : new ApiListenException(
                    _socketPath,
                    error.Message,
                    "check api.socket and the agent's permissions",
                    error);
        }
    }

    /// <summary>
    /// Kestrel says which address it was in its text only, so each is tried: the first that fails is the one.
    /// </summary>
    private ApiListenException Explain(Exception error)
    {
        foreach (var address in _tcp)
        {
            try
            {
                using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(address);
            }
            catch (SocketException refused)
            {
                var (reason, fix) = refused.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse =>
                        ("another program has the port", "stop that program or set api.listen to a free port"),
                    SocketError.AddressNotAvailable =>
                        ("no interface has this address", "set api.listen to an address of this router"),
                    SocketError.AccessDenied =>
                        ("no permission for this port", "set api.listen to a port of 1024 or more"),
                    _ => (refused.Message, "set api.listen to another address"),
                };
                return new ApiListenException(address.ToString(), reason, fix, error);
            }
        }

        return new ApiListenException(
            string.Join(", ", _tcp),
            error.Message,
            "try again, or set api.listen to another address",
            error);
    }

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.AllowSynchronousIO = false;
        var limits = options.Limits;
        limits.MaxConcurrentConnections = _limits.ConnectionsMax;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestLineSize = _limits.RequestLineBytesMax;
        limits.MaxRequestHeadersTotalSize = _limits.RequestHeadersBytesMax;
        limits.MaxRequestHeaderCount = _limits.RequestHeadersMax;
        limits.MaxRequestBodySize = _limits.RequestBodyBytesMax;
        limits.MaxRequestBufferSize = _limits.BufferBytesMax;
        limits.MaxResponseBufferSize = _limits.BufferBytesMax;
        limits.RequestHeadersTimeout = _limits.RequestHeadersTimeout;
        limits.KeepAliveTimeout = _limits.KeepAliveTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(_limits.DataRateBytesPerSecondMin, _limits.DataRateGracePeriod);
        limits.MinResponseDataRate = new MinDataRate(_limits.DataRateBytesPerSecondMin, _limits.DataRateGracePeriod);
        foreach (var address in _tcp)
        {
            options.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        }

        if (_socketPath is not null)
        {
            options.ListenUnixSocket(_socketPath, listen => listen.Protocols = HttpProtocols.Http1);
        }
    }
}
