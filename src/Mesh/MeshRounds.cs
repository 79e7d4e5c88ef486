using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Mesh;

public sealed partial class MeshLoop
{
    /// <summary>One round after another: what a look finds, and what a failure means.</summary>
    private sealed class Rounds(MeshLoop loop, KernelEvents events, HardInterfaceKeeper keeper, MeshReader reader)
    {
        private readonly RoundSchedule _schedule = new(loop._options, loop._time);
        private readonly TimeProvider _time = loop._time;
        private readonly List<MeshChange> _changes = [];
        private MeshState _state = MeshState.Starting;
        private string? _algorithm;
        private long _sequence;
        private int _failedRounds;

        /// <summary>How long the loop may wait if nothing happens.</summary>
        public TimeSpan DueIn => _schedule.DueIn;

        /// <param name="isReadable">False when the wait ended with its time: then there are no events.</param>
        public void Turn(bool isReadable)
        {
            _changes.Clear();
            var happened = isReadable ? events.Take() : Happened.None;
            if (happened != Happened.None)
            {
                _schedule.Happened();
            }

            if (happened.HasFlag(Happened.Module))
            {
                reader.Forget();
            }

            var state = Read(happened);
            if (state != MeshState.Up && _state == MeshState.Up)
            {
                reader.Clear(_changes);
            }

            var isNews = state != _state || reader.Info?.AlgorithmName != _algorithm;
            Enter(state);
            if (_changes.Count > 0)
            {
                _schedule.Changed();
            }

            Publish();
            if (isNews)
            {
                // After the snapshot: whoever is woken by a symptom must find the state it belongs to.
                _algorithm = reader.Info?.AlgorithmName;
                loop.ReportState(state);
                loop.ReportAlgorithm(_algorithm);
            }
        }

        private MeshState Read(Happened happened)
        {
            try
            {
                if (happened.HasFlag(Happened.Links) || _schedule.IsCheckDue)
                {
                    keeper.Check(_time.GetTimestamp(), _changes);
                    _schedule.Checked();
                }

                var state = keeper.MeshIndex == 0 ? MeshState.NoInterface : ReadTables(keeper.MeshIndex, happened);
                if (state == MeshState.NoInterface)
                {
                    // Without the interface nothing else would ask for the module, and its absence is the better answer.
                    reader.RequireModule();
                    _schedule.NothingToRead();
                }

                _failedRounds = 0;
                return state;
            }
            catch (NetlinkException exception)
            {
                return Failed(exception);
            }
        }

        private MeshState ReadTables(uint meshIndex, Happened happened)
        {
            var originatorsDue = _schedule.AreOriginatorsDue;
            if (originatorsDue || happened.HasFlag(Happened.Settings))
            {
                reader.ReadInfo(meshIndex);
            }

            if (_schedule.AreNeighboursDue || originatorsDue)
            {
                var before = _changes.Count;
                var outcome = reader.ReadNeighbours(meshIndex, _changes);
                _schedule.NeighboursRead(reader.NextNeighbourIn);
                originatorsDue |= _changes.Count > before;
                if (outcome == DumpOutcome.MeshDown)
                {
                    _schedule.NoPaths();
                    return MeshState.NoActiveHardInterface;
                }
            }

            if (originatorsDue)
            {
                reader.ReadOriginators(meshIndex, _changes);
                _schedule.OriginatorsRead();
            }

            return reader.Info is { IsUp: false } ? MeshState.NoActiveHardInterface : MeshState.Up;
        }

        private MeshState Failed(NetlinkException exception)
        {
            _schedule.Failed();
            if (exception.IsFamilyMissing)
            {
                reader.Forget();
                return MeshState.NoModule;
            }

            if (exception.IsPermission)
            {
                return MeshState.NoPermission;
            }

            if (exception.IsNoSuchInterface)
            {
                // It went away between the link dump and this one.
                _schedule.CheckNow();
                return MeshState.NoInterface;
            }

            Log.ReadFailed(loop._logger, exception.Message);
            _failedRounds++;
            if (_failedRounds >= FailedRoundsMax)
            {
                throw exception;
            }

            return MeshState.ReadFailed;
        }

        private void Enter(MeshState state)
        {
            if (state != _state)
            {
                if (state == MeshState.Up)
                {
                    _changes.Insert(0, new MeshChange(MeshChangeKind.MeshUp, _time.GetTimestamp()));
                }
                else if (_state == MeshState.Up)
                {
                    _changes.Add(new MeshChange(MeshChangeKind.MeshDown, _time.GetTimestamp()));
                }

                Log.StateChanged(loop._logger, state);
                _state = state;
            }
        }

