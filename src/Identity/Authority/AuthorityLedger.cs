using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Authority;

/// <summary>What a transaction decided.</summary>
/// <param name="Result">For the caller.</param>
/// <param name="Record">To be on flash before the caller hears of it; null when nothing changes.</param>
internal readonly record struct LedgerDecision<T>(T Result, LedgerRecord? Record);

/// <summary>
/// The authority's memory: tokens, nodes, who is denied. A file that is appended to; what a transaction decided is on flash
/// before anybody hears of it, so that a token used before a power cut is used after it.
/// </summary>
/// <remarks>
/// The running agent and the <c>ca</c> verb may use one ledger together: each transaction holds an exclusive lock (flock(2)) on
/// a file beside it, and first reads what the other has appended. A last line that is half written was never acted upon; it is
/// removed and reported. Anything else that does not fit is damage, and nothing is issued until somebody has looked at it: a
/// ledger that forgets would let used tokens and stolen routers in again.
/// </remarks>
public sealed class AuthorityLedger : IDisposable
{
    /// <summary>Name of the file in the authority's folder.</summary>
    public const string FileName = "authority.ledger";

    /// <summary>Size in bytes above which it is rewritten with what still counts, unless that is over half of it.</summary>
    public const int RewriteBytes = 256 * 1024;

    /// <summary>Most bytes of the file: <see cref="LedgerState.NodesMax"/> and <see cref="LedgerState.TokensMax"/> of the longest lines, twice.</summary>
    public const int BytesMax = 16 * 1024 * 1024;

    /// <summary>How long another process is waited for.</summary>
    public static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly string _folder;
    private readonly string _path;
    private readonly Func<DateTimeOffset> _now;
    private readonly Action<string> _report;
    private LedgerState _state = new();
    private byte[] _last = LedgerLine.Start.ToArray();
    private long _lastAt;
    private long _length;

