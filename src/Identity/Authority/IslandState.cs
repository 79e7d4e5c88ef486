using System.Buffers.Binary;
using System.Text;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// What an island authority has from the real one: its key and certificate, the nodes it may renew, and when they were last in
/// touch. Kept sealed, so that it stands in after a power cut too. Thread-safe.
/// </summary>
public sealed class IslandState
{
    /// <summary>Name of the secret with key and certificate.</summary>
    public const string KeyName = "island-authority";

    /// <summary>Name of the secret with the nodes.</summary>
    public const string NodesName = "island-nodes";

    /// <summary>Most bytes of the nodes together: one secret. About 500 nodes with usual IDs.</summary>
    public const int NodesBytesMax = SealedLimits.SecretBytesMax;

    /// <summary>
    /// How often a contact is written to flash when nothing else has changed. After a power cut the count of days begins at the
    /// contact that was written.
    /// </summary>
    public static readonly TimeSpan ContactEvery = TimeSpan.FromHours(6);

    /// <summary>How long a node that was learned from a handshake stays known while the real authority is in touch.</summary>
    public static readonly TimeSpan LearnedFor = TimeSpan.FromDays(2);

    private static readonly TimeSpan LearnEvery = TimeSpan.FromHours(12);

    /// <summary>A new certificate is fetched when an eighth of the old one's life is over: an absence may begin at any time.</summary>
    private const double RenewAt = 0.125;

    private readonly ISecretStore _store;
    private readonly Lock _lock = new();
    private Dictionary<SpiffeId, KnownNode> _nodes = [];
    private byte[] _written = [];
    private DateTimeOffset _writtenContact;

    /// <param name="trustDomain">Whose.</param>
    /// <param name="store">Where it is kept.</param>
    /// <exception cref="IOException">What is kept cannot be opened.</exception>
    public IslandState(TrustDomain trustDomain, ISecretStore store)
    {
        TrustDomain = trustDomain;
        _store = store;
        Key = AuthorityKeyStore.Read(store, KeyName) is { } key && key.TrustDomain == trustDomain ? key : null;
        ReadNodes();
    }

    /// <summary>Whose members the nodes are.</summary>
    public TrustDomain TrustDomain { get; }

    /// <summary>Its key; null before the real authority has made it one.</summary>
    public IssuingKey? Key { get; private set; }

    /// <summary>When the real authority was last in touch.</summary>
    public DateTimeOffset LastContact { get; private set; } = DateTimeOffset.UnixEpoch;

    /// <summary>It is time to fetch a key and certificate.</summary>
    public bool IsKeyDue(DateTimeOffset now) =>
        Key is not { } key || now >= key.Certificate.NotBefore + ((key.NotAfter - key.Certificate.NotBefore) * RenewAt);

    /// <summary>Nodes it may renew.</summary>
    public int NodeCount
    {
        get
        {
            lock (_lock)
            {
                return _nodes.Count;
            }
        }
    }

    internal KnownNode? Find(SpiffeId id)
    {
        lock (_lock)
        {
            return _nodes.GetValueOrDefault(id);
        }
    }

    /// <summary>Takes over a key and certificate that the real authority gave.</summary>
    /// <exception cref="IOException">It could not be kept.</exception>
    public void Take(IssuingKey key)
    {
        AuthorityKeyStore.Write(_store, KeyName, key);
        Key = key;
    }

