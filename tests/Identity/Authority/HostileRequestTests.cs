using System.Net;
using System.Net.Sockets;
using System.Text;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>Strangers at the one listener that lets strangers in.</summary>
public sealed class HostileRequestTests : IAsyncLifetime
{
    private readonly AuthorityWorld _world = new(KeyKind.Ed25519);

    public async ValueTask InitializeAsync() => await _world.ServeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static byte[] Csr(string path) => SvidRequest.Create(SigningKey.Generate(KeyKind.Ed25519), AuthorityWorld.Id(path));

    private async Task<EnrolmentAnswer> SendAsync(byte[] message)
    {
        await using var stream = await _world.ConnectAsync();
        await EnrolmentProtocol.WriteAsync(stream, message, CancellationToken.None);
        return EnrolmentAnswer.Read(await EnrolmentProtocol.ReadAsync(stream, EnrolmentProtocol.AnswerBytesMax, CancellationToken.None));
    }

    [Fact]
    public void Whatever_bytes_come_no_request_is_made_of_them_or_it_is_one() => Gen.OneOf(
        Gen.Byte.Array[0, 300], Gen.String[Gen.Char[' ', '~'], 0, 200].Select(s => Encoding.ASCII.GetBytes(s)),
        Gen.Select(Gen.Int[0, 2000], Gen.Byte).Select(Bent)).Sample(
        bytes =>
        {
            try
            {
                EnrolmentRequest.Read(bytes);
            }
            catch (FormatException)
            {
                // What is said of what is none.
            }
        },
        iter: 20_000);

    private static readonly byte[] Good = new EnrolmentRequest.Enrol
    {
        Csr = Csr("node/a"),
        Token = EnrolmentToken.Random(),
    }.ToBytes().ToArray();

    private static byte[] Bent((int At, byte With) change)
    {
        var bytes = Good.ToArray();
        bytes[change.At % bytes.Length] = change.With;
        return bytes;
    }

