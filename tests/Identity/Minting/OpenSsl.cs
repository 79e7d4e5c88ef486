using System.Diagnostics;

namespace X0tta6bl4.Identity.Tests.Minting;

/// <summary>The openssl tool, in a folder of its own. What it mints, our own code has not touched.</summary>
internal sealed class OpenSsl : IDisposable
{
    private const string Config = """
        [ca]
        default_ca = any
        [any]
        database = index.txt
        new_certs_dir = .
        serial = serial
        default_md = sha256
        policy = anything
        unique_subject = no
        copy_extensions = none
        [anything]
        commonName = optional
        organizationName = optional
        countryName = optional
        emailAddress = optional
        [req]
        distinguished_name = dn
        prompt = no
        [dn]
        """;

    private readonly Lock _lock = new();

    public OpenSsl()
    {
        File.WriteAllText(PathOf("ca.cnf"), Config);
        File.WriteAllText(PathOf("index.txt"), "");
        File.WriteAllText(PathOf("serial"), "01");
    }

    private string Folder { get; } = Directory.CreateTempSubdirectory("x0-openssl-").FullName;

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Runs it; anything but success is an exception with what it said.</summary>
    public void Run(params IReadOnlyList<string> arguments)
    {
        // Its database of issued certificates is a file of lines.
        lock (_lock)
        {
            var start = new ProcessStartInfo("openssl", arguments)
            {
                WorkingDirectory = Folder,
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start) ?? throw new InvalidOperationException("openssl did not start");
            var error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"openssl {string.Join(' ', arguments)}: {error.Result}");
            }
        }
    }

    /// <summary>Starts it as a peer that talks; the caller ends it.</summary>
    public Process Start(params IReadOnlyList<string> arguments) => Process.Start(new ProcessStartInfo("openssl", arguments)
    {
        WorkingDirectory = Folder,
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    }) ?? throw new InvalidOperationException("openssl did not start");

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