    /// <summary>The real authority has taken it back: nobody is renewed any more, after a restart neither.</summary>
    /// <exception cref="IOException">It could not be removed from flash. It is not used before the next restart.</exception>
    public void Forget()
    {
        lock (_lock)
        {
            if (Key is null && _nodes.Count == 0)
            {
                return;
            }

            Key = null;
            _nodes = [];
            (_written, _writtenContact, LastContact) = ([], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
            _store.Remove(KeyName);
            _store.Remove(NodesName);
        }
    }

    /// <summary>The real authority was in touch, and these are its nodes. Whoever is not among them is not renewed any more.</summary>
    /// <returns>How many were left out, for there is a limit to what is kept.</returns>
    /// <exception cref="IOException">They could not be kept.</exception>
    public int Take(IEnumerable<KnownNode> nodes, DateTimeOffset now)
    {
        lock (_lock)
        {
            var kept = new Dictionary<SpiffeId, KnownNode>();
            var content = new MemoryStream();
            var left = 0;
            foreach (var node in nodes.Where(n => n.Id.TrustDomain == TrustDomain))
            {
                var bytes = Write(node);
                if (content.Length + bytes.Length > NodesBytesMax - sizeof(long))
                {
                    left++;
                    continue;
                }

                content.Write(bytes);
                kept[node.Id] = node;
            }

            _nodes = kept;
            LastContact = now;
            Keep(content.ToArray());
            return left;
        }
    }

    /// <summary>
    /// One node that was seen in a handshake, for authorities that give no list. Only what the real authority signed itself
    /// should come here.
    /// </summary>
    /// <returns>False when it is not known now, for there is a limit to what is kept.</returns>
    /// <exception cref="IOException">It could not be kept.</exception>
    public bool Learn(VerifiedSvid svid)
    {
        lock (_lock)
        {
            if (svid.IsIslandIssued || _nodes.TryGetValue(svid.Id, out var known) && svid.Leaf.NotBefore - known.EnrolledAt < LearnEvery)
            {
                return true;
            }

            return 0 == Take([.. _nodes.Values.Where(n => n.Id != svid.Id), new KnownNode(svid.Id, [], svid.Leaf.NotBefore)], LastContact);
        }
    }

    /// <summary>
    /// An authority that gives no list was in touch. Nodes that nobody has seen with a fresh certificate for
    /// <see cref="LearnedFor"/> are forgotten: it may have stopped issuing for them.
    /// </summary>
    /// <exception cref="IOException">It could not be kept.</exception>
    public void Contacted(DateTimeOffset now)
    {
        lock (_lock)
        {
            Take([.. _nodes.Values.Where(n => n.Keys.Count > 0 || now - n.EnrolledAt < LearnedFor)], now);
        }
    }

    private void Keep(byte[] nodes)
    {
        if (nodes.AsSpan().SequenceEqual(_written) && (LastContact - _writtenContact).Duration() < ContactEvery)
        {
            return;
        }

        var content = new byte[sizeof(long) + nodes.Length];
        BinaryPrimitives.WriteInt64BigEndian(content, LastContact.ToUnixTimeSeconds());
        nodes.CopyTo(content.AsSpan(sizeof(long)));
        _store.Put(NodesName, content);
        (_written, _writtenContact) = (nodes, LastContact);
    }

    private void ReadNodes()
    {
        var content = _store.Get(NodesName);
        if (content is null)
        {
            return;
        }

        try
        {
            ReadOnlyMemory<byte> rest = content.AsMemory(sizeof(long));
            while (!rest.IsEmpty)
            {
                var node = Read(ref rest);
                if (node.Id.TrustDomain == TrustDomain)
                {
                    _nodes[node.Id] = node;
                }
            }

            LastContact = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(content));
            (_written, _writtenContact) = (content[sizeof(long)..], LastContact);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or IndexOutOfRangeException or FormatException)
        {
            throw new IOException($"the sealed secret \"{NodesName}\" is not what was written: remove it; the next contact brings it again", exception);
        }
    }

    /// <summary>Length and ID, when it was enrolled, number of keys, the keys.</summary>
    private static byte[] Write(KnownNode node)
    {
        var id = Encoding.ASCII.GetBytes(node.Id.ToString());
        var bytes = new byte[sizeof(ushort) + id.Length + sizeof(long) + 1 + (node.Keys.Count * Sha256.Bytes)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)id.Length);
        id.CopyTo(bytes.AsSpan(sizeof(ushort)));
        var at = sizeof(ushort) + id.Length;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), node.EnrolledAt.ToUnixTimeSeconds());
        at += sizeof(long);
        bytes[at++] = (byte)node.Keys.Count;
        foreach (var key in node.Keys)
        {
            key.CopyTo(bytes.AsSpan(at));
            at += Sha256.Bytes;
        }

        return bytes;
    }

    private static KnownNode Read(ref ReadOnlyMemory<byte> rest)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span);
        var id = SpiffeId.Parse(Encoding.ASCII.GetString(rest.Span.Slice(sizeof(ushort), length)), out var parsed) is { } problem
            ? throw new FormatException(problem.ToString())
            : parsed;
        rest = rest[(sizeof(ushort) + length)..];
        var enrolled = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(rest.Span));
        var count = rest.Span[sizeof(long)..][0];
        rest = rest[(sizeof(long) + 1)..];
        var keys = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            keys.Add(rest.Span[..Sha256.Bytes].ToArray());
            rest = rest[Sha256.Bytes..];
        }

        return new KnownNode(id, keys, enrolled);
    }
}
