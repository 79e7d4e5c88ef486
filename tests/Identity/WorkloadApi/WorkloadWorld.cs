using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;
using X0tta6bl4.Identity.WorkloadApi;
using X0tta6bl4.SpireWorld.Protocol.Workload;

namespace X0tta6bl4.Identity.Tests.WorkloadApi;

/// <summary>Identities of example.org in the form of the Workload API, and places for sockets.</summary>
public sealed class WorkloadWorld : IDisposable
{
    private readonly MintFixture _fixture = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("x0-workload-").FullName;
    private int _sockets;

    internal Mint Mint => _fixture.Authorities.Mint;

    internal Minted Root => _fixture.Authorities.Root;

    internal string NewSocket() => Path.Combine(_folder, $"agent{Interlocked.Increment(ref _sockets)}.sock");

    internal static WorkloadEndpoint Unix(string socket) => Endpoint($"unix://{socket}");

    internal static WorkloadEndpoint Endpoint(string text) => WorkloadEndpoint.Parse(text, out var endpoint) is { } problem
        ? throw new ArgumentException(problem.ToString(), nameof(text))
        : endpoint!;

    /// <summary>An identity as a Workload API sends it, flawless unless changed.</summary>
    internal X509SVID Svid(string path, Action<X509SVID>? change = null, Func<Wish, Wish>? wish = null)
    {
        var id = $"spiffe://{Mint.Domain}/{path}";
        var leaf = Mint.Leaf(Root, w => wish?.Invoke(w.WithUris(id)) ?? w.WithUris(id));
        var svid = new X509SVID
        {
            SpiffeId = id,
            X509Svid = ByteString.CopyFrom(leaf.Der),
            X509SvidKey = ByteString.CopyFrom(Mint.Pkcs8(leaf)),
            Bundle = ByteString.CopyFrom(Root.Der),
        };
        change?.Invoke(svid);
        return svid;
    }

    internal static X509SVIDResponse Response(params IEnumerable<X509SVID> svids)
    {
        var response = new X509SVIDResponse();
        response.Svids.AddRange(svids);
        return response;
    }

    /// <summary>A source that runs until disposed of.</summary>
    internal static Following Follow(WorkloadEndpoint endpoint, string? hint = null, FakeTimeProvider? time = null) =>
        new(new WorkloadApiSource(endpoint, hint, time ?? TimeProvider.System, new Random(1)));

    public void Dispose()
    {
        _fixture.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A source under way, and what it says.</summary>
internal sealed class Following : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public Following(WorkloadApiSource source) => _running = source.RunAsync(Said, _stop.Token);

    public Listener Said { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.WaitAsync(TimeSpan.FromSeconds(20)));
        _stop.Dispose();
    }
}
