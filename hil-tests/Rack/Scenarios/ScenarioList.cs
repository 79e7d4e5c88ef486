using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios.Batctl;
using X0tta6bl4.Rack.Scenarios.Identities;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>Every scenario, in the order they run: the cheap and the basic first.</summary>
internal static class ScenarioList
{
    /// <summary>The fast ones that every change must pass; they share one set of routers.</summary>
    public const string Smoke = "hil-smoke";

    public static readonly IReadOnlyList<IScenario> All =
    [
        new RackItself(),
        new MeshForms(),
        new MultiHop(),
        new LinkCutReroutes(),
        new LedsFollowHealth(),
        .. AgentHangResetsBoard.Variants,
        new AgentCrashRestarts(),
        new PowerCut(),
        new EventStorm(),
        new InterfaceReplugged(),
        .. NeighbourLostSeen.Variants,
        new HostileOgm(),
        new WrongClock(),
        new StrangerIsRefused(),
        new AuthorityGoneThenBack(),
        new WrongClockMtls(),
        new FilesRotation(),
        new IdentityRotation(),
        new RoutersAttest(),
        new IslandStandsIn(),
        new FullDisk(),
        new ButtonPress(),
        .. BadInput.Variants,
        .. BadConfig.Variants,
        new NoPermission(),
        new Scale(),
        .. BatctlEqual.Variants,
    ];

    /// <summary>
    /// Picks by name. <c>hil-smoke</c> is the fast group; a name also picks its variants (<c>bad-input</c> picks
    /// <c>bad-input/no-watchdog</c>…). No names pick all.
    /// </summary>
    public static IReadOnlyList<IScenario> Pick(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return All;
        }

        var picked = new List<IScenario>();
        foreach (var name in names)
        {
            var matches = name == Smoke
                ? All.Where(s => s is MeshForms or MultiHop)
                : All.Where(s => s.Name == name || s.Name.StartsWith(name + "/", StringComparison.Ordinal));
            var before = picked.Count;
            picked.AddRange(matches);
            if (picked.Count == before)
            {
                throw new RackException(
                    $"no scenario \"{name}\"; there are: {Smoke}, {string.Join(", ", All.Select(s => s.Name))}");
            }
        }

        return picked;
    }
}
