using System.Diagnostics;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests.Sources;

/// <summary>Real files, a real inotify, the real clock.</summary>
public sealed class FilesSourceTests : IClassFixture<MintFixture>, IAsyncDisposable
{
    private readonly MintFixture _fixture;
    private readonly string _folder = Directory.CreateTempSubdirectory("x0-files-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Said _said = new();
    private Task _run = Task.CompletedTask;

    public FilesSourceTests(MintFixture fixture) => _fixture = fixture;

    private IdentityFiles Files => new(MintFixture.Domain(Mint.Domain), At("svid.pem"), At("svid_key.pem"), At("svid_bundle.pem"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private Minted Leaf(string path, string key = "p256") => _fixture.Authorities.Mint.Leaf(
        _fixture.Authorities.Root, w => w.WithUris($"spiffe://{Mint.Domain}/{path}") with { Key = key });

    private void Put(string name, string from)
    {
        // As a careful writer does: beside it, then over it.
        File.Copy(from, At(name + ".tmp"), overwrite: true);
        File.Move(At(name + ".tmp"), At(name), overwrite: true);
    }

    private void Put(Minted leaf)
    {
        Put("svid.pem", leaf.CertificateFile);
        Put("svid_key.pem", leaf.KeyFile);
        Put("svid_bundle.pem", _fixture.Authorities.Root.CertificateFile);
    }

    private void Start(IdentityFiles? files = null) =>
        _run = new FilesSource(files ?? Files, TimeProvider.System).RunAsync(_said, _stop.Token);

    [Fact]
    public async Task A_rotation_is_taken_over_within_a_second_and_once()
    {
        Put(Leaf("a"));
        Start();
        Assert.Equal("spiffe://example.org/a", (await _said.IdentityAsync()).Svid!.Id.ToString());

        var clock = Stopwatch.StartNew();
        Put(Leaf("b", "p384"));
        Assert.Equal("spiffe://example.org/b", (await _said.IdentityAsync()).Svid!.Id.ToString());

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"{clock.Elapsed}");
        await _said.NothingAsync(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Half_a_rotation_is_given_a_moment_and_then_named()
    {
        Put(Leaf("a"));
        Start();
        await _said.IdentityAsync();

        Put("svid.pem", Leaf("b", "p384").CertificateFile);
        await _said.NothingAsync(TimeSpan.FromSeconds(1));
        Assert.Equal($"{At("svid_key.pem")}: the private key does not belong to the certificate", await _said.ProblemAsync());
        await _said.NothingAsync(TimeSpan.FromSeconds(1));
        Put("svid_key.pem", Leaf("b", "p384").KeyFile);

        Assert.Equal("spiffe://example.org/b", (await _said.IdentityAsync()).Svid!.Id.ToString());
    }

    /// <summary>A source that ends takes every connection to a peer with it.</summary>
    [Fact]
    public async Task A_bit_that_flips_in_the_certificate_does_not_end_it()
    {
        var leaf = Leaf("a");
        Put(leaf);
        Start();
        await _said.IdentityAsync();

        await File.WriteAllBytesAsync(At("svid.pem"), leaf.Bent());
        Assert.Contains("its key cannot be used", await _said.ProblemAsync(), StringComparison.Ordinal);
        Put(Leaf("b"));

        Assert.Equal("spiffe://example.org/b", (await _said.IdentityAsync()).Svid!.Id.ToString());
    }

    [Fact]
    public async Task Files_that_come_later_are_found_even_their_folder()
    {
        Directory.Delete(_folder);
        Start();
        Assert.Contains("svid.pem", await _said.ProblemAsync(), StringComparison.Ordinal);

        Directory.CreateDirectory(_folder);
        Put(Leaf("a"));

        // The folder itself cannot be watched before it is there: it is looked for once a minute, or on a restart.
        await _stop.CancelAsync();
        await _run;
        using var again = new CancellationTokenSource();
        var run = new FilesSource(Files, TimeProvider.System).RunAsync(_said, again.Token);
        Assert.Equal("spiffe://example.org/a", (await _said.IdentityAsync()).Svid!.Id.ToString());
        await again.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_bundle_alone_is_a_change_and_a_removed_file_takes_nothing_away()
    {
        Put(Leaf("a"));
        Start();
        var first = await _said.IdentityAsync();
        Put("svid_bundle.pem", _fixture.Authorities.Mint.Root("other").CertificateFile);

        var second = await _said.IdentityAsync();
        File.Delete(At("svid_bundle.pem"));

        Assert.NotEqual(
            first.Bundles.Find(Files.TrustDomain)!.X509Authorities[0].SerialNumber,
            second.Bundles.Find(Files.TrustDomain)!.X509Authorities[0].SerialNumber);
        Assert.Contains("svid_bundle.pem", await _said.ProblemAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_of_a_folder_that_is_swapped_are_followed()
    {
        // How Kubernetes and others replace several files at once.
        var (one, two) = (Directory.CreateDirectory(At("1")).FullName, Directory.CreateDirectory(At("2")).FullName);
        foreach (var (folder, leaf) in new[] { (one, Leaf("a")), (two, Leaf("b", "p384")) })
        {
            File.Copy(leaf.CertificateFile, Path.Combine(folder, "svid.pem"));
            File.Copy(leaf.KeyFile, Path.Combine(folder, "svid_key.pem"));
            File.Copy(_fixture.Authorities.Root.CertificateFile, Path.Combine(folder, "svid_bundle.pem"));
        }

        Directory.CreateSymbolicLink(At("now"), one);
        foreach (var name in new[] { "svid.pem", "svid_key.pem", "svid_bundle.pem" })
        {
            File.CreateSymbolicLink(At(name), Path.Combine("now", name));
        }

        Start();
        Assert.Equal("spiffe://example.org/a", (await _said.IdentityAsync()).Svid!.Id.ToString());
        Directory.CreateSymbolicLink(At("next"), two);
        // rename(2) of a link over a link, which .NET does not offer for links to folders.
        using (var move = Process.Start("mv", ["-T", At("next"), At("now")]))
        {
            await move.WaitForExitAsync();
        }


        Assert.Equal("spiffe://example.org/b", (await _said.IdentityAsync()).Svid!.Id.ToString());
    }
}
