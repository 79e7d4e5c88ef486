using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed;

namespace X0tta6bl4.Agent.Cli;

/// <summary>
/// <c>secret</c>: puts secrets into the sealed store and takes them out, with or without a running agent. Content comes from
/// standard input and goes to standard output, never through arguments, which everybody sees in <c>ps</c>.
/// </summary>
internal static class SecretVerb
{
    public static readonly OfflineVerb Verb = new(
        "secret",
        [
            ("put NAME", "seal what standard input says under this name (--store, --tpm, --device-secret, --passphrase-file)"),
            ("get NAME", "the secret of this name, byte for byte, to standard output"),
            ("list", "names, lengths and key generations, never contents"),
            ("rotate", "new keys: every secret is sealed anew, all or nothing"),
            ("remove NAME", "take a secret away"),
        ],
        StoreFlags.All,
        Run);

    private const string Usage =
        "usage: x0tta6bl4 secret put NAME < FILE | get NAME | list [--json] | rotate | remove NAME\n"
        + "       [--store DIR] [--tpm PATH] [--device-secret FILE] [--passphrase-file FILE]";

    private static int Run(CommandLine line, TextWriter output, TextWriter error)
    {
        Func<SealedStore, int>? run = line.Arguments switch
        {
            ["put", var name] => store => Put(store, name),
            ["get", var name] => store => Get(store, name, error),
            ["list"] => store => List(store, line.Json, output),
            ["rotate"] => store => Rotate(store, line.Json, output),
            ["remove", var name] => store => Remove(store, name),
            _ => null,
        };
        if (run is null)
        {
            error.WriteLine(Usage);
            return ExitCode.Usage;
        }

        if (line.Arguments is [_, var given] && SecretName.Problem(given) is { } problem)
        {
            error.WriteLine($"x0tta6bl4: {problem}");
            return ExitCode.Usage;
        }

        try
        {
            CoreDumps.Forbid();
            using var store = new SealedStore(StoreFlags.Store(line));
            return run(store);
        }
        catch (FormatException exception)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Usage;
        }
        catch (IOException exception)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    private static int Put(SealedStore store, string name)
    {
        var buffer = new byte[SealedLimits.SecretBytesMax + 1];
        try
        {
            using var input = Console.OpenStandardInput();
            var length = input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length == 0)
            {
                // Most likely what should have written it failed; an old secret is worth more than none.
                throw new SealedStoreException("standard input is empty: nothing was stored");
            }

            store.Put(name, buffer.AsSpan(0, length));
            return ExitCode.Fine;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static int Get(SealedStore store, string name, TextWriter error)
    {
        if (store.Get(name) is not { } secret)
        {
            error.WriteLine($"x0tta6bl4: there is no secret \"{name}\"");
            return ExitCode.Failed;
        }

        try
        {
            using var output = Console.OpenStandardOutput();
            output.Write(secret);
            return ExitCode.Fine;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static int List(SealedStore store, bool json, TextWriter output)
    {
        var entries = store.List();
        if (json)
        {
            output.WriteLine(JsonOutput.Write(writer =>
            {
                writer.WriteStartArray("secrets");
                foreach (var entry in entries)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", entry.Name);
                    writer.WriteNumber("size_bytes", entry.Bytes);
                    writer.WriteNumber("generation", entry.Generation);
                    writer.WriteString("source", entry.Source);
                    if (entry.Problem is { } problem)
                    {
                        writer.WriteString("problem", problem);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }));
        }
        else
        {
            foreach (var entry in entries)
            {
                output.WriteLine(entry.Problem ?? $"{entry.Name,-32} {entry.Bytes,6} bytes  generation {entry.Generation}  {entry.Source}");
            }
        }

        return entries.Any(e => e.Problem is not null) ? ExitCode.Failed : ExitCode.Fine;
    }

    private static int Rotate(SealedStore store, bool json, TextWriter output)
    {
        var (generation, secrets) = store.Rotate();
        output.WriteLine(json
            ? JsonOutput.Write(writer =>
            {
                writer.WriteNumber("generation", generation);
                writer.WriteNumber("secrets", secrets);
            })
            : $"generation {generation}: {secrets} secrets sealed anew");
        return ExitCode.Fine;
    }

    private static int Remove(SealedStore store, string name)
    {
        store.Remove(name);
        return ExitCode.Fine;
    }
}
