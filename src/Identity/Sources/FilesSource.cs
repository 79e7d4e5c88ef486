using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Sources;

/// <summary>Where the files are.</summary>
/// <param name="TrustDomain">Our own trust domain.</param>
/// <param name="Certificates">Path of our chain, our own certificate first (PEM or DER).</param>
/// <param name="Key">Path of the private key (PKCS #8).</param>
/// <param name="Bundle">Path of the bundle of our trust domain (PEM, DER or JWK set).</param>
public sealed record IdentityFiles(TrustDomain TrustDomain, string Certificates, string Key, string Bundle)
{
    /// <summary>Bundles of other trust domains: each with the path of its bundle.</summary>
    public IReadOnlyList<(TrustDomain TrustDomain, string Bundle)> Federated { get; init; } = [];

    /// <summary>Every path.</summary>
    public IEnumerable<string> Paths => [Certificates, Key, Bundle, .. Federated.Select(f => f.Bundle)];
}

/// <summary>
/// Identity from files that somebody else rotates (spiffe-helper, a provisioning script). Each change is taken over as it is
/// noticed; files that do not fit each other are usually half of a rotation and are given a moment.
/// </summary>
public sealed class FilesSource(IdentityFiles files, TimeProvider time) : IIdentitySource
{
    /// <summary>A rotation writes several files: after the first change the others are waited for.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    /// <summary>How long files may contradict each other before that is called a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How often they are looked at where the kernel reports no changes, a network file system for one.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    private byte[] _taken = [];
    private string _saidProblem = "";

    /// <inheritdoc/>
    public string Kind => "files";

    /// <inheritdoc/>
    public async Task RunAsync(IIdentitySink sink, CancellationToken cancellationToken)
    {
        using var folders = new FolderWatch(files.Paths);
        long? troubleSince = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            // Before the look, so that nothing that happens during it is missed.
            folders.Refresh();
            var changed = folders.Changed;
            var problem = Look(sink);
            troubleSince = problem is null ? null : troubleSince ?? time.GetTimestamp();
            var wait = LookInterval;
            if (troubleSince is { } since)
            {
                wait = time.GetElapsedTime(since) < Patience ? RetryPause : LookInterval;
                if (wait == LookInterval && problem != _saidProblem)
                {
                    _saidProblem = problem!;
                    sink.Failed(problem!);
                }
            }

            await changed.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (changed.IsCompleted)
            {
                await Task.Delay(Settle, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Takes over what is new; gives what is wrong, or null.</summary>
    private string? Look(IIdentitySink sink)
    {
        try
        {
            var fingerprint = Fingerprint();
            if (!fingerprint.AsSpan().SequenceEqual(_taken))
            {
                sink.Publish(Read());
                _taken = fingerprint;
            }

            _saidProblem = "";
            return null;
        }
        catch (Exception exception) when (exception is CertificateFormatException or IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    private IdentitySnapshot Read() => new(
        SvidFiles.Read(files.Certificates, files.Key),
        new TrustBundleSet(
        [
            SvidFiles.ReadBundle(files.Bundle, files.TrustDomain),
            .. files.Federated.Select(f => SvidFiles.ReadBundle(f.Bundle, f.TrustDomain)),
        ]));

    /// <summary>Of all contents: a time stamp may stay the same over a change, and a link may point elsewhere.</summary>
    private byte[] Fingerprint()
    {
        var hash = new Sha256Digest();
        foreach (var path in files.Paths)
        {
            var content = BoundedFile.Read(path, TrustBundle.BytesMax);
            hash.BlockUpdate(content);
            hash.Update(0);
            CryptographicOperations.ZeroMemory(content);
        }

        var fingerprint = new byte[hash.GetDigestSize()];
        hash.DoFinal(fingerprint);
        return fingerprint;
    }
}
