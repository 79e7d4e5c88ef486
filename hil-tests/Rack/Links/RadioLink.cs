using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Links;

/// <summary>A frame as it passed a link.</summary>
public sealed record CapturedFrame(string FromRouter, byte[] Bytes);

/// <summary>
/// A link of the virtual rack: joins the network cards of two machines frame by frame. QEMU sends every Ethernet frame
/// of a card as one datagram to a unix socket of ours; each direction has its own schedule of faults, by its own seed.
/// </summary>
public sealed class RadioLink : IRadioLink, IAsyncDisposable
{
    private readonly LinkDirection _aToB;
    private readonly LinkDirection _bToA;
    private (LinkProfile AToB, LinkProfile BToA) _beforeCut = (LinkProfile.Perfect, LinkProfile.Perfect);

    /// <param name="plan">The two ends.</param>
    /// <param name="directory">Where the sockets are; see <see cref="CardSocket"/> and <see cref="AirSocket"/>.</param>
    /// <param name="seed">Seed of the run; each direction derives its own from it.</param>
    public RadioLink(LinkPlan plan, RackDirectory directory, int seed)
    {
        Plan = plan;
        // A stable hash: string.GetHashCode differs from run to run.
        var own = plan.ToString().Aggregate(seed, (hash, c) => unchecked((hash * 31) + c));
        _aToB = new LinkDirection(
            AirSocket(directory, plan.A), CardSocket(directory, plan.B), own, f => Captured(plan.A, f));
        _bToA = new LinkDirection(
            AirSocket(directory, plan.B), CardSocket(directory, plan.A), unchecked(own + 1), f => Captured(plan.B, f));
    }

    public LinkPlan Plan { get; }

    public string Name => Plan.Name;

    public bool CanShape => true;

    /// <summary>True while frames are copied to <see cref="Capture"/>.</summary>
    public bool IsCapturing { get; set; }

    public Journal<CapturedFrame> Capture { get; } = new();

    public LinkCounters AToB => _aToB.Counters;

    public LinkCounters BToA => _bToA.Counters;

    /// <summary>Socket of a router's card: QEMU binds it.</summary>
    public static string CardSocket(RackDirectory directory, LinkEnd end) => directory.File($"{end}.card");

    /// <summary>Socket the card sends to: the relay binds it.</summary>
    public static string AirSocket(RackDirectory directory, LinkEnd end) => directory.File($"{end}.air");

    public Task CutAsync(CancellationToken cancellation)
    {
        _beforeCut = (_aToB.Profile, _bToA.Profile);
        return ShapeAsync(_aToB.Profile with { IsCut = true }, _bToA.Profile with { IsCut = true }, cancellation);
    }

    public Task RestoreAsync(CancellationToken cancellation) =>
        ShapeAsync(_beforeCut.AToB, _beforeCut.BToA, cancellation);

    public Task ShapeAsync(LinkProfile aToB, LinkProfile bToA, CancellationToken cancellation)
    {
        _aToB.Profile = aToB;
        _bToA.Profile = bToA;
        return Task.CompletedTask;
    }

    public Task InjectAsync(string toRouter, ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        (toRouter == Plan.B.Router ? _aToB : _bToA).Inject(frame.Span);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _aToB.DisposeAsync();
        await _bToA.DisposeAsync();
    }

    private void Captured(LinkEnd from, byte[] frame)
    {
        if (IsCapturing)
        {
            Capture.Add(new CapturedFrame(from.Router, frame));
        }
    }
}
