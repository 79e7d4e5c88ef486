using System.Net.Sockets;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Tests;

/// <summary>The relay on real sockets, with a pair of sockets in the place of two machines.</summary>
public sealed class RadioLinkTests : IAsyncLifetime
{
    private static readonly LinkPlan Plan = Topology.Line(2).Links[0];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly RackDirectory _directory = RackDirectory.Create();
    private readonly Socket _a;
    private readonly Socket _b;
    private readonly RadioLink _link;

    public RadioLinkTests()
    {
        _link = new RadioLink(Plan, _directory, seed: 1);
        _a = Card(Plan.A);
        _b = Card(Plan.B);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        _a.Dispose();
        _b.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Frames_pass_both_ways_unchanged()
    {
        Send(_a, Plan.A, [1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReceiveAsync(_b));

        Send(_b, Plan.B, [4]);
        Assert.Equal([4], await ReceiveAsync(_a));
    }

    [Fact]
    public async Task A_link_may_be_deaf_in_one_direction_only()
    {
        await _link.ShapeAsync(
            LinkProfile.Perfect with { IsCut = true }, LinkProfile.Perfect, TestContext.Current.CancellationToken);

        Send(_a, Plan.A, [1]);
        Send(_b, Plan.B, [2]);

        Assert.Equal([2], await ReceiveAsync(_a));
        await Wait.UntilAsync(
            "the frame of A was cut", Limit,
            _ => Task.FromResult(_link.AToB.Cut == 1), () => $"{_link.AToB}", TestContext.Current.CancellationToken);
        Assert.Equal(0, _b.Available);
    }

    [Fact]
    public async Task Restoring_brings_the_shape_from_before_the_cut_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var lossy = LinkProfile.Perfect with { Delay = TimeSpan.FromMilliseconds(1) };
        await _link.ShapeAsync(lossy, lossy, cancellation);
        await _link.CutAsync(cancellation);
        await _link.RestoreAsync(cancellation);

        Send(_a, Plan.A, [7]);

        Assert.Equal([7], await ReceiveAsync(_b));
    }

    [Fact]
    public async Task More_frames_than_a_socket_queues_arrive_all_and_in_order()
    {
        // The kernel queues ten datagrams; the relay must wait for a slow receiver instead of dropping.
        var sending = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                Send(_a, Plan.A, [(byte)i]);
            }
        }, TestContext.Current.CancellationToken);

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal([(byte)i], await ReceiveAsync(_b));
        }

        await sending;
    }

    [Fact]
    public async Task A_machine_that_is_off_loses_frames_and_is_counted()
    {
        _b.Dispose();
        File.Delete(RadioLink.CardSocket(_directory, Plan.B));

        Send(_a, Plan.A, [1]);

        await Wait.UntilAsync(
            "the frame was refused", Limit, _ => Task.FromResult(_link.AToB.Refused == 1), () => $"{_link.AToB}",
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_injected_frame_arrives_and_is_captured_when_asked()
    {
        _link.IsCapturing = true;
        await _link.InjectAsync("B", new byte[] { 5 }, TestContext.Current.CancellationToken);

        Assert.Equal([5], await ReceiveAsync(_b));
        Assert.NotNull(
            await _link.Capture.WaitAsync(0, f => f.FromRouter == "A", Limit, TestContext.Current.CancellationToken));
    }

    private Socket Card(LinkEnd end)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(RadioLink.CardSocket(_directory, end)));
        return socket;
    }

    private void Send(Socket card, LinkEnd end, byte[] frame) =>
        card.SendTo(frame, new UnixDomainSocketEndPoint(RadioLink.AirSocket(_directory, end)));

    private static async Task<byte[]> ReceiveAsync(Socket card)
    {
        var buffer = new byte[2048];
        using var limit = new CancellationTokenSource(Limit);
        return buffer[..await card.ReceiveAsync(buffer, limit.Token)];
    }
}
