using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.SpireServer;

/// <summary>Attesting with the certificate a router was provisioned with.</summary>
public sealed class X509PopTests
{
    private static (string Certificate, string Key) Provision(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=router 7", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(5));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static X509PopAttestor Attestor((string Certificate, string Key) provisioned) =>
        X509PopAttestor.Create(Encoding.ASCII.GetBytes(provisioned.Certificate), Encoding.ASCII.GetBytes(provisioned.Key));

    private static string Thumbprint(string pem) => Convert.ToHexStringLower(
        SHA256.HashData(PemEncoding.Find(pem) is var fields ? Convert.FromBase64String(pem[fields.Base64Data]) : []));

    public static TheoryData<string> Curves => ["nistP256", "nistP384"];

    [Theory, MemberData(nameof(Curves))]
    public async Task A_provisioned_router_proves_that_it_holds_its_key(string curve)
    {
        var provisioned = Provision(ECCurve.CreateFromFriendlyName(curve));
        await using var domain = await SpireDomain.StartAsync(server => server.Provisioned[Thumbprint(provisioned.Certificate)] = true);

        var router = domain.Router(s => s with { Attestor = Attestor(provisioned) });
        var snapshot = await router.IssueAsync(null, CancellationToken.None);

        Assert.Equal("/node/a", snapshot.Svid!.Id.Path);
        Assert.StartsWith("/spire/agent/x509pop/", SpireAgent.Load(domain.Settings())!.Svid.Id.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_attests_again_instead_of_renewing_and_comes_back_after_any_time()
    {
        var provisioned = Provision(ECCurve.NamedCurves.nistP256);
        await using var domain = await SpireDomain.StartAsync(server => server.Provisioned[Thumbprint(provisioned.Certificate)] = true);
        var router = domain.Router(s => s with { Attestor = Attestor(provisioned) });
        await router.IssueAsync(null, CancellationToken.None);

        // Past the half of its life; then past its end, on a server that lives in the same time.
        foreach (var minutes in new[] { 31, 200 })
        {
            var before = domain.Server.Calls.Count;
            domain.Ahead = TimeSpan.FromMinutes(minutes);
            domain.Server.Authority.Ahead = domain.Ahead;
            await domain.RestartServerAsync();
            await router.IssueAsync(null, CancellationToken.None);

            Assert.Equal("AttestAgent", domain.CallsSince(before).First());
            Assert.DoesNotContain("RenewAgent", domain.Server.Calls);
        }
    }

    [Fact]
    public async Task An_agent_that_must_attest_again_does_although_it_was_told_so_late()
    {
        var provisioned = Provision(ECCurve.NamedCurves.nistP256);
        await using var domain = await SpireDomain.StartAsync();
        await domain.Router().IssueAsync(null, CancellationToken.None);
        foreach (var agent in domain.Server.Agents.Keys)
        {
            domain.Server.Reattestable[agent] = true;
        }

        domain.Server.Provisioned[Thumbprint(provisioned.Certificate)] = true;
        domain.Ahead = TimeSpan.FromMinutes(31);
        var before = domain.Server.Calls.Count;
        await domain.Router(s => s with { Attestor = Attestor(provisioned) }).IssueAsync(null, CancellationToken.None);

        Assert.Equal(["RenewAgent", "AttestAgent"], domain.CallsSince(before).Take(2));
    }

    [Fact]
    public async Task A_certificate_the_server_does_not_know_is_a_refusal()
    {
        await using var domain = await SpireDomain.StartAsync();

        var exception = await Assert.ThrowsAsync<IdentityRefusedException>(() => domain
            .Router(s => s with { Attestor = Attestor(Provision(ECCurve.NamedCurves.nistP256)) }).IssueAsync(null, CancellationToken.None));

        Assert.Contains("x509pop: certificate verification failed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_and_certificate_must_belong_together()
    {
        var (one, other) = (Provision(ECCurve.NamedCurves.nistP256), Provision(ECCurve.NamedCurves.nistP256));

        var exception = Assert.Throws<CertificateFormatException>(() => Attestor((one.Certificate, other.Key)));

        Assert.Contains("does not belong", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_whose_key_is_off_its_curve_is_said_as_such()
    {
        var (certificate, key) = Provision(ECCurve.NamedCurves.nistP256);
        using var read = X509Certificate2.CreateFromPem(certificate);
        var bent = read.RawData;
        bent[bent.AsSpan().IndexOf(read.PublicKey.EncodedKeyValue.RawData) + 64] ^= 1;

        var exception = Assert.Throws<CertificateFormatException>(() => X509PopAttestor.Create(bent, Encoding.ASCII.GetBytes(key)));

        Assert.Contains("its key cannot be used", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""), InlineData("null"), InlineData("[]"), InlineData("{}"), InlineData("{\"ecdsa_signature\":null}")]
    [InlineData("{\"ecdsa_signature\":{\"nonce\":\"AAAA\"}}"), InlineData("{\"ecdsa_signature\":{\"nonce\":7}}")]
    [InlineData("{\"rsa_signature\":{\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}}")]
    [InlineData("{\"ecdsa_signature\":{\"nonce\":\"*\"}}"), InlineData("[[[[[[[[")]
    public void A_challenge_that_is_none_is_not_signed(string challenge)
    {
        var attestor = Attestor(Provision(ECCurve.NamedCurves.nistP256));

        Assert.Throws<IOException>(() => attestor.Answer(Encoding.UTF8.GetBytes(challenge)));
    }

    [Fact]
    public void A_challenge_of_megabytes_is_not_read()
    {
        var attestor = Attestor(Provision(ECCurve.NamedCurves.nistP256));

        Assert.Throws<IOException>(() => attestor.Answer(new byte[X509PopAttestor.ChallengeBytesMax + 1]));
    }
}
