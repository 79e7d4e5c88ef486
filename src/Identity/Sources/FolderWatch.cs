using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Identity.Sources;

/// <summary>
/// Tells of changes in the folders of some files (inotify(7)). Folders, because a rotation mostly renames a new file over the
/// old one, or points a link of a folder elsewhere. A folder that is not there yet is watched as soon as it is.
/// </summary>
internal sealed class FolderWatch(IEnumerable<string> files) : IDisposable
{
    private readonly string[] _folders = [.. files.Select(f => Path.GetDirectoryName(f) ?? "/").Distinct(StringComparer.Ordinal)];
    private readonly Dictionary<string, FileSystemWatcher> _watchers = [];
    private readonly Signal _changed = new();

    /// <summary>Completes at the next change. Take the task first, then look at the files, then await.</summary>
    public Task Changed => _changed.Next;

    /// <summary>Watches what can be watched by now.</summary>
    public void Refresh()
    {
        foreach (var folder in _folders)
        {
            if (IsWatched(folder) || !Directory.Exists(folder))
            {
                continue;
            }

            var watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Changed += (_, _) => _changed.Wake();
            watcher.Created += (_, _) => _changed.Wake();
            watcher.Deleted += (_, _) => _changed.Wake();
            watcher.Renamed += (_, _) => _changed.Wake();
            // The folder was removed, or events were lost: a new watch, and a look at the files.
            watcher.Error += (_, _) => Forget(folder);
            watcher.EnableRaisingEvents = true;
            lock (_watchers)
            {
                _watchers[folder] = watcher;
            }
        }
    }

    /// <summary>Ends the watching.</summary>
    public void Dispose()
    {
        lock (_watchers)
        {
            foreach (var watcher in _watchers.Values)
            {
                watcher.Dispose();
            }
        }
    }

    private bool IsWatched(string folder)
    {
        lock (_watchers)
        {
            return _watchers.ContainsKey(folder);
        }
    }

    private void Forget(string folder)
    {
        lock (_watchers)
        {
            if (_watchers.Remove(folder, out var watcher))
            {
                watcher.Dispose();
            }
        }

        _changed.Wake();
    }
}
