namespace X0tta6bl4.Mesh;

/// <summary>
/// When the mesh loop looks at what. Knows the clock and nothing else, so that its promises are tested without a kernel.
/// </summary>
/// <remarks>
/// While something changes, both tables are read every <see cref="MeshOptions.PollInterval"/>. When nothing does, the
/// originator table backs off to <see cref="MeshOptions.PollIntervalMax"/>, and the neighbours are read just when the first
/// of them can have become silent: a dead link is seen as soon as ever, with fewer looks.
/// </remarks>
internal sealed class RoundSchedule(MeshOptions options, TimeProvider time)
{
    /// <summary>How much longer the next wait for the originator table is when the last read found no change.</summary>
    public const double BackOffFactor = 1.5;

    /// <summary>
    /// Share of its interval by which work is done early rather than with a wake-up of its own. Not for the neighbours, whose
    /// time is chosen so that a silent one has just crossed its limit.
    /// </summary>
    private const double Slack = 0.25;

    private TimeSpan _originatorInterval = options.PollInterval;
    private long _check;
    private long _neighbours;
    private long _originators;

    /// <summary>How long the loop may wait if nothing happens.</summary>
    public TimeSpan DueIn => Until(Math.Min(Math.Min(_check, _neighbours), _originators));

    /// <summary>How long until the originators are read, at the latest.</summary>
    public TimeSpan OriginatorsIn => Until(_originators);

    public bool IsCheckDue => _check <= In(MeshLoop.CheckInterval * Slack);

    public bool AreNeighboursDue => _neighbours <= time.GetTimestamp();

    public bool AreOriginatorsDue => _originators <= In(_originatorInterval * Slack);

    /// <summary>The hard interfaces were looked at.</summary>
    public void Checked() => _check = In(MeshLoop.CheckInterval);

    /// <summary>The neighbour table was read.</summary>
    /// <param name="silentIn">When the first neighbour can have become silent; null when none is near.</param>
    public void NeighboursRead(TimeSpan? silentIn)
    {
        var isQuiet = _originatorInterval >= options.PollIntervalMax;
        var longest = isQuiet ? options.PollIntervalMax : options.PollInterval;
        var wanted = silentIn ?? options.PollInterval;
        _neighbours = In(wanted < longest ? wanted : longest);
    }

    /// <summary>The originator table was read; the next time may be later.</summary>
    public void OriginatorsRead()
    {
        _originators = In(_originatorInterval);
        var longer = _originatorInterval * BackOffFactor;
        _originatorInterval = longer < options.PollIntervalMax ? longer : options.PollIntervalMax;
    }

    /// <summary>The kernel told of something: the originators are read in this round.</summary>
    public void Happened()
    {
        _originatorInterval = options.PollInterval;
        _originators = 0;
    }

    /// <summary>A table differed from the one before: what follows is soon to be seen.</summary>
    public void Changed()
    {
        _originatorInterval = options.PollInterval;
        _originators = Math.Min(_originators, In(_originatorInterval));
    }

    /// <summary>There is no mesh interface: nothing to read before the next check.</summary>
    public void NothingToRead() => _neighbours = _originators = _check;

    /// <summary>The mesh has no active hard interface: no paths to read for now.</summary>
    public void NoPaths() => _originators = In(options.PollInterval);

    /// <summary>The interface went away between two readings: the next check finds out.</summary>
    public void CheckNow() => _check = 0;

    /// <summary>The kernel's answers could not be had: all over again, soon enough for every promise.</summary>
    public void Failed() => _check = _neighbours = _originators =
        In(options.PollInterval < MeshLoop.CheckInterval ? options.PollInterval : MeshLoop.CheckInterval);

    private TimeSpan Until(long timestamp)
    {
        var now = time.GetTimestamp();
        return timestamp <= now ? TimeSpan.Zero : time.GetElapsedTime(now, timestamp);
    }

    private long In(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);
}
