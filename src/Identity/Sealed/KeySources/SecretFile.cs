using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>A file that a sealing key is computed from.</summary>
internal static class SecretFile
{
    private const int GroupOrOthers = 0x3F; // 077

    /// <summary>Its bytes. Clear them.</summary>
    /// <param name="path">The file; a symbolic link is followed, /sys is full of them.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="bytesMin">Fewest bytes.</param>
    /// <param name="bytesMax">Most bytes.</param>
    /// <param name="isPrivate">True when nobody but its owner may have any right to it.</param>
    /// <exception cref="SealedStoreException">It is not there, or not so.</exception>
    public static byte[] Read(string path, string what, int bytesMin, int bytesMax, bool isPrivate)
    {
        using var file = OpenFile.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        var facts = file.Facts();
        if (isPrivate && ((facts.Mode & GroupOrOthers) != 0 || (facts.Uid != 0 && facts.Uid != Libc.Geteuid())))
        {
            throw new SealedStoreException($"{path}: the {what} is for its owner alone: chmod 0600, owned by root");
        }

        var bytes = StoreFiles.Read(file, path, bytesMax);
        return bytes.Length < bytesMin
            ? throw new SealedStoreException($"{path}: the {what} has {bytes.Length} bytes, at least {bytesMin} are needed")
            : bytes;
    }
}
