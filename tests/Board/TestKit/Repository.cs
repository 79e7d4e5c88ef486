namespace X0tta6bl4.Board.Tests.TestKit;

/// <summary>Files of the repository the tests run from.</summary>
internal static class Repository
{
    /// <summary>A top-level folder.</summary>
    public static string Folder(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder.FullName, "board-configs")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the repository");
        }

        return Path.Combine(folder.FullName, name);
    }
}
