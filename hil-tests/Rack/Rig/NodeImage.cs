namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// Builds a router's initial RAM disk: the common root, then an archive with what is this router's own. Later archives
/// win, as they are unpacked one after the other.
/// </summary>
internal static class NodeImage
{
    public const string ManagementInterface = "mgmt0";

    /// <summary>Seconds until an ended agent is started again: procd's default respawn time-out.</summary>
    private const int RespawnSeconds = 5;

    public static void Write(
        string path, RackAssets assets, string router, int routerIndex, RouterOptions options,
        IReadOnlyList<string> meshInterfaces, IdentityFiles? identity)
    {
        using var output = File.Create(path);
        Append(output, assets.RootImage);
        if (options.HasScaleTools)
        {
            Append(output, assets.ScaleImage);
        }

        var archive = new CpioArchive(output);
        var names = string.Join(' ', meshInterfaces
            .Select((name, card) => $"{MeshMac(routerIndex, card)}={name}")
            .Prepend($"{ManagementMac(routerIndex)}={ManagementInterface}"));
        archive.AddFile("/etc/rack/node.conf", $"""
            RACK_NODE={router}
            RACK_AGENT={(options.RunsAgent ? 1 : 0)}
            RACK_RESPAWN_S={RespawnSeconds}
            RACK_SKIP_MODULES="{string.Join(' ', options.SkippedModules)}"
            RACK_INTERFACES="{names}"

            """);
        if (options.BootScript is { } script)
        {
            archive.AddFile("/etc/rack/setup", "#!/bin/sh\n" + script + "\n", isExecutable: true);
        }

        if (options.RunsAgent)
        {
            AddAgent(archive, assets, router, options, meshInterfaces, identity);
        }

        foreach (var (name, content) in options.Files)
        {
            archive.AddFile(name, content, name.Contains("bin/", StringComparison.Ordinal));
        }

        archive.Finish();
    }

    /// <summary>
    /// Locally administered, and telling router and card apart at a glance. It is also the originator address.
    /// </summary>
    public static string MeshMac(int routerIndex, int card) => $"52:54:00:{routerIndex + 1:x2}:00:{card:x2}";

    public static string ManagementMac(int routerIndex) => $"52:54:00:fe:00:{routerIndex + 1:x2}";

    private static void AddAgent(
        CpioArchive archive, RackAssets assets, string router, RouterOptions options,
        IReadOnlyList<string> meshInterfaces, IdentityFiles? identity)
    {
        if (!File.Exists(assets.Agent))
        {
            throw new RackException($"no agent at {assets.Agent}; run: ./build.sh build, or give --agent PATH");
        }

        archive.AddFile(AgentConfigFile.Binary, File.ReadAllBytes(assets.Agent), isExecutable: true);
        archive.AddFile(AgentConfigFile.Path, AgentConfigFile.Render(router, options, meshInterfaces, hasBroker: identity is not null));
        foreach (var (path, content) in identity is null ? [] : AgentConfigFile.IdentityFilesOf(identity))
        {
            archive.AddFile(path, content);
        }

        if (options.KnowsBoards)
        {
            foreach (var file in Directory.EnumerateFiles(assets.BoardFiles, "*.toml").Order(StringComparer.Ordinal))
            {
                archive.AddFile($"{AgentConfigFile.BoardDirectory}/{Path.GetFileName(file)}", File.ReadAllBytes(file));
            }
        }
    }

    private static void Append(Stream output, string file)
    {
        using var input = File.OpenRead(file);
        input.CopyTo(output);
    }
}
