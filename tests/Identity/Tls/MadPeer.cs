using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using Handshake = X0tta6bl4.Identity.Tls.Handshake;
using TlsChain = Org.BouncyCastle.Tls.Certificate;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>A record as it is before encryption.</summary>
/// <param name="Type">Its type (RFC 8446, section 5.1).</param>
/// <param name="Content">What is in it.</param>
internal sealed record Plain(short Type, byte[] Content)
{
    /// <summary>A handshake message in a record of its own.</summary>
    public static Plain Message(short type, params byte[] body) => new(
        ContentType.handshake, [(byte)type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body]);
}

/// <summary>Where in its part of the handshake a peer goes mad.</summary>
internal enum Step
{
    /// <summary>Instead of the server's CertificateRequest.</summary>
    Request,

    /// <summary>Instead of Certificate.</summary>
    Certificate,

    /// <summary>Instead of CertificateVerify.</summary>
    Verify,

    /// <summary>Instead of Finished.</summary>
    Finished,

    /// <summary>When the handshake is over, for it.</summary>
    After,
}

/// <summary>
/// A peer with a real identity that says something else at one step, under the right keys: what no attacker on the way can do, and
/// a stolen router can.
/// </summary>
internal static class MadPeer
{
    /// <summary>Shakes hands, goes mad, and listens until the end. No word follows: one that comes too late may cost it the alert.</summary>
    /// <returns>The alert it was sent, null for none.</returns>
    public static async Task<int?> TalkAsync(
        Stream transport, bool isServer, LocalSvid identity, TlsSettings settings, Step step, params IEnumerable<Plain> said)
    {
        var side = new Handshake(settings, identity, new SvidTlsCrypto(new SecureRandom(new CryptoApiRandomGenerator())));
        var words = said.ToList();
        TlsProtocol engine;
        Action<Plain> say;
        if (isServer)
        {
            var server = new Server(step, words);
            server.Accept(new SvidTlsServer(side));
            (engine, say) = (server, server.Say);
        }
        else
        {
            var client = new Client(step, words);
            client.Connect(new SvidTlsClient(side, new ClientEngine()));
            (engine, say) = (client, client.Say);
        }

        var isOver = false;
        try
        {
            var buffer = new byte[16 * 1024];
            while (true)
            {
                if (!engine.IsHandshaking && !isOver)
                {
                    isOver = true;
                    foreach (var word in step == Step.After ? words : [])
                    {
                        await SendAsync(engine, transport);
                        say(word);
                    }
                }

                await SendAsync(engine, transport);
                var count = await transport.ReadAsync(buffer);
                if (count == 0)
                {
                    return null;
                }

                engine.OfferInput(buffer, 0, count);
            }
        }
        catch (TlsFatalAlertReceived received)
        {
            return received.AlertDescription;
        }
        catch (IOException)
        {
            return null;
        }
        finally
        {
            await transport.DisposeAsync();
        }
    }

    private static async Task SendAsync(TlsProtocol engine, Stream transport)
    {
        var bytes = new byte[engine.GetAvailableOutputBytes()];
        engine.ReadOutput(bytes, 0, bytes.Length);
        await transport.WriteAsync(bytes);
    }

    private static void Act(bool isMad, Action mad, Action sane) => (isMad ? mad : sane)();

    private sealed class Server(Step step, List<Plain> words) : TlsServerProtocol
    {
        public void Say(Plain word) => WriteRecord(word.Type, word.Content, 0, word.Content.Length);

        protected override void SendCertificateRequestMessage(CertificateRequest certificateRequest) =>
            At(Step.Request, () => base.SendCertificateRequestMessage(certificateRequest));

        protected override void Send13CertificateMessage(TlsChain certificate) =>
            At(Step.Certificate, () => base.Send13CertificateMessage(certificate));

        protected override void Send13CertificateVerifyMessage(DigitallySigned certificateVerify) =>
            At(Step.Verify, () => base.Send13CertificateVerifyMessage(certificateVerify));

        protected override void Send13FinishedMessage() => At(Step.Finished, base.Send13FinishedMessage);

        private void At(Step here, Action sane) => Act(here == step, () => words.ForEach(Say), sane);
    }

    private sealed class Client(Step step, List<Plain> words) : TlsClientProtocol
    {
        public void Say(Plain word) => WriteRecord(word.Type, word.Content, 0, word.Content.Length);

        protected override void Send13CertificateMessage(TlsChain certificate) =>
            At(Step.Certificate, () => base.Send13CertificateMessage(certificate));

        protected override void Send13CertificateVerifyMessage(DigitallySigned certificateVerify) =>
            At(Step.Verify, () => base.Send13CertificateVerifyMessage(certificateVerify));

        protected override void Send13FinishedMessage() => At(Step.Finished, base.Send13FinishedMessage);

        private void At(Step here, Action sane) => Act(here == step, () => words.ForEach(Say), sane);
    }
}
