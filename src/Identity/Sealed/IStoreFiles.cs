namespace X0tta6bl4.Identity.Sealed;

/// <summary>Every change the store makes to the file system. A power cut falls between two of them, or into one.</summary>
internal interface IStoreFiles
{
    /// <summary>Makes a directory for its owner only; it must not be there yet.</summary>
    void MakeDirectory(string path);

    /// <summary>Makes a file for its owner only, which must not be there yet; its content is on the flash afterwards.</summary>
    void Create(string path, ReadOnlySpan<byte> content);

    /// <summary>Renames a file, replacing one of that name, or a directory.</summary>
    void Rename(string from, string to);

    /// <summary>Makes what was created, renamed and removed in a directory outlast a power cut.</summary>
    void SyncDirectory(string path);

    /// <summary>Removes a file; fine when there is none.</summary>
    void RemoveFile(string path);

    /// <summary>Removes an empty directory.</summary>
    void RemoveDirectory(string path);
}
