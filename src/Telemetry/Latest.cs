namespace X0tta6bl4.Telemetry;

/// <summary>
/// One immutable value, latest wins: how parts of the agent show each other their state. One writer publishes,
/// any number of readers look. Nothing queues, so nothing can overflow; who needs every change reads a channel instead.
/// </summary>
/// <typeparam name="T">An immutable type.</typeparam>
public sealed class Latest<T>(T initial)
    where T : class
{
    private T _value = initial;
    private readonly Signal _changed = new();

    /// <summary>The newest published value.</summary>
    public T Value => Volatile.Read(ref _value);

    /// <summary>Replaces the value and wakes everyone who waits in <see cref="Changed"/>.</summary>
    public void Publish(T value)
    {
        Volatile.Write(ref _value, value);
        _changed.Wake();
    }

    /// <summary>Wakes everyone who waits in <see cref="Changed"/>, though the value is the same: what it means has changed.</summary>
    public void Wake() => _changed.Wake();

    /// <summary>
    /// Completes at the next <see cref="Publish"/> or <see cref="Wake"/>. Take the task first, then read <see cref="Value"/>, then await:
    /// in that order no change is missed.
    /// </summary>
    public Task Changed => _changed.Next;
}
