using System.Net.Sockets;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>How a SPIRE Server is reached and believed, and what this router is to it.</summary>
public sealed record SpireServerSettings
{
    /// <summary>The path of the server's own ID in its trust domain.</summary>
    public const string ServerPath = "/spire/server";

    /// <summary>Our trust domain: the server's.</summary>
    public required TrustDomain TrustDomain { get; init; }

    /// <summary>Name or address of the server. Only a way to it: it is its SVID that says who it is (U-7).</summary>
    public required string Host { get; init; }

    /// <summary>Its port; 8081 unless somebody changed it.</summary>
    public int Port { get; init; } = 8081;

    /// <summary>
    /// The bundle by which the server is believed at the first contact (the file <c>trust_bundle</c>), and again when all later ones
    /// have ended or it was changed. Later ones come from the server and are kept in the store.
    /// </summary>
    public required Func<TrustBundle> Bootstrap { get; init; }

    /// <summary>How this node proves which one it is; null when it may only go on with the agent SVID it has.</summary>
    public INodeAttestor? Attestor { get; init; }

    /// <summary>Keeps the agent SVID, its key and the newest bundle over a restart: join tokens work once.</summary>
    public required ISecretStore Store { get; init; }

    /// <summary>Decides about the server's certificates, and whether others would believe ours.</summary>
    public required SvidVerifier Verifier { get; init; }

    /// <summary>The time by which certificates are judged.</summary>
    public required Func<DateTimeOffset> Now { get; init; }

    /// <summary>The ID that is to be ours, when the agent has several registration entries; null when it has one.</summary>
    public SpiffeId? Id { get; init; }

    /// <summary>The same by the entry's hint.</summary>
    public string? Hint { get; init; }

    /// <summary>The clock of time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Longest time of one call.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time to a connection, its TLS handshake included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most bytes of one answer.</summary>
    public int MessageBytesMax { get; init; } = 1024 * 1024;

    /// <summary>For people: where it is.</summary>
    internal string Endpoint => $"SPIRE Server {Host}:{Port}";

    internal GrpcSettings Grpc(Func<Stream, CancellationToken, Task<Stream>> secure) => new()
    {
        Connect = async cancellationToken => await secure(await ConnectAsync(cancellationToken), cancellationToken),
        Endpoint = Endpoint,
        IsSecure = true,
        Authority = Host,
        ConnectTimeout = ConnectTimeout,
        MessageBytesMax = MessageBytesMax,
        Time = Time,
    };

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Host, Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new UnreachableException($"it does not answer: {exception.Message}", exception);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }
}
