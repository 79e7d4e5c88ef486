using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>What our authority writes, read by OpenSSL and by our own verifier.</summary>
public sealed class IssuedCertificateTests : IDisposable
{
    private readonly OpenSsl _openSsl = new();

    public void Dispose() => _openSsl.Dispose();

    private static string At(AuthorityWorld world) => world.Now.ToUnixTimeSeconds().ToString();

    private string Pem(string name, params IEnumerable<Certificate> certificates)
    {
        File.WriteAllText(_openSsl.PathOf(name), NewSvidFiles.Pem(certificates));
        return _openSsl.PathOf(name);
    }

    private static LocalSvid Issue(AuthorityWorld world, IssuingKey by, KeyKind kind, bool isIsland = false)
    {
        var key = SigningKey.Generate(kind);
        var chain = by.IssueSvid(AuthorityWorld.Id("node/a"), PublicKey.Read(key.PublicInfo), TimeSpan.FromHours(1), world.Now, isIsland);
        return LocalSvid.Create([.. chain.Select(c => c.Der)], key.Private);
    }

    private static IssuingKey Island(AuthorityWorld world, TimeSpan lifetime)
    {
        var key = SigningKey.Generate(KeyKind.P256);
        return IssuingKey.Create(
            AuthorityWorld.Domain, key, [.. world.Root.IssueAuthority(PublicKey.Read(key.PublicInfo), lifetime, world.Now).Select(c => c.Der)]);
    }

    [Theory]
    [InlineData(KeyKind.P256, KeyKind.P256), InlineData(KeyKind.P256, KeyKind.Ed25519)]
    [InlineData(KeyKind.Ed25519, KeyKind.P256), InlineData(KeyKind.Ed25519, KeyKind.Ed25519)]
    public async Task Openssl_in_its_strict_mode_and_our_verifier_believe_a_certificate(KeyKind root, KeyKind leaf)
    {
        await using var world = new AuthorityWorld(root);

        var svid = Issue(world, world.Root, leaf);

        foreach (var purpose in new[] { "sslclient", "sslserver" })
        {
            _openSsl.Run(
                "verify", "-x509_strict", "-check_ss_sig", "-purpose", purpose, "-attime", At(world),
                "-CAfile", Pem("root.pem", world.Root.Certificate), Pem("leaf.pem", svid.Chain));
        }

        var verified = world.Verified(svid);
        Assert.Equal(("spiffe://site.example/node/a", false), (verified.Id.ToString(), verified.IsIslandIssued));
        Assert.Equal(TimeSpan.FromSeconds(3610), svid.Chain[0].NotAfter - svid.Chain[0].NotBefore);
    }

    [Fact]
    public async Task They_believe_one_of_an_island_authority_which_says_so()
    {
        await using var world = new AuthorityWorld();

        var svid = Issue(world, Island(world, TimeSpan.FromDays(14)), KeyKind.P256, isIsland: true);

        Assert.Equal(2, svid.Chain.Count);
        _openSsl.Run(
            "verify", "-x509_strict", "-attime", At(world), "-CAfile", Pem("root.pem", world.Root.Certificate),
            "-untrusted", Pem("island.pem", svid.Chain[1]), Pem("leaf.pem", svid.Chain[0]));
        var verified = world.Verified(svid);
        Assert.True(verified.IsIslandIssued);
        Assert.Equal(svid.Chain[1].SerialNumber, verified.Signer.SerialNumber);
    }

    [Fact]
    public async Task An_island_authority_makes_no_further_authority()
    {
        await using var world = new AuthorityWorld();
        var island = Island(world, TimeSpan.FromDays(14));
        var key = SigningKey.Generate(KeyKind.P256);
        var below = IssuingKey.Create(
            AuthorityWorld.Domain, key, [.. island.IssueAuthority(PublicKey.Read(key.PublicInfo), TimeSpan.FromDays(1), world.Now).Select(c => c.Der)]);

        var svid = Issue(world, below, KeyKind.P256);

        var verdict = new SvidVerifier(new SvidPolicy()).Verify([.. svid.Chain.Select(c => c.Der)], world.Authority.Bundles, world.Now);
        Assert.Equal(SvidRefusalReason.PathTooLong, verdict.Refusal!.Reason);
    }

    [Fact]
    public async Task Nothing_outlives_its_authority_and_nothing_is_issued_after_it()
    {
        await using var world = new AuthorityWorld();
        var island = Island(world, TimeSpan.FromMinutes(30));

        Assert.Equal(island.NotAfter, Issue(world, island, KeyKind.P256).NotAfter);
        world.Now += TimeSpan.FromMinutes(30);
        Assert.Throws<IdentityAuthorityException>(() => Issue(world, island, KeyKind.P256));
    }

