using Microsoft.Extensions.Logging;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Route;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Mesh;

/// <summary>
/// Makes the kernel match the configuration: the mesh interface exists and is up, and every wanted hard interface is up
/// and in it. Boot order, a replugged stick or somebody's script can undo that at any time, silently
/// (openwrt#15086, gluon#952), so it is checked on every link event and every <see cref="MeshLoop.CheckInterval"/>.
/// </summary>
internal sealed partial class HardInterfaceKeeper(
    MeshOptions options, RouteClient route, HealthRegister health, MeshMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>An interface put back more often than this within <see cref="ContestWindow"/> is fought over.</summary>
    public const int ContestedAttachments = 10;

    /// <summary>The time in which attachments are counted against <see cref="ContestedAttachments"/>.</summary>
    public static readonly TimeSpan ContestWindow = TimeSpan.FromSeconds(60);

    private readonly List<Link> _links = [];
    private readonly Dictionary<string, Attachments> _attachments = new(StringComparer.Ordinal);

    /// <summary>Index of the mesh interface; 0 while it does not exist.</summary>
    public uint MeshIndex { get; private set; }

    /// <summary>How the hard interfaces are, as of the last check.</summary>
    public IReadOnlyList<HardInterfaceState> Interfaces { get; private set; } = [];

    /// <summary>Looks at all links, mends what is not as wanted, and reports what cannot be mended.</summary>
    /// <exception cref="NetlinkException">The link table itself cannot be read.</exception>
    public void Check(long timestamp, List<MeshChange> changes)
    {
        ReadLinks();
        if (options.Manage && KeepMeshInterface())
        {
            ReadLinks();
        }

        // One of another kind must not get hard interfaces put into it.
        MeshIndex = Find(options.Interface) is { Kind: BatadvKind } mesh ? mesh.Index : 0;
        if (options.Manage && MeshIndex != 0 && KeepHardInterfaces(timestamp, changes))
        {
            ReadLinks();
        }

        Interfaces = Describe();
        Report();
    }

    private void ReadLinks()
    {
        _links.Clear();
        route.DumpLinks(_links);
    }

    /// <summary>True when something was changed.</summary>
    private bool KeepMeshInterface()
    {
        var link = Find(options.Interface);
        var wrongKind = link is { } found && found.Kind != BatadvKind;
        health.Set(wrongKind, "mesh.interface-wrong-kind", options.Interface, Severity.Critical,
            $"{options.Interface} exists and is no batman-adv interface",
            "rename or delete it, or name another interface in mesh.interface");
        if (wrongKind)
        {
            return false;
        }

        if (link is null)
        {
            health.Clear("mesh.interface-not-up", options.Interface);
            return Try("mesh.interface-not-created", options.Interface, "create", () =>
            {
                route.CreateBatadv(options.Interface, options.Algorithm);
                Log.InterfaceCreated(logger, options.Interface, options.Algorithm);
                if (TryIndex(options.Interface) is { } index)
                {
                    route.SetUp(index, true);
                }
            });
        }

        // Somebody else may have done what we were refused.
        health.Clear("mesh.interface-not-created", options.Interface);
        if (link.Value.IsUp)
        {
            health.Clear("mesh.interface-not-up", options.Interface);
            return false;
        }

        return Try("mesh.interface-not-up", options.Interface, "set up", () =>
        {
            route.SetUp(link.Value.Index, true);
            Log.InterfaceSetUp(logger, options.Interface);
        });
    }

    private uint? TryIndex(string name) => route.TryGetLink(name, out var link) ? link.Index : null;

    /// <summary>True when something was changed.</summary>
    private bool KeepHardInterfaces(long timestamp, List<MeshChange> changes)
    {
        var changed = false;
        foreach (var name in options.HardInterfaces)
        {
            if (Find(name) is not { } link)
            {
                health.Clear("mesh.hard-interface-not-attached", name);
                health.Clear("mesh.hard-interface-not-up", name);
                continue;
            }

            if (link.MasterIndex == MeshIndex)
            {
                health.Clear("mesh.hard-interface-not-attached", name);
            }
            else
            {
                changed |= Try("mesh.hard-interface-not-attached", name, $"put into {options.Interface}", () =>
                {
                    route.SetMaster(link.Index, MeshIndex);
                    CountAttachment(name, link, timestamp, changes);
                });
            }

            if (link.IsUp)
            {
                health.Clear("mesh.hard-interface-not-up", name);
            }
            else
            {
                changed |= Try("mesh.hard-interface-not-up", name, "set up", () =>
                {
                    route.SetUp(link.Index, true);
                    Log.InterfaceSetUp(logger, name);
                });
            }
        }

        return changed;
    }

    private void CountAttachment(string name, in Link link, long timestamp, List<MeshChange> changes)
    {
        if (!_attachments.TryGetValue(name, out var attachments))
        {
            attachments = _attachments[name] = new Attachments();
        }

        attachments.Total++;
        attachments.Recent.Enqueue(timestamp);
        metrics.Attached(name);
        Log.HardInterfaceAttached(logger, name, options.Interface, attachments.Total);
        changes.Add(new MeshChange(
            MeshChangeKind.HardInterfaceAttached, timestamp, InterfaceIndex: link.Index, InterfaceName: name));
    }

    /// <summary>Runs one change; a refusal becomes a symptom, and the next check tries again.</summary>
    private bool Try(string code, string subject, string verb, Action change)
    {
        try
        {
            change();
            health.Clear(code, subject);
            return true;
        }
        catch (NetlinkException exception)
        {
            // An interface may vanish between the dump and the change: the next dump will not have it. A kernel that does not
            // know the link kind has no batman-adv: the mesh's state says so, once.
            if (!exception.IsNoSuchInterface && exception.ErrorNumber != EOPNOTSUPP)
            {
                health.Raise(code, subject, Severity.Critical,
                    $"cannot {verb} {subject}: {exception.Message}", Fix(exception));
                Log.ChangeRefused(logger, verb, subject, exception.Message);
            }

            return false;
        }
    }

    private static string Fix(NetlinkException exception) =>
        exception.IsPermission ? "run the agent as root or with CAP_NET_ADMIN"
        : $"it is tried again every {MeshLoop.CheckInterval.TotalSeconds:0} s; dmesg may say more";

    /// <summary>IFLA_INFO_KIND of batman-adv's interfaces.</summary>
    private const string BatadvKind = "batadv";

    /// <summary>The kernel's answer to a link kind it has no module for (errno.h).</summary>
    private const int EOPNOTSUPP = 95;

    private List<HardInterfaceState> Describe()
    {
        var states = new List<HardInterfaceState>();
        foreach (var name in options.HardInterfaces)
        {
            states.Add(Find(name) is { } link
                ? State(link, isWanted: true)
                : new HardInterfaceState(name, 0, false, false, false, null, true, Total(name)));
        }

        foreach (var link in _links)
        {
            if (MeshIndex != 0 && link.MasterIndex == MeshIndex && !options.HardInterfaces.Contains(link.Name))
            {
                states.Add(State(link, isWanted: false));
            }
        }

        return states;
    }

    private HardInterfaceState State(in Link link, bool isWanted) => new(
        link.Name, link.Index, true, MeshIndex != 0 && link.MasterIndex == MeshIndex, link.IsUp, link.HasCarrier,
        isWanted, Total(link.Name));

    private long Total(string name) => _attachments.TryGetValue(name, out var attachments) ? attachments.Total : 0;

    private void Report()
    {
        foreach (var state in Interfaces.Where(i => i.IsWanted))
        {
            health.Set(!state.IsPresent, "mesh.hard-interface-absent", state.Name, Severity.Degraded,
                $"{state.Name} should be in {options.Interface} and does not exist",
                "plug it in, load its driver, or take it out of mesh.hard_interfaces");
            health.Set(state.IsPresent && !state.IsAttached, "mesh.hard-interface-outside", state.Name, Severity.Degraded,
                $"{state.Name} is not in {options.Interface}",
                options.Manage ? "it is put back by itself" : "put it in, or set mesh.manage = true");
            health.Set(state is { IsAttached: true, IsUp: true, HasCarrier: false }, "mesh.hard-interface-no-carrier",
                state.Name, Severity.Degraded, $"{state.Name} has no carrier", "check the cable, the antenna, or the radio's settings");
            ReportContest(state.Name);
        }
    }

    private void ReportContest(string name)
    {
        if (!_attachments.TryGetValue(name, out var attachments))
        {
            return;
        }

        while (attachments.Recent.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > ContestWindow)
        {
            attachments.Recent.Dequeue();
        }

        health.Set(attachments.Recent.Count > ContestedAttachments, "mesh.hard-interface-contested", name, Severity.Degraded,
            $"{name} was put back into {options.Interface} {attachments.Recent.Count} times within {ContestWindow.TotalSeconds} s",
            "find the script or network configuration that takes it out");
    }

    private Link? Find(string name)
    {
        foreach (var link in _links)
        {
            if (link.Name == name)
            {
                return link;
            }
        }

        return null;
    }

    private sealed class Attachments
    {
        public readonly Queue<long> Recent = [];
        public long Total;
    }
}
