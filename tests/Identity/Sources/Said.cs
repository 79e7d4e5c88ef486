using System.Threading.Channels;
using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.Tests.Sources;

/// <summary>What a source said, in its order.</summary>
internal sealed class Said : IIdentitySink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<object> _said = Channel.CreateUnbounded<object>();

    public void Publish(IdentitySnapshot snapshot) => _said.Writer.TryWrite(snapshot);

    public void Failed(string problem) => _said.Writer.TryWrite(problem);

    /// <summary>The next thing it says must be an identity.</summary>
    public async Task<IdentitySnapshot> IdentityAsync() => Assert.IsType<IdentitySnapshot>(await NextAsync());

    /// <summary>The next thing it says must be a problem.</summary>
    public async Task<string> ProblemAsync() => Assert.IsType<string>(await NextAsync());

    /// <summary>It says nothing for a while.</summary>
    public async Task NothingAsync(TimeSpan time)
    {
        await Task.Delay(time);
        Assert.False(_said.Reader.TryRead(out var said), $"it said {said}");
    }

    private async Task<object> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _said.Reader.ReadAsync(patience.Token);
    }
}