    [Fact]
    public async Task Serial_numbers_and_subjects_are_never_the_same_twice()
    {
        await using var world = new AuthorityWorld(KeyKind.Ed25519);

        var serials = Enumerable.Range(0, 200).Select(_ => Issue(world, world.Root, KeyKind.Ed25519).Chain[0].SerialNumber).ToList();

        Assert.Equal(200, serials.Distinct(StringComparer.Ordinal).Count());
        Assert.All(serials, s => Assert.Equal(32, s.Length));
        Assert.NotEqual(
            Convert.ToHexString(world.Root.Certificate.SubjectDer),
            Convert.ToHexString(new AuthorityWorld(KeyKind.Ed25519).Root.Certificate.SubjectDer));
    }

    [Theory]
    [InlineData(KeyKind.P256), InlineData(KeyKind.Ed25519)]
    public void Openssl_verifies_our_request_and_reads_our_key(KeyKind kind)
    {
        var key = SigningKey.Generate(kind);
        File.WriteAllBytes(_openSsl.PathOf("csr.der"), SvidRequest.Create(key, AuthorityWorld.Id("node/a")));
        File.WriteAllBytes(_openSsl.PathOf("key.der"), key.ToPkcs8());

        _openSsl.Run("req", "-inform", "DER", "-in", "csr.der", "-verify", "-noout");
        _openSsl.Run("pkey", "-inform", "DER", "-in", "key.der", "-check", "-noout");
        Assert.Equal(key.PublicHash, SigningKey.Read(key.ToPkcs8()).PublicHash);
    }

    [Fact]
    public void The_same_key_and_message_give_the_same_signature()
    {
        var key = SigningKey.Generate(KeyKind.P256);

        Assert.Equal(key.Sign("a"u8), key.Sign("a"u8));
        Assert.NotEqual(key.Sign("a"u8), key.Sign("b"u8));
    }

    [Fact]
    public async Task A_program_with_openssl_serves_us_with_the_files_of_the_authority()
    {
        await using var world = new AuthorityWorld(now: TimeProvider.System.GetUtcNow());
        await world.Authority.IssueToFilesAsync(
            AuthorityWorld.Id("broker"), world.PathOf(""), KeyKind.P256, TimeSpan.FromHours(1), CancellationToken.None)
            .ContinueWith(issued => NewSvidFiles.Write(world.PathOf(NewSvidFiles.ChainName), issued.Result), TaskScheduler.Default);
        NewSvidFiles.Write(world.PathOf(NewSvidFiles.BundleName), [world.Root.Certificate]);
        var port = Loopback.FreePort();
        using var server = _openSsl.Start(
            "s_server", "-accept", $"127.0.0.1:{port}", "-cert", world.PathOf(NewSvidFiles.ChainName), "-key", world.PathOf(NewSvidFiles.KeyName),
            "-CAfile", world.PathOf(NewSvidFiles.BundleName), "-Verify", "2", "-verify_return_error", "-x509_strict", "-tls1_3", "-rev", "-quiet");
        try
        {
            var settings = world.ClientSettings(Issue(world, world.Root, KeyKind.P256)) with { Protocols = [], ChannelBindingLabel = null };
            var stream = await MutualTlsStream.ConnectAsync(
                await Loopback.ConnectAsync(port), settings, TimeProvider.System, CancellationToken.None);
            await stream.WriteAsync("batman\n"u8.ToArray());
            var answer = new byte[7];
            await stream.ReadExactlyAsync(answer);
            Assert.Equal("namtab\n", Encoding.ASCII.GetString(answer));
            Assert.Equal("spiffe://site.example/broker", stream.Peer.Id.ToString());
            await stream.DisposeAsync();
        }
        finally
        {
            server.Kill();
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(world.PathOf(NewSvidFiles.KeyName)));
    }

    [Fact]
    public async Task The_private_key_stands_in_no_file_in_the_clear()
    {
        await using var world = new AuthorityWorld();
        File.WriteAllBytes(world.PathOf("fuses"), RandomNumberGenerator.GetBytes(32));
        File.SetUnixFileMode(world.PathOf("fuses"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (var store = new SealedStore(new SealedStoreOptions
        {
            Directory = world.PathOf("secrets"),
            DeviceSecretFile = world.PathOf("fuses"),
            Tpm = null,
        }))
        {
            AuthorityKeyStore.Write(store, AuthorityKeyStore.SiteName, world.Root);
            await world.TokenAsync("node/a");
            Assert.Equal(world.Root.Certificate.SerialNumber, AuthorityKeyStore.Read(store, AuthorityKeyStore.SiteName)!.Certificate.SerialNumber);
        }

        var scalar = ((Org.BouncyCastle.Crypto.Parameters.ECPrivateKeyParameters)world.Root.Key.Private).D.ToByteArrayUnsigned();
        var files = Directory.GetFiles(world.PathOf(""), "*", SearchOption.AllDirectories);
        Assert.True(files.Length >= 3, string.Join(' ', files));
        Assert.All(files, file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(scalar.AsSpan(0, 8))));
    }
}
