using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// Serves an authority on TCP ports of its own. The only listener that lets in clients without a certificate: what they may
/// ask for is a certificate in exchange for a token or a proof.
/// </summary>
public sealed partial class EnrolmentServer
{
    /// <summary>Connections that wait in the kernel.</summary>
    private const int Backlog = 16;

    private static readonly TimeSpan AcceptRetry = TimeSpan.FromSeconds(1);

    /// <summary>How long it is waited for the client to take the answer and go.</summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    private readonly IEnrolmentAuthority _authority;
    private readonly TlsSettings _tls;
    private readonly SourceLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _trustDomain;

    /// <param name="authority">Who decides.</param>
    /// <param name="now">The time by which certificates are judged.</param>
    /// <param name="time">For time-outs.</param>
    /// <param name="logger">Where it is said who got what, and who did not.</param>
    public EnrolmentServer(SiteAuthority authority, Func<DateTimeOffset> now, TimeProvider time, ILogger logger)
        : this(authority, authority.Bundle.TrustDomain.Name, now, time, logger)
    {
    }

    /// <inheritdoc cref="EnrolmentServer(SiteAuthority, Func{DateTimeOffset}, TimeProvider, ILogger)"/>
    public EnrolmentServer(IslandAuthority authority, Func<DateTimeOffset> now, TimeProvider time, ILogger logger)
        : this(authority, authority.TrustDomain.Name, now, time, logger)
    {
    }

    private EnrolmentServer(
        IEnrolmentAuthority authority, string trustDomain, Func<DateTimeOffset> now, TimeProvider time, ILogger logger)
    {
        _authority = authority;
        _trustDomain = trustDomain;
        _time = time;
        _logger = logger;
        _limits = new SourceLimits(time);
        _tls = new TlsSettings
        {
            Identity = () => authority.ServerIdentity,
            Bundles = () => authority.Bundles,
            Verifier = new SvidVerifier(new SvidPolicy()),
            Now = now,
            // Every member may come; what it gets is decided by the request.
            Allowed = [Spiffe.SpiffeIdPattern.Parse($"spiffe://{trustDomain}/*", out var all) is { } problem
                ? throw new ArgumentException(problem.ToString(), nameof(trustDomain))
                : all],
            AcceptsAnonymous = true,
            Protocols = [EnrolmentProtocol.Alpn],
            RequiresProtocol = true,
            ChannelBindingLabel = EnrolmentProtocol.ChannelBindingLabel,
            HandshakeTimeout = EnrolmentProtocol.ConnectionTimeout,
        };
    }

    /// <summary>What happened so far; those of the server before it, where this one takes its place.</summary>
    public EnrolmentCounters Counters { get; init; } = new();

