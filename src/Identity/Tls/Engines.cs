using System.Runtime.CompilerServices;
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

/// <summary>What both engines can do besides BouncyCastle's.</summary>
internal interface IRefusingEngine
{
    /// <summary>Ends the connection with an alert, for a reason found after the handshake.</summary>
    void Refuse(short alert, string text);
}

/// <summary>The client's engine.</summary>
internal sealed class ClientEngine : TlsClientProtocol, IRefusingEngine
{
    private KeyUpdateCount _keyUpdates;

    /// <summary>The server asks for an OCSP response with our certificate (RFC 8446, section 4.4.2.1).</summary>
    public bool IsStapleWanted { get; private set; }

    public void Refuse(short alert, string text) => HandleException(alert, text, null);

    protected override void Receive13CertificateRequest(MemoryStream buf, bool postHandshakeAuth)
    {
        // BouncyCastle parses the message and forgets what it does not know.
        var begin = buf.Position;
        TlsUtilities.ReadOpaque8(buf);
        IsStapleWanted = StatusRequest.IsIn(TlsUtilities.ReadOpaque16(buf));
        buf.Position = begin;
        base.Receive13CertificateRequest(buf, postHandshakeAuth);
    }

    protected override void Receive13KeyUpdate(MemoryStream buf)
    {
        _keyUpdates.Add();
        base.Receive13KeyUpdate(buf);
    }
}

/// <summary>The server's engine.</summary>
internal sealed class ServerEngine(bool wantsStaples) : TlsServerProtocol, IRefusingEngine
{
    private KeyUpdateCount _keyUpdates;

    public void Refuse(short alert, string text) => HandleException(alert, text, null);

    protected override void SendCertificateRequestMessage(CertificateRequest certificateRequest)
    {
        if (!wantsStaples)
        {
            base.SendCertificateRequestMessage(certificateRequest);
            return;
        }

        var body = new MemoryStream();
        certificateRequest.Encode(Context, body);
        var message = StatusRequest.AddTo(body.ToArray());
        WriteHandshakeMessage(this, message, 0, message.Length);
    }

    protected override void Receive13KeyUpdate(MemoryStream buf)
    {
        _keyUpdates.Add();
        base.Receive13KeyUpdate(buf);
    }

    // BouncyCastle's CertificateRequest has no place for further extensions, and its way to write a message is internal. The
    // package's version is pinned and restored by its lock file; the name is resolved when this is compiled to native code.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "WriteHandshakeMessage")]
    private static extern void WriteHandshakeMessage(TlsProtocol engine, byte[] buf, int off, int len);
}
