using System.Buffers;
using System.Text.Json;

namespace X0tta6bl4.Identity.Authority;

/// <summary>What a node asks an authority for.</summary>
internal abstract record EnrolmentRequest
{
    private const int DepthMax = 2;

    /// <summary>The request for a certificate, PKCS #10 in DER.</summary>
    public required ReadOnlyMemory<byte> Csr { get; init; }

    /// <summary>Its name in messages and logs.</summary>
    public abstract string Name { get; }

    /// <summary>The first contact, with a token.</summary>
    public sealed record Enrol : EnrolmentRequest
    {
        /// <inheritdoc/>
        public override string Name => "enrol";

        public required EnrolmentToken Token { get; init; }
    }

    /// <summary>Over mutual TLS: a new certificate for whoever is at the other end.</summary>
    public sealed record Renew : EnrolmentRequest
    {
        /// <inheritdoc/>
        public override string Name => "renew";

        /// <summary>
        /// Hash of the key the node has on flash, when it is about to put the new one in its place; null when it is not, and
        /// the key that it may come back with stays.
        /// </summary>
        public ReadOnlyMemory<byte>? ReplacesKey { get; init; }
    }

    /// <summary>A node that comes back with the key it kept.</summary>
    public sealed record Return : EnrolmentRequest
    {
        /// <inheritdoc/>
        public override string Name => "return";

        /// <summary>The key, SubjectPublicKeyInfo in DER.</summary>
        public required ReadOnlyMemory<byte> Key { get; init; }

        /// <summary>Its signature of <see cref="EnrolmentProtocol.ReturnProof"/>.</summary>
        public required ReadOnlyMemory<byte> Proof { get; init; }

        /// <summary>The node puts the new key in its place.</summary>
        public bool Replaces { get; init; }
    }

    /// <summary>Over mutual TLS: the right to stand in for the authority, and the nodes it may renew.</summary>
    public sealed record Island : EnrolmentRequest
    {
        /// <inheritdoc/>
        public override string Name => "island";

        /// <summary>Without: the nodes alone. <see cref="Csr"/> is empty then.</summary>
        public bool NodesOnly => Csr.IsEmpty;
    }

    /// <summary>
    /// Over mutual TLS, to an island authority while the real one is there: would you renew me? One whose real authority gives
    /// no list learns by it who there is. Without a certificate, to the site authority: could you issue now? <see cref="Csr"/>
    /// is empty.
    /// </summary>
    public sealed record Greet : EnrolmentRequest
    {
        /// <inheritdoc/>
        public override string Name => "greet";
    }

    /// <exception cref="FormatException">It is no request. The message holds nothing of it.</exception>
    public static EnrolmentRequest Read(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = DepthMax, AllowDuplicateProperties = false });
            var json = document.RootElement;
            var csr = json.GetProperty("csr").GetBytesFromBase64();
            return json.GetProperty("op").GetString() switch
            {
                "enrol" => new Enrol { Csr = csr, Token = EnrolmentToken.Read(json.GetProperty("token").GetBytesFromBase64()) },
                "renew" => new Renew
                {
                    Csr = csr,
                    ReplacesKey = json.TryGetProperty("replaces", out var key) ? (ReadOnlyMemory<byte>?)key.GetBytesFromBase64() : null,
                },
                "return" => new Return
                {
                    Csr = csr,
                    Key = json.GetProperty("key").GetBytesFromBase64(),
                    Proof = json.GetProperty("proof").GetBytesFromBase64(),
                    Replaces = json.GetProperty("replaces").GetBoolean(),
                },
                "island" => new Island { Csr = csr },
                "greet" => new Greet { Csr = default(ReadOnlyMemory<byte>) },
                _ => throw new FormatException("the request is of no kind that is known here"),
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"the request is none ({exception.GetType().Name})", exception);
        }
    }

    public ReadOnlyMemory<byte> ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("op", Name);
        switch (this)
        {
            case Enrol enrol:
                json.WriteBase64String("token", enrol.Token.ToBytes());
                break;
            case Renew renew:
                if (renew.ReplacesKey is { } replaced)
                {
                    json.WriteBase64String("replaces", replaced.Span);
                }

                break;
            case Return back:
                json.WriteBase64String("key", back.Key.Span);
                json.WriteBase64String("proof", back.Proof.Span);
                json.WriteBoolean("replaces", back.Replaces);
                break;
        }

        json.WriteBase64String("csr", Csr.Span);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
