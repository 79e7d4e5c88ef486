using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>Coming back with the key that was kept: what a proof is good for, and what not.</summary>
public sealed class ReturnTests : IAsyncLifetime
{
    private readonly AuthorityWorld _world = new(KeyKind.Ed25519);

    public async ValueTask InitializeAsync() => await _world.ServeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static EnrolmentRequest.Return Request(SigningKey kept, byte[] csr, ReadOnlyMemory<byte> binding, bool replaces = false) => new()
    {
        Csr = csr,
        Key = kept.PublicInfo.GetDerEncoded(),
        Proof = kept.Sign(EnrolmentProtocol.ReturnProof(binding.Span, csr)),
        Replaces = replaces,
    };

    private static byte[] Csr(string path, SigningKey? key = null) =>
        SvidRequest.Create(key ?? SigningKey.Generate(KeyKind.Ed25519), AuthorityWorld.Id(path));

    private async Task<SigningKey> KeptAsync(string path)
    {
        var (_, _, store) = await _world.EnrolledAsync(path);
        return KeptIdentity.Read(store, KeptIdentity.Name)!.Key;
    }

    private static async Task<EnrolmentRefusal?> SendAsync(MutualTlsStream stream, EnrolmentRequest request)
    {
        await EnrolmentProtocol.WriteAsync(stream, request.ToBytes().Span, CancellationToken.None);
        return EnrolmentAnswer.Read(await EnrolmentProtocol.ReadAsync(stream, EnrolmentProtocol.AnswerBytesMax, CancellationToken.None)).Refusal;
    }

    [Fact]
    public async Task Both_ends_have_the_same_binding_and_no_two_connections_do()
    {
        var kept = await KeptAsync("node/a");
        await using var one = await _world.ConnectAsync();
        await using var other = await _world.ConnectAsync();

        Assert.Equal(32, one.ChannelBinding!.Value.Length);
        Assert.NotEqual(one.ChannelBinding.Value.ToArray(), other.ChannelBinding!.Value.ToArray());
        Assert.Null(await SendAsync(one, Request(kept, Csr("node/a"), one.ChannelBinding.Value)));
    }

    [Fact]
    public async Task A_router_whose_join_string_is_gone_finds_the_authority_by_the_address_it_kept()
    {
        var (_, _, store) = await _world.EnrolledAsync("node/a");

        var afterReboot = _world.Router(store, null, o => o with { Addresses = [] });
        _world.Now += TimeSpan.FromDays(2);
        var back = await afterReboot.IssueAsync(null, CancellationToken.None);

        Assert.Equal(AuthorityWorld.Id("node/a"), back.Svid!.Id);
        Assert.Equal([_world.Address], KeptIdentity.Read(store, KeptIdentity.Name)!.Addresses);
    }

    [Fact]
    public async Task A_proof_that_was_recorded_is_worth_nothing_on_another_connection()
    {
        var kept = await KeptAsync("node/a");
        await using var one = await _world.ConnectAsync();
        var recorded = Request(kept, Csr("node/a"), one.ChannelBinding!.Value);
        Assert.Null(await SendAsync(one, recorded));

        await using var other = await _world.ConnectAsync();
        Assert.Equal(EnrolmentRefusal.BadProof, await SendAsync(other, recorded));
    }

    [Fact]
    public async Task A_proof_is_for_one_request_by_one_key_of_one_node()
    {
        var (kept, others, stranger) = (await KeptAsync("node/a"), await KeptAsync("node/b"), SigningKey.Generate(KeyKind.P256));
        var binding = new byte[32];
        var csr = Csr("node/a");
        var good = Request(kept, csr, binding);

        Assert.Null((await _world.AskAsync(good)).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(good with { Csr = Csr("node/a") })).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(Request(others, csr, binding))).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(Request(stranger, csr, binding))).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(Request(kept, Csr("node/b"), binding))).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(good with { Proof = new byte[64] })).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(good with { Proof = new byte[3] })).Refusal);
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(good with { Key = new byte[5] })).Refusal);
        Assert.Equal(EnrolmentRefusal.NotEnrolled, (await _world.AskAsync(Request(kept, Csr("node/c"), binding))).Refusal);
        Assert.Equal(
            EnrolmentRefusal.NotEnrolled,
            (await _world.AskAsync(Request(kept, SvidRequest.Create(kept, EnrolmentServerId.Of(AuthorityWorld.Domain, EnrolmentProtocol.AuthorityPath)), binding))).Refusal);
    }

    [Fact]
    public async Task A_key_that_was_replaced_twice_opens_nothing_any_more()
    {
        var first = await KeptAsync("node/a");
        var (second, third) = (SigningKey.Generate(KeyKind.Ed25519), SigningKey.Generate(KeyKind.P256));
        var binding = new byte[32];
        Assert.Null((await _world.AskAsync(Request(first, Csr("node/a", second), binding, replaces: true))).Refusal);

        // The answer may have got lost: the first still counts, until the second was used.
        Assert.Null((await _world.AskAsync(Request(first, Csr("node/a"), binding))).Refusal);
        Assert.Null((await _world.AskAsync(Request(second, Csr("node/a", third), binding, replaces: true))).Refusal);

        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(Request(first, Csr("node/a"), binding))).Refusal);
        Assert.Null((await _world.AskAsync(Request(third, Csr("node/a"), binding))).Refusal);
    }

    [Fact]
    public async Task Renewing_with_a_certificate_names_a_key_to_replace_only_if_it_is_one_of_its_own()
    {
        var (_, identity, store) = await _world.EnrolledAsync("node/a");
        var kept = KeptIdentity.Read(store, KeptIdentity.Name)!.Key;
        var strangers = SigningKey.Generate(KeyKind.Ed25519);
        var peer = _world.Verified(identity.Svid!);

        Assert.Null((await _world.AskAsync(new EnrolmentRequest.Renew { Csr = Csr("node/a"), ReplacesKey = strangers.PublicHash }, peer)).Refusal);

        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(Request(strangers, Csr("node/a"), new byte[32]))).Refusal);
        // It gave up its own key by not naming it: nobody else's.
        Assert.Equal(EnrolmentRefusal.BadProof, (await _world.AskAsync(Request(kept, Csr("node/a"), new byte[32]))).Refusal);
    }
}
