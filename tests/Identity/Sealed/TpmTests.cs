using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.KeySources;
using X0tta6bl4.Identity.Sealed.Linux;
using X0tta6bl4.Identity.Sealed.Tpm;
using static X0tta6bl4.Identity.Tests.Sealed.StoreFolder;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>Against swtpm, which is the reference implementation of the TPM 2.0 Library in a process.</summary>
[Collection(Alone.Name)]
public sealed class TpmTests : IDisposable
{
    /// <summary>More than any TPM has room for, were one left behind each time.</summary>
    private const int ManyTimes = 12;

    private readonly StoreFolder _folder = new();
    private readonly SwTpm _tpm;

    public TpmTests() => _tpm = new SwTpm(_folder.Root);

    private SealedStoreOptions Options => _folder.Options with { Tpm = _tpm.Path };

    public void Dispose()
    {
        _tpm.Dispose();
        _folder.Dispose();
    }

    private SealedStore Open(SealedStoreOptions? options = null) => new(options ?? Options, new StoreFiles(), TimeSpan.FromSeconds(5));

    private void Put(string name, string content)
    {
        using var store = Open();
        store.Put(name, Bytes(content));
    }

    private string? Get(string name, SealedStoreOptions? options = null)
    {
        using var store = Open(options);
        return Text(store.Get(name));
    }

    private string Refused(SealedStoreOptions? options = null) => Assert.Throws<SealedStoreException>(() => Get("a", options)).Message;

    [Fact]
    public void A_secret_outlasts_the_power_of_board_and_tpm()
    {
        Put("a", "content");
        _tpm.PowerOff();
        _tpm.PowerOn();

        Assert.Equal("content", Get("a"));
        using var store = Open();
        Assert.Equal("tpm", Assert.Single(store.List()).Source);
    }

    [Fact]
    public void Nothing_is_left_in_the_tpm_also_when_it_fails()
    {
        Put("a", "content");
        var key = Path.Combine(_folder.Generation, "key");
        var good = File.ReadAllBytes(key);
        for (var i = 0; i < ManyTimes; i++)
        {
            Assert.Equal("content", Get("a"));
            var bad = (byte[])good.Clone();
            bad[^100] ^= 1; // in the private area: TPM2_Load refuses it
            File.WriteAllBytes(key, bad);
            Assert.Contains("TPM2_Load: the sealed key's integrity check failed", Refused(), StringComparison.Ordinal);
            File.WriteAllBytes(key, good);
        }

        using var store = Open();
        for (var i = 0; i < ManyTimes; i++)
        {
            store.Rotate();
        }

        Assert.Equal("content", Get("a"));
    }

    [Fact]
    public void A_tpm_that_is_gone_is_said_with_what_to_do_and_no_other_source_helps()
    {
        Put("a", "content");
        _tpm.PowerOff();

        var message = Refused(Options with { PassphraseFile = _folder.Passphrase });

        Assert.Contains($"its sealing key is in a TPM and there is none at {_tpm.Path}", message, StringComparison.Ordinal);
        Assert.Contains("put them into a new store", message, StringComparison.Ordinal);
        _tpm.PowerOn();
        Assert.Equal("content", Get("a"));
    }

    [Fact]
    public void Another_tpm_and_a_cleared_one_open_nothing()
    {
        Put("a", "content");
        using (var other = new SwTpm(_folder.Root, "other"))
        {
            Assert.Contains("not the TPM its sealing key is in", Refused(Options with { Tpm = other.Path }), StringComparison.Ordinal);
        }

        _tpm.Replace();
        Assert.Contains("or that one was cleared", Refused(), StringComparison.Ordinal);
    }

    /// <summary>TPM2_DictionaryAttackParameters with no tries allowed: whatever counts failures is locked.</summary>
    [Fact]
    public void A_tpm_in_lockout_still_opens_the_store()
    {
        Put("a", "content");
        _tpm.Command(0x13A, 0x4000000A, p => p.U32(0).U32(1000).U32(1000));

        Assert.Equal("content", Get("a"));
        Put("b", "more");
    }

