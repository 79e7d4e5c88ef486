using Microsoft.Extensions.Logging;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// Every connection to a peer begins here and is watched here: it ends when the peer's proof has expired, and within seconds
/// when what it rests on is taken back: the bundle that vouched for the peer, the peer's own certificate, or our own identity. A
/// rotation of ours does not touch it. Thread-safe.
/// </summary>
public sealed class PeerConnections
{
    /// <summary>Most handshakes under way that others have begun; a further one is refused at once.</summary>
    public const int PendingMax = 64;

    /// <summary>Most connections, both ways together.</summary>
    public const int ConnectionsMax = 256;

    /// <summary>
    /// Longest time between two looks at the clock while there is a connection: the wall clock may jump past an end.
    /// </summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);

    private readonly NodeIdentity _identity;
    private readonly SvidVerifier _verifier;
    private readonly ValidationClock _clock;
    private readonly TimeProvider _time;
    private readonly TlsMetrics _metrics;
    private readonly ILogger _logger;
    private readonly NodeRevocation? _revocation;
    private readonly Lock _lock = new();
    private readonly Dictionary<MutualTlsStream, Judgement> _live = [];
    private int _pending;
    private CancellationToken _stopping;
    private readonly Signal _added = new();

    internal PeerConnections(
        NodeIdentity identity, SvidVerifier verifier, ValidationClock clock, TimeProvider time, TlsMetrics metrics, ILogger logger,
        NodeRevocation? revocation)
    {
        _revocation = revocation;
        _identity = identity;
        _verifier = verifier;
        _clock = clock;
        _time = time;
        _metrics = metrics;
        _logger = logger;
    }

