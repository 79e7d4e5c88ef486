namespace X0tta6bl4.Rack.Links;

/// <summary>
/// A link between two routers of a bench. On the rack it is a relay that can do anything to a frame; on a bench of real
/// boards it is whatever the bench file offers (an attenuator, a switch port), and what it cannot do it says.
/// </summary>
public interface IRadioLink
{
    /// <summary>For example <c>A-B</c>.</summary>
    string Name { get; }

    LinkPlan Plan { get; }

    /// <summary>True when <see cref="ShapeAsync"/> and <see cref="InjectAsync"/> work.</summary>
    bool CanShape { get; }

    /// <summary>Nothing passes in either direction from now on.</summary>
    Task CutAsync(CancellationToken cancellation);

    /// <summary>As it was before the cut, or perfect.</summary>
    Task RestoreAsync(CancellationToken cancellation);

    /// <summary>Sets both directions: from A to B and from B to A.</summary>
    Task ShapeAsync(LinkProfile aToB, LinkProfile bToA, CancellationToken cancellation);

    /// <summary>Puts an Ethernet frame in, as if the other side had sent it.</summary>
    Task InjectAsync(string toRouter, ReadOnlyMemory<byte> frame, CancellationToken cancellation);
}
