using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>What an island takes for the absence of the real authority, and what not: a router that was denied must get nothing.</summary>
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

    private async Task<EnrolmentRefusal?> ReturnAsync(SiteIslandContact contact, TrustBundleSet? bundles = null)
    {
        bundles ??= _world.Authority.Bundles;
        IEnrolmentAuthority island = new IslandAuthority(
            _state, new IslandPolicy(), () => bundles, c => contact.IsAuthorityThereAsync(bundles, c), () => _own, () => _world.Now, TimeProvider.System);
        var csr = SvidRequest.Create(SigningKey.Generate(KeyKind.P256), _stolen.Id);
        var binding = new byte[32];
        var answer = await island.AnswerAsync(
            new EnrolmentRequest.Return
            {
                Csr = csr,
                Key = _stolen.Key.PublicInfo.GetDerEncoded(),
                Proof = _stolen.Key.Sign(EnrolmentProtocol.ReturnProof(binding, csr)),
            },
            null, binding, CancellationToken.None);
        return answer.Refusal;
    }

    [Fact]
    public async Task An_authority_that_answers_is_there() =>
        Assert.Equal(EnrolmentRefusal.AuthorityReachable, await ReturnAsync(Contact(_world.Address)));

    [Fact]
    public async Task One_that_answers_at_one_of_its_addresses_is_there_whatever_is_at_the_others()
    {
        using var other = new Stranger();

        Assert.Equal(
            EnrolmentRefusal.AuthorityReachable,
            await ReturnAsync(Contact($"127.0.0.1:{Tls.Loopback.FreePort()}", other.Address, _world.Address)));
    }

    [Fact]
    public async Task One_that_refuses_connections_is_away()
    {
        await _world.StopAsync();

        Assert.Null(await ReturnAsync(Contact(_world.Address)));
    }

    [Fact]
    public async Task One_that_takes_connections_and_hangs_is_away()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        Assert.Null(await ReturnAsync(Contact(silent.LocalEndpoint.ToString()!)));
    }

    [Fact]
    public async Task Without_an_address_to_ask_it_cannot_be_said() =>
        Assert.Equal(EnrolmentRefusal.Unavailable, await ReturnAsync(Contact()));

    /// <summary>
    /// The island's own identity is refused or not there yet, as after a boot: the agent gives the probe the bundles of that
    /// identity, none, and the authority that answers is not believed.
    /// </summary>
    [Fact]
    public async Task Without_a_bundle_to_believe_it_by_it_cannot_be_said() =>
        Assert.Equal(EnrolmentRefusal.Unavailable, await ReturnAsync(Contact(_world.Address), new TrustBundleSet()));

    [Fact]
    public async Task Of_something_else_at_its_address_it_cannot_be_said()
    {
        using var other = new Stranger();

        Assert.Equal(EnrolmentRefusal.Unavailable, await ReturnAsync(Contact($"127.0.0.1:{Tls.Loopback.FreePort()}", other.Address)));
    }

    /// <summary>What sixteen silent connections must not be good for.</summary>
    [Fact]
    public async Task An_authority_that_is_crowded_is_not_one_that_is_away()
    {
        var silent = await SourceLimitsTests.CrowdAsync(_world);

        Assert.NotNull(await ReturnAsync(Contact(_world.Address)));

        silent.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task One_that_turns_everybody_away_from_here_is_not_away()
    {
        var silent = new List<Socket>();
        for (var i = 0; i < SourceLimits.ConnectionsOfSourceMax; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPEndPoint.Parse(_world.Address), TestContext.Current.CancellationToken);
            silent.Add(socket);
        }

        Assert.Equal(EnrolmentRefusal.Unavailable, await ReturnAsync(Contact(_world.Address)));

        silent.ForEach(s => s.Dispose());
    }

    /// <summary>TLS goes on, nothing is issued ("unavailable", which passes by itself): for that there are islands.</summary>
    [Fact]
    public async Task One_whose_ledger_is_damaged_says_so_and_the_island_stands_in()
    {
        var ledger = await File.ReadAllBytesAsync(_world.LedgerFile, TestContext.Current.CancellationToken);
        ledger[20] ^= 1;
        await File.WriteAllBytesAsync(_world.LedgerFile, [.. ledger, .. new byte[LedgerLine.BytesMax + 1]], TestContext.Current.CancellationToken);

        Assert.Null(await ReturnAsync(Contact(_world.Address)));
        Assert.Equal(1, _world.Server.Counters.Refused(EnrolmentRefusal.Unavailable));
    }

    /// <summary>Reading goes on, and so do the renewals that write nothing; whoever needs a record turns to the island.</summary>
    [Fact]
    public async Task One_whose_flash_is_full_says_so_until_it_could_write_again()
    {
        await using var world = new AuthorityWorld();
        Assert.SkipUnless(Mount("-t", "tmpfs", "-o", "size=16k", "none", world.LedgerFolder), "tmpfs cannot be mounted here: run the tests as root");
        try
        {
            await world.ServeAsync();
            var contact = Contact(world.Address);
            Task<bool> IsThereAsync() => contact.IsAuthorityThereAsync(world.Authority.Bundles, CancellationToken.None);
            Assert.True(await IsThereAsync());
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    await world.TokenAsync($"node/{i}");
                }
            });

            Assert.False(await IsThereAsync());

            Assert.True(Mount("-o", "remount,size=1m", world.LedgerFolder));
            Assert.False(await IsThereAsync());
            await world.TokenAsync("node/a");
            Assert.True(await IsThereAsync());
        }
        finally
        {
            Run("umount", world.LedgerFolder);
        }
    }

    private static bool Mount(params string[] arguments) => Run("mount", arguments);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Takes connections and closes them, as a proxy whose server is away.</summary>
    private sealed class Stranger : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Stranger()
        {
            _listener.Start();
            _ = ServeAsync();
        }

        public string Address => _listener.LocalEndpoint.ToString()!;

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    (await _listener.AcceptTcpClientAsync()).Dispose();
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test has ended.
            }
        }
    }
}