    /// <summary>Connections that are open now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _live.Count;
            }
        }
    }

    /// <summary>Proves both ends to each other, as the client. Owns the transport from here on.</summary>
    /// <param name="transport">Connected to the peer.</param>
    /// <param name="allowed">Who may be there.</param>
    /// <param name="protocols">Application protocols (RFC 7301), the preferred one first; empty for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TlsHandshakeException">There is no connection; no byte of the application has passed.</exception>
    public Task<MutualTlsStream> ConnectAsync(
        Stream transport, IReadOnlyList<SpiffeIdPattern> allowed, IReadOnlyList<string> protocols, CancellationToken cancellationToken) =>
        BeginAsync(transport, Begin(allowed), protocols, isServer: false, cancellationToken);

    /// <summary>The same as the server; at most <see cref="PendingMax"/> at a time.</summary>
    /// <exception cref="TlsHandshakeException">There is no connection; no byte of the application has passed.</exception>
    public async Task<MutualTlsStream> AcceptAsync(
        Stream transport, IReadOnlyList<SpiffeIdPattern> allowed, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _pending) > PendingMax)
        {
            Interlocked.Decrement(ref _pending);
            await transport.DisposeAsync().ConfigureAwait(false);
            _metrics.Handshake(isServer: true, TlsFailure.TooMany, refusal: null);
            throw new TlsHandshakeException(TlsFailure.TooMany, $"over {PendingMax} handshakes are under way");
        }

        try
        {
            return await BeginAsync(
                transport, Begin(allowed), protocols, isServer: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    /// <summary>Ends what has to end, until stopped; then everything.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        _stopping = cancellationToken;
        while (!cancellationToken.IsCancellationRequested)
        {
            // Taken before the look, so that nothing that happens during it is missed.
            var changed = _identity.Current.Changed;
            var added = _added.Next;
            var listed = _revocation?.Check is null ? changed : _revocation.Lists.Changed;
            await Task.WhenAll(Live().Select(LookAsync)).ConfigureAwait(false);
            Task happened = Task.WhenAny(changed, added, listed);
            await happened
                .WaitAsync(UntilNextEnd(), _time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var asking = Live().Select(c => c.Judgement.Asking ?? Task.CompletedTask).ToList();
        await Task.WhenAll(Live().Select(c => c.Connection.EndAsync("the agent stops"))).ConfigureAwait(false);
        await Task.WhenAll(asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<MutualTlsStream> BeginAsync(
        Stream transport, Judgement judgement, IReadOnlyList<string> protocols, bool isServer, CancellationToken cancellationToken)
    {
        var settings = new TlsSettings
        {
            Identity = () => _identity.IsUsable(judgement.By) ? judgement.By.Svid : null,
            Bundles = () => judgement.By.Bundles,
            Verifier = _verifier,
            Now = () => _clock.Now,
            Allowed = judgement.Allowed,
            Revocation = _revocation?.Check,
            Staple = own => _revocation?.StapleFor(own),
            Protocols = protocols,
            RequiresProtocol = isServer && protocols.Count > 0,
        };
        MutualTlsStream connection;
        try
        {
            connection = await (isServer
                ? MutualTlsStream.AcceptAsync(transport, settings, _time, cancellationToken)
                : MutualTlsStream.ConnectAsync(transport, settings, _time, cancellationToken)).ConfigureAwait(false);
        }
        catch (TlsHandshakeException exception)
        {
            _metrics.Handshake(isServer, exception.Failure, exception.Refusal);
            throw;
        }

        if (!Add(connection, judgement with { Status = connection.PeerStatus }))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            _metrics.Handshake(isServer, TlsFailure.TooMany, refusal: null);
            throw new TlsHandshakeException(TlsFailure.TooMany, $"over {ConnectionsMax} connections are open");
        }

        _metrics.Handshake(isServer, failure: null, refusal: null);
        return connection;
    }

    private bool Add(MutualTlsStream connection, Judgement judgement)
    {
        lock (_lock)
        {
            if (_live.Count >= ConnectionsMax)
            {
                return false;
            }

            _live.Add(connection, judgement);
        }

        connection.Closed = () =>
        {
            lock (_lock)
            {
                _live.Remove(connection);
            }
        };
        _added.Wake();
        return true;
    }

    private (MutualTlsStream Connection, Judgement Judgement)[] Live()
    {
        lock (_lock)
        {
            return [.. _live.Select(pair => (pair.Key, pair.Value))];
        }
    }

    private Task LookAsync((MutualTlsStream Connection, Judgement Judgement) live)
    {
        var (connection, judgement) = live;
        var now = _clock.Now;
        if (now - _verifier.Policy.ClockSkew > connection.Peer.NotAfter)
        {
            return EndAsync(connection, $"its certificate expired at {connection.Peer.NotAfter:u} (X-17)");
        }

        var latest = Begin(judgement.Allowed);
        var status = judgement.Status;
        var isStale = status is not null && now - _verifier.Policy.ClockSkew > status.Until;
        if (ReferenceEquals(judgement.By, latest.By) && ReferenceEquals(judgement.Lists, latest.Lists) && !isStale)
        {
            return Task.CompletedTask;
        }

        if (latest.By.Svid is null)
        {
            return EndAsync(connection, "our own identity was taken back (W-18)");
        }

        var verdict = _verifier.Verify(connection.PeerChain, latest.By.Bundles, now).Authorize(judgement.Allowed);
        if (verdict.Refusal is { } refusal)
        {
            return EndAsync(connection, refusal.ToString());
        }

        if (status is not null && _revocation?.Check is { } check)
        {
            // A chain that leads to another authority now has another length perhaps, and what was shown was of the one before.
            var path = verdict.Path!;
            status = check.Judge(path, status.Shown.Count == path.Count - 1 ? status.Shown : new StatusVerdict?[path.Count - 1], now);
            if (status.MayBeAsked)
            {
                var asking = judgement.Asking is { IsCompleted: false } begun ? begun : AskAgainAsync(connection, path, latest, status);
                Remember(connection, latest with { Status = judgement.Status, Asking = asking });
                return Task.CompletedTask;
            }

            if (status.Refusal is { } revoked)
            {
                return EndAsync(connection, revoked.ToString());
            }
        }

        Remember(connection, latest with { Status = status });
        return Task.CompletedTask;
    }

    /// <summary>Nobody waits for this: a responder that is slow must not hold up the end of other connections.</summary>
    private async Task AskAgainAsync(
        MutualTlsStream connection, IReadOnlyList<Certificate> path, Judgement latest, RevocationVerdict status)
    {
        await Task.Yield();
        RevocationVerdict answer;
        try
        {
            answer = await _revocation!.Check!.AskAsync(path, status.Shown, () => _clock.Now, _stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            // Nothing that is known to go wrong throws. What a peer's certificate brings about ends its connection, not the watch over all.
            var why = Certificate.Clean($"{exception.GetType().Name}: {exception.Message}");
            await EndAsync(connection, $"whether it was revoked was not found out: {why}").ConfigureAwait(false);
            return;
        }

        if (answer.Refusal is { } refusal)
        {
            await EndAsync(connection, refusal.ToString()).ConfigureAwait(false);
            return;
        }

        Remember(connection, latest with { Status = answer });
        _added.Wake();
    }

    private Judgement Begin(IReadOnlyList<SpiffeIdPattern> allowed) =>
        new(_identity.Current.Value, _revocation?.Lists.Value ?? RevocationLists.None, allowed);

    private void Remember(MutualTlsStream connection, Judgement judgement)
    {
        lock (_lock)
        {
            if (_live.ContainsKey(connection))
            {
                _live[connection] = judgement;
            }
        }
    }

    private async Task EndAsync(MutualTlsStream connection, string why)
    {
        lock (_lock)
        {
            _live.Remove(connection);
        }

        _metrics.Ended();
        _logger.ConnectionEnded(connection.Peer.Id.ToString(), why);
        await connection.EndAsync($"the connection to {connection.Peer.Id} was ended: {why}").ConfigureAwait(false);
    }

    private TimeSpan UntilNextEnd()
    {
        var live = Live();
        if (live.Length == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        // A millisecond more, for it is over only after the end.
        var left = live.Min(c => EndOf(c.Connection, c.Judgement)) + _verifier.Policy.ClockSkew - _clock.Now + TimeSpan.FromMilliseconds(1);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < LookInterval ? left : LookInterval;
    }

    private static DateTimeOffset EndOf(MutualTlsStream connection, Judgement judgement) =>
        judgement is { Asking: null, Status: { } status } && status.Until < connection.Peer.NotAfter ? status.Until : connection.Peer.NotAfter;

    /// <summary>By what a peer was believed, and let in; looked at again when there is something newer.</summary>
    private sealed record Judgement(IdentitySnapshot By, RevocationLists Lists, IReadOnlyList<SpiffeIdPattern> Allowed)
    {
        /// <summary>What is known of its revocation; null where that is not looked at.</summary>
        public RevocationVerdict? Status { get; init; }

        /// <summary>A responder is being asked anew.</summary>
        public Task? Asking { get; init; }
    }
}
