using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Sources;
using X0tta6bl4.Identity.Tests.X509;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class BentCertificateTests(MintFixture fixture) : IClassFixture<MintFixture>
{
    private Minted Leaf => fixture.Authorities.Mint.Leaf(fixture.Authorities.Root, w => w.WithUris($"spiffe://{Mint.Domain}/node/a"));

    /// <summary>One bit of the public key: the point is on no curve any more.</summary>
    private static byte[] Bent(Minted leaf)
    {
        byte[] der = [.. leaf.Der];
        var point = Certificate.Read(leaf.Der).KeyInfo.PublicKey.GetOctets();
        der[der.AsSpan().IndexOf(point) + point.Length - 1] ^= 1;
        return der;
    }

    [Fact]
    public void A_key_off_its_curve_is_no_certificate_of_ours_and_said_as_such()
    {
        var leaf = Leaf;
        Assert.Throws<CertificateFormatException>(
            () => LocalSvid.Create([Bent(leaf)], PrivateKey.ReadPkcs8(fixture.Authorities.Mint.Pkcs8(leaf))));
    }

    /// <summary>
    /// The source must go on with what it has (IIdentitySource: "Failures do not end it"). When it ends, NodeIdentity.RunAsync ends
    /// every connection to peers with it. The Workload API source (Take) and the issuers (TakeOver) lack the same.
    /// </summary>
    [Fact]
    public async Task A_bit_that_flips_in_a_certificate_file_does_not_end_the_source()
    {
        var folder = Directory.CreateTempSubdirectory("x0-bent-").FullName;
        string At(string name) => Path.Combine(folder, name);
        var leaf = Leaf;
        File.Copy(leaf.CertificateFile, At("svid.pem"));
        File.Copy(leaf.KeyFile, At("svid_key.pem"));
        File.Copy(fixture.Authorities.Root.CertificateFile, At("bundle.pem"));
        var said = new Said();
        using var stop = new CancellationTokenSource();
        var run = new FilesSource(
            new IdentityFiles(MintFixture.Domain(Mint.Domain), At("svid.pem"), At("svid_key.pem"), At("bundle.pem")), TimeProvider.System)
            .RunAsync(said, stop.Token);
        await said.IdentityAsync();

        await File.WriteAllBytesAsync(At("svid.pem"), Bent(leaf), TestContext.Current.CancellationToken);
        var ended = await Task.WhenAny(run, said.ProblemAsync());

        Assert.False(run.IsFaulted, run.Exception?.InnerException?.ToString());
        Assert.NotSame(run, ended);
        await stop.CancelAsync();
        await run;
    }
}
