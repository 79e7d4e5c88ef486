using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.Linux;
using static X0tta6bl4.Identity.Tests.Sealed.StoreFolder;

namespace X0tta6bl4.Identity.Tests.Sealed;

public sealed class SealedStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new(inMemory: true);

    public void Dispose() => _folder.Dispose();

    private string? Get(string name)
    {
        using var store = _folder.Open();
        return Text(store.Get(name));
    }

    private string Refused(Action<SealedStore> work, SealedStoreOptions? options = null)
    {
        using var store = new SealedStore(options ?? _folder.Options, new StoreFiles(), TimeSpan.FromMilliseconds(200));
        return Assert.Throws<SealedStoreException>(() => work(store)).Message;
    }

    [Fact]
    public void What_was_put_is_there_for_the_next_process_and_the_newest_counts()
    {
        _folder.With(("mqtt", "old"), ("mqtt", "new"), ("wifi.psk_2-x", "other"));

        Assert.Equal(("new", "other", null), (Get("mqtt"), Get("wifi.psk_2-x"), Get("none")));
    }

    [Fact]
    public void Asking_and_removing_make_no_store()
    {
        using var store = _folder.Open();

        Assert.Null(store.Get("a"));
        store.Remove("a");
        Assert.Empty(store.List());
        Assert.False(Directory.Exists(_folder.Store));
        Assert.Contains("no store to rotate", Refused(s => s.Rotate()), StringComparison.Ordinal);
    }

    [Fact]
    public void Removed_is_gone_and_removing_again_is_fine()
    {
        using var store = _folder.With(("a", "1"), ("b", "2")).Open();

        store.Remove("a");
        store.Remove("a");

        Assert.Equal((null, "2"), (Get("a"), Get("b")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SealedLimits.SecretBytesMax)]
    public void Every_length_up_to_the_limit_comes_back(int length)
    {
        var secret = new byte[length];
        new Random(length).NextBytes(secret);
        using var store = _folder.Open();

        store.Put("a", secret);
        store.Rotate();

        Assert.Equal(secret, store.Get("a"));
    }

    [Fact]
    public void One_byte_more_is_refused_and_the_old_one_stays()
    {
        _folder.With(("a", "1"));

        Assert.Contains("at most 65536", Refused(s => s.Put("a", new byte[SealedLimits.SecretBytesMax + 1])), StringComparison.Ordinal);
        Assert.Equal("1", Get("a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("../a")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    [InlineData("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg")]
    public void Names_that_are_no_file_names_are_refused(string name)
    {
        Assert.Contains("name of a secret", Refused(s => s.Put(name, [1])), StringComparison.Ordinal);
        Assert.Contains("name of a secret", Refused(s => s.Get(name)), StringComparison.Ordinal);
        Assert.Contains("name of a secret", Refused(s => s.Remove(name)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Store));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("key")]
    [InlineData("a.sealed")]
    [InlineData("a.sealed.new")]
    [InlineData("a.new")]
    public void Names_that_look_like_files_of_the_store_are_names_like_others(string name)
    {
        _folder.With((name, "1"), ("a", "2"));
        using var store = _folder.Open();
        store.Rotate();

        Assert.Equal(("1", "2"), (Get(name), Get("a")));
        Assert.Equal(new[] { name, "a" }.Order(StringComparer.Ordinal), store.List().Select(e => e.Name));
    }

    [Fact]
    public void A_full_store_takes_new_content_but_no_new_name()
    {
        _folder.With([.. Enumerable.Range(0, SealedLimits.SecretsMax).Select(i => ($"s{i}", "x"))]);

        Assert.Contains("holds 256 secrets", Refused(s => s.Put("more", [1])), StringComparison.Ordinal);
        _folder.With(("s7", "y"));
        Assert.Equal("y", Get("s7"));
    }

    [Fact]
    public void Only_the_owner_can_read_any_of_it()
    {
        _folder.With(("a", "1"));
        using var store = _folder.Open();
        store.Rotate();

        Assert.All(Directory.GetFiles(_folder.Store, "*", SearchOption.AllDirectories), f => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        Assert.All([_folder.Store, _folder.Generation], d => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(d)));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_directory_that_others_can_write_to_is_no_store(UnixFileMode more)
    {
        _folder.With(("a", "1"));
        File.SetUnixFileMode(_folder.Store, File.GetUnixFileMode(_folder.Store) | more);

        Assert.Contains("others may write", Refused(s => s.Get("a")), StringComparison.Ordinal);
        Assert.Contains("others may write", Refused(s => s.Put("a", [1])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_somebody_else_is_no_store()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: chown");
        _folder.With(("a", "1"));
        Tool.Run("chown", ["12345", _folder.Store]);

        Assert.Contains("belongs to user 12345", Refused(s => s.Get("a")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbolic_link_is_not_followed_to_a_secret()
    {
        _folder.With(("a", "1"), ("b", "2"));
        File.Delete(_folder.FileOf("a"));
        File.CreateSymbolicLink(_folder.FileOf("a"), _folder.FileOf("b"));

        Assert.Contains(_folder.FileOf("a"), Refused(s => s.Get("a")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_envelope_under_another_name_does_not_open()
    {
        _folder.With(("a", "1"), ("b", "2"));
        File.Copy(_folder.FileOf("a"), _folder.FileOf("b"), overwrite: true);

        Assert.Contains(_folder.FileOf("b"), Refused(s => s.Get("b")), StringComparison.Ordinal);
        Assert.Equal("1", Get("a"));
    }

    [Fact]
    public void An_envelope_of_another_store_does_not_open()
    {
        using var other = new StoreFolder().With(("a", "theirs"));
        _folder.With(("a", "ours"));
        File.Copy(other.FileOf("a"), _folder.FileOf("a"), overwrite: true);

        Assert.Contains("not sealed under this name in this store", Refused(s => s.Get("a")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_envelope_does_not_open_after_a_rotation()
    {
        _folder.With(("a", "1"));
        var old = File.ReadAllBytes(_folder.FileOf("a"));
        using var store = _folder.Open();

        Assert.Equal((2u, 1), store.Rotate());
        File.WriteAllBytes(_folder.FileOf("a"), old);

        Assert.Contains("names key generation 1", Refused(s => s.Get("a")), StringComparison.Ordinal);
        Assert.NotNull(Assert.Single(store.List()).Problem);
    }

    [Fact]
    public void An_old_generation_under_a_higher_number_does_not_open_and_takes_nothing_with_it()
    {
        _folder.With(("a", "1"));
        Copy(_folder.Generation, Path.Combine(_folder.Store, "generation-9"));

        Assert.Contains("from another place (generation 1,", Refused(s => s.Get("a")), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_folder.Store, "generation-9"), recursive: true);
        Assert.Equal("1", Get("a"));
    }

    [Fact]
    public void An_empty_generation_with_a_higher_number_takes_nothing_with_it()
    {
        _folder.With(("a", "1"));
        Directory.CreateDirectory(Path.Combine(_folder.Store, "generation-2"));

        Assert.Contains("key file is not there", Refused(s => s.Put("a", [1])), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.Store, "generation-1", "a.sealed")));
    }

    [Fact]
    public void Every_single_bit_of_every_file_counts()
    {
        _folder.With(("a", "first secret"), ("b", "second secret"));
        foreach (var path in Directory.GetFiles(_folder.Generation))
        {
            var good = File.ReadAllBytes(path);
            for (var bit = 0; bit < good.Length * 8; bit++)
            {
                var bad = (byte[])good.Clone();
                bad[bit / 8] ^= (byte)(1 << (bit % 8));
                File.WriteAllBytes(path, bad);
                using var store = _folder.Open();
                foreach (var name in new[] { "a", "b" })
                {
                    var isHit = path == _folder.FileOf(name) || Path.GetFileName(path) == "key";
                    var message = isHit ? Assert.Throws<SealedStoreException>(() => store.Get(name)).Message : path;
                    Assert.Contains(path, message, StringComparison.Ordinal);
                    Assert.True(isHit || Text(store.Get(name))!.EndsWith("secret", StringComparison.Ordinal), $"{path} bit {bit} hit {name}");
                }
            }

            File.WriteAllBytes(path, good);
        }
    }

    [Fact]
    public void A_file_cut_at_any_length_or_longer_than_it_was_does_not_open()
    {
        _folder.With(("a", "first secret"), ("b", "second secret"));
        foreach (var path in new[] { _folder.FileOf("a"), Path.Combine(_folder.Generation, "key") })
        {
            var good = File.ReadAllBytes(path);
            for (var length = 0; length <= good.Length + 1; length++)
            {
                if (length == good.Length)
                {
                    continue;
                }

                File.WriteAllBytes(path, length < good.Length ? good[..length] : [.. good, 0]);
                Assert.Contains(path, Refused(s => s.Get("a")), StringComparison.Ordinal);
            }

            File.WriteAllBytes(path, good);
        }
    }

    [Fact]
    public void A_file_that_is_far_too_large_is_not_read()
    {
        _folder.With(("a", "1"));
        using (var file = File.OpenWrite(_folder.FileOf("a")))
        {
            file.SetLength(1L << 40);
        }

        Assert.Contains("it has over", Refused(s => s.Get("a")), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_as_a_file_are_refused_in_words() => Gen.Select(Gen.Byte.Array[0, 300], Gen.Bool, Gen.Int[0, 60]).Sample(
        (junk, isKey, kept) =>
        {
            using var folder = new StoreFolder(inMemory: true).With(("a", "1"));
            var path = isKey ? Path.Combine(folder.Generation, "key") : folder.FileOf("a");
            var good = File.ReadAllBytes(path);
            byte[] bad = [.. good.Take(kept), .. junk];
            File.WriteAllBytes(path, bad);
            using var store = folder.Open();
            return bad.AsSpan().SequenceEqual(good) || Assert.Throws<SealedStoreException>(() => store.Get("a")).Message.Contains(path);
        },
        iter: 300, threads: 1);

    [Fact]
    public void A_damaged_secret_stops_a_rotation_by_name_and_nothing_changes()
    {
        _folder.With(("a", "1"), ("b", "2"));
        var bytes = File.ReadAllBytes(_folder.FileOf("b"));
        bytes[^1] ^= 1;
        File.WriteAllBytes(_folder.FileOf("b"), bytes);
        var before = Snapshot();

        Assert.Contains(_folder.FileOf("b"), Refused(s => s.Rotate()), StringComparison.Ordinal);

        Assert.Equal(before, Snapshot());
        Assert.Equal("1", Get("a"));
    }

    [Fact]
    public void A_rotation_leaves_no_byte_of_the_old_generation()
    {
        _folder.With(("a", "1"), ("b", "2"));
        var old = Snapshot();
        using var store = _folder.Open();

        store.Rotate();

        Assert.EndsWith("generation-2", _folder.Generation, StringComparison.Ordinal);
        Assert.DoesNotContain(Snapshot(), s => s.Split(' ')[1] is { Length: > 0 } hex && old.Any(o => o.EndsWith(hex, StringComparison.Ordinal)));
        Assert.Equal(("1", "2"), (Get("a"), Get("b")));
    }

    [Fact]
    public void An_open_store_follows_a_rotation_by_somebody_else()
    {
        using var agent = _folder.With(("a", "1")).Open();
        Assert.Equal("1", Text(agent.Get("a")));

        using (var other = _folder.Open())
        {
            other.Rotate();
            other.Put("b", Bytes("2"));
        }

        Assert.Equal(("1", "2"), (Text(agent.Get("a")), Text(agent.Get("b"))));
        agent.Put("a", Bytes("3"));
        Assert.Equal("3", Get("a"));
    }

    [Fact]
    public void A_store_that_is_held_elsewhere_is_waited_for_and_then_given_up()
    {
        _folder.With(("a", "1"));
        using (StoreLock.Take(Path.Combine(_folder.Store, "lock"), TimeSpan.Zero))
        {
            Assert.Contains("another process has the store open", Refused(s => s.Get("a")), StringComparison.Ordinal);
        }

        Assert.Equal("1", Get("a"));
    }

    [Fact]
    public void Several_threads_and_stores_at_once_lose_nothing()
    {
        using var shared = _folder.Open();
        Parallel.For(0, 40, i =>
        {
            using var own = _folder.Open();
            var store = i % 2 == 0 ? shared : own;
            store.Put($"s{i}", Bytes($"content {i}"));
            if (i % 10 == 0)
            {
                store.Rotate();
            }

            Assert.Equal($"content {i}", Text(store.Get($"s{i}")));
        });

        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal($"content {i}", Get($"s{i}")));
    }

    /// <summary>Against a dictionary: the store is one, whatever the order of calls and reopenings.</summary>
    [Fact]
    public void It_behaves_as_a_dictionary() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Byte.Array[0, 40]).Array[1, 25].Sample(
        steps =>
        {
            using var folder = new StoreFolder(inMemory: true);
            var expected = new Dictionary<string, byte[]>();
            var store = folder.Open();
            foreach (var (what, which, content) in steps)
            {
                var name = $"name{which}";
                switch (what)
                {
                    case 0:
                        store.Remove(name);
                        expected.Remove(name);
                        break;
                    case 1 when Directory.Exists(folder.Store):
                        store.Rotate();
                        break;
                    case 2:
                        store.Dispose();
                        store = folder.Open();
                        break;
                    default:
                        store.Put(name, content);
                        expected[name] = content;
                        break;
                }

                if (store.List().Any(e => e.Problem is not null || e.Bytes != expected[e.Name].Length) || store.List().Count != expected.Count
                    || !Enumerable.Range(0, 4).All(i => (store.Get($"name{i}") ?? [0xEE]).AsSpan().SequenceEqual(expected.GetValueOrDefault($"name{i}", [0xEE]))))
                {
                    return false;
                }
            }

            store.Dispose();
            return true;
        },
        iter: 100, threads: 1);

    private string[] Snapshot() => [.. Directory.GetFiles(_folder.Store, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {Convert.ToHexString(File.ReadAllBytes(f))}")];
}
