using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>The power went.</summary>
internal sealed class PowerCutException() : Exception("the power went");

/// <summary>
/// The file system of a router whose power goes at a given step. A file may be left empty, half, or whole and not on the flash;
/// of what was created, renamed and removed in a directory since it was last synchronized, the first few changes survive and the
/// others do not.
/// </summary>
/// <param name="cutAt">The step that is not done any more, counted from 0.</param>
/// <param name="surviving">How many of the changes that nothing has synchronized survive.</param>
internal sealed class CuttingFiles(int cutAt, int surviving) : IStoreFiles
{
    private readonly StoreFiles _real = new();
    private readonly List<(string Directory, Action Undo)> _unsynchronized = [];
    private int _step;

    /// <summary>Changes that hung in the air when the power went.</summary>
    public int InTheAir { get; private set; }

    public void MakeDirectory(string path)
    {
        Step();
        _real.MakeDirectory(path);
        Unsynchronized(path, () => Directory.Delete(path, recursive: true));
    }

    public void Create(string path, ReadOnlySpan<byte> content)
    {
        Step();
        File.WriteAllBytes(path, []);
        Unsynchronized(path, () => File.Delete(path));
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
        Unsynchronized(to, () =>
        {
            _real.Rename(to, from);
            if (replaced is not null)
            {
                File.WriteAllBytes(to, replaced);
            }
        });
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
            Unsynchronized(path, () => File.WriteAllBytes(path, removed));
        }
    }

    public void RemoveDirectory(string path)
    {
        Step();
        _real.RemoveDirectory(path);
        Unsynchronized(path, () => _real.MakeDirectory(path));
    }

    private void Unsynchronized(string path, Action undo) => _unsynchronized.Add((Path.GetDirectoryName(path)!, undo));

    private void Step()
    {
        if (_step++ != cutAt)
        {
            return;
        }

        InTheAir = _unsynchronized.Count;
        foreach (var (_, undo) in _unsynchronized.Skip(surviving).Reverse())
        {
            undo();
        }

        throw new PowerCutException();
    }
}
