using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Tests.TestKit;

/// <summary>A /sys, /proc and /dev of one's own in a temporary folder.</summary>
internal sealed class FakeSys : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("x0tta6bl4-board-").FullName;

    public FakeSys()
    {
        Root = new SysRoot(_folder);
        Directory.CreateDirectory(StateFolder);
        Directory.CreateDirectory(RunFolder);
        BootId("boot-1");
    }

    public SysRoot Root { get; }

    public string StateFolder => _folder + "/state";

    public string RunFolder => _folder + "/run";

    public void BootId(string id) => Write("/proc/sys/kernel/random/boot_id", id + "\n");

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder + path)!);
        File.WriteAllText(_folder + path, text);
    }

    public string Read(string path) => File.ReadAllText(_folder + path);

    public bool Exists(string path) => File.Exists(_folder + path);

    public void Delete(string path) => File.Delete(_folder + path);

    public void Led(string name, string triggers = "[none] timer netdev default-on", string brightness = "0", string max = "255")
    {
        Write($"/sys/class/leds/{name}/trigger", triggers + "\n");
        Write($"/sys/class/leds/{name}/brightness", brightness + "\n");
        Write($"/sys/class/leds/{name}/max_brightness", max + "\n");
        Write($"/sys/class/leds/{name}/delay_on", "500\n");
        Write($"/sys/class/leds/{name}/delay_off", "500\n");
    }

    /// <summary>What a LED shows, as the files have it: trigger, and what matters for it.</summary>
    public string Shown(string name)
    {
        var trigger = Read($"/sys/class/leds/{name}/trigger").Trim();
        return trigger == "timer"
            ? $"timer {Read($"/sys/class/leds/{name}/delay_on").Trim()}/{Read($"/sys/class/leds/{name}/delay_off").Trim()}"
            : $"{trigger} {Read($"/sys/class/leds/{name}/brightness").Trim()}";
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
