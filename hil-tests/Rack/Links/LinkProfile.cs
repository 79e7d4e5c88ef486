namespace X0tta6bl4.Rack.Links;

/// <summary>How one direction of a link treats frames. The default is a perfect link.</summary>
public sealed record LinkProfile
{
    public static readonly LinkProfile Perfect = new();

    /// <summary>Nothing passes.</summary>
    public bool IsCut { get; init; }

    /// <summary>Probability that a frame is lost, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Time every frame takes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Up to this much more, drawn for each frame. Order is kept: a radio queue delays those behind, too.
    /// </summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Probability that a frame arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>
    /// Probability that a frame is held back for <see cref="ReorderBy"/> while later ones overtake it.
    /// </summary>
    public double Reordering { get; init; }

    public TimeSpan ReorderBy { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Probability that one bit of a frame is flipped, anywhere behind the Ethernet addresses.</summary>
    public double Corruption { get; init; }
}

/// <summary>What one direction of a link did with frames.</summary>
public readonly record struct LinkCounters
{
    /// <summary>Frames the sender put on the air.</summary>
    public long Sent { get; init; }

    /// <summary>Frames handed to the receiver, copies included.</summary>
    public long Delivered { get; init; }

    public long Lost { get; init; }

    public long Cut { get; init; }

    public long Duplicated { get; init; }

    public long Reordered { get; init; }

    public long Corrupted { get; init; }

    /// <summary>Dropped because too many frames were waiting for their time.</summary>
    public long Overflowed { get; init; }

    /// <summary>Frames the receiver's machine did not take: switched off, or its queue full.</summary>
    public long Refused { get; init; }

    /// <summary>Frames a scenario put in.</summary>
    public long Injected { get; init; }
}
