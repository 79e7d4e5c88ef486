using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Reader;

/// <summary>An island that cannot ask the real authority takes that for its absence.</summary>
public sealed class IslandProbeTests : IAsyncLifetime
{
    private readonly AuthorityWorld _world = new();
    private readonly IslandState _state = new(AuthorityWorld.Domain, new MemorySecretStore());
    private LocalSvid _own = null!;
    private KeptIdentity _stolen = null!;

    public async ValueTask InitializeAsync()
    {
        await _world.ServeAsync();
        var (_, own, _) = await _world.EnrolledAsync("node/island");
        _own = own.Svid!;
        var (_, _, store) = await _world.EnrolledAsync("node/stolen");
        _stolen = KeptIdentity.Read(store, KeptIdentity.Name)!;
        await _world.Authority.GrantIslandAsync(AuthorityWorld.Id("node/island"), 14, CancellationToken.None);
        await Contact(_world.Address).GetInTouchAsync(own, CancellationToken.None);
        await _world.Authority.DenyAsync(AuthorityWorld.Id("node/stolen"), CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private SiteIslandContact Contact(params string[] addresses) => new(() => addresses, _state, () => _world.Now, TimeProvider.System);

    private Task<EnrolmentAnswer> ReturnAsync(SiteIslandContact contact, TrustBundleSet bundles)
    {
        IEnrolmentAuthority island = new IslandAuthority(
            _state, new IslandPolicy(), () => bundles, c => contact.IsAuthorityThereAsync(bundles, c), () => _own, () => _world.Now, TimeProvider.System);
        var csr = SvidRequest.Create(SigningKey.Generate(KeyKind.P256), _stolen.Id);
        var binding = new byte[32];
        return island.AnswerAsync(
            new EnrolmentRequest.Return
            {
                Csr = csr,
                Key = _stolen.Key.PublicInfo.GetDerEncoded(),
                Proof = _stolen.Key.Sign(EnrolmentProtocol.ReturnProof(binding, csr)),
            },
            null, binding, CancellationToken.None);
    }

    /// <summary>
    /// TrustParts.Contact takes addresses from authority_addresses or the join file, "which may be removed once it was used" and is
    /// forgotten with the next boot: no address is left then (SiteAuthorityIssuer has those it kept, the island has not).
    /// </summary>
    [Fact]
    public async Task Without_an_address_to_ask_it_does_not_issue_to_who_was_denied() =>
        Assert.NotNull((await ReturnAsync(Contact(), _world.Authority.Bundles)).Refusal);

    /// <summary>
    /// The island's own identity is refused or not there yet (it was denied itself, say): TrustParts gives the probe the bundles of
    /// that identity, none, and the authority that answers is not believed.
    /// </summary>
    [Fact]
    public async Task Without_an_identity_of_its_own_it_does_not_issue_while_the_authority_answers() =>
        Assert.NotNull((await ReturnAsync(Contact(_world.Address), new TrustBundleSet())).Refusal);

    [Fact]
    public async Task With_both_it_does_not() =>
        Assert.Equal(EnrolmentRefusal.AuthorityReachable, (await ReturnAsync(Contact(_world.Address), _world.Authority.Bundles)).Refusal);
}
