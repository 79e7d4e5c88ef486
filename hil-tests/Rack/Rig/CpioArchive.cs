using System.Text;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// Writes a cpio archive of the "newc" kind, which the kernel unpacks into its root file system
/// (Documentation/driver-api/early-userspace/buffer-format.rst). Several may follow each other in one initial RAM disk,
/// so a router is the common root and a few files of its own behind it.
/// </summary>
internal sealed class CpioArchive(Stream output)
{
    private const int FileMode = 0x8000; // S_IFREG
    private const int DirectoryMode = 0x4000; // S_IFDIR

    private readonly HashSet<string> _directories = [];
    private int _inode = 1;

    /// <param name="path">Absolute in the guest; its directories are made.</param>
    /// <param name="content">The file.</param>
    /// <param name="isExecutable">Mode 0755 instead of 0644.</param>
    public void AddFile(string path, ReadOnlySpan<byte> content, bool isExecutable = false)
    {
        var name = path.TrimStart('/');
        for (var at = name.IndexOf('/'); at > 0; at = name.IndexOf('/', at + 1))
        {
            if (_directories.Add(name[..at]))
            {
                Write(name[..at], DirectoryMode | 0x1ED, []);
            }
        }

        Write(name, FileMode | (isExecutable ? 0x1ED : 0x1A4), content);
    }

    public void AddFile(string path, string content, bool isExecutable = false) =>
        AddFile(path, Encoding.UTF8.GetBytes(content), isExecutable);

    public void Finish() => Write("TRAILER!!!", 0, []);

    private void Write(string name, int mode, ReadOnlySpan<byte> content)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name + "\0");
        // magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
        ReadOnlySpan<int> fields =
            [_inode++, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, nameBytes.Length, 0];
        var header = new StringBuilder("070701");
        foreach (var field in fields)
        {
            header.Append(field.ToString("x8"));
        }

        output.Write(Encoding.ASCII.GetBytes(header.ToString()));
        output.Write(nameBytes);
        Pad(header.Length + nameBytes.Length);
        output.Write(content);
        Pad(content.Length);
    }

    private void Pad(int length)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0];
        output.Write(zeros[..((4 - (length % 4)) % 4)]);
    }
}
