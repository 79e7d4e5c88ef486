using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>The power went.</summary>
internal sealed class PowerCutException() : Exception("the power went");

/// <summary>
/// The file system of a router whose power goes at a given step. A file may be left empty, half, or whole and not on the flash;
/// of what was created, renamed and removed in a directory since it was last synchronized, some changes survive and others do not.
/// </summary>
/// <param name="cutAt">The step that is not done any more, counted from 0.</param>
/// <param name="survives">Whether a change that nothing has synchronized survives, by its number and its directory.</param>
internal sealed class CuttingFiles(int cutAt, Func<int, string, bool> survives) : IStoreFiles
{
    private readonly StoreFiles _real = new();
    private readonly List<Change> _unsynchronized = [];
    private int _step;

    /// <summary>Directories of the changes that hung in the air when the power went.</summary>
    public IReadOnlyList<string> InTheAir { get; private set; } = [];

    public void MakeDirectory(string path)
    {
        Step();
        _real.MakeDirectory(path);
        Unsynchronized(path, at => Directory.Delete(at, recursive: true));
    }

    public void Create(string path, ReadOnlySpan<byte> content)
    {
        Step();
        File.WriteAllBytes(path, []);
        Unsynchronized(path, File.Delete);
        Step();
        File.WriteAllBytes(path, content[..(content.Length / 2)]);
        Step();
        // All there, but of zeros: the size reached the flash and the content did not.
        File.WriteAllBytes(path, new byte[content.Length]);
        Step();
        File.Delete(path);
        _real.Create(path, content);
    }

    public void Rename(string from, string to)
    {
        Step();
        var replaced = File.Exists(to) ? File.ReadAllBytes(to) : null;
        _real.Rename(from, to);
        Unsynchronized(to, at =>
        {
            _real.Rename(at, from);
            if (replaced is not null)
            {
                File.WriteAllBytes(at, replaced);
            }
        }, from);
    }

    public void SyncDirectory(string path)
    {
        Step();
        _real.SyncDirectory(path);
        _unsynchronized.RemoveAll(u => u.Directory == path);
    }

    public void RemoveFile(string path)
    {
        Step();
        var removed = File.Exists(path) ? File.ReadAllBytes(path) : null;
        _real.RemoveFile(path);
        if (removed is not null)
        {
            Unsynchronized(path, at => File.WriteAllBytes(at, removed));
        }
    }

    public void RemoveDirectory(string path)
    {
        Step();
        _real.RemoveDirectory(path);
        Unsynchronized(path, _real.MakeDirectory);
    }

    private void Unsynchronized(string path, Action<string> undo, string? renamedFrom = null) =>
        _unsynchronized.Add(new Change(Path.GetDirectoryName(path)!, Path.GetFileName(path), undo, renamedFrom));

    private void Step()
    {
        if (_step++ != cutAt)
        {
            return;
        }

        InTheAir = [.. _unsynchronized.Select(u => u.Directory)];
        var renames = new List<(string From, string To)>();
        for (var i = _unsynchronized.Count - 1; i >= 0; i--)
        {
            var change = _unsynchronized[i];
            var directory = renames.FirstOrDefault(r => r.From == change.Directory).To ?? change.Directory;
            if (survives(i, change.Directory))
            {
                renames.Add((change.RenamedFrom ?? "", Path.Combine(directory, change.Name)));
            }
            else if (Directory.Exists(directory))
            {
                // A directory that does not survive takes with it what was in it.
                change.Undo(Path.Combine(directory, change.Name));
            }
        }

        throw new PowerCutException();
    }

    /// <param name="Directory">Where it was made.</param>
    /// <param name="Name">Of what it was made to.</param>
    /// <param name="Undo">Makes it not have happened, at the path that is its now: a directory above may have another name since.</param>
    /// <param name="RenamedFrom">Its former path when it is a renaming.</param>
    private sealed record Change(string Directory, string Name, Action<string> Undo, string? RenamedFrom);
}
