namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Certificates of peers that were believed: read, their key decoded, and the signature under them verified. Peers of a mesh meet
/// again and again, and these three are most of what a handshake costs.
/// </summary>
/// <remarks>
/// What is kept are facts of arithmetic about bytes: how they read, and that the key in those other bytes signed them. Both are true
/// for ever, whatever the time is and whomever we trust; and those questions are asked anew each time, as is every other rule.
/// A certificate that differs in one byte is another one. Only whole chains that were believed enter: nobody can fill it, or
/// push others out, with certificates of his own making. Thread-safe.
/// </remarks>
internal sealed class KnownCertificates
{
    /// <summary>Most certificates; beyond it the one that was not needed for the longest time is forgotten. About 15 KB each.</summary>
    public const int CountMax = 32;

    /// <summary>Most bytes of a certificate that is kept: ten times an SVID's. A longer one is read anew each time.</summary>
    public const int CertificateBytesMax = 4 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<ReadOnlyMemory<byte>, Entry> _entries = new(SameBytes.Instance);
    private long _uses;

    /// <summary>How many are known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The certificate with exactly these bytes; null when it is not known.</summary>
    public Certificate? Find(ReadOnlyMemory<byte> der)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(der, out var entry) ? Use(entry).Certificate : null;
        }
    }

    /// <summary>Whether the key of the one has been seen to have signed the other.</summary>
    public bool IsSigned(Certificate child, Certificate issuer)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(child.Der, out var entry) && entry.Issuer.Span.SequenceEqual(issuer.Der.Span);
        }
    }

    /// <summary>Keeps a chain that was believed.</summary>
    /// <param name="path">Leaf first, each signed by the next; the last, an authority of the bundle, is kept with the bundle.</param>
    public void Remember(IReadOnlyList<Certificate> path)
    {
        lock (_lock)
        {
            for (var i = 0; i + 1 < path.Count; i++)
            {
                var certificate = path[i];
                if (certificate.Der.Length > CertificateBytesMax)
                {
                    continue;
                }

                // Another issuer of the same certificate takes the place of the one before: an authority that was renewed.
                if (!_entries.Remove(certificate.Der) && _entries.Count == CountMax)
                {
                    _entries.Remove(_entries.MinBy(pair => pair.Value.LastUse).Key);
                }

                _entries.Add(certificate.Der, Use(new Entry(certificate, path[i + 1].Der)));
            }
        }
    }

    private Entry Use(Entry entry)
    {
        entry.LastUse = ++_uses;
        return entry;
    }

    private sealed class Entry(Certificate certificate, ReadOnlyMemory<byte> issuer)
    {
        public Certificate Certificate { get; } = certificate;

        /// <summary>DER of the certificate whose key signed it.</summary>
        public ReadOnlyMemory<byte> Issuer { get; } = issuer;

        public long LastUse { get; set; }
    }

    /// <summary>By every byte; the hash only finds the place.</summary>
    private sealed class SameBytes : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly SameBytes Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj.Span);
            return hash.ToHashCode();
        }
    }
}
