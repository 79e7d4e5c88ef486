using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>What is remembered of a peer saves work and decides nothing.</summary>
public sealed class KnownCertificatesTests(MintFixture fixture) : IClassFixture<MintFixture>
{
    private readonly SvidVerifier _verifier = new(new SvidPolicy());
    private readonly Authorities _authorities = fixture.Authorities;

    private SvidVerdict Verify(byte[][] chain, TrustBundleSet? bundles = null, DateTimeOffset? now = null) =>
        _verifier.Verify([.. chain.Select(c => (ReadOnlyMemory<byte>)c)], bundles ?? fixture.Bundles, now ?? Mint.Now);

    /// <summary>Chains that read alike and have other bytes: the last ones of the signature.</summary>
    private IEnumerable<Certificate> Lookalikes(int count)
    {
        var der = _authorities.Leaf(w => w)[0];
        for (var i = 0; i < count; i++)
        {
            var other = der.ToArray();
            other[^1] ^= (byte)(i + 1);
            other[^2] ^= (byte)((i + 1) >> 8);
            yield return Certificate.Read(other);
        }
    }

    private Certificate Root => Certificate.Read(_authorities.Root.Der);

    [Fact]
    public void A_chain_that_was_believed_is_known_whole_and_believed_again()
    {
        var chain = _authorities.Below(w => w);

        var first = Verify(chain);
        var second = Verify(chain);

        Assert.Null(second.Refusal);
        Assert.Equal(2, _verifier.Known.Count);
        Assert.Same(first.Svid!.Leaf, second.Svid!.Leaf);
        Assert.Equal(first.Svid, second.Svid);
        Assert.True(_verifier.Known.IsSigned(second.Path![0], second.Path[1]));
        Assert.True(_verifier.Known.IsSigned(second.Path[1], second.Path[2]));
    }

    [Fact]
    public void A_certificate_with_one_changed_byte_is_not_known_and_not_believed()
    {
        var chain = _authorities.Leaf(w => w);
        Assert.Null(Verify(chain).Refusal);

        for (var i = 0; i < chain[0].Length; i++)
        {
            var changed = chain[0].ToArray();
            changed[i] ^= 1;

            Assert.Null(_verifier.Known.Find(changed));
            Assert.NotNull(Verify([changed]).Refusal);
        }

        Assert.Equal(1, _verifier.Known.Count);
    }

    [Fact]
    public void It_keeps_its_limit_and_forgets_what_was_not_needed_for_longest()
    {
        var known = new KnownCertificates();
        var all = Lookalikes(KnownCertificates.CountMax + 10).ToList();
        foreach (var certificate in all)
        {
            known.Remember([certificate, Root]);
            Assert.NotNull(known.Find(all[0].Der));
        }

        Assert.Equal(KnownCertificates.CountMax, known.Count);
        Assert.Null(known.Find(all[1].Der));
        Assert.Null(known.Find(all[10].Der));
        Assert.NotNull(known.Find(all[11].Der));
        Assert.NotNull(known.Find(all[^1].Der));
    }

    [Fact]
    public void The_same_chain_again_takes_no_second_place()
    {
        var known = new KnownCertificates();
        var certificate = Lookalikes(1).Single();
        known.Remember([certificate, Root]);
        known.Remember([certificate, Root]);

        Assert.Equal(1, known.Count);
    }

    [Fact]
    public void Strangers_who_are_not_believed_neither_fill_it_nor_push_anyone_out()
    {
        var chain = _authorities.Leaf(w => w);
        Assert.Null(Verify(chain).Refusal);

        foreach (var bad in Lookalikes(2 * KnownCertificates.CountMax))
        {
            Assert.NotNull(Verify([bad.Der.ToArray()]).Refusal);
        }

        Assert.Equal(1, _verifier.Known.Count);
        Assert.NotNull(_verifier.Known.Find(chain[0]));
    }

    [Fact]
    public void A_chain_with_a_good_intermediate_and_a_bad_leaf_leaves_nothing()
    {
        var chain = _authorities.Below(w => w);
        chain[0][^1] ^= 1;

        Assert.NotNull(Verify(chain).Refusal);
        Assert.Equal(0, _verifier.Known.Count);
    }

