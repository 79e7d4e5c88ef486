namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Looks over DER from a stranger before a recursive parser may see it: every length definite, minimal and inside its
/// parent, and no deeper nesting than a certificate needs (X.690, sections 8.1 and 10.1). A few kilobytes of nested
/// sequences would otherwise end the process with a stack overflow, which nothing can catch.
/// </summary>
internal static class DerShape
{
    /// <summary>Deepest nesting. A certificate with name constraints has about ten levels.</summary>
    public const int DepthMax = 24;

    private const byte Constructed = 0x20;
    private const byte ManyByteTag = 0x1F;
    private const byte LongLength = 0x80;
    private const int LengthBytesMax = 3; // 16 MiB, far above every size limit of ours

    /// <summary>Null when the bytes are exactly one well-formed element; else what is wrong and where.</summary>
    public static string? Problem(ReadOnlySpan<byte> der)
    {
        Span<int> ends = stackalloc int[DepthMax];
        var depth = 0;
        var at = 0;
        do
        {
            var start = at;
            var end = depth == 0 ? der.Length : ends[depth - 1];
            if (end - at < 2)
            {
                return $"the element at byte {start} is cut off";
            }

            var tag = der[at++];
            if ((tag & ManyByteTag) == ManyByteTag)
            {
                return $"the element at byte {start} has a tag of more than one byte";
            }

            if (!TryReadLength(der[..end], ref at, out var length) || length > end - at)
            {
                return $"the element at byte {start} has a bad length";
            }

            if ((tag & Constructed) != 0)
            {
                if (depth == DepthMax)
                {
                    return $"the element at byte {start} is nested over {DepthMax} deep";
                }

                ends[depth++] = at + length;
            }
            else
            {
                at += length;
            }

            while (depth > 0 && at == ends[depth - 1])
            {
                depth--;
            }
        }
        while (depth > 0);
        return at == der.Length ? null : $"{der.Length - at} bytes follow the element";
    }

    /// <summary>Bytes of the first of several elements in a row; null when there is no whole one.</summary>
    public static int? LengthOfFirst(ReadOnlySpan<byte> der)
    {
        var at = 1;
        return der.Length >= 2 && TryReadLength(der, ref at, out var length) && length <= der.Length - at ? at + length : null;
    }

    /// <summary>Bytes inside an element that is whole.</summary>
    public static int ContentLength(ReadOnlySpan<byte> element)
    {
        var at = 1;
        return TryReadLength(element, ref at, out var length) ? length : throw new CertificateFormatException("it has a bad length");
    }

    /// <summary>The first element inside the outer one, header and all. For bytes that have no <see cref="Problem"/>.</summary>
    public static ReadOnlyMemory<byte> FirstChild(ReadOnlyMemory<byte> der)
    {
        var at = 1;
        TryReadLength(der.Span, ref at, out _);
        var start = at++;
        if (start >= der.Length || !TryReadLength(der.Span, ref at, out var length))
        {
            throw new CertificateFormatException("it holds nothing");
        }

        return der[start..(at + length)];
    }

    private static bool TryReadLength(ReadOnlySpan<byte> der, ref int at, out int length)
    {
        length = der[at++];
        if (length < LongLength)
        {
            return true;
        }

        var bytes = length - LongLength;
        length = 0;
        // Indefinite (0), over-long, or cut off; a leading zero or a value that fits the short form is not DER.
        if (bytes is 0 or > LengthBytesMax || der.Length - at < bytes || der[at] == 0)
        {
            return false;
        }

        for (var i = 0; i < bytes; i++)
        {
            length = length << 8 | der[at++];
        }

        return length >= LongLength;
    }
}
