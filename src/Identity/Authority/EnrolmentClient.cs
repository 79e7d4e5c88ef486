using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>Reaches an address, HOST:PORT, with a stream that is closed with what is built on it.</summary>
/// <exception cref="IOException">It cannot be reached.</exception>
public delegate Task<Stream> DialAddress(DnsEndPoint address, CancellationToken cancellationToken);

/// <summary>One address could not be reached at all, or in time, as against one that was and did not do as expected.</summary>
internal sealed class UnreachableException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Asks one authority one thing. It believes the authority of its trust domain and nobody else, not even another node.</summary>
internal sealed class EnrolmentClient(Func<DateTimeOffset> now, TimeProvider time, DialAddress dial)
{
    /// <summary>Longest wait for a connection to one address.</summary>
    public static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(5);

    private readonly SvidVerifier _verifier = new(new SvidPolicy());

    /// <summary>Over TCP.</summary>
    public static async Task<Stream> DialTcpAsync(DnsEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A name is looked up, an address taken as it is; %mesh0 is understood.
            if (IPAddress.TryParse(address.Host, out var ip))
            {
                await socket.ConnectAsync(new IPEndPoint(ip, address.Port), cancellationToken);
            }
            else
            {
                await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException(exception.Message, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks, and gives the answer that is no refusal.</summary>
    /// <param name="address">Where.</param>
    /// <param name="server">Who must be there.</param>
    /// <param name="identity">What we show; null: nothing.</param>
    /// <param name="bundles">Whom we trust.</param>
    /// <param name="request">What we ask for; it may depend on the connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EnrolmentRefusedException">The authority says no.</exception>
    /// <exception cref="IOException">It could not be reached, is not who it should be, or its answer is none.</exception>
    public async Task<EnrolmentAnswer> AskAsync(
        string address, SpiffeId server, LocalSvid? identity, TrustBundleSet bundles,
        Func<ReadOnlyMemory<byte>, EnrolmentRequest> request, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(EnrolmentProtocol.ConnectionTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await using var stream = await ConnectAsync(address, server, identity, bundles, either.Token);
            await EnrolmentProtocol.WriteAsync(stream, request(stream.ChannelBinding!.Value).ToBytes().Span, either.Token);
            var answer = EnrolmentAnswer.Read(
                await EnrolmentProtocol.ReadAsync(stream, EnrolmentProtocol.AnswerBytesMax, either.Token));
            return answer.Refusal is { } refusal ? throw new EnrolmentRefusedException(refusal, $"{address}: {answer.Text}") : answer;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreachableException($"{address}: no answer within {EnrolmentProtocol.ConnectionTimeout.TotalSeconds:0} s", exception);
        }
        catch (FormatException exception)
        {
            throw new IOException($"{address}: {exception.Message}", exception);
        }
        catch (IOException exception) when (exception is not UnreachableException)
        {
            throw new IOException($"{address}: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// True when the authority is there; false when it cannot be reached, not in time, or says itself that it cannot issue.
    /// </summary>
    /// <exception cref="IOException">Something is there, and whether it is the authority cannot be said: we may trust nobody yet.</exception>
    public async Task<bool> IsThereAsync(string address, SpiffeId server, TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(
                address, server, null, bundles, _ => new EnrolmentRequest.Greet { Csr = default(ReadOnlyMemory<byte>) }, cancellationToken);
            return true;
        }
        catch (EnrolmentRefusedException refused)
        {
            return refused.Refusal != EnrolmentRefusal.Unavailable;
        }
        catch (Exception exception) when (exception is UnreachableException or OperationCanceledException)
        {
            // Not there, or not in time: the same to who asks.
            return false;
        }
    }

    private async Task<MutualTlsStream> ConnectAsync(
        string address, SpiffeId server, LocalSvid? identity, TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        var transport = await ReachAsync(address, cancellationToken);
        var stream = await MutualTlsStream.ConnectAsync(transport, Settings(server, identity, bundles), time, cancellationToken);
        // An island authority could call itself the authority; it cannot have the root sign that.
        if (server.Path == EnrolmentProtocol.AuthorityPath && !ReferenceEquals(stream.Peer.Signer, stream.Peer.Authority))
        {
            await stream.DisposeAsync();
            throw new IOException($"{server} was not vouched for by the root itself: it is not believed");
        }

        return stream;
    }

    private async Task<Stream> ReachAsync(string address, CancellationToken cancellationToken)
    {
        if (JoinString.ParseAddress(address, out var endpoint) is { } problem)
        {
            throw new UnreachableException(problem);
        }

        using var patience = new CancellationTokenSource(DialTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await dial(endpoint!, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreachableException($"{address} cannot be reached within {DialTimeout.TotalSeconds:0} s", exception);
        }
        catch (IOException exception)
        {
            throw new UnreachableException($"{address} cannot be reached: {exception.Message}", exception);
        }
    }

    private TlsSettings Settings(SpiffeId server, LocalSvid? identity, TrustBundleSet bundles) => new()
    {
        Identity = () => identity,
        IsAnonymous = identity is null,
        Bundles = () => bundles,
        Verifier = _verifier,
        Now = now,
        Allowed = [SpiffeIdPattern.Parse(server.ToString(), out var exactly) is { } problem
            ? throw new ArgumentException(problem.ToString(), nameof(server))
            : exactly],
        Protocols = [EnrolmentProtocol.Alpn],
        RequiresProtocol = true,
        ChannelBindingLabel = EnrolmentProtocol.ChannelBindingLabel,
    };
}
