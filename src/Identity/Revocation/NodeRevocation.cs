using Microsoft.Extensions.Logging;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>
/// Revocation as this router looks at it: its files, watched, and the check that uses them. While the files cannot be read, what
/// was read before goes on counting until it ends.
/// </summary>
public sealed class NodeRevocation
{
    /// <summary>Prefix of every symptom raised here.</summary>
    public const string SymptomPrefix = "revocation.";

    /// <summary>A list that ends within this part of its own time raises an alarm.</summary>
    private const double AlarmAt = 0.1;

    private readonly RevocationPaths _paths;
    private readonly ValidationClock _clock;
    private readonly TimeProvider _time;
    private readonly HealthRegister _health;
    private readonly ILogger _logger;
    private IReadOnlyList<RevocationList> _read = [];
    private IReadOnlyList<string> _leftOut = [];
    private OcspStaple? _staple;
    private string _said = "";

    /// <param name="policy">How.</param>
    /// <param name="paths">The files.</param>
    /// <param name="clock">The time to judge by.</param>
    /// <param name="time">The clock of waiting.</param>
    /// <param name="health">Where symptoms are raised.</param>
    /// <param name="logger">One line a change.</param>
    public NodeRevocation(
        RevocationPolicy policy, RevocationPaths paths, ValidationClock clock, TimeProvider time, HealthRegister health, ILogger logger)
    {
        _paths = paths;
        _clock = clock;
        _time = time;
        _health = health;
        _logger = logger;
        Check = policy.Mode == RevocationMode.Off ? null : new RevocationCheck(policy, Lists, new OcspFetcher(policy, time));
    }

    /// <summary>Decides about peers; null when revocation is off.</summary>
    public RevocationCheck? Check { get; }

    /// <summary>The lists that count now.</summary>
    public Latest<RevocationLists> Lists { get; } = new(RevocationLists.None);

    /// <summary>The response to show with a certificate of ours; null when there is none that speaks of it.</summary>
    public ReadOnlyMemory<byte>? StapleFor(Certificate own)
    {
        if (Volatile.Read(ref _staple) is { } staple && staple.Problem(own, _clock.Now) is null)
        {
            return staple.Der;
        }

        // Not in a conditional expression with the other: its null would become an empty memory.
        return null;
    }

    /// <summary>Takes over each change of the files, until stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var folders = new FolderWatch(RevocationFiles.Watched(_paths));
        while (!cancellationToken.IsCancellationRequested)
        {
            // Before the look, so that nothing that happens during it is missed.
            folders.Refresh();
            var changed = folders.Changed;
            Look();
            await changed.WaitAsync(FilesSource.LookInterval, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (changed.IsCompleted)
            {
                await Task.Delay(FilesSource.Settle, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _health.ClearAll(SymptomPrefix);
    }

    /// <summary>Looks at the files once.</summary>
    internal void Look()
    {
        var problems = new List<string>();
        Try(problems, () =>
        {
            var read = RevocationFiles.Read(_paths.Lists);
            if (!read.SequenceEqual(_read, SameBytes.Instance))
            {
                Lists.Publish(Lists.Value.Replace(Known(read), out _leftOut));
                _read = read;
                var all = Lists.Value.All;
                var entries = all.Sum(l => l.Count);
                _logger.RevocationListsRead(all.Count, entries);
            }
        });
        problems.AddRange(_leftOut);
        Try(problems, () => Volatile.Write(ref _staple, _paths.Staple is { } path ? RevocationFiles.ReadStaple(path) : null));
        Say(problems);
        SayTimes();
    }

    /// <summary>An unchanged file keeps the list that was made of it: who signed that is known already.</summary>
    private IReadOnlyList<RevocationList> Known(IReadOnlyList<RevocationList> read) =>
        [.. read.Select(list => Lists.Value.All.FirstOrDefault(known => SameBytes.Instance.Equals(known, list)) ?? list)];

    private static void Try(List<string> problems, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is CertificateFormatException or IOException or UnauthorizedAccessException)
        {
            problems.Add(exception.Message);
        }
    }

    private void Say(List<string> problems)
    {
        var text = string.Join("; ", problems);
        if (text.Length > 0 && text != _said)
        {
            _logger.RevocationFilesFailed(text);
        }

        _said = text;
        _health.Set(
            text.Length > 0, "revocation.files", "", Severity.Degraded, $"revocation files are not taken over: {text}",
            "what was read before counts until it ends; put the right files there");
    }

    private void SayTimes()
    {
        var now = _clock.Now;
        var late = Lists.Value.All.Where(l => now > l.NextUpdate - ((l.NextUpdate - l.ThisUpdate) * AlarmAt)).MinBy(l => l.NextUpdate);
        _health.Set(
            late is not null, "revocation.list-ending", "", Severity.Degraded,
            $"the revocation list of \"{late?.Issuer}\" counts until {late?.NextUpdate:u}; then every peer below it is refused",
            "see why no newer one comes");
    }

    private sealed class SameBytes : IEqualityComparer<RevocationList>
    {
        public static readonly SameBytes Instance = new();

        public bool Equals(RevocationList? x, RevocationList? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && x.Der.Span.SequenceEqual(y.Der.Span));

        public int GetHashCode(RevocationList obj) => obj.Bytes;
    }
}
