using System.Diagnostics;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// One at a time: a running agent and the command line share a store. Held by flock(2) on a file that stays, so that a process
/// that dies lets go of it.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private const int PauseMs = 20;
    private readonly OpenFile _file;

    private StoreLock(OpenFile file) => _file = file;

    /// <exception cref="SealedStoreException">Another holds it for longer than the wait.</exception>
    public static StoreLock Take(string path, TimeSpan wait)
    {
        var file = OpenFile.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW);
        try
        {
            for (var since = Stopwatch.GetTimestamp(); Libc.Flock(file.Descriptor, Libc.LOCK_EX | Libc.LOCK_NB) < 0; Pause())
            {
                if (Libc.LastError is not Libc.EAGAIN and not Libc.EINTR)
                {
                    throw OpenFile.Failed(path, "flock");
                }

                if (Stopwatch.GetElapsedTime(since) > wait)
                {
                    throw new SealedStoreException(
                        $"{path}: another process has the store open for over {wait.TotalSeconds:0.#} s; try again, or find it: fuser {path}");
                }
            }

            return new StoreLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static unsafe void Pause() => Libc.Poll(null, 0, PauseMs);
}
