using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Telemetry.Metrics;
using MeshInfo = X0tta6bl4.Netlink.Batman.MeshInterface;

namespace X0tta6bl4.Mesh;

/// <summary>
/// Reads the tables of one mesh interface into buffers it keeps, and copies each once for the snapshot: no allocation
/// per row, however large the mesh.
/// </summary>
internal sealed partial class MeshReader(
    MeshOptions options, CollectorRuns collectors, MeshMetrics metrics, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly PathTracker _paths = new(options, time);
    private readonly NeighbourTracker _neighbours = new(options);
    private readonly List<Originator> _originatorRows = [];
    private readonly List<Neighbour> _neighbourRows = [];
    private readonly List<Gateway> _gatewayRows = [];
    private readonly Dictionary<(MacAddress, uint), byte> _directTq = [];
    private Gateway? _selectedGateway;
    private BatmanClient? _batman;

    public MeshInfo? Info { get; private set; }

    public Originator[] Originators { get; private set; } = [];

    public NeighbourState[] Neighbours { get; private set; } = [];

    public Gateway[] Gateways { get; private set; } = [];

    public long OriginatorsTimestamp { get; private set; }

    public long NeighboursTimestamp { get; private set; }

    public int Reachable => _paths.Reachable;

    public int WeakPaths => _paths.Weak;

    public int AliveNeighbours => _neighbours.Alive;

    public int UnfollowedOriginators => _paths.Unfollowed;

    public int UnfollowedNeighbours => _neighbours.Unfollowed;

    /// <summary>How long until a neighbour that stays silent counts as such; null when none is near.</summary>
    public TimeSpan? NextNeighbourIn => _neighbours.NextSampleIn;

    /// <summary>
    /// Opened when first used: without the kernel module there is nothing to open, and the module may come at any time.
    /// </summary>
    private BatmanClient Batman => _batman ??= BatmanClient.Open();

    /// <summary>Throws when the kernel has no batman-adv.</summary>
    /// <exception cref="NetlinkException">With <see cref="NetlinkException.IsFamilyMissing"/>.</exception>
    public void RequireModule() => _ = Batman;

    /// <summary>The kernel module is gone or was loaded anew: the family's number is another one.</summary>
    public void Forget()
    {
        _batman?.Dispose();
        _batman = null;
    }

    public void Dispose() => Forget();

    /// <summary>Reads state and settings, and puts configured settings back.</summary>
    public void ReadInfo(uint meshIndex)
    {
        using var run = collectors.Measure("mesh");
        var info = Batman.GetMesh(meshIndex);
        if (options.Manage && Restore(meshIndex, info.Settings))
        {
            info = Batman.GetMesh(meshIndex);
        }

        Info = info;
        run.Succeeded();
    }

    /// <summary>Reads the direct neighbours.</summary>
    public DumpOutcome ReadNeighbours(uint meshIndex, List<MeshChange> changes)
    {
        using var run = collectors.Measure("neighbours");
        _neighbourRows.Clear();
        var outcome = Batman.DumpNeighbours(meshIndex, _neighbourRows);
        var rows = CollectionsMarshal.AsSpan(_neighbourRows);
        NeighboursTimestamp = time.GetTimestamp();
        _neighbours.Update(rows, NeighboursTimestamp, changes);
        var states = new NeighbourState[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var row = ref rows[i];
            byte? tq = _directTq.TryGetValue((row.Address, row.HardIfIndex), out var known) ? known : null;
            states[i] = new NeighbourState(row, _neighbours.IsAlive(in row), tq);
        }

        Neighbours = states;
        run.Succeeded();
        return outcome;
    }

    /// <summary>Reads the paths to all routers, and the gateways.</summary>
    public DumpOutcome ReadOriginators(uint meshIndex, List<MeshChange> changes)
    {
        DumpOutcome outcome;
        using (var run = collectors.Measure("originators"))
        {
            _originatorRows.Clear();
            outcome = Batman.DumpOriginators(meshIndex, _originatorRows);
            OriginatorsTimestamp = time.GetTimestamp();
            var rows = CollectionsMarshal.AsSpan(_originatorRows);
            _paths.Update(rows, OriginatorsTimestamp, changes);
            Originators = rows.ToArray();
            RememberDirectTq(rows);
            run.Succeeded();
        }

        using (var run = collectors.Measure("gateways"))
        {
            _gatewayRows.Clear();
            Batman.DumpGateways(meshIndex, _gatewayRows);
            Gateways = [.. _gatewayRows];
            CompareGateway(changes);
            run.Succeeded();
        }

        return outcome;
    }

    /// <summary>The mesh interface is gone: everything in it is lost, and said so once.</summary>
    public void Clear(List<MeshChange> changes)
    {
        var now = time.GetTimestamp();
        _neighbours.Clear(now, changes);
        _paths.Clear(now, changes);
        _directTq.Clear();
        _gatewayRows.Clear();
        Info = null;
        Originators = [];
        Neighbours = [];
        Gateways = [];
        CompareGateway(changes);
    }

    /// <summary>BATMAN_IV keeps the quality of a link in the originator table, in the row whose next hop is the originator.</summary>
    private void RememberDirectTq(ReadOnlySpan<Originator> rows)
    {
        _directTq.Clear();
        foreach (ref readonly var row in rows)
        {
            if (row.IsDirect && row.Tq is { } tq)
            {
                _directTq[(row.NextHop, row.HardIfIndex)] = tq;
            }
        }
    }

    private void CompareGateway(List<MeshChange> changes)
    {
        Gateway? selected = null;
        foreach (var gateway in Gateways)
        {
            if (gateway.IsSelected)
            {
                selected = gateway;
            }
        }

        if (selected?.Address != _selectedGateway?.Address)
        {
            changes.Add(new MeshChange(
                MeshChangeKind.GatewayChanged, time.GetTimestamp(),
                From: _selectedGateway?.Address ?? default, To: selected?.Address ?? default));
        }

        _selectedGateway = selected;
    }

    /// <summary>True when something was written.</summary>
    private bool Restore(uint meshIndex, in MeshSettings found)
    {
        var wrongInterval = options.OriginatorIntervalMs is { } interval && found.OrigIntervalMs != interval;
        var wrongGateway = options.GatewayMode is { } mode && found.GatewayMode != (GatewayMode)mode;
        if (!wrongInterval && !wrongGateway)
        {
            return false;
        }

        Batman.SetMesh(meshIndex, new MeshSettings
        {
            OrigIntervalMs = wrongInterval ? options.OriginatorIntervalMs : null,
            GatewayMode = wrongGateway ? (GatewayMode)options.GatewayMode! : null,
        });
        if (wrongInterval)
        {
            metrics.SettingRestored("orig_interval");
            Log.SettingRestored(logger, "orig_interval", $"{found.OrigIntervalMs}", $"{options.OriginatorIntervalMs}");
        }

        if (wrongGateway)
        {
            metrics.SettingRestored("gateway_mode");
            Log.SettingRestored(logger, "gateway_mode", $"{found.GatewayMode}", $"{(GatewayMode)options.GatewayMode!}");
        }

        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(3301, LogLevel.Warning, "put mesh setting {setting} back from {found} to {wanted}")]
        public static partial void SettingRestored(ILogger logger, string setting, string found, string wanted);
    }
}
