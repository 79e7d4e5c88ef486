namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// Pauses between attempts: doubling from the least to the most, each taken ±50 % at random, so that two hundred
/// routers whose broker restarted do not all come back in the same second.
/// </summary>
internal sealed class Backoff
{
    private readonly TimeSpan _least;
    private readonly TimeSpan _most;
    private readonly Random _random;
    private TimeSpan _next;

    internal Backoff(TimeSpan least, TimeSpan most, Random random)
    {
        _least = least;
        _most = most;
        _random = random;
        _next = least;
    }

    /// <summary>The next pause.</summary>
    internal TimeSpan Next()
    {
        var pause = _next * (0.5 + _random.NextDouble());
        _next = _next * 2 < _most ? _next * 2 : _most;
        return pause;
    }

    /// <summary>Starts over after a success.</summary>
    internal void Reset() => _next = _least;
}
