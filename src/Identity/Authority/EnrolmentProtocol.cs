using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// How routers and authorities talk: TLS 1.3 with the application protocol <see cref="Alpn"/>, one request and one answer a
/// connection, each a JSON object after its length (4 bytes, most significant first).
/// </summary>
public static class EnrolmentProtocol
{
    /// <summary>Name of the application protocol (RFC 7301), version included.</summary>
    public const string Alpn = "x0-enrol/1";

    /// <summary>Most bytes of a request.</summary>
    public const int RequestBytesMax = 16 * 1024;

    /// <summary>Most bytes of an answer: a bundle, or the nodes an island authority may renew.</summary>
    public const int AnswerBytesMax = 512 * 1024;

    /// <summary>Longest a connection may take, from the first byte of the handshake to the last of the answer.</summary>
    public static readonly TimeSpan ConnectionTimeout = TimeSpan.FromSeconds(10);

    /// <summary>What an authority calls itself below its trust domain. Nobody is enrolled there.</summary>
    public const string ReservedPath = "/x0tta6bl4";

    /// <summary>The authority's own path.</summary>
    public const string AuthorityPath = $"{ReservedPath}/authority";

    /// <summary>An island authority's own path.</summary>
    public const string IslandPath = $"{ReservedPath}/island";

    /// <summary>Longest ID that is enrolled, in characters.</summary>
    public const int IdCharsMax = 256;

    internal const string ChannelBindingLabel = "EXPERIMENTAL-x0-enrol/1";

    /// <summary>
    /// What a node signs with its previous key when it comes back: this connection, which no other is like, and what it asks
    /// for. A signature seen elsewhere proves nothing here, and one made here nothing elsewhere.
    /// </summary>
    internal static byte[] ReturnProof(ReadOnlySpan<byte> channelBinding, ReadOnlySpan<byte> csr) =>
        [.. "x0tta6bl4 enrolment: the previous key asks for a new certificate\0"u8, .. channelBinding, .. Sha256.Hash(csr)];

    /// <summary>Reads one message.</summary>
    /// <exception cref="IOException">The peer ended the connection, or the message is over <paramref name="bytesMax"/>.</exception>
    internal static async Task<byte[]> ReadAsync(Stream stream, int bytesMax, CancellationToken cancellationToken)
    {
        var header = new byte[sizeof(uint)];
        await stream.ReadExactlyAsync(header, cancellationToken);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length > bytesMax)
        {
            throw new IOException($"the message has {length} bytes, at most {bytesMax} are read");
        }

        // It grows with what comes, not with what a stranger says will come.
        var content = new ArrayBufferWriter<byte>();
        while (content.WrittenCount < length)
        {
            var part = content.GetMemory(Math.Min((int)length - content.WrittenCount, 4096));
            part = part[..Math.Min(part.Length, (int)length - content.WrittenCount)];
            var count = await stream.ReadAsync(part, cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException("the peer ended the connection in the middle of a message");
            }

            content.Advance(count);
        }

        return content.WrittenSpan.ToArray();
    }

    internal static ValueTask WriteAsync(Stream stream, ReadOnlySpan<byte> content, CancellationToken cancellationToken)
    {
        var message = new byte[sizeof(uint) + content.Length];
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)content.Length);
        content.CopyTo(message.AsSpan(sizeof(uint)));
        return stream.WriteAsync(message, cancellationToken);
    }

    /// <summary>Lower case with underscores, as it stands in messages and metric labels.</summary>
    internal static string Label(Enum value)
    {
        var label = new StringBuilder();
        foreach (var c in value.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && label.Length > 0)
            {
                label.Append('_');
            }

            label.Append(char.ToLowerInvariant(c));
        }

        return label.ToString();
    }
}
