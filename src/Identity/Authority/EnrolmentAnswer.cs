using System.Buffers;
using System.Text.Json;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Authority;

/// <summary>What an authority answers: certificates, or why not.</summary>
internal sealed record EnrolmentAnswer
{
    private const int DepthMax = 5;
    private const int CertificatesMax = X509.TrustBundle.AuthoritiesMax;
    private const int TextCharsMax = 400;

    /// <summary>The new certificate, and those between it and a root, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; init; } = [];

    /// <summary>The authorities of the trust domain, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Bundle { get; init; } = [];

    /// <summary>For an island authority: whom it may renew.</summary>
    public IReadOnlyList<KnownNode>? Nodes { get; init; }

    /// <summary>Of an island authority, to a greeting: until when it would renew the node if the real authority were gone now.</summary>
    public DateTimeOffset? StandsInUntil { get; init; }

    /// <summary>Why not; null when it is a yes.</summary>
    public EnrolmentRefusal? Refusal { get; init; }

    /// <summary>For people: what is wrong and what to do.</summary>
    public string Text { get; init; } = "";

    public static EnrolmentAnswer No(EnrolmentRefusal refusal, string text) => new() { Refusal = refusal, Text = text };

    public ReadOnlyMemory<byte> ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        if (Refusal is { } refusal)
        {
            json.WriteString("refused", EnrolmentProtocol.Label(refusal));
            json.WriteString("text", Text);
        }
        else
        {
            WriteList(json, "chain", Chain);
            WriteList(json, "bundle", Bundle);
            if (StandsInUntil is { } until)
            {
                json.WriteNumber("until", until.ToUnixTimeSeconds());
            }

            if (Nodes is { } nodes)
            {
                json.WriteStartArray("nodes");
                foreach (var node in nodes)
                {
                    json.WriteStartObject();
                    json.WriteString("id", node.Id.ToString());
                    WriteList(json, "keys", node.Keys.Select(k => (ReadOnlyMemory<byte>)k));
                    json.WriteNumber("since", node.EnrolledAt.ToUnixTimeSeconds());
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <exception cref="FormatException">It is no answer.</exception>
    public static EnrolmentAnswer Read(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = DepthMax, AllowDuplicateProperties = false });
            var json = document.RootElement;
            if (json.TryGetProperty("refused", out var refused))
            {
                var text = X509.Certificate.Clean(json.GetProperty("text").GetString() ?? "");
                return No(
                    EnrolmentRefusals.Parse(refused.GetString() ?? "")
                        ?? throw new FormatException("the authority refused with a reason that is not known here"),
                    text.Length > TextCharsMax ? text[..TextCharsMax] : text);
            }

            return new EnrolmentAnswer
            {
                Chain = ReadList(json, "chain", X509.SvidPolicy.ChainCertificatesMax),
                Bundle = ReadList(json, "bundle", CertificatesMax),
                Nodes = json.TryGetProperty("nodes", out var nodes) ? ReadNodes(nodes) : null,
                StandsInUntil = json.TryGetProperty("until", out var until) ? DateTimeOffset.FromUnixTimeSeconds(until.GetInt64()) : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException
            or ArgumentOutOfRangeException)
        {
            throw new FormatException($"the authority's answer is none ({exception.GetType().Name})", exception);
        }
    }

    private static List<KnownNode> ReadNodes(JsonElement nodes)
    {
        if (nodes.GetArrayLength() > LedgerState.NodesMax)
        {
            throw new FormatException($"the authority sent {nodes.GetArrayLength()} nodes, at most {LedgerState.NodesMax} are read");
        }

        return [.. nodes.EnumerateArray().Select(node => new KnownNode(
            SpiffeId.Parse(node.GetProperty("id").GetString(), out var id) is { } problem
                ? throw new FormatException($"the authority sent a node without an ID: {problem}")
                : id,
            [.. ReadList(node, "keys", LedgerState.KeysMax).Select(k => k.ToArray())],
            DateTimeOffset.FromUnixTimeSeconds(node.GetProperty("since").GetInt64())))];
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<ReadOnlyMemory<byte>> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteBase64StringValue(item.Span);
        }

        json.WriteEndArray();
    }

    private static List<ReadOnlyMemory<byte>> ReadList(JsonElement json, string name, int countMax)
    {
        var list = json.GetProperty(name);
        return list.GetArrayLength() <= countMax
            ? [.. list.EnumerateArray().Select(item => (ReadOnlyMemory<byte>)item.GetBytesFromBase64())]
            : throw new FormatException($"the authority sent {list.GetArrayLength()} items of \"{name}\", at most {countMax} are read");
    }
}
