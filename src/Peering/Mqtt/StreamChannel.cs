using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Channel;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// MQTTnet's transport over any stream of ours. Its own TCP channel would link SslStream: three megabytes, and OpenSSL
/// at run time. Also bounds what a broker may send: MQTTnet allocates a packet's declared length, up to 256 MB, before
/// its first byte.
/// </summary>
internal sealed class StreamChannel(BrokerDialer dialer, string host, int port, int packetBytesMax) : IMqttChannel
{
    private readonly PacketSizeGuard _guard = new(packetBytesMax);
    private Stream? _stream;

    public X509Certificate2? ClientCertificate => null;

    public EndPoint? RemoteEndPoint => null;

    public EndPoint? LocalEndPoint => null;

    public bool IsSecureConnection => false;

    /// <summary>See <see cref="BrokerLink.RenewAfter"/>; valid once connected.</summary>
    public TimeSpan? RenewAfter { get; private set; }

    public async Task ConnectAsync(CancellationToken cancellationToken) =>
        (_stream, RenewAfter) = await dialer(host, port, cancellationToken);

    /// <summary>With a goodbye, where the stream has one.</summary>
    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stream, null) is { } stream)
        {
            await stream.DisposeAsync();
        }
    }

    public async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        if (_stream is not { } stream)
        {
            return 0;
        }

        try
        {
            var read = await stream.ReadAsync(buffer.AsMemory(offset, count), cancellationToken);
            _guard.Inspect(buffer.AsSpan(offset, read));
            return read;
        }
        catch (ObjectDisposedException)
        {
            // Disconnected while reading: the end of the stream, for MQTTnet.
            return 0;
        }
    }

    public async Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken)
    {
        var stream = _stream ?? throw new IOException("the connection to the broker is closed");
        foreach (var segment in buffer)
        {
            await stream.WriteAsync(segment, cancellationToken);
        }

        if (isEndOfPacket)
        {
            await stream.FlushAsync(cancellationToken);
        }
    }

    public void Dispose() => Interlocked.Exchange(ref _stream, null)?.Dispose();
}
