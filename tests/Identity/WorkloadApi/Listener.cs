using System.Threading.Channels;
using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.Tests.WorkloadApi;

/// <summary>Hears what a source says, in its order: an <see cref="IdentitySnapshot"/>, or the text of a failure.</summary>
internal sealed class Listener : IIdentitySink
{
    private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();

    public void Publish(IdentitySnapshot snapshot) => _heard.Writer.TryWrite(snapshot);

    public void Failed(string problem) => _heard.Writer.TryWrite(problem);

    public async Task<object> NextAsync() => await _heard.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<IdentitySnapshot> SnapshotAsync() => await NextAsync() is IdentitySnapshot snapshot
        ? snapshot
        : throw new InvalidOperationException("a failure was heard where a snapshot was awaited");

    public async Task<string> FailureAsync() => await NextAsync() is string problem
        ? problem
        : throw new InvalidOperationException("a snapshot was heard where a failure was awaited");

    /// <summary>True when nothing is said for this long.</summary>
    public async Task<bool> IsQuietAsync(TimeSpan time)
    {
        await Task.Delay(time);
        return !_heard.Reader.TryPeek(out _);
    }
}
