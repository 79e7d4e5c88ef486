namespace X0tta6bl4.Identity.Tests.Minting;

/// <summary>
/// DER taken apart to be put together differently. For what the openssl tool has written; only tags of one byte.
/// </summary>
internal sealed class DerTree(byte tag, byte[] content, List<DerTree>? children = null)
{
    private const byte Constructed = 0x20;

    public byte Tag { get; set; } = tag;

    /// <summary>What is inside a primitive element.</summary>
    public byte[] Content { get; set; } = content;

    /// <summary>What is inside a constructed one; empty for a primitive one.</summary>
    public List<DerTree> Children { get; } = children ?? [];

    public DerTree this[int index]
    {
        get => Children[index];
        set => Children[index] = value;
    }

    /// <summary>An element from its bytes.</summary>
    public static DerTree Read(byte[] der) => Read(der, 0, out _);

    /// <summary>A sequence of these.</summary>
    public static DerTree Sequence(params IEnumerable<DerTree> children) => new(0x30, [], [.. children]);

    public byte[] Bytes()
    {
        byte[] inside = (Tag & Constructed) != 0 ? [.. Children.SelectMany(c => c.Bytes())] : Content;
        return [Tag, .. Length(inside.Length), .. inside];
    }

    /// <summary>The value of an extension, in a tbsCertificate: the bytes inside its octet string.</summary>
    /// <param name="oid">The extension's number as DER has it.</param>
    public DerTree Extension(params byte[] oid) => Extensions.Children.Single(e => e[0].Content.AsSpan().SequenceEqual(oid)).Children[^1];

    /// <summary>The extensions of a tbsCertificate.</summary>
    public DerTree Extensions => Children.Single(c => c.Tag == 0xA3)[0];

    private static byte[] Length(int length) => length < 0x80 ? [(byte)length]
        : length < 0x100 ? [0x81, (byte)length]
        : length < 0x10000 ? [0x82, (byte)(length >> 8), (byte)length]
        : [0x83, (byte)(length >> 16), (byte)(length >> 8), (byte)length];

    private static DerTree Read(byte[] der, int at, out int end)
    {
        var tag = der[at++];
        int length = der[at++];
        if (length >= 0x80)
        {
            var bytes = length - 0x80;
            length = 0;
            for (var i = 0; i < bytes; i++)
            {
                length = length << 8 | der[at++];
            }
        }

        end = at + length;
        if ((tag & Constructed) == 0)
        {
            return new DerTree(tag, der[at..end]);
        }

        var children = new List<DerTree>();
        while (at < end)
        {
            children.Add(Read(der, at, out at));
        }

        return new DerTree(tag, [], children);
    }
}
