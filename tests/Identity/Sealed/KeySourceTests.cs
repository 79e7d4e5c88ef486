using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.Linux;
using static X0tta6bl4.Identity.Tests.Sealed.StoreFolder;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>What holds the sealing key: which is chosen, what each asks for, and that no other ever takes its place.</summary>
public sealed class KeySourceTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SealedStoreOptions All => _folder.Options with { PassphraseFile = _folder.Passphrase };

    private SealedStoreOptions OnlyPassphrase => All with { DeviceSecretFile = null };

    private SealedStoreOptions OnlySerial => OnlyPassphrase with { PassphraseFile = null };

    private static SealedStore Open(SealedStoreOptions options) => new(options, new StoreFiles(), TimeSpan.FromSeconds(5));

    private static void Put(SealedStoreOptions options)
    {
        using var store = Open(options);
        store.Put("a", Bytes("content"));
    }

    private static string? Get(SealedStoreOptions options)
    {
        using var store = Open(options);
        return Text(store.Get("a"));
    }

    private static string Refused(Action work) => Assert.Throws<SealedStoreException>(work).Message;

    private static string SourceOf(SealedStoreOptions options)
    {
        using var store = Open(options);
        return Assert.Single(store.List()).Source;
    }

    [Fact]
    public void The_best_one_there_is_is_taken()
    {
        Put(All);
        Assert.Equal("device-secret", SourceOf(All));
        Directory.Delete(_folder.Store, recursive: true);
        Put(OnlyPassphrase);
        Assert.Equal("passphrase", SourceOf(All));
        Directory.Delete(_folder.Store, recursive: true);
        Put(OnlySerial);
        Assert.Equal("serial-number", SourceOf(All));
    }

    [Fact]
    public void Without_any_it_says_what_it_looked_for()
    {
        var message = Refused(() => Put(OnlySerial with { SerialNumberFile = "/nonexistent/serial-number" }));

        Assert.Contains("no TPM at /nonexistent/tpmrm0", message, StringComparison.Ordinal);
        Assert.Contains("--passphrase-file", message, StringComparison.Ordinal);
        Assert.Contains("/nonexistent/serial-number", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_store_was_made_with_is_the_only_thing_that_opens_it()
    {
        Put(All);
        Assert.Contains("made with a device secret: name its file", Refused(() => Get(OnlyPassphrase)), StringComparison.Ordinal);
        Assert.Contains("made with a device secret", Refused(() => Put(OnlySerial)), StringComparison.Ordinal);
        Directory.Delete(_folder.Store, recursive: true);
        Put(OnlyPassphrase);
        Assert.Contains("made with a passphrase: name its file", Refused(() => Get(_folder.Options)), StringComparison.Ordinal);
        Assert.Equal("content", Get(All));
    }

    [Fact]
    public void A_tpm_that_was_named_must_be_there()
    {
        var message = Refused(() => Put(All with { Tpm = "/nonexistent/tpm" }));

        Assert.Contains("there is none at /nonexistent/tpm", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_folder.Store));
    }

    [Theory]
    [InlineData("fuses", "0123456789abcdef0123456789abcdeX")]
    [InlineData("passphrase", "correct horse battery stable\n")]
    [InlineData("serial-number", "10000000abcdef02\0")]
    public void Another_secret_opens_nothing(string file, string content)
    {
        var options = file switch { "fuses" => All, "passphrase" => OnlyPassphrase, _ => OnlySerial };
        Put(options);
        _folder.Write(file, content);

        var message = Refused(() => Get(options));

        Assert.Contains("is not the one it was made with, or it is damaged", message, StringComparison.Ordinal);
        Assert.DoesNotContain(content.TrimEnd(), message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fuses", "fifteen bytes..", "at least 16")]
    [InlineData("fuses", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "every byte of the device secret is the same")]
    [InlineData("passphrase", "elevenbytes\n", "it must have 12 to 1024")]
    [InlineData("serial-number", "0000000000000000\0", "no serial number of one board")]
    [InlineData("serial-number", "1234567\0", "no serial number of one board")]
    public void What_holds_no_secret_is_refused(string file, string content, string expected)
    {
        _folder.Write(file, content);

        Assert.Contains(expected, Refused(() => Put(file switch { "fuses" => All, "passphrase" => OnlyPassphrase, _ => OnlySerial })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fuses", 4097)]
    [InlineData("passphrase", 1027)]
    [InlineData("serial-number", 129)]
    public void What_is_too_long_is_refused(string file, int length)
    {
        _folder.Write(file, string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26)))));

        Assert.Contains("over", Refused(() => Put(file switch { "fuses" => All, "passphrase" => OnlyPassphrase, _ => OnlySerial })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    public void A_secret_file_that_others_can_read_is_refused(UnixFileMode more)
    {
        foreach (var (file, options) in new[] { (_folder.DeviceSecret, All), (_folder.Passphrase, OnlyPassphrase) })
        {
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | more);
            Assert.Contains("for its owner alone", Refused(() => Put(options)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_end_of_the_line_is_no_part_of_a_passphrase()
    {
        Put(OnlyPassphrase);
        _folder.Write("passphrase", "correct horse battery staple\r\n");
        Assert.Equal("content", Get(OnlyPassphrase));
        _folder.Write("passphrase", "correct horse battery staple");
        Assert.Equal("content", Get(OnlyPassphrase));
    }

    [Fact]
    public void A_rotation_keeps_the_source_although_a_better_one_is_there_now()
    {
        Put(OnlyPassphrase);
        using (var store = Open(All))
        {
            store.Rotate();
        }

        Assert.Equal("passphrase", SourceOf(All));
        Assert.Equal("content", Get(All));
    }
}