        private void Publish()
        {
            var snapshot = new MeshSnapshot
            {
                Sequence = ++_sequence,
                Timestamp = _time.GetTimestamp(),
                OriginatorsTimestamp = reader.OriginatorsTimestamp,
                NeighboursTimestamp = reader.NeighboursTimestamp,
                State = _state,
                Interface = loop._options.Interface,
                InterfaceIndex = keeper.MeshIndex,
                Info = reader.Info,
                HardInterfaces = keeper.Interfaces,
                Originators = reader.Originators,
                Neighbours = reader.Neighbours,
                Gateways = reader.Gateways,
                Reachable = reader.Reachable,
                WeakPaths = reader.WeakPaths,
                AliveNeighbours = reader.AliveNeighbours,
                UnfollowedOriginators = reader.UnfollowedOriginators,
                UnfollowedNeighbours = reader.UnfollowedNeighbours,
                NextOriginatorsIn = _schedule.OriginatorsIn,
            };
            loop._state.Publish(snapshot);
            foreach (var change in _changes)
            {
                loop._metrics.Changed(change.Kind);
                loop.LogChange(change, snapshot);
                loop._feed.Writer.TryWrite(change);
            }
        }
    }

    private void ReportState(MeshState state)
    {
        _health.Set(state == MeshState.NoModule, "mesh.module-missing", "", Severity.Critical,
            "the kernel has no batman-adv", "load it: modprobe batman-adv (OpenWrt: opkg install kmod-batman-adv)");
        _health.Set(state == MeshState.NoPermission, "mesh.no-permission", "", Severity.Critical,
            "the agent may not read the mesh tables", "run it as root or with CAP_NET_ADMIN");
        _health.Set(state == MeshState.NoInterface, "mesh.interface-absent", _options.Interface, Severity.Critical,
            $"there is no batman-adv interface {_options.Interface}",
            _options.Manage ? "it is created by itself as soon as the kernel allows" : "create it, or set mesh.manage = true");
        _health.Set(state == MeshState.NoActiveHardInterface, "mesh.no-active-hard-interface", _options.Interface,
            Severity.Critical, $"{_options.Interface} has no active hard interface",
            "name interfaces in mesh.hard_interfaces, and see that they exist and have a carrier");
        _health.Set(state == MeshState.ReadFailed, "mesh.read-failed", "", Severity.Critical,
            "the kernel's answers about the mesh cannot be read", "see the log, event 3011; it is tried again");
    }

    private void ReportAlgorithm(string? found) =>
        _health.Set(found is not null && found != _options.Algorithm, "mesh.algorithm-differs", _options.Interface,
            Severity.Degraded, $"{_options.Interface} runs {found}, the configuration says {_options.Algorithm}",
            "all routers must run the same: delete the interface so that it is made anew, or correct mesh.algorithm");

    private void LogChange(in MeshChange change, MeshSnapshot snapshot)
    {
        var subject = change.Subject.ToString();
        var name = change.InterfaceName.Length > 0 ? change.InterfaceName : snapshot.InterfaceName(change.InterfaceIndex);
        switch (change.Kind)
        {
            case MeshChangeKind.OriginatorAppeared:
                Log.OriginatorAppeared(_logger, subject, change.To.ToString(), name, change.Quality);
                break;
            case MeshChangeKind.OriginatorLost:
                Log.OriginatorLost(_logger, subject, change.From.ToString());
                break;
            case MeshChangeKind.NextHopChanged:
                Log.NextHopChanged(_logger, subject, change.From.ToString(), change.To.ToString(), name, change.Quality);
                break;
            case MeshChangeKind.PathWeak:
                Log.PathWeak(_logger, subject, change.To.ToString(), change.Quality);
                break;
            case MeshChangeKind.PathGood:
                Log.PathGood(_logger, subject, change.To.ToString(), change.Quality);
                break;
            case MeshChangeKind.NeighbourAppeared:
                Log.NeighbourAppeared(_logger, subject, name);
                break;
            case MeshChangeKind.NeighbourLost:
                Log.NeighbourLost(_logger, subject, name);
                break;
            case MeshChangeKind.GatewayChanged:
                Log.GatewayChanged(_logger, change.From.ToString(), change.To.ToString());
                break;
            default:
                // MeshUp, MeshDown and the attachment of a hard interface are logged where they happen.
                break;
        }
    }
}
