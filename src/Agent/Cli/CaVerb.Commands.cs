using System.Security.Cryptography;
using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Agent.Cli;

/// <content>Each command.</content>
internal static partial class CaVerb
{
    private static readonly TimeSpan HourOfPeers = new SvidPolicy().LifetimeMax;

    private static int Init(CommandLine line, TextWriter output)
    {
        var domain = Domain(line);
        using var store = OpenStore(line);
        if (AuthorityKeyStore.Read(store, AuthorityKeyStore.SiteName) is { } present)
        {
            throw new IOException(
                $"{StoreOf(line)}: there is an {present} already. To make another one, every router must be enrolled again: "
                + $"x0tta6bl4 secret remove {AuthorityKeyStore.SiteName}, and remove the ledger");
        }

        if (File.Exists(Path.Combine(LedgerOf(line), AuthorityLedger.FileName)))
        {
            throw new IOException(
                $"{LedgerOf(line)}: there is the ledger of an authority whose key is not in the store. Put its store back, or remove the "
                + "ledger; its routers must then be enrolled again, and its deny list is gone");
        }

        var days = Whole(line, "--lifetime", 1, IssuingKey.RootDaysMax, RootDays);
        var root = IssuingKey.CreateRoot(domain, Kind(line), TimeSpan.FromDays(days), TimeProvider.System.GetUtcNow());
        AuthorityKeyStore.Write(store, AuthorityKeyStore.SiteName, root);
        WriteBundle(line, root, output);
        return ExitCode.Fine;
    }

    private static int Bundle(CommandLine line, TextWriter output)
    {
        WriteBundle(line, ReadKey(line), output);
        return ExitCode.Fine;
    }

    private static void WriteBundle(CommandLine line, IssuingKey root, TextWriter output)
    {
        if (line.Value("--out") is { } file)
        {
            NewSvidFiles.Write(file, [root.Certificate]);
            output.WriteLine($"{root}, serial {root.Certificate.SerialNumber}: {file}");
        }
        else
        {
            output.Write(NewSvidFiles.Pem([root.Certificate]));
        }
    }

    private static int Token(CommandLine line, TextWriter output)
    {
        var id = Id(line);
        var lifetime = Duration(line, "--ttl", TokenLifetime);
        var addresses = line.Values.Where(v => v.Flag == "--address").Select(v => v.Value).ToList();
        var join = With(line, authority => authority.MakeTokenAsync(id, lifetime, addresses, CancellationToken.None));
        if (line.Json)
        {
            output.WriteLine(JsonOutput.Write(writer =>
            {
                writer.WriteString("spiffe_id", id.ToString());
                writer.WriteString("join", join.Reveal());
            }));
        }
        else
        {
            output.WriteLine(join.Reveal());
        }

        return ExitCode.Fine;
    }

    private static int Issue(CommandLine line, TextWriter output)
    {
        var id = Id(line);
        var folder = Required(line, "--out-dir");
        var lifetime = Duration(line, "--ttl", HourOfPeers);
        if (line.Value("--long-lived") is not (null or "yes"))
        {
            throw new FormatException("--long-lived: yes, or leave it out");
        }

        if (lifetime > HourOfPeers && line.Value("--long-lived") is null)
        {
            throw new FormatException(
                "--ttl: routers refuse certificates of over an hour (U-1); for programs that do not, say so: --long-lived yes");
        }

        Directory.CreateDirectory(folder);
        var csr = line.Value("--csr") is { } file ? ReadCsr(file) : default(ReadOnlyMemory<byte>?);
        var chain = With(line, async authority =>
        {
            var issued = csr is { } request
                ? await authority.IssueAsync(id, request, lifetime, CancellationToken.None)
                : await authority.IssueToFilesAsync(id, folder, Kind(line), lifetime, CancellationToken.None);
            NewSvidFiles.Write(Path.Combine(folder, NewSvidFiles.BundleName), authority.Bundle.X509Authorities);
            NewSvidFiles.Write(Path.Combine(folder, NewSvidFiles.ChainName), issued);
            return issued;
        });
        output.WriteLine($"{id} until {chain[0].NotAfter:u}, serial {chain[0].SerialNumber}: {folder}");
        if (lifetime > HourOfPeers)
        {
            output.WriteLine("routers of this mesh refuse it: it lives for over an hour (U-1)");
        }

        return ExitCode.Fine;
    }

    private static byte[] ReadCsr(string file)
    {
        const int FileBytesMax = 64 * 1024;
        var bytes = BoundedFile.Read(file, FileBytesMax);
        if (bytes.AsSpan().IndexOf("-----BEGIN "u8) < 0)
        {
            return bytes;
        }

        var text = System.Text.Encoding.ASCII.GetString(bytes);
        return PemEncoding.TryFind(text, out var fields) && text[fields.Label] is "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST"
            ? Convert.FromBase64String(text[fields.Base64Data])
            : throw new CertificateFormatException($"{file}: it holds no CERTIFICATE REQUEST");
    }

    private static int Deny(CommandLine line, TextWriter output)
    {
        var id = Id(line);
        var byFile = With(line, authority => authority.DenyAsync(id, CancellationToken.None));
        output.WriteLine($"{id} is denied: nothing is issued for it any more, and what routers believe of it ends within an hour");
        if (byFile > TimeProvider.System.GetUtcNow() + HourOfPeers)
        {
            output.WriteLine($"a certificate that was issued for it by file is valid until {byFile:u}: tell the programs that accept such a one");
        }

        return ExitCode.Fine;
    }

    private static int Allow(CommandLine line, TextWriter output)
    {
        var id = Id(line);
        With(line, authority => authority.AllowAsync(id, CancellationToken.None));
        output.WriteLine($"{id} may be enrolled again: x0tta6bl4 ca token --id {id}");
        return ExitCode.Fine;
    }

    private static int Island(CommandLine line, TextWriter output)
    {
        var id = Id(line);
        var days = Whole(line, "--days", 0, AuthorityPolicy.IslandDaysMax);
        With(line, authority => authority.GrantIslandAsync(id, days, CancellationToken.None));
        output.WriteLine(days > 0
            ? $"{id} may stand in for the authority, with certificates of {days} days"
            : $"{id} gets no further certificate as an authority; the one it holds goes on until it ends");
        return ExitCode.Fine;
    }
}