    [Fact]
    public void A_very_long_certificate_is_believed_and_not_kept()
    {
        var chain = _authorities.Leaf(w => w.WithUris($"spiffe://{Mint.Domain}/{new string('p', 1700)}") with
        {
            More = $"1.2.3.4=ASN1:UTF8String:{new string('x', 3000)}\n[names]\nURI.1=spiffe://{Mint.Domain}/{new string('p', 1700)}",
        });

        Assert.InRange(chain[0].Length, KnownCertificates.CertificateBytesMax + 1, SvidPolicy.ChainBytesMax);
        Assert.Null(Verify(chain).Refusal);
        Assert.Equal(0, _verifier.Known.Count);
    }

    [Fact]
    public void A_known_peer_is_refused_when_its_time_is_over_or_has_not_begun()
    {
        var chain = _authorities.Leaf(w => w);
        Assert.Null(Verify(chain).Refusal);

        Assert.Equal(SvidRefusalReason.Expired, Verify(chain, now: Mint.Now.AddHours(1)).Refusal!.Reason);
        Assert.Equal(SvidRefusalReason.NotYetValid, Verify(chain, now: Mint.Now.AddHours(-1)).Refusal!.Reason);
        Assert.Null(Verify(chain).Refusal);
    }

    [Fact]
    public void A_known_peer_is_refused_when_its_authority_is_taken_back()
    {
        var chain = _authorities.Below(w => w);
        Assert.Null(Verify(chain).Refusal);

        var without = new TrustBundleSet(new TrustBundle(
            MintFixture.Domain(Mint.Domain), [Certificate.Read(_authorities.NarrowRoot.Der)]));
        Assert.Equal(SvidRefusalReason.UnknownTrustDomain, Verify(chain, new TrustBundleSet()).Refusal!.Reason);
        Assert.Equal(SvidRefusalReason.UnknownAuthority, Verify(chain, without).Refusal!.Reason);
    }

    [Fact]
    public void A_known_peer_is_refused_by_an_authority_of_the_same_name_with_another_key()
    {
        // Without the authority's key identifier the signature alone tells the two apart.
        var root = _authorities.Mint.Root("twin", w => w with { More = "subjectKeyIdentifier=none" });
        var twin = _authorities.Mint.Root("twin", w => w with { More = "subjectKeyIdentifier=none" });
        byte[][] chain = [_authorities.Mint.Leaf(root, w => w with { More = "authorityKeyIdentifier=none" }).Der];
        TrustBundleSet Only(Minted authority) =>
            new(new TrustBundle(MintFixture.Domain(Mint.Domain), [Certificate.Read(authority.Der)]));

        Assert.Null(Verify(chain, Only(root)).Refusal);
        Assert.Equal(SvidRefusalReason.BadSignature, Verify(chain, Only(twin)).Refusal!.Reason);
        Assert.Null(Verify(chain, Only(root)).Refusal);
    }

    [Fact]
    public async Task A_known_peer_must_still_prove_that_it_has_the_key()
    {
        using var world = new TlsWorld();
        var server = world.Settings(world.Server);
        for (var i = 0; i < 3; i++)
        {
            var (near, far) = await TlsWorld.ShakeAsync(world.Settings(world.Client), server);
            await using var client = Assert.IsType<MutualTlsStream>(near);
            await using var accepted = Assert.IsType<MutualTlsStream>(far);
            Assert.Equal(world.Client.Chain[0].SerialNumber, accepted.Peer.SerialNumber);
        }

        Assert.NotNull(server.Verifier.Known.Find(world.Client.Chain[0].Der));
        var other = _authorities.Mint.Root("owner of another key");
        var thief = new LocalSvid(
            world.Client.Id, world.Client.Chain, KeyKind.P256, PrivateKey.ReadPkcs8(_authorities.Mint.Pkcs8(other)));

        var (_, refused) = await TlsWorld.ShakeAsync(world.Settings(thief), server);

        Assert.Equal(TlsFailure.Protocol, Assert.IsType<TlsHandshakeException>(refused).Failure);
    }
}