    [Fact]
    public async Task Nothing_that_is_bent_by_a_byte_is_ever_issued()
    {
        var join = await _world.TokenAsync("node/a");
        var good = new EnrolmentRequest.Enrol { Csr = Csr("node/a"), Token = join.Token }.ToBytes().ToArray();
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte[1, 255]).SampleAsync(
            async change =>
            {
                var bent = good.ToArray();
                bent[change.Item1] ^= change.Item2;
                try
                {
                    var answer = await _world.AskAsync(EnrolmentRequest.Read(bent));
                    return answer is { Refusal: not null, Chain: [] };
                }
                catch (FormatException)
                {
                    return true;
                }
            },
            iter: 3_000);
        Assert.Null((await _world.AskAsync(EnrolmentRequest.Read(good))).Refusal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"op":"renew","csr":"AA=="}""")]
    [InlineData("""{"op":"island","csr":"AA=="}""")]
    [InlineData("""{"op":"ca","csr":"AA=="}""")]
    [InlineData("""{"op":"enrol","csr":"AA==","token":"AA=="}""")]
    [InlineData("""{"op":"enrol","op":"renew","csr":"AA==","token":"AA=="}""")]
    [InlineData("""{"op":{"op":{"op":{}}},"csr":"AA=="}""")]
    public async Task A_stranger_without_a_token_hears_a_refusal(string message)
    {
        var answer = await SendAsync(Encoding.UTF8.GetBytes(message));

        Assert.Equal(EnrolmentRefusal.BadRequest, answer.Refusal);
        Assert.Empty(answer.Chain);
    }

    [Fact]
    public async Task A_token_is_good_for_its_own_id_alone_and_is_not_used_up_by_trying()
    {
        var join = await _world.TokenAsync("node/a");

        Assert.Equal(EnrolmentRefusal.OtherId, (await _world.AskAsync(new EnrolmentRequest.Enrol { Csr = Csr("node/b"), Token = join.Token })).Refusal);
        Assert.Equal(
            EnrolmentRefusal.OtherId, (await _world.AskAsync(new EnrolmentRequest.Enrol { Csr = Csr("x0tta6bl4/authority"), Token = join.Token })).Refusal);
        Assert.Equal(
            EnrolmentRefusal.BadCertificateRequest, (await _world.AskAsync(new EnrolmentRequest.Enrol { Csr = new byte[40], Token = join.Token })).Refusal);
        Assert.Null((await _world.AskAsync(new EnrolmentRequest.Enrol { Csr = Csr("node/a"), Token = join.Token })).Refusal);
    }

    [Fact]
    public async Task The_right_selector_with_another_secret_is_a_bad_token()
    {
        var join = await _world.TokenAsync("node/a");
        var bytes = join.Token.ToBytes();
        bytes[^1] ^= 1;

        var answer = await _world.AskAsync(new EnrolmentRequest.Enrol { Csr = Csr("node/a"), Token = EnrolmentToken.Read(bytes) });

        Assert.Equal(EnrolmentRefusal.BadToken, answer.Refusal);
    }

    [Fact]
    public async Task Who_shows_a_certificate_renews_his_own_id_and_no_other()
    {
        var (_, identity, _) = await _world.EnrolledAsync("node/a");
        var peer = _world.Verified(identity.Svid!);

        Assert.Equal(EnrolmentRefusal.OtherId, (await _world.AskAsync(new EnrolmentRequest.Renew { Csr = Csr("node/b") }, peer)).Refusal);
        Assert.Equal(EnrolmentRefusal.NoIsland, (await _world.AskAsync(new EnrolmentRequest.Island { Csr = Csr("node/a") }, peer)).Refusal);
        Assert.Null((await _world.AskAsync(new EnrolmentRequest.Renew { Csr = Csr("node/a") }, peer)).Refusal);
    }

    [Fact]
    public async Task A_certificate_by_file_for_an_id_that_never_enrolled_renews_nothing()
    {
        var key = SigningKey.Generate(KeyKind.P256);
        var chain = await _world.Authority.IssueAsync(
            AuthorityWorld.Id("broker"), SvidRequest.Create(key, AuthorityWorld.Id("broker")), TimeSpan.FromHours(1), CancellationToken.None);
        var peer = _world.Verified(LocalSvid.Create([.. chain.Select(c => c.Der)], key.Private));

        Assert.Equal(EnrolmentRefusal.NotEnrolled, (await _world.AskAsync(new EnrolmentRequest.Renew { Csr = Csr("broker") }, peer)).Refusal);
    }

    [Fact]
    public async Task The_authoritys_own_certificate_renews_nothing()
    {
        var self = _world.Verified(((IEnrolmentAuthority)_world.Authority).ServerIdentity!);

        var answer = await _world.AskAsync(new EnrolmentRequest.Renew { Csr = Csr("x0tta6bl4/authority") }, self);

        Assert.Equal(EnrolmentRefusal.NotEnrolled, answer.Refusal);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_ends_the_handshake_here_too()
    {
        await using var other = new AuthorityWorld(KeyKind.Ed25519);
        await other.ServeAsync();
        var (_, identity, _) = await other.EnrolledAsync("node/a");

        await using var stream = await _world.ConnectAsync(identity.Svid);
        var failure = await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask());

        Assert.Contains("unknown_ca", failure.Message + failure.InnerException?.Message, StringComparison.Ordinal);
        await AuthorityWorld.EventuallyAsync(1, () => _world.Server.Counters.HandshakesFailed);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_not_read()
    {
        await using var stream = await _world.ConnectAsync();
        await stream.WriteAsync(new byte[] { 0, 0, 0x40, 1 });

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        await AuthorityWorld.EventuallyAsync(1, () => _world.Server.Counters.Broken);
    }

    [Fact]
    public async Task Who_says_nothing_is_let_go_after_ten_seconds_and_cannot_keep_others_out()
    {
        var silent = new List<TcpClient>();
        for (var i = 0; i < SourceLimits.ConnectionsOfSourceMax + 3; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPEndPoint.Parse(_world.Address));
            silent.Add(client);
        }

        var since = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await silent[0].GetStream().ReadAsync(new byte[1]));
        Assert.InRange(TimeProvider.System.GetElapsedTime(since), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(20));
        await AuthorityWorld.EventuallyAsync(3, () => _world.Server.Counters.TurnedAway);
        silent.ForEach(c => c.Dispose());
        Assert.Equal(EnrolmentRefusal.BadRequest, (await SendAsync("{}"u8.ToArray())).Refusal);
    }

    [Fact]
    public async Task Who_asks_too_often_is_turned_away_for_the_rest_of_the_minute()
    {
        for (var i = 0; i < SourceLimits.PerMinuteMax; i++)
        {
            Assert.Equal(EnrolmentRefusal.BadRequest, (await SendAsync("{}"u8.ToArray())).Refusal);
        }

        await Assert.ThrowsAnyAsync<IOException>(() => SendAsync("{}"u8.ToArray()));
        Assert.Equal(SourceLimits.PerMinuteMax, _world.Server.Counters.Refused(EnrolmentRefusal.BadRequest));
    }

    [Fact]
    public async Task Openssl_believes_the_server_and_finds_its_protocol()
    {
        using var openSsl = new Minting.OpenSsl();
        File.WriteAllText(openSsl.PathOf("root.pem"), NewSvidFiles.Pem([_world.Root.Certificate]));
        using var client = openSsl.Start(
            "s_client", "-connect", _world.Address, "-tls1_3", "-alpn", EnrolmentProtocol.Alpn, "-CAfile", "root.pem", "-x509_strict",
            "-verify_return_error", "-attime", _world.Now.ToUnixTimeSeconds().ToString());
        client.StandardInput.Close();

        var said = await client.StandardOutput.ReadToEndAsync();

        Assert.Contains("Verify return code: 0 (ok)", said, StringComparison.Ordinal);
        Assert.Contains($"ALPN protocol: {EnrolmentProtocol.Alpn}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_listeners_still_let_nobody_in_without_a_certificate()
    {
        var (_, identity, _) = await _world.EnrolledAsync("node/a");
        var server = _world.ClientSettings(identity.Svid);

        var (_, accepted) = await Tls.TlsWorld.ShakeAsync(_world.ClientSettings(null), server);

        Assert.Equal(SvidRefusalReason.NoCertificate, Assert.IsType<TlsHandshakeException>(accepted).Refusal!.Reason);
    }
}
