namespace X0tta6bl4.Tests.Documents;

/// <summary>Finds the repository's own files from a test, wherever its build output is.</summary>
public static class Repository
{
    public static string ReadText(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string start)
    {
        for (var directory = start; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "global.json")))
            {
                return directory;
            }
        }

        throw new DirectoryNotFoundException($"no global.json above {start}");
    }
}