    /// <summary>TPM2_HierarchyChangeAuth of the owner hierarchy.</summary>
    [Fact]
    public void An_owner_password_is_named_as_the_reason()
    {
        Put("a", "content");
        _tpm.Command(0x129, 0x40000001, p => p.Sized("owner"u8));

        Assert.Contains("TPM2_CreatePrimary: authorization failed: an owner password is set", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tpm_that_nobody_started_is_named_as_that()
    {
        Put("a", "content");
        using var cold = new SwTpm(_folder.Root, "cold", isStarted: false);

        Assert.Contains("it was not started", Refused(Options with { Tpm = cold.Path }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_tpm_is_not_written_to()
    {
        var path = _folder.Write("no-tpm", "precious");

        var message = Assert.Throws<SealedStoreException>(() => TpmDevice.Open(path)).Message;

        Assert.Contains("neither a TPM's device nor a socket", message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(path));
    }

    [Fact]
    public void On_the_bus_the_sealing_key_is_never_seen()
    {
        var bus = new List<byte[]>();
        var source = new TpmSource(() => new Bus(TpmDevice.Open(_tpm.Path), command => bus.Add(command.ToArray()), (_, answer) => bus.Add(answer.ToArray())));

        var recipe = source.NewRecipe(new byte[16]);
        var key = source.Recover(recipe, new byte[16]);

        Assert.True(bus.Count > 20, $"{bus.Count} messages");
        Assert.DoesNotContain(bus, m => m.AsSpan().IndexOf(key.AsSpan(0, 8)) >= 0);
        Assert.True(recipe.AsSpan().IndexOf(key.AsSpan(0, 8)) < 0);
        Assert.NotEqual(key, source.Recover(source.NewRecipe(new byte[16]), new byte[16]));
    }

    /// <summary>Between processor and TPM somebody changes one byte of an answer; each byte has its turn.</summary>
    [Fact]
    public void An_answer_changed_on_the_bus_never_gives_another_key()
    {
        var honest = new TpmSource(() => TpmDevice.Open(_tpm.Path));
        var recipe = honest.NewRecipe(new byte[16]);
        var key = honest.Recover(recipe, new byte[16]);
        int noticed = 0, harmless = 0;
        for (var which = 0; which < 4; which++)
        {
            for (int at = 0, length = 1; at < length; at += which == 0 ? 7 : 1)
            {
                var meddler = new TpmSource(() => new Bus(TpmDevice.Open(_tpm.Path), _ => { }, (number, answer) =>
                {
                    if (number == which)
                    {
                        length = answer.Length;
                        answer[at] ^= 0x10;
                    }
                }));
                try
                {
                    Assert.Equal(key, meddler.Recover(recipe, new byte[16]));
                    harmless++;
                }
                catch (SealedStoreException)
                {
                    noticed++;
                    // What it could not flush because a handle was changed would fill the TPM, and the next attempt would end before its
                    // byte had its turn. Without a resource manager that is for the owner to do.
                    _tpm.PowerOff();
                    _tpm.PowerOn();
                }

                Assert.True(length > 1, $"answer {which} never came");
            }
        }

        Assert.True(noticed > 250, $"{noticed} noticed");
        Assert.True(harmless < 60, $"{harmless} harmless");
    }

    /// <summary>What lies between processor and TPM.</summary>
    private sealed class Bus(ITpmTransport tpm, Action<ReadOnlySpan<byte>> onCommand, Bus.OnAnswer onAnswer) : ITpmTransport
    {
        private int _answers;

        public delegate void OnAnswer(int number, Span<byte> answer);

        public string Path => tpm.Path;

        public int Exchange(ReadOnlySpan<byte> command, Span<byte> answer)
        {
            onCommand(command);
            var length = tpm.Exchange(command, answer);
            onAnswer(_answers++, answer[..length]);
            return length;
        }

        public void Dispose() => tpm.Dispose();
    }
}
