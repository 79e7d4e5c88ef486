using Org.BouncyCastle.Tls;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// Bounds what a peer may ask of us once it is connected: BouncyCastle takes any number of KeyUpdate messages, thousands in
/// one record, each of them some work (RFC 8446, section 4.6.3). A connection that lives as long as a certificate needs none.
/// </summary>
internal struct KeyUpdateCount
{
    /// <summary>Most KeyUpdates of a peer in the life of a connection.</summary>
    public const int Max = 64;

    private int _count;

    /// <exception cref="TlsFatalAlert">One too many.</exception>
    public void Add()
    {
        if (++_count > Max)
        {
            throw new TlsFatalAlert(AlertDescription.unexpected_message, $"over {Max} KeyUpdates");
        }
    }
}

/// <summary>The client's engine.</summary>
internal sealed class ClientEngine : TlsClientProtocol
{
    private KeyUpdateCount _keyUpdates;

    protected override void Receive13KeyUpdate(MemoryStream buf)
    {
        _keyUpdates.Add();
        base.Receive13KeyUpdate(buf);
    }
}

/// <summary>The server's engine.</summary>
internal sealed class ServerEngine : TlsServerProtocol
{
    private KeyUpdateCount _keyUpdates;

    protected override void Receive13KeyUpdate(MemoryStream buf)
    {
        _keyUpdates.Add();
        base.Receive13KeyUpdate(buf);
    }
}
