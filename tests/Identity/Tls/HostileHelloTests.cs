using System.Buffers.Binary;
using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Tls;
using static Org.BouncyCastle.Tls.AlertDescription;
using Suite = Org.BouncyCastle.Tls.CipherSuite;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// Hellos made by hand: downgrades, retries without end, key shares that are none, and what is no hello at all. An alert that is
/// null: BouncyCastle hangs up without a word on a hello it cannot parse. Not here, because it lets them pass and no harm is in them:
/// a client that offers compression besides none, and one without the extension key_share, who is asked for it.
/// </summary>
public sealed class HostileHelloTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    private const int Tls12 = 0x0303;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The random of a ServerHello that is a HelloRetryRequest (RFC 8446, section 4.1.3).</summary>
    private static readonly byte[] Retry = Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");

    private static readonly byte[] Share = [.. X25519(Enumerable.Repeat((byte)9, 32))];

    /// <summary>A hello of either side; the extensions in the order they are sent in.</summary>
    private sealed record Hello
    {
        public int Version { get; init; } = Tls12;

        public byte[] Random { get; init; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

        /// <summary>Null for a server: the client's.</summary>
        public byte[]? SessionId { get; init; }

        public int[] Suites { get; init; } = [Suite.TLS_AES_128_GCM_SHA256];

        public byte[] Compressions { get; init; } = [0];

        public (int Type, byte[] Body)[] Extensions { get; init; } = [];

        public Hello Without(int type) => this with { Extensions = [.. Extensions.Where(e => e.Type != type)] };

        public Hello With(int type, params byte[] body) => this with { Extensions = [.. Without(type).Extensions, (type, body)] };

        public byte[] Record(bool isServer, byte[] sessionId)
        {
            var extensions = Extensions.SelectMany(e => Two(e.Type).Concat(Two(e.Body.Length)).Concat(e.Body)).ToArray();
            byte[] id = SessionId ?? sessionId;
            byte[] suites = [.. Suites.SelectMany(Two)];
            byte[] body =
            [
                .. Two(Version), .. Random, (byte)id.Length, .. id,
                .. isServer ? suites : [.. Two(suites.Length), .. suites],
                .. isServer ? Compressions : [(byte)Compressions.Length, .. Compressions],
                .. Two(extensions.Length), .. extensions,
            ];
            byte[] message = [isServer ? (byte)2 : (byte)1, 0, .. Two(body.Length), .. body];
            return [22, 3, 3, .. Two(message.Length), .. message];
        }
    }

    private static readonly Hello GoodServer = new()
    {
        Extensions = [(ExtensionType.supported_versions, [3, 4]), (ExtensionType.key_share, [0, 29, 0, 32, .. Share])],
    };

    private static readonly Hello GoodRetry = new Hello { Random = Retry }
        .With(ExtensionType.supported_versions, 3, 4).With(ExtensionType.key_share, 0, 23);

    private static readonly Hello GoodClient = new()
    {
        SessionId = new byte[32],
        Extensions =
        [
            (ExtensionType.supported_versions, [2, 3, 4]), (ExtensionType.supported_groups, [0, 4, 0, 29, 0, 23]),
            (ExtensionType.signature_algorithms, [0, 2, 4, 3]), (ExtensionType.key_share, [0, 36, 0, 29, 0, 32, .. Share]),
        ],
    };

    private static readonly (string What, Hello[] Hellos, int? Alert)[] Servers =
    [
        ("TLS 1.2", [GoodServer with { Extensions = [] }], protocol_version),
        ("TLS 1.2, and the sentinel that a server of TLS 1.3 was made to say so", [Sentinel(1)], protocol_version),
        ("TLS 1.2, and the sentinel of one that was made to say 1.1", [Sentinel(0)], protocol_version),
        ("TLS 1.1", [GoodServer with { Version = 0x0302, Extensions = [] }], protocol_version),
        ("TLS 1.2 by the extension", [GoodServer.With(ExtensionType.supported_versions, 3, 3)], illegal_parameter),
        ("TLS 1.5 by the extension", [GoodServer.With(ExtensionType.supported_versions, 3, 5)], protocol_version),
        ("a draft of TLS 1.3", [GoodServer.With(ExtensionType.supported_versions, 0x7F, 28)], illegal_parameter),
        ("an old version beside the right one", [GoodServer with { Version = 0x0301 }], illegal_parameter),
        ("a suite that was not offered", [GoodServer with { Suites = [Suite.TLS_AES_128_CCM_SHA256] }], illegal_parameter),
        ("a suite of TLS 1.2", [GoodServer with { Suites = [Suite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] }], illegal_parameter),
        ("a suite without encryption", [GoodServer with { Suites = [Suite.TLS_NULL_WITH_NULL_NULL] }], illegal_parameter),
        ("another session", [GoodServer with { SessionId = new byte[32] }], illegal_parameter),
        ("compression", [GoodServer with { Compressions = [1] }], illegal_parameter),
        ("no key share", [GoodServer.Without(ExtensionType.key_share)], illegal_parameter),
        ("a key share of a group that was not offered", [GoodServer.With(ExtensionType.key_share, [0, 24, 0, 97, .. new byte[97]])], illegal_parameter),
        ("a key share of another group than the client's", [GoodServer.With(ExtensionType.key_share, [0, 23, 0, 65, .. new byte[65]])], illegal_parameter),
        ("a key share of 31 bytes", [GoodServer.With(ExtensionType.key_share, [0, 29, 0, 31, .. Share.AsSpan(1)])], illegal_parameter),
        ("a key share of small order", [GoodServer.With(ExtensionType.key_share, [0, 29, 0, 32, .. new byte[32]])], handshake_failure),
        ("resumption nobody asked for", [GoodServer.With(ExtensionType.pre_shared_key, 0, 0)], illegal_parameter),
        ("an extension nobody asked for", [GoodServer.With(ExtensionType.heartbeat, 1)], illegal_parameter),
        ("an extension twice", [GoodServer with { Extensions = [.. GoodServer.Extensions, GoodServer.Extensions[0]] }], illegal_parameter),
        ("a retry for the group it has", [GoodRetry.With(ExtensionType.key_share, 0, 29)], illegal_parameter),
        ("a retry for a group that was not offered", [GoodRetry.With(ExtensionType.key_share, 0, 24)], illegal_parameter),
        ("a retry that changes nothing", [GoodRetry.Without(ExtensionType.key_share)], missing_extension),
        ("a retry for TLS 1.2", [GoodRetry.With(ExtensionType.supported_versions, 3, 3)], illegal_parameter),
        ("a retry with another suite than the hello after it",
            [GoodRetry, GoodServer.With(ExtensionType.key_share, [0, 23, 0, 65, 4, .. new byte[64]]) with { Suites = [Suite.TLS_CHACHA20_POLY1305_SHA256] }], illegal_parameter),
        ("a retry after a retry", [GoodRetry, GoodRetry], unexpected_message),
        ("a retry after a retry, for the first group again", [GoodRetry, GoodRetry.With(ExtensionType.key_share, 0, 29)], unexpected_message),
        ("after a retry, a point that is off its curve", [GoodRetry, GoodServer.With(ExtensionType.key_share, [0, 23, 0, 65, 4, .. new byte[64]])], illegal_parameter),
    ];

    private static readonly (string What, Hello[] Hellos, int? Alert)[] Clients =
    [
        ("TLS 1.2", [GoodClient.Without(ExtensionType.supported_versions)], protocol_version),
        ("TLS 1.2 by the extension", [GoodClient.With(ExtensionType.supported_versions, 2, 3, 3)], protocol_version),
        ("TLS 1.0", [(GoodClient with { Version = 0x0301 }).Without(ExtensionType.supported_versions)], protocol_version),
        ("SSL 3", [(GoodClient with { Version = 0x0300 }).Without(ExtensionType.supported_versions)], protocol_version),
        ("a draft of TLS 1.3", [GoodClient.With(ExtensionType.supported_versions, 2, 0x7F, 28)], null),
        ("a fallback, told by the signal for it (RFC 7507)",
            [GoodClient.Without(ExtensionType.supported_versions) with { Suites = [Suite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Suite.TLS_FALLBACK_SCSV] }], inappropriate_fallback),
        ("no suite of ours", [GoodClient with { Suites = [Suite.TLS_AES_128_CCM_SHA256, Suite.TLS_AES_128_CCM_8_SHA256] }], handshake_failure),
        ("a suite of TLS 1.2", [GoodClient with { Suites = [Suite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] }], handshake_failure),
        ("no suite at all", [GoodClient with { Suites = [] }], null),
        ("no way not to compress", [GoodClient with { Compressions = [1] }], null),
        ("a session of 33 bytes", [GoodClient with { SessionId = new byte[33] }], null),
        ("no group of ours", [GoodClient.With(ExtensionType.supported_groups, 0, 2, 0, 24).With(ExtensionType.key_share, 0, 0)], handshake_failure),
        ("no groups", [GoodClient.Without(ExtensionType.supported_groups)], handshake_failure),
        ("a key share of small order", [GoodClient.With(ExtensionType.key_share, [0, 36, 0, 29, 0, 32, .. new byte[32]])], handshake_failure),
        ("a key share of 31 bytes", [GoodClient.With(ExtensionType.key_share, [0, 35, 0, 29, 0, 31, .. new byte[31]])], illegal_parameter),
        ("a point that is off its curve", [GoodClient.With(ExtensionType.supported_groups, 0, 2, 0, 23).With(ExtensionType.key_share, [0, 69, 0, 23, 0, 65, 4, .. new byte[64]])], illegal_parameter),
        ("no signature algorithms", [GoodClient.Without(ExtensionType.signature_algorithms)], missing_extension),
        ("an extension twice", [GoodClient with { Extensions = [.. GoodClient.Extensions, GoodClient.Extensions[1]] }], null),
        ("a key share that says it is longer", [GoodClient.With(ExtensionType.key_share, 0, 36, 0, 29, 0, 200, 1, 2, 3)], decode_error),
        ("resumption that is not the last extension",
            [GoodClient.With(ExtensionType.pre_shared_key, 0, 0).With(ExtensionType.cookie, 0, 1, 1)], null),
        ("asked again, and the same as before", [GoodClient.With(ExtensionType.key_share, 0, 0), GoodClient.With(ExtensionType.key_share, 0, 0)], illegal_parameter),
        ("asked again, and with another suite",
            [GoodClient.With(ExtensionType.key_share, 0, 0), GoodClient with { Suites = [Suite.TLS_AES_256_GCM_SHA384] }], illegal_parameter),
    ];

    public static TheoryData<bool, string> All =>
        [.. Servers.Select(s => (true, s.What)), .. Clients.Select(c => (false, c.What))];

    [Theory, MemberData(nameof(All))]
    public async Task Is_refused(bool isServer, string what)
    {
        var (_, hellos, expected) = (isServer ? Servers : Clients).Single(h => h.What == what);
        var (failure, alert) = await SayAsync(isServer, [.. hellos.Select(h => (Func<byte[], byte[]>)(id => h.Record(isServer, id)))]);

        Assert.Null(failure.Refusal);
        Assert.True(
            expected == alert, $"expected {Text(expected)}, was {Text(alert)}: {failure.Failure}: {failure.Message}");
    }

    /// <summary>What the cases change is good as it is: else they would be refused for something else than they say.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task The_hello_they_begin_with_is_answered(bool isServer)
    {
        var hello = isServer ? GoodServer : GoodClient;
        var (failure, alert) = await SayAsync(isServer, [id => hello.Record(isServer, id)], toTheEnd: false);

        Assert.Equal((TlsFailure.Truncated, (int?)null), (failure.Failure, alert));
    }

    /// <summary>What is no hello, or too much around one.</summary>
    private static readonly (string What, byte[] Bytes)[] Floods =
    [
        ("SSL 2", [0x80, 0x2E, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10, .. new byte[37]]),
        ("HTTP", "GET / HTTP/1.1\r\nHost: router\r\n\r\n"u8.ToArray()),
        ("an alert first", [21, 3, 3, 0, 2, 2, 40]),
        ("application data first", [23, 3, 3, 0, 1, 1]),
        ("an empty handshake record", [22, 3, 3, 0, 0]),
        ("20,000 empty handshake records", [.. Enumerable.Repeat<byte[]>([22, 3, 3, 0, 0], 20_000).SelectMany(b => b)]),
        ("20,000 empty records of the application", [.. Enumerable.Repeat<byte[]>([23, 3, 3, 0, 0], 20_000).SelectMany(b => b)]),
        ("20,000 changes of cipher", [.. Enumerable.Repeat<byte[]>([20, 3, 3, 0, 1, 1], 20_000).SelectMany(b => b)]),
        ("20,000 warnings", [.. Enumerable.Repeat<byte[]>([21, 3, 3, 0, 2, 1, 90], 20_000).SelectMany(b => b)]),
        ("a record of 65,535 bytes", [22, 3, 3, 0xFF, 0xFF, .. new byte[65_535]]),
        ("a hello of two bytes a record, for ever", [22, 3, 3, 0, 4, 1, 0, 0x7F, 0xFF, .. Enumerable.Repeat<byte[]>([22, 3, 3, 0, 2, 3, 3], 12_000).SelectMany(b => b)]),
    ];

    public static TheoryData<bool, string> FloodNames =>
        [.. Floods.Select(f => (true, f.What)), .. Floods.Select(f => (false, f.What))];

    [Theory, MemberData(nameof(FloodNames))]
    public async Task What_is_no_hello_ends_at_once_and_costs_little(bool isServer, string what)
    {
        var bytes = Floods.Single(f => f.What == what).Bytes;
        var (failure, _) = await SayAsync(isServer, [_ => bytes]);

        Assert.Contains(failure.Failure, new[]
        {
            TlsFailure.Protocol, TlsFailure.TooLarge, TlsFailure.NothingInCommon, TlsFailure.Truncated, TlsFailure.RefusedByPeer,
        });
    }

    /// <summary>Early data nobody can take (section 4.2.10): the hello alone counts, and the data is no word of the application.</summary>
    [Fact]
    public async Task Early_data_is_not_taken()
    {
        var hello = GoodClient.With(ExtensionType.early_data);
        byte[] early = [23, 3, 3, 0, 40, .. new byte[40]];
        var (failure, _) = await SayAsync(isServer: false, [id => [.. hello.Record(false, id), .. early]]);

        Assert.Contains(failure.Failure, new[] { TlsFailure.Protocol, TlsFailure.Truncated });
    }

    /// <summary>Says hellos to our side, each when something of ours has come, and closes its half.</summary>
    private async Task<(TlsHandshakeException Failure, int? Alert)> SayAsync(
        bool isServer, List<Func<byte[], byte[]>> hellos, bool toTheEnd = true)
    {
        var (near, far) = await Loopback.PairAsync();
        var ours = TlsWorld.ResultAsync(isServer
            ? MutualTlsStream.ConnectAsync(near, world.Settings(world.Client), TimeProvider.System, CancellationToken.None)
            : MutualTlsStream.AcceptAsync(near, world.Settings(world.Server), TimeProvider.System, CancellationToken.None));
        byte[] sessionId = [];
        int? alert = null;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            for (var i = 0; i < hellos.Count; i++)
            {
                if (isServer || i > 0)
                {
                    var (type, content) = await ReadRecordAsync(far, patience.Token);
                    if (type == ContentType.change_cipher_spec)
                    {
                        // For middleboxes, before the second hello (RFC 8446, appendix D.4).
                        (type, content) = await ReadRecordAsync(far, patience.Token);
                    }

                    Assert.Equal(ContentType.handshake, type);
                    // Behind the message's header, version and random (section 4.1.2).
                    sessionId = i == 0 ? content[39..(39 + content[38])] : sessionId;
                }

                await far.WriteAsync(hellos[i](sessionId), patience.Token);
            }

            while (toTheEnd && alert is null)
            {
                var (type, content) = await ReadRecordAsync(far, patience.Token);
                alert = type == ContentType.alert ? content[^1] : null;
            }
        }
        catch (IOException)
        {
            // Hung up on.
        }

        await far.DisposeAsync();
        return (Assert.IsType<TlsHandshakeException>(await ours.WaitAsync(Patience)), alert);
    }

    private static async Task<(int Type, byte[] Content)> ReadRecordAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[5];
        await stream.ReadExactlyAsync(header, cancellationToken);
        var content = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))];
        await stream.ReadExactlyAsync(content, cancellationToken);
        return (header[0], content);
    }

    /// <summary>Section 4.1.3: the last eight bytes of the random, 01 for TLS 1.2 and 00 for what is older.</summary>
    private static Hello Sentinel(byte last) => GoodServer with
    {
        Random = [.. new byte[24], .. "DOWNGRD"u8, last],
        Extensions = [],
    };

    private static string Text(int? alert) => alert is { } number ? GetText((short)number) : "none";

    private static byte[] Two(int number) => [(byte)(number >> 8), (byte)number];

    private static byte[] X25519(IEnumerable<byte> secret)
    {
        var share = new byte[32];
        Org.BouncyCastle.Math.EC.Rfc7748.X25519.ScalarMultBase([.. secret], 0, share, 0);
        return share;
    }
}
