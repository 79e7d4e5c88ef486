namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// Waiting for a state that nothing announces (a table in a guest's kernel, say): asked again and again until it holds.
/// What announces itself is awaited through a <see cref="Journal{T}"/> instead.
/// </summary>
public static class Wait
{
    /// <summary>Pause between two questions: an emulated router answers one in about 100 ms.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks until the answer is yes.</summary>
    /// <param name="what">What is waited for, for the error: "A sees C".</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="probe">The question. A <see cref="RackException"/> of it counts as "not yet" and is quoted in the
    /// error.</param>
    /// <param name="evidence">Text for the error, such as the tail of a console.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> UntilAsync(
        string what, TimeSpan limit, Func<CancellationToken, Task<bool>> probe, Func<string> evidence,
        CancellationToken cancellation)
    {
        var start = RackClock.Now;
        var lastError = "";
        while (true)
        {
            try
            {
                if (await probe(cancellation))
                {
                    return RackClock.Now - start;
                }

                lastError = "";
            }
            catch (RackException exception)
            {
                lastError = $"\nlast answer: {exception.Message}";
            }

            if (RackClock.Now - start > limit)
            {
                throw new RackException($"not within {limit.TotalSeconds:0.#} s: {what}{lastError}\n{evidence()}");
            }

            await Task.Delay(Pause, cancellation);
        }
    }
}
