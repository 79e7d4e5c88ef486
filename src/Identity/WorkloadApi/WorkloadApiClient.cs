using System.Runtime.CompilerServices;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>
/// The calls of the SPIFFE Workload API (service <c>SpiffeWorkloadAPI</c>), each on a connection of its own and with the
/// header that the endpoint asks for (E-4). What comes back is read and not judged; who judges it stands at each call. Thread-safe.
/// </summary>
public sealed class WorkloadApiClient
{
    /// <summary>Most bytes of one answer: 64 bundles of many authorities each fit.</summary>
    public const int MessageBytesMax = 1024 * 1024;

    /// <summary>Longest time of a call with one answer.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private const string Service = "SpiffeWorkloadAPI";
    private readonly GrpcSettings _settings;

    /// <param name="endpoint">Where it listens.</param>
    /// <param name="time">Clock of the time-outs.</param>
    public WorkloadApiClient(WorkloadEndpoint endpoint, TimeProvider time)
    {
        _settings = new GrpcSettings
        {
            Connect = endpoint.ConnectAsync,
            Endpoint = endpoint.ToString(),
            // Case-sensitive, and what keeps a tricked HTTP client of somebody else out (E-4).
            Metadata = [new("workload.spiffe.io", "true")],
            MessageBytesMax = MessageBytesMax,
            Time = time,
        };
    }

    /// <summary>
    /// A JWT-SVID for these audiences. Its signature is not looked at: it comes from our own authority, over a local socket.
    /// </summary>
    /// <param name="audiences">Who is to accept it, at least one (W-20).</param>
    /// <param name="id">For which of our identities; null for all of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GrpcException">The server says no, or is not there.</exception>
    /// <exception cref="ProtobufFormatException">The answer is none (W-10).</exception>
    public async Task<IReadOnlyList<JwtSvidMessage>> FetchJwtSvidAsync(
        IReadOnlyList<string> audiences, SpiffeId? id, CancellationToken cancellationToken)
    {
        if (audiences.Count == 0)
        {
            throw new ArgumentException("a JWT-SVID is for somebody (W-20)", nameof(audiences));
        }

        var answer = await CallAsync("FetchJWTSVID", JwtSvidMessage.Request(audiences, id), cancellationToken);
        return JwtSvidMessage.ReadResponse(answer);
    }

    /// <summary>Asks the server whether a JWT-SVID is good for this audience (W-22, W-23).</summary>
    /// <param name="audience">Who we are, as the audience of the token.</param>
    /// <param name="token">The token.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whose it is.</returns>
    /// <exception cref="GrpcException">InvalidArgument: it is not good.</exception>
    /// <exception cref="ProtobufFormatException">The answer is none (W-10).</exception>
    public async Task<ValidatedJwtSvid> ValidateJwtSvidAsync(string audience, string token, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(audience);
        ArgumentException.ThrowIfNullOrEmpty(token);
        var request = new ProtobufWriter().String(1, audience).String(2, token);
        return ValidatedJwtSvid.Read(await CallAsync("ValidateJWTSVID", request.Message, cancellationToken));
    }

    /// <summary>Each new full set of JWT bundles: the JWK set of each trust domain, as bytes, for JWT-SVIDs alone (W-21).</summary>
    /// <exception cref="GrpcException">The server ended it, or is not there.</exception>
    /// <exception cref="ProtobufFormatException">A message is none (W-10); the stream is over then.</exception>
    public async IAsyncEnumerable<IReadOnlyDictionary<TrustDomain, ReadOnlyMemory<byte>>> FetchJwtBundlesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in StreamAsync("FetchJWTBundles", cancellationToken))
        {
            yield return BundleMap.Read(message, BundleMap.FieldOfJwtBundles);
        }
    }

    /// <summary>Each new full set of X.509 bundles, for X509-SVIDs alone (W-19).</summary>
    /// <exception cref="GrpcException">The server ended it, or is not there.</exception>
    /// <exception cref="ProtobufFormatException">A message is none (W-10); the stream is over then.</exception>
    internal async IAsyncEnumerable<IReadOnlyDictionary<TrustDomain, ReadOnlyMemory<byte>>> FetchX509BundlesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in StreamAsync("FetchX509Bundles", cancellationToken))
        {
            yield return BundleMap.Read(message, BundleMap.FieldOfX509Bundles);
        }
    }

    /// <summary>Each new full set of identities, as bytes: they hold our private keys, and who reads them clears them.</summary>
    /// <exception cref="GrpcException">The server ended it, or is not there.</exception>
    internal IAsyncEnumerable<byte[]> FetchX509SvidAsync(CancellationToken cancellationToken) =>
        StreamAsync("FetchX509SVID", cancellationToken);

    private async Task<byte[]> CallAsync(string method, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        await using var connection = await GrpcConnection.OpenAsync(_settings, cancellationToken);
        return await connection.CallAsync($"{Service}/{method}", request, CallTimeout, cancellationToken);
    }

    private async IAsyncEnumerable<byte[]> StreamAsync(
        string method, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await GrpcConnection.OpenAsync(_settings, cancellationToken);
        using var call = connection.Start($"{Service}/{method}", deadline: null, cancellationToken);
        // All the requests of these calls are empty messages.
        await call.SendAsync(ReadOnlyMemory<byte>.Empty, isLast: true);
        while (await call.ReadAsync() is { } message)
        {
            yield return message;
        }
    }
}