    /// <summary>Serves until it is stopped.</summary>
    /// <param name="endpoints">Where it listens.</param>
    /// <param name="cancellationToken">Stops it, and the connections that are open.</param>
    /// <param name="listening">Told, once all are open, where it really listens: a port 0 has become one.</param>
    /// <exception cref="IOException">An address cannot be listened on; none is then.</exception>
    public async Task RunAsync(
        IReadOnlyList<IPEndPoint> endpoints, CancellationToken cancellationToken, Action<IReadOnlyList<IPEndPoint>>? listening = null)
    {
        var listeners = new List<Socket>();
        try
        {
            foreach (var endpoint in endpoints)
            {
                listeners.Add(Listen(endpoint));
            }

            listening?.Invoke([.. listeners.Select(l => (IPEndPoint)l.LocalEndPoint!)]);
            foreach (var listener in listeners)
            {
                Log.Listening(_logger, _trustDomain, listener.LocalEndPoint!.ToString()!);
            }

            await Task.WhenAll(listeners.Select(l => AcceptAsync(l, cancellationToken)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked for.
        }
        finally
        {
            foreach (var listener in listeners)
            {
                listener.Dispose();
            }
        }
    }

    private static Socket Listen(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException($"the authority cannot listen on {endpoint}: {exception.Message}", exception);
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(cancellationToken);
            }
            catch (SocketException exception)
            {
                // Out of descriptors, a client that went away: it passes, or the next one says so too.
                Log.AcceptFailed(_logger, listener.LocalEndPoint!.ToString()!, exception.Message);
                await Task.Delay(AcceptRetry, _time, cancellationToken);
                continue;
            }

            var source = (socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
            if (_limits.TryEnter(source, socket.Dispose) is not { } place)
            {
                Counters.TurnAway();
                socket.Dispose();
                continue;
            }

            _ = ServeAsync(socket, source, place, cancellationToken);
        }
    }

    private async Task ServeAsync(Socket socket, IPAddress source, SourceLimits.Place place, CancellationToken cancellationToken)
    {
        using var taken = place;
        using var patience = new CancellationTokenSource(EnrolmentProtocol.ConnectionTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            socket.NoDelay = true;
            var transport = new NetworkStream(socket, ownsSocket: true);
            await using var stream = await MutualTlsStream.AcceptAsync(transport, _tls, _time, either.Token);
            await AnswerAsync(stream, source, place, either.Token);
        }
        catch (TlsHandshakeException exception) when (exception.Failure == TlsFailure.NoIdentity)
        {
            Counters.HandshakeFailed();
            Log.CannotIssue(_logger, _trustDomain, source.ToString());
        }
        catch (TlsHandshakeException exception)
        {
            Counters.HandshakeFailed();
            Log.Broken(_logger, source.ToString(), exception.Message);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            Counters.Broke();
            Log.Broken(_logger, source.ToString(), exception.Message);
        }
        catch (Exception exception)
        {
            // A fault of ours must not end the server: the next request may be another one.
            Counters.Broke();
            Log.Failed(_logger, source.ToString(), exception);
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task AnswerAsync(MutualTlsStream stream, IPAddress source, SourceLimits.Place place, CancellationToken cancellationToken)
    {
        var message = await EnrolmentProtocol.ReadAsync(stream, EnrolmentProtocol.RequestBytesMax, cancellationToken);
        if (!place.Decide())
        {
            throw new IOException("pushed out by a newer connection");
        }

        EnrolmentAnswer answer;
        var operation = "request";
        try
        {
            var request = EnrolmentRequest.Read(message);
            operation = request.Name;
            answer = await DecideAsync(request, stream, source, cancellationToken);
            Counters.Answered(request, answer.Refusal);
        }
        catch (FormatException exception)
        {
            answer = EnrolmentAnswer.No(EnrolmentRefusal.BadRequest, exception.Message);
            Counters.RefusedUnread(EnrolmentRefusal.BadRequest);
        }

        Say(operation, source, answer);
        await EnrolmentProtocol.WriteAsync(stream, answer.ToBytes().Span, cancellationToken);
        place.Decided(isIssued: answer.Chain.Count > 0);
        await LingerAsync(stream);
    }

    private async Task<EnrolmentAnswer> DecideAsync(
        EnrolmentRequest request, MutualTlsStream stream, IPAddress source, CancellationToken cancellationToken)
    {
        try
        {
            return await _authority.AnswerAsync(request, stream.KnownPeer, stream.ChannelBinding!.Value, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The flash, not the line: what could not be written down is not granted.
            Log.Failed(_logger, source.ToString(), exception);
            return EnrolmentAnswer.No(EnrolmentRefusal.Unavailable, "the authority cannot use its ledger: its own log says why");
        }
    }

    private void Say(string operation, IPAddress source, EnrolmentAnswer answer)
    {
        if (answer.Refusal is { } refusal)
        {
            Log.Refused(_logger, operation, source.ToString(), EnrolmentProtocol.Label(refusal), answer.Text);
        }
        else if (answer.Chain is [var leaf, ..])
        {
            var certificate = Certificate.Read(leaf);
            Log.Issued(_logger, operation, certificate.Label, source.ToString(), certificate.NotAfter.ToString("u"));
        }
    }

    /// <summary>A socket closed with bytes unread resets the connection, and the answer may be lost on its way.</summary>
    private async Task LingerAsync(MutualTlsStream stream)
    {
        using var patience = new CancellationTokenSource(LingerTime, _time);
        var rest = new byte[256];
        try
        {
            while (await stream.ReadAsync(rest, patience.Token) > 0)
            {
                // Nothing more is taken from it.
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // It has its answer, or it has gone.
        }
    }
}
