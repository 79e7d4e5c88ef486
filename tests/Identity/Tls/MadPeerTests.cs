using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Tls;
using static Org.BouncyCastle.Tls.AlertDescription;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// Peers with a real identity that leave the order of the protocol (RFC 8446, sections 4 and 5), in the handshake and after it:
/// each hears an alert, and nothing of the application passes. Not here, because BouncyCastle lets it pass and no harm is in it:
/// application data between two parts of a handshake message, and an alert in two parts. internal_error is its word for a message
/// that is cut off.
/// </summary>
[Collection(Alone.Name)]
public sealed class MadPeerTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    private const byte CompressedCertificate = 25;
    private const byte MessageHash = 254;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // CertificateRequest: a context of one byte's length, and the extension signature_algorithms with ECDSA on P-256.
    private static readonly byte[] Algorithms = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];

    private static Plain Request(params byte[] context) => Plain.Message(HandshakeType.certificate_request, [(byte)context.Length, .. context, .. Algorithms]);

    private static Plain ClientHello => Plain.Message(HandshakeType.client_hello, new byte[100]);

    private static Plain KeyUpdate(params byte[] body) => Plain.Message(HandshakeType.key_update, body);

    private static Plain Ticket(int bytes) => Plain.Message(
        HandshakeType.new_session_ticket, [0, 0, 14, 16, 0, 0, 0, 1, 1, 0, (byte)(bytes >> 8), (byte)bytes, .. new byte[bytes], 0, 0]);

    private static Plain Verify(byte algorithm, byte signature) => Plain.Message(
        HandshakeType.certificate_verify, [algorithm, signature, 0, 8, 0x30, 6, 2, 1, 1, 2, 1, 1]);

    /// <summary>What it is, where, what is said, and the alert.</summary>
    private static readonly (string What, Step Step, Plain[] Said, int? Alert)[] OfServers =
    [
        ("no request for our certificate", Step.Request, [], null),
        ("a request with a context", Step.Request, [Request(1)], illegal_parameter),
        ("a request with a context of 255 bytes", Step.Request, [Request(new byte[255])], illegal_parameter),
        ("a request twice", Step.Request, [Request(), Request()], unexpected_message),
        ("a request without algorithms", Step.Request, [Plain.Message(HandshakeType.certificate_request, 0, 0, 0)], missing_extension),
        ("a request of no bytes", Step.Request, [Plain.Message(HandshakeType.certificate_request)], internal_error),
        ("a request with bytes behind", Step.Request, [Plain.Message(HandshakeType.certificate_request, [0, .. Algorithms, 0])], decode_error),
        ("a ticket before its time", Step.Request, [Ticket(10)], unexpected_message),
        ("new keys before their time", Step.Request, [KeyUpdate(0)], unexpected_message),
        ("a HelloRequest in the handshake", Step.Request, [Plain.Message(HandshakeType.hello_request)], unexpected_message),
        ("the end of early data, from a server", Step.Request, [Plain.Message(HandshakeType.end_of_early_data)], unexpected_message),
        ("a word of the application before its time", Step.Request, [new(ContentType.application_data, [1])], unexpected_message),
        ("a message of 16 MB begun in the handshake", Step.Request, [new(ContentType.handshake, [13, 0xFF, 0xFF, 0xFF])], internal_error),
        ("a compressed certificate", Step.Certificate, [Plain.Message(CompressedCertificate, 0, 1, 0, 1, 0, 0, 0, 4, 1, 2, 3, 4)], unexpected_message),
        ("a certificate with a context", Step.Certificate, [Plain.Message(HandshakeType.certificate, 1, 1, 0, 0, 0)], illegal_parameter),
        ("no certificate in the list", Step.Certificate, [Plain.Message(HandshakeType.certificate, 0, 0, 0, 0)], decode_error),
        ("no certificate message at all", Step.Certificate, [], unexpected_message),
        ("no proof of the certificate's key", Step.Verify, [], unexpected_message),
        ("a false proof of the certificate's key", Step.Verify, [Verify(4, 3)], decrypt_error),
        ("a proof by an algorithm that was not offered", Step.Verify, [Verify(4, 1)], illegal_parameter),
        ("a false Finished", Step.Finished, [Plain.Message(HandshakeType.finished, new byte[32])], decrypt_error),
        ("a Finished of another length", Step.Finished, [Plain.Message(HandshakeType.finished, new byte[31])], internal_error),
        ("a Finished of no bytes", Step.Finished, [Plain.Message(HandshakeType.finished)], internal_error),
        ("renegotiation (HelloRequest)", Step.After, [Plain.Message(HandshakeType.hello_request)], unexpected_message),
        ("renegotiation (ClientHello), from a server", Step.After, [ClientHello], unexpected_message),
        ("another ServerHello", Step.After, [Plain.Message(HandshakeType.server_hello, new byte[80])], unexpected_message),
        ("a request for our certificate in the connection", Step.After, [Request(1)], unexpected_message),
        ("a request for our certificate in the connection, without a context", Step.After, [Request()], unexpected_message),
        ("a certificate in the connection", Step.After, [Plain.Message(HandshakeType.certificate, 0, 0, 0, 0)], unexpected_message),
        ("a ticket cut off", Step.After, [Plain.Message(HandshakeType.new_session_ticket, 0, 0, 0, 1)], internal_error),
    ];

    private static readonly (string What, Step Step, Plain[] Said, int? Alert)[] OfClients =
    [
        ("no certificate message at all", Step.Certificate, [], unexpected_message),
        ("a certificate with a context nobody gave", Step.Certificate, [Plain.Message(HandshakeType.certificate, 1, 1, 0, 0, 0)], certificate_required),
        ("an empty list of certificates", Step.Certificate, [Plain.Message(HandshakeType.certificate, 0, 0, 0, 0)], certificate_required),
        ("a compressed certificate", Step.Certificate, [Plain.Message(CompressedCertificate, 0, 1, 0, 1, 0, 0, 0, 4, 1, 2, 3, 4)], unexpected_message),
        ("the end of early data that was never offered", Step.Certificate, [Plain.Message(HandshakeType.end_of_early_data)], unexpected_message),
        ("another ClientHello in the handshake", Step.Certificate, [ClientHello], unexpected_message),
        ("no proof of the certificate's key", Step.Verify, [], unexpected_message),
        ("a false proof of the certificate's key", Step.Verify, [Verify(4, 3)], decrypt_error),
        ("a proof by an algorithm that was not offered", Step.Verify, [Verify(4, 1)], illegal_parameter),
        ("a word of the application in place of the proof", Step.Verify, [new(ContentType.application_data, [1])], unexpected_message),
        ("a false Finished", Step.Finished, [Plain.Message(HandshakeType.finished, new byte[32])], null),
        ("a word of the application in place of Finished", Step.Finished, [new(ContentType.application_data, [1])], null),
        ("renegotiation (ClientHello)", Step.After, [ClientHello], unexpected_message),
        ("renegotiation (HelloRequest), from a client", Step.After, [Plain.Message(HandshakeType.hello_request)], unexpected_message),
        ("a certificate nobody asked for", Step.After, [Plain.Message(HandshakeType.certificate, 0, 0, 0, 0)], unexpected_message),
        ("a request for the server's certificate", Step.After, [Request(1)], unexpected_message),
        ("a ticket, from a client", Step.After, [Ticket(10)], unexpected_message),
        ("the end of early data", Step.After, [Plain.Message(HandshakeType.end_of_early_data)], unexpected_message),
    ];

    private static readonly (string What, Step Step, Plain[] Said, int? Alert)[] OfBoth =
    [
        ("another Finished", Step.After, [Plain.Message(HandshakeType.finished, new byte[32])], unexpected_message),
        ("new keys asked for in an unknown way", Step.After, [KeyUpdate(2)], illegal_parameter),
        ("new keys with bytes behind", Step.After, [KeyUpdate(0, 0)], decode_error),
        ("new keys without a word", Step.After, [KeyUpdate()], internal_error),
        ("new keys twice in one record, and the old ones used", Step.After,
            [new(ContentType.handshake, [24, 0, 0, 1, 0, 24, 0, 0, 1, 0]), new(ContentType.application_data, [1])], bad_record_mac),
        ("a message of an unknown kind", Step.After, [Plain.Message(77, 1, 2, 3)], unexpected_message),
        ("the message that is only for hashing", Step.After, [Plain.Message(MessageHash, new byte[32])], unexpected_message),
        ("a message of 16 MB begun", Step.After, [new(ContentType.handshake, [24, 0xFF, 0xFF, 0xFF])], internal_error),
        ("a change of cipher", Step.After, [new(ContentType.change_cipher_spec, [1])], unexpected_message),
        ("a heartbeat", Step.After, [new(ContentType.heartbeat, [1, 0, 0])], unexpected_message),
        ("a record of an unknown type", Step.After, [new(99, [1])], unexpected_message),
    ];

    private static IEnumerable<(string What, bool IsServer, Step Step, Plain[] Said, int? Alert)> All =>
    [
        .. OfServers.Select(r => ($"server: {r.What}", true, r.Step, r.Said, r.Alert)), .. OfClients.Select(r => ($"client: {r.What}", false, r.Step, r.Said, r.Alert)),
        .. OfBoth.Select(r => ($"server: {r.What}", true, r.Step, r.Said, r.Alert)), .. OfBoth.Select(r => ($"client: {r.What}", false, r.Step, r.Said, r.Alert)),
    ];

    public static TheoryData<string> Names => [.. All.Select(r => r.What)];

    [Theory, MemberData(nameof(Names))]
    public async Task Is_told_so_and_gets_nowhere(string what)
    {
        var (_, isServer, step, said, expected) = All.Single(r => r.What == what);
        var (ours, alert) = await TalkAsync(isServer, step, said, async stream =>
            await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience)));

        if (step != Step.After)
        {
            Assert.IsType<TlsHandshakeException>(ours);
        }

        // Null where the foreign engine is at its wits' end before it reads the alert.
        if (expected is not null)
        {
            Assert.Equal(GetText((short)expected), alert is { } number ? GetText((short)number) : "none");
        }
    }

    /// <summary>Tickets are for resuming, which is not done here: each is read and forgotten.</summary>
    [Fact]
    public async Task A_flood_of_tickets_is_not_kept()
    {
        const int Count = 1500;
        const int Bytes = 15_000;
        var before = 0L;
        var (ours, _) = await TalkAsync(
            isServer: true, Step.After,
            [.. Enumerable.Repeat(Ticket(Bytes), Count), new Plain(ContentType.application_data, [1])], async stream =>
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
                await stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
                // Of 22 MB.
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 10_000_000);
            });
        Assert.IsType<MutualTlsStream>(ours);
    }

    /// <summary>Allowed (RFC 8446, section 5.1), and worth nothing: what comes after them is read.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_flood_of_empty_records_is_not_kept(bool isServer)
    {
        var (ours, _) = await TalkAsync(
            isServer, Step.After,
            [.. Enumerable.Repeat(new Plain(ContentType.application_data, []), 20_000), new Plain(ContentType.application_data, [1])],
            async stream => await stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.IsType<MutualTlsStream>(ours);
    }

    private async Task<(object Ours, int? Alert)> TalkAsync(
        bool isServer, Step step, IEnumerable<Plain> said, Func<MutualTlsStream, Task> read)
    {
        var (near, far) = await Loopback.PairAsync();
        var talking = isServer
            ? MadPeer.TalkAsync(far, true, world.Server, world.Settings(world.Server), step, said)
            : MadPeer.TalkAsync(far, false, world.Client, world.Settings(world.Client), step, said);
        var ours = await TlsWorld.ResultAsync(isServer
            ? MutualTlsStream.ConnectAsync(near, world.Settings(world.Client), TimeProvider.System, CancellationToken.None)
            : MutualTlsStream.AcceptAsync(near, world.Settings(world.Server), TimeProvider.System, CancellationToken.None)).WaitAsync(Patience);
        if (ours is MutualTlsStream stream)
        {
            await read(stream);
            await stream.DisposeAsync();
        }

        return (ours, await talking.WaitAsync(Patience));
    }
}
