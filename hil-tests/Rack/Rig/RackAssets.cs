namespace X0tta6bl4.Rack.Rig;

/// <summary>What build/rack-assets.sh made, the agent, and the repository's board files.</summary>
public sealed record RackAssets
{
    private RackAssets(string root, string agent)
    {
        Root = root;
        Agent = agent;
    }

    /// <summary>Root of the repository.</summary>
    public string Root { get; }

    /// <summary>The agent's arm64 binary.</summary>
    public string Agent { get; }

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string Kernel => Rack("vmlinuz");

    public string RootImage => Rack("root.cpio");

    public string ScaleImage => Rack("scale.cpio");

    public string DeviceTree => Rack("rack.dtb");

    public string BrokerRoot => Rack("broker");

    public string BoardFiles => Path.Combine(Root, "board-configs");

    /// <summary>Looks upwards from the working directory and from the rack's own binary for the repository.</summary>
    public static RackAssets Find(string? agent)
    {
        var root = Above(Environment.CurrentDirectory) ?? Above(AppContext.BaseDirectory)
            ?? throw new RackException("not below the repository: no build.sh and hil-tests/ in any parent directory");
        var assets = new RackAssets(root, agent ?? Path.Combine(root, "artifacts/bin/linux-arm64/x0tta6bl4"));
        return File.Exists(Path.Combine(root, "artifacts/rack/stamp"))
            ? assets
            : throw new RackException("no kernel and root file system yet; run: ./build.sh deps rack");
    }

    private static string? Above(string start)
    {
        for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "build.sh"))
                && Directory.Exists(Path.Combine(at.FullName, "hil-tests")))
            {
                return at.FullName;
            }
        }

        return null;
    }

    private string Rack(string name) => Path.Combine(Artifacts, "rack", name);
}
