using System.Globalization;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// Directory for sockets, disks and images of one run, in the temporary directory because a unix socket's path holds at
/// most 107 bytes. Named after the rack's process: one left behind by a rack that was killed is removed by the next.
/// </summary>
public sealed class RackDirectory : IDisposable
{
    private const string Prefix = "x0rack-";

    private RackDirectory(string path) => Path = path;

    public string Path { get; }

    public static RackDirectory Create()
    {
        var root = System.IO.Path.GetTempPath();
        foreach (var old in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            var owner = System.IO.Path.GetFileName(old)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, NumberStyles.None, null, out var pid) && !Directory.Exists($"/proc/{pid}"))
            {
                Directory.Delete(old, recursive: true);
            }
        }

        return new RackDirectory(Directory.CreateDirectory(
            System.IO.Path.Combine(
                root, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}")).FullName);
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
