using System.Buffers.Binary;
using X0tta6bl4.Identity.Tls;

namespace X0tta6bl4.Benchmarks.Tls;

/// <summary>
/// Connections of somebody who means no good, five kinds in turn: random bytes; a hello that is cut off; one that trickles in
/// byte by byte and then is; a whole one and then random bytes; a whole one and then a record of random bytes. The same in
/// openssl_peer.c.
/// </summary>
internal sealed class Garbage(byte[] hello)
{
    private const int BytesMax = 2000;
    private const int HeaderBytes = 5;
    private const byte ApplicationData = 23;
    private const int Kinds = 5;

    // The same garbage in every run.
    private readonly Random _random = new(1);

    /// <summary>A client's first words.</summary>
    public static byte[] HelloOf(TlsSettings client)
    {
        var transport = new MemoryTransport();
        var connecting = MutualTlsStream.ConnectAsync(transport.Client, client, TimeProvider.System, CancellationToken.None);
        var said = new byte[BytesMax];
        var count = transport.Server.ReadAsync(said).AsTask().Result;
        transport.Run(transport.Server, transport.Server.Dispose);
        return connecting.IsFaulted ? said[..count] : throw new InvalidOperationException("a client took silence for an answer");
    }

    /// <summary>Throws a piece of it at a server, which must refuse it.</summary>
    public void Throw(TlsSettings server, int number)
    {
        var transport = new MemoryTransport();
        Task<MutualTlsStream>? accepting = null;
        transport.Run(
            transport.Server,
            () => accepting = MutualTlsStream.AcceptAsync(transport.Server, server, TimeProvider.System, CancellationToken.None));
        foreach (var words in Words(number % Kinds))
        {
            transport.Run(transport.Client, () => transport.Client.WriteAsync(words).AsTask().Wait());
        }

        transport.Run(transport.Client, transport.Client.Dispose);
        if (accepting!.Exception?.InnerException is not TlsHandshakeException)
        {
            throw new InvalidOperationException($"garbage was not refused: {accepting.Status}", accepting.Exception);
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Words(int kind)
    {
        var noise = new byte[_random.Next(HeaderBytes + 1, BytesMax)];
        _random.NextBytes(noise);
        var cut = _random.Next(1, hello.Length);
        switch (kind)
        {
            case 0:
                return [noise];
            case 1:
                return [hello.AsMemory(0, cut)];
            case 2:
                return Enumerable.Range(0, cut).Select(i => (ReadOnlyMemory<byte>)hello.AsMemory(i, 1));
            case 3:
                return [hello, noise];
            default:
                noise[0] = ApplicationData;
                BinaryPrimitives.WriteUInt16BigEndian(noise.AsSpan(1), 0x0303);
                BinaryPrimitives.WriteUInt16BigEndian(noise.AsSpan(3), (ushort)(noise.Length - HeaderBytes));
                return [hello, noise];
        }
    }
}
