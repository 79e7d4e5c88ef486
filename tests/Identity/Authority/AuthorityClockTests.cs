using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>An authority without a clock chip boots in the past, and its clock is put right when a time server answers.</summary>
public sealed class AuthorityClockTests : IAsyncLifetime
{
    private readonly AuthorityWorld _world = new();
    private MemorySecretStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        await _world.ServeAsync();
        (_, _, _store) = await _world.EnrolledAsync("node/a");
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    /// <summary>The time passes, some router is in touch, and the authority boots in the past.</summary>
    private async Task RebootAfterAsync(TimeSpan time)
    {
        _world.Now += time;
        await _world.EnrolledAsync("node/b");
        _world.Now -= time;
    }

    [Fact]
    public async Task A_token_that_has_ended_does_not_count_again()
    {
        var join = await _world.TokenAsync("node/c");
        await RebootAfterAsync(TimeSpan.FromHours(25));

        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(
            () => _world.Router(new MemorySecretStore(), join).IssueAsync(null, CancellationToken.None));
        Assert.Contains("token_expired", refused.Message, StringComparison.Ordinal);

        // A new one lives for as long as it should, by whichever time.
        join = await _world.TokenAsync("node/c");
        await _world.Router(new MemorySecretStore(), join).IssueAsync(null, CancellationToken.None);
    }

    [Fact]
    public async Task A_router_that_was_away_for_too_long_does_not_come_back()
    {
        await RebootAfterAsync(TimeSpan.FromDays(31));
        var restarted = _world.Router(_store, null);
        await restarted.IssueAsync(null, CancellationToken.None);

        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(() => restarted.IssueAsync(null, CancellationToken.None));

        Assert.Contains("away_too_long", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A contact is not written down as one of 1970, after which the router would count as away for decades.</summary>
    [Fact]
    public async Task A_contact_in_the_past_does_not_make_a_router_one_that_was_away()
    {
        async Task ReturnAsync(double days)
        {
            _world.Now += TimeSpan.FromDays(days);
            await _world.Router(_store, null).IssueAsync(null, CancellationToken.None);
        }

        await ReturnAsync(20);
        await ReturnAsync(-20);
        await ReturnAsync(20 + 15);

        Assert.Equal(3, _world.Server.Counters.Returned);
    }
}
