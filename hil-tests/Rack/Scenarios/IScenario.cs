namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// One promise of the agent, and the proof of it on a bench. A scenario passes by returning; anything thrown is its
/// failure.
/// </summary>
public interface IScenario
{
    /// <summary>As typed: lower case, words joined by <c>-</c>; a variant follows a <c>/</c>.</summary>
    string Name { get; }

    /// <summary>What is promised, in one line for <c>--list</c>.</summary>
    string Promise { get; }

    /// <summary>True when it only looks: the next scenario may use the same running routers.</summary>
    bool OnlyLooks => false;

    /// <summary>Longest time for all of it.</summary>
    TimeSpan Limit => TimeSpan.FromMinutes(5);

    Task RunAsync(ScenarioContext context, CancellationToken cancellation);
}
