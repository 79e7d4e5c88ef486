using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Mesh;

public sealed partial class MeshLoop
{
    /// <summary>One round after another: what is due when, and what a failure means.</summary>
    private sealed class Rounds(MeshLoop loop, KernelEvents events, HardInterfaceKeeper keeper, MeshReader reader)
    {
        private readonly MeshOptions _options = loop._options;
        private readonly TimeProvider _time = loop._time;
        private readonly List<MeshChange> _changes = [];
        private long _checkDue;
        private long _neighboursDue;
        private long _originatorsDue;
        private TimeSpan _originatorInterval = loop._options.PollInterval;
        private MeshState _state = MeshState.Starting;
        private string? _algorithm;
        private long _sequence;
        private int _failedRounds;

        /// <summary>How long the loop may wait if nothing happens.</summary>
        public TimeSpan DueIn()
        {
            var due = Math.Min(Math.Min(_checkDue, _neighboursDue), _originatorsDue);
            var now = _time.GetTimestamp();
            return due <= now ? TimeSpan.Zero : _time.GetElapsedTime(now, due);
        }

        /// <param name="isReadable">False when the wait ended with its time: then there are no events.</param>
        public void Turn(bool isReadable)
        {
            _changes.Clear();
            var happened = isReadable ? events.Take() : Happened.None;
            if (happened != Happened.None)
            {
                _originatorInterval = _options.PollInterval;
                _originatorsDue = 0;
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

            Enter(state);
            if (_changes.Count > 0)
            {
                _originatorInterval = _options.PollInterval;
                _originatorsDue = Math.Min(_originatorsDue, After(_originatorInterval));
            }

            Publish();
        }

        private MeshState Read(Happened happened)
        {
            try
            {
                if (happened.HasFlag(Happened.Links) || _checkDue <= After(CheckInterval * Slack))
                {
                    keeper.Check(_time.GetTimestamp(), _changes);
                    _checkDue = After(CheckInterval);
                }

                var state = keeper.MeshIndex == 0 ? MeshState.NoInterface : ReadTables(keeper.MeshIndex, happened);
                if (state == MeshState.NoInterface)
                {
                    // Without the interface nothing else would ask for the module, and its absence is the better answer.
                    reader.RequireModule();
                    _neighboursDue = _originatorsDue = _checkDue;
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
            var originatorsDue = _originatorsDue <= After(_originatorInterval * Slack);
            if (originatorsDue || happened.HasFlag(Happened.Settings))
            {
                reader.ReadInfo(meshIndex);
            }

            if (_neighboursDue <= _time.GetTimestamp() || originatorsDue)
            {
                var before = _changes.Count;
                var outcome = reader.ReadNeighbours(meshIndex, _changes);
                _neighboursDue = After(NextNeighboursIn());
                originatorsDue |= _changes.Count > before;
                if (outcome == DumpOutcome.MeshDown)
                {
                    _originatorsDue = After(_options.PollInterval);
                    return MeshState.NoActiveHardInterface;
                }
            }

            if (originatorsDue)
            {
                reader.ReadOriginators(meshIndex, _changes);
                _originatorsDue = After(_originatorInterval);
                var longer = _originatorInterval * BackOffFactor;
                _originatorInterval = longer < _options.PollIntervalMax ? longer : _options.PollIntervalMax;
            }

            return reader.Info is { IsUp: false } ? MeshState.NoActiveHardInterface : MeshState.Up;
        }

        private TimeSpan NextNeighboursIn()
        {
            var silentIn = reader.NextNeighbourIn ?? _options.PollInterval;
            var isQuiet = _originatorInterval >= _options.PollIntervalMax;
            var longest = isQuiet ? _options.PollIntervalMax : _options.PollInterval;
            return silentIn < longest ? silentIn : longest;
        }

        private MeshState Failed(NetlinkException exception)
        {
            _neighboursDue = _originatorsDue = _checkDue = After(_options.PollInterval);
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
                // It went away between the link dump and this one. The next check finds out.
                _checkDue = 0;
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
            var algorithm = reader.Info?.AlgorithmName;
            if (state != _state || algorithm != _algorithm)
            {
                loop.ReportState(state);
                loop.ReportAlgorithm(algorithm);
                _algorithm = algorithm;
            }

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
                State = _state,
                Interface = _options.Interface,
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
                NextOriginatorsIn = _originatorsDue == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_time.GetTimestamp(), _originatorsDue),
            };
            loop._state.Publish(snapshot);
            foreach (var change in _changes)
            {
                loop._metrics.Changed(change.Kind);
                loop.LogChange(change, snapshot);
                loop._feed.Writer.TryWrite(change);
            }
        }

        private long After(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);
    }

    private void ReportState(MeshState state)
    {
        _health.Set(state == MeshState.NoModule, "mesh.module-missing", "", Severity.Critical,
            "the kernel has no batman-adv", "load it: modprobe batman-adv (OpenWrt: opkg install kmod-batman-adv)");
        _health.Set(state == MeshState.NoPermission, "mesh.no-permission", "", Severity.Critical,
            "the agent may not read the mesh tables", "run it as root or with CAP_NET_ADMIN");
        _health.Set(state == MeshState.NoInterface, "mesh.interface-absent", _options.Interface, Severity.Critical,
            $"the mesh interface {_options.Interface} does not exist",
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
