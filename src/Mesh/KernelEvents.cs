using Microsoft.Extensions.Logging;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Route;
using X0tta6bl4.Netlink.Uevent;

namespace X0tta6bl4.Mesh;

/// <summary>What the kernel told since the last round, reduced to what must be read again.</summary>
[Flags]
internal enum Happened
{
    None = 0,

    /// <summary>A link came, went or changed: check the hard interfaces and read every table.</summary>
    Links = 1,

    /// <summary>A mesh setting was written: read the settings.</summary>
    Settings = 2,

    /// <summary>Gateway selection or a bridge loop: read every table.</summary>
    Tables = 4,

    /// <summary>batman-adv was loaded or unloaded: its netlink family has another number, or none.</summary>
    Module = 8,

    /// <summary>Anything may have happened.</summary>
    Everything = Links | Settings | Tables | Module,
}

/// <summary>
/// Empties the three event sockets. Events only say where to look: the state itself is always read from the tables, so
/// a lost event costs <see cref="MeshLoop.CheckInterval"/> at most, and an overflow (ENOBUFS) just means reading everything.
/// </summary>
internal sealed partial class KernelEvents(
    RouteEventSocket route, BatmanEventSocket batman, UeventSocket uevents, MeshMetrics metrics, ILogger logger)
{
    private readonly List<RouteEvent> _route = [];
    private readonly List<BatmanEvent> _batman = [];
    private readonly List<NetworkUevent> _uevents = [];

    /// <summary>Reads what is there, without waiting. Each socket gives a bounded number a call; the rest comes next round.</summary>
    public Happened Take()
    {
        var happened = Happened.None;
        _route.Clear();
        route.Receive(_route, TimeSpan.Zero);
        foreach (var item in _route)
        {
            happened |= item.Kind == RouteEventKind.ResyncNeeded ? Resync("rtnetlink") : Happened.Links;
        }

        _batman.Clear();
        batman.Receive(_batman, TimeSpan.Zero);
        foreach (var item in _batman)
        {
            happened |= Look(item);
        }

        _uevents.Clear();
        uevents.Receive(_uevents, TimeSpan.Zero);
        foreach (var item in _uevents)
        {
            happened |= Look(item);
        }

        return happened;
    }

    private Happened Look(BatmanEvent item)
    {
        switch (item)
        {
            case BatmanEvent.ResyncNeeded:
                return Resync("batadv");
            case BatmanEvent.ModuleLoaded or BatmanEvent.ModuleUnloaded:
                Log.Module(logger, item is BatmanEvent.ModuleLoaded ? "loaded" : "unloaded");
                return Happened.Everything;
            case BatmanEvent.ThroughputMeterFinished:
                return Happened.None;
            default:
                Log.SettingWritten(logger, item.GetType().Name);
                return Happened.Settings;
        }
    }

    private Happened Look(NetworkUevent item)
    {
        if (item.IsResyncNeeded)
        {
            return Resync("uevent");
        }

        if (item.BatmanType is null)
        {
            // Links appear and vanish over rtnetlink too; the uevent adds nothing.
            return Happened.None;
        }

        Log.Uevent(logger, item.BatmanType, item.BatmanAction ?? "", item.BatmanData ?? "", item.InterfaceName ?? "");
        return Happened.Tables;
    }

    private Happened Resync(string source)
    {
        metrics.Resynced();
        Log.Resync(logger, source);
        return Happened.Everything;
    }

    private static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Warning, "the kernel dropped {source} events; reading everything again")]
        public static partial void Resync(ILogger logger, string source);

        [LoggerMessage(3202, LogLevel.Information, "batman-adv setting written: {what}")]
        public static partial void SettingWritten(ILogger logger, string what);

        [LoggerMessage(3203, LogLevel.Information, "batman-adv uevent {type} {action} {data} on {interface}")]
        public static partial void Uevent(ILogger logger, string type, string action, string data, string @interface);

        [LoggerMessage(3204, LogLevel.Warning, "kernel module batman-adv was {what}")]
        public static partial void Module(ILogger logger, string what);
    }
}
