using System.Text;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>A folder with a store and what may hold its sealing key.</summary>
public sealed class StoreFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="inMemory">True for thousands of writes whose fsync has nothing to prove.</param>
    public StoreFolder(bool inMemory)
    {
        const string Memory = "/dev/shm";
        Root = inMemory && Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, $"x0sealed-{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("x0sealed-").FullName;
        DeviceSecret = Write("fuses", "0123456789abcdef0123456789abcdef");
        Passphrase = Write("passphrase", "correct horse battery staple\n");
        Serial = Write("serial-number", "10000000abcdef01\0");
    }

    public StoreFolder()
        : this(inMemory: false)
    {
    }

    public string Root { get; }

    public string Store => Path.Combine(Root, "store");

    public string DeviceSecret { get; }

    public string Passphrase { get; }

    public string Serial { get; }

    /// <summary>With the quick source. The TPM of the machine that runs the tests is left alone.</summary>
    internal SealedStoreOptions Options => new()
    {
        Directory = Store,
        DeviceSecretFile = DeviceSecret,
        SerialNumberFile = Serial,
        TpmWhenUnnamed = "/nonexistent/tpmrm0",
    };

    internal SealedStore Open(IStoreFiles? files = null) => new(Options, files ?? new StoreFiles(), TimeSpan.FromSeconds(5));

    /// <summary>The only generation of the store.</summary>
    public string Generation => Assert.Single(Directory.GetDirectories(Store));

    public string FileOf(string name) => Path.Combine(Generation, name + ".sealed");

    public string Write(string name, string content)
    {
        var path = Path.Combine(Root, name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, OwnerOnly);
        return path;
    }

    /// <summary>A store that holds these.</summary>
    internal StoreFolder With(params (string Name, string Content)[] secrets)
    {
        using var store = Open();
        foreach (var (name, content) in secrets)
        {
            store.Put(name, Bytes(content));
        }

        return this;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to, OwnerOnly | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var directory in Directory.GetDirectories(from))
        {
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