    /// <param name="folder">Where it is; made when it is missing, for its owner alone.</param>
    /// <param name="now">The time.</param>
    /// <param name="report">Is told of a torn tail that was cut.</param>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public AuthorityLedger(string folder, Func<DateTimeOffset> now, Action<string> report)
    {
        _folder = folder;
        _path = Path.Combine(folder, FileName);
        _now = now;
        _report = report;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    /// <summary>Looks at what is there now. The function must not keep the state.</summary>
    /// <exception cref="IOException">It cannot be read, is damaged, or another process holds it for too long.</exception>
    public Task<T> ReadAsync<T>(Func<LedgerState, T> read, CancellationToken cancellationToken) =>
        TransactAsync(state => new LedgerDecision<T>(read(state), null), cancellationToken);

    /// <summary>Decides on what is there now; the record is on flash when this returns, or nothing has changed.</summary>
    /// <exception cref="IOException">It cannot be read or written, is damaged, or another process holds it for too long.</exception>
    internal async Task<T> TransactAsync<T>(Func<LedgerState, LedgerDecision<T>> decide, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            using var held = await LockAsync(cancellationToken);
            using var file = OpenFile();
            CatchUp(file);
            var decision = decide(_state);
            if (decision.Record is { } record)
            {
                if (_length == 0)
                {
                    Append(file, LedgerRecord.Began.Random());
                }

                Append(file, record);
                if (_length > RewriteBytes)
                {
                    TryRewrite();
                }
            }

            return decision.Result;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var path = $"{_path}.lock";
        for (var waited = TimeSpan.Zero; ; waited += LockRetry)
        {
            try
            {
                return new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
            }
            catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
            {
                if (waited >= LockTimeout)
                {
                    throw new IOException($"{_path}: another process holds it for over {LockTimeout.TotalSeconds:0} s", exception);
                }
            }

            // Real time: it waits for another process.
            await Task.Delay(LockRetry, cancellationToken);
        }
    }

    private FileStream OpenFile()
    {
        var isNew = !File.Exists(_path);
        var file = new FileStream(_path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        if (isNew)
        {
            new StoreFiles().SyncDirectory(_folder);
        }

        return file;
    }

    /// <summary>
    /// Reads what was appended since; from the beginning when the file is another one than last time. The digits of the last line
    /// stand for all before it: a copy that was put back begins alike, and may be as long again.
    /// </summary>
    private void CatchUp(FileStream file)
    {
        if (file.Length > BytesMax)
        {
            throw new IOException($"{_path}: it has {file.Length} bytes, at most {BytesMax} are read");
        }

        if (_length == 0 || file.Length < _length || !DigitsAt(file, _lastAt).AsSpan().SequenceEqual(_last))
        {
            _state = new LedgerState();
            _last = LedgerLine.Start.ToArray();
            _length = 0;
        }

        var added = new byte[file.Length - _length];
        file.Position = _length;
        file.ReadExactly(added);
        ReadOnlyMemory<byte> rest = added;
        while (!rest.IsEmpty)
        {
            if (!LedgerLine.TryRead(_last, rest, out var json, out var length))
            {
                CutTail(file, rest, length);
                break;
            }

            Apply(json);
            _last = LedgerLine.DigitsOf(rest.Span);
            _lastAt = _length;
            _length += length;
            rest = rest[length..];
        }
    }

    private void Apply(ReadOnlyMemory<byte> json)
    {
        try
        {
            _state.Apply(LedgerRecord.Read(json));
        }
        catch (FormatException exception)
        {
            throw new IOException($"{_path}: at byte {_length}: {exception.Message}", exception);
        }
    }

    /// <summary>What cannot be read is cut when it was being written as the power went.</summary>
    private void CutTail(FileStream file, ReadOnlyMemory<byte> rest, int lineLength)
    {
        if ((lineLength != 0 && lineLength != rest.Length) || !LedgerLine.IsHalfWritten(_last, rest))
        {
            throw new IOException(
                $"{_path}: it is damaged at byte {_length}; nothing is issued. "
                + "Put back a copy of it, or make a new authority (ca init) and enrol every router again");
        }

        file.SetLength(_length);
        file.Flush(flushToDisk: true);
        _report($"{_path}: {rest.Length} bytes at its end were cut off: a record that a power cut left half written and nobody acted upon");
    }

    private void Append(FileStream file, LedgerRecord record)
    {
        var line = LedgerLine.Write(_last, record.ToBytes().Span);
        try
        {
            file.Position = _length;
            file.Write(line);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a line may be there; what is in memory may be less than what is on flash. Read it again next time.
            _length = 0;
            throw;
        }

        _state.Apply(record);
        _last = LedgerLine.DigitsOf(line);
        _lastAt = _length;
        _length += line.Length;
    }

    /// <summary>What was decided is on flash already: that the file stays as long as it is does no harm yet.</summary>
    private void TryRewrite()
    {
        try
        {
            Rewrite();
        }
        catch (IOException exception)
        {
            _report($"{_path}: it could not be rewritten and goes on growing: {exception.Message}");
        }
    }

    /// <summary>Replaces the file with the fewest records that say the same, unless that would not halve it.</summary>
    private void Rewrite()
    {
        using var content = new MemoryStream();
        var last = LedgerLine.Start.ToArray();
        foreach (var record in _state.Records(_now()).Prepend(LedgerRecord.Began.Random()))
        {
            var line = LedgerLine.Write(last, record.ToBytes().Span);
            last = LedgerLine.DigitsOf(line);
            content.Write(line);
        }

        if (content.Length > _length / 2)
        {
            return;
        }

        var beside = $"{_path}.new";
        using (var file = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            content.WriteTo(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, _path, overwrite: true);
        // Read again at the next transaction, without what no longer counts.
        _length = 0;
        new StoreFiles().SyncDirectory(_folder);
    }

    private static byte[] DigitsAt(FileStream file, long offset)
    {
        var digits = new byte[LedgerLine.Start.Length];
        file.Position = offset;
        file.ReadExactly(digits);
        return digits;
    }

    /// <inheritdoc/>
    public override string ToString() => _path;
}
