namespace X0tta6bl4.Api;

/// <summary>What a route is told about its request.</summary>
/// <param name="Path">Decoded path.</param>
/// <param name="Query">Query string with its question mark, or empty.</param>
/// <param name="Body">The whole body, at most <see cref="ApiLimits.RequestBodyBytesMax"/>.</param>
public sealed record RequestContext(string Path, string Query, ReadOnlyMemory<byte> Body)
{
    /// <summary>The decoded value of the first query parameter of that name, or null.</summary>
    public string? Parameter(string name)
    {
        foreach (var range in Query.AsSpan().TrimStart('?').Split('&'))
        {
            var pair = Query.AsSpan().TrimStart('?')[range];
            var equals = pair.IndexOf('=');
            var key = equals < 0 ? pair : pair[..equals];
            if (key.SequenceEqual(name))
            {
                return equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
            }
        }

        return null;
    }
}
