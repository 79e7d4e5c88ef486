namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Walks over the elements inside one, without making an object of each: a revocation list has thousands. For bytes that
/// <see cref="DerShape"/> has looked over.
/// </summary>
internal ref struct DerElements
{
    /// <summary>Tag of INTEGER.</summary>
    public const byte Integer = 0x02;

    /// <summary>Tag of OCTET STRING.</summary>
    public const byte OctetString = 0x04;

    /// <summary>Tag of BIT STRING.</summary>
    public const byte BitString = 0x03;

    /// <summary>Tag of BOOLEAN.</summary>
    public const byte Boolean = 0x01;

    /// <summary>Tag of OBJECT IDENTIFIER.</summary>
    public const byte ObjectIdentifier = 0x06;

    /// <summary>Tags of UTCTime and GeneralizedTime.</summary>
    public const byte UtcTime = 0x17, GeneralizedTime = 0x18;

    /// <summary>Tag of SEQUENCE.</summary>
    public const byte Sequence = 0x30;

    /// <summary>Tag of [0], constructed.</summary>
    public const byte Tagged0 = 0xA0;

    private readonly ReadOnlySpan<byte> _all;
    private int _at;

    /// <param name="element">One element; what is inside it is walked over.</param>
    public DerElements(ReadOnlySpan<byte> element)
    {
        _all = element[..(DerShape.LengthOfFirst(element) ?? throw new CertificateFormatException("it is cut off"))];
        _at = _all.Length - DerShape.ContentLength(_all);
    }

    /// <summary>Tag of the next element; 0 when there is none.</summary>
    public readonly byte Tag => _at < _all.Length ? _all[_at] : (byte)0;

    /// <summary>Where the next element begins, in bytes from the beginning of the outer one.</summary>
    public readonly int At => _at;

    /// <summary>The next element, header and all.</summary>
    /// <exception cref="CertificateFormatException">There is none, or it is another kind.</exception>
    public ReadOnlySpan<byte> Next(byte tag)
    {
        if (Tag != tag || DerShape.LengthOfFirst(_all[_at..]) is not { } length)
        {
            throw new CertificateFormatException($"an element 0x{tag:x2} is expected at byte {_at} of one of {_all.Length} bytes");
        }

        var element = _all.Slice(_at, length);
        _at += length;
        return element;
    }

    /// <summary>The same when it is next, else nothing.</summary>
    public ReadOnlySpan<byte> NextIf(byte tag) => Tag == tag ? Next(tag) : [];

    /// <exception cref="CertificateFormatException">There is one more.</exception>
    public readonly void End()
    {
        if (_at != _all.Length)
        {
            throw new CertificateFormatException($"an element 0x{Tag:x2} is left over at byte {_at} of one of {_all.Length} bytes");
        }
    }

    /// <summary>What is inside an element.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> element) => element[^DerShape.ContentLength(element)..];
}
