namespace X0tta6bl4.Telemetry;

/// <summary>
/// Wakes whoever waits, as often as it is given; nothing is remembered of a wake that nobody waited for. Thread-safe.
/// </summary>
public sealed class Signal
{
    private TaskCompletionSource _next = New();

    /// <summary>
    /// Completes at the next <see cref="Wake"/>. Take the task first, then look at what it is about, then await: in that order
    /// nothing is missed.
    /// </summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Wakes everyone who waits for <see cref="Next"/>.</summary>
    public void Wake() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
