using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;

namespace X0tta6bl4.Identity.Tls;

/// <content>From nothing to a connection, or to the reason why there is none.</content>
public sealed partial class MutualTlsStream
{
    /// <summary>Begins as the client. Owns the transport from here on, and closes it when this fails.</summary>
    /// <exception cref="TlsHandshakeException">There is no connection; no byte of the application has passed.</exception>
    public static Task<MutualTlsStream> ConnectAsync(
        Stream transport, TlsSettings settings, TimeProvider time, CancellationToken cancellationToken) =>
        BeginAsync(transport, settings, time, isServer: false, cancellationToken);

    /// <summary>Begins as the server. Owns the transport from here on, and closes it when this fails.</summary>
    /// <exception cref="TlsHandshakeException">There is no connection; no byte of the application has passed.</exception>
    public static Task<MutualTlsStream> AcceptAsync(
        Stream transport, TlsSettings settings, TimeProvider time, CancellationToken cancellationToken) =>
        BeginAsync(transport, settings, time, isServer: true, cancellationToken);

    private static async Task<MutualTlsStream> BeginAsync(
        Stream transport, TlsSettings settings, TimeProvider time, bool isServer, CancellationToken cancellationToken)
    {
        MutualTlsStream? stream = null;
        using var patience = new CancellationTokenSource(settings.HandshakeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var identity = settings.IsAnonymous && !isServer
                ? null
                : settings.Identity() ?? throw new TlsHandshakeException(TlsFailure.NoIdentity, "there is no identity to show yet");
            var crypto = new SvidTlsCrypto(new SecureRandom(new CryptoApiRandomGenerator()), settings.Verifier.Known);
            var handshake = new Handshake(settings, identity, crypto);
            stream = new MutualTlsStream(transport, isServer ? new ServerEngine(handshake.WantsStaples) : new ClientEngine(), handshake, time);
            await stream.ShakeHandsAsync(settings.HandshakeBytesMax, either.Token).ConfigureAwait(false);
            await stream.AskAsync(either.Token).ConfigureAwait(false);
            return stream;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            if (stream is not null)
            {
                // The alert that says why.
                await stream.SayLastAsync().ConfigureAwait(false);
            }

            await transport.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(exception, stream?._handshake, settings);
        }
    }

    private async Task ShakeHandsAsync(int bytesMax, CancellationToken cancellationToken)
    {
        switch (_engine)
        {
            case TlsServerProtocol server:
                server.Accept(new SvidTlsServer(_handshake));
                break;
            case ClientEngine client:
                client.Connect(new SvidTlsClient(_handshake, client));
                break;
        }

        await SendAsync(cancellationToken).ConfigureAwait(false);
        var total = 0;
        while (_engine.IsHandshaking)
        {
            var count = await _transport.ReadAsync(_received, cancellationToken).ConfigureAwait(false);
            total += count;
            if (count == 0)
            {
                throw new TlsHandshakeException(TlsFailure.Truncated, "the peer ended the connection in the middle of the handshake");
            }

            if (total > bytesMax)
            {
                throw new TlsHandshakeException(TlsFailure.TooLarge, $"the peer sent over {bytesMax} bytes before the handshake was complete");
            }

            Offer(count);
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What cannot be decided inside the handshake; a peer that is refused hears why.</summary>
    private async Task AskAsync(CancellationToken cancellationToken)
    {
        if (await _handshake.AskAsync(cancellationToken).ConfigureAwait(false) is not { } refusal)
        {
            return;
        }

        lock (_engineLock)
        {
            ((IRefusingEngine)_engine).Refuse((short)refusal.Alert, refusal.Text);
        }

        throw new TlsFatalAlert((short)refusal.Alert, refusal.Text);
    }

    private static TlsHandshakeException Explain(Exception exception, Handshake? handshake, TlsSettings settings) => exception switch
    {
        TlsHandshakeException known => known,
        _ when handshake?.Refusal is { } refusal => new TlsHandshakeException(
            TlsFailure.PeerRefused, $"the peer was refused: {refusal}", refusal, exception),
        TlsFatalAlertReceived received => new TlsHandshakeException(
            TlsFailure.RefusedByPeer, $"the peer ended the handshake: {AlertDescription.GetText(received.AlertDescription)}", inner: exception),
        TlsFatalAlert
        {
            AlertDescription: AlertDescription.protocol_version or AlertDescription.handshake_failure
                or AlertDescription.no_application_protocol or AlertDescription.insufficient_security,
        }
        alert => new TlsHandshakeException(
            TlsFailure.NothingInCommon, $"nothing in common with the peer: {AlertDescription.GetText(alert.AlertDescription)}", inner: exception),
        OperationCanceledException => new TlsHandshakeException(
            TlsFailure.TimedOut, $"the handshake took over {settings.HandshakeTimeout.TotalSeconds:0.#} s", inner: exception),
        TlsFatalAlert alert => new TlsHandshakeException(
            TlsFailure.Protocol, $"the peer broke the protocol: {AlertDescription.GetText(alert.AlertDescription)}", inner: exception),
        EndOfStreamException or ObjectDisposedException or IOException => new TlsHandshakeException(
            TlsFailure.Truncated, $"the connection broke: {exception.Message}", inner: exception),
        _ => new TlsHandshakeException(
            TlsFailure.Protocol, $"the peer sent what is no TLS ({exception.GetType().Name})", inner: exception),
    };
}
