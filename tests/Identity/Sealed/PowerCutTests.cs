using X0tta6bl4.Identity.Sealed;
using static X0tta6bl4.Identity.Tests.Sealed.StoreFolder;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>The power goes at every step of everything that writes; afterwards there is the old or the new, and the store works.</summary>
[Collection(Alone.Name)]
public sealed class PowerCutTests
{
    private static readonly (string, string)[] Before = [("a", "old a"), ("b", "old b"), ("c", "old c")];

    [Fact]
    public void A_first_secret() => Cut([], s => s.Put("a", Bytes("new a")), [("a", null, "new a")], stepsMin: 12);

    [Fact]
    public void A_secret_that_is_replaced() => Cut(
        Before, s => s.Put("a", Bytes("new a")), [("a", "old a", "new a"), ("b", "old b", "old b"), ("c", "old c", "old c")], stepsMin: 6);

    [Fact]
    public void A_new_secret_beside_others() => Cut(
        Before, s => s.Put("d", Bytes("new d")), [("a", "old a", "old a"), ("b", "old b", "old b"), ("d", null, "new d")], stepsMin: 6);

    [Fact]
    public void A_secret_that_is_removed() => Cut(
        Before, s => s.Remove("a"), [("a", "old a", null), ("b", "old b", "old b"), ("c", "old c", "old c")], stepsMin: 2);

    [Fact]
    public void A_rotation() => Cut(
        Before, s => s.Rotate(), [("a", "old a", "old a"), ("b", "old b", "old b"), ("c", "old c", "old c")], stepsMin: 25);

    /// <summary>And again while what the first cut left is cleaned up.</summary>
    [Fact]
    public void A_rotation_and_then_the_cleaning_after_it()
    {
        using var folder = new StoreFolder(inMemory: true).With(Before);
        using var scratch = new Scratch(folder);
        var cuts = 0;
        for (var first = 0; ; first++)
        {
            scratch.Reset();
            if (!IsCut(folder, new CuttingFiles(first, (_, _) => true), s => s.Rotate()))
            {
                break;
            }

            using var halfway = new Scratch(folder);
            for (var second = 0; ; second++, cuts++)
            {
                halfway.Reset();
                if (!IsCut(folder, new CuttingFiles(second, (_, _) => false), s => s.Get("a")) && !IsCut(folder, new CuttingFiles(second, (_, _) => false), s => s.Rotate()))
                {
                    break;
                }

                Check(folder, [("a", "old a", "old a"), ("b", "old b", "old b"), ("c", "old c", "old c")], $"cuts {first}, {second}");
            }
        }

        Assert.True(cuts > 500, $"only {cuts} cuts");
    }

    private static void Cut((string, string)[] before, Action<SealedStore> work, (string Name, string? Old, string? New)[] secrets, int stepsMin)
    {
        using var folder = new StoreFolder(inMemory: true).With(before);
        using var scratch = new Scratch(folder);
        for (var step = 0; ; step++)
        {
            // First nothing survives that was not synchronized; then, of what that was, the first few changes; then those of one
            // directory and not of the others, and the other way round.
            var inTheAir = CutAt(step, (_, _) => false, "nothing survives");
            if (inTheAir is null)
            {
                Assert.True(step >= stepsMin, $"only {step} steps");
                return;
            }

            for (var first = 1; first <= inTheAir.Count; first++)
            {
                CutAt(step, (i, _) => i < first, $"the first {first} survive");
            }

            foreach (var directory in inTheAir.Distinct())
            {
                CutAt(step, (_, d) => d == directory, $"{directory} survives");
                CutAt(step, (_, d) => d != directory, $"{directory} does not survive");
            }
        }

        IReadOnlyList<string>? CutAt(int step, Func<int, string, bool> survives, string when)
        {
            scratch.Reset();
            var files = new CuttingFiles(step, survives);
            var isCut = IsCut(folder, files, work);
            Check(folder, isCut ? secrets : [.. secrets.Select(s => (s.Name, s.New, s.New))], $"step {step}, {when}");
            return isCut ? files.InTheAir : null;
        }
    }

    private static bool IsCut(StoreFolder folder, CuttingFiles files, Action<SealedStore> work)
    {
        using var store = folder.Open(files);
        try
        {
            work(store);
            return false;
        }
        catch (PowerCutException)
        {
            return true;
        }
    }

    private static void Check(StoreFolder folder, (string Name, string? Old, string? New)[] secrets, string when)
    {
        using (var store = folder.Open())
        {
            foreach (var (name, old, wanted) in secrets)
            {
                var found = Text(store.Get(name));
                Assert.True(found == old || found == wanted, $"{when}: {name} is {found ?? "gone"}");
            }

            // The store works on, and is tidy after it.
            store.Put("after", Bytes("x"));
            store.Rotate();
            Assert.Equal("x", Text(store.Get("after")));
        }

        Assert.DoesNotContain(
            Directory.GetFileSystemEntries(folder.Store, "*", SearchOption.AllDirectories), e => e.EndsWith(".new", StringComparison.Ordinal));
        Assert.Single(Directory.GetDirectories(folder.Store));
    }

    /// <summary>The store as it was, to go back to.</summary>
    private sealed class Scratch : IDisposable
    {
        private readonly StoreFolder _folder;
        private readonly string _kept;

        public Scratch(StoreFolder folder)
        {
            _folder = folder;
            _kept = Path.Combine(folder.Root, Guid.NewGuid().ToString("N"));
            if (Directory.Exists(folder.Store))
            {
                Copy(folder.Store, _kept);
            }
        }

        public void Reset()
        {
            if (Directory.Exists(_folder.Store))
            {
                Directory.Delete(_folder.Store, recursive: true);
            }

            if (Directory.Exists(_kept))
            {
                Copy(_kept, _folder.Store);
            }
        }

        public void Dispose() => Reset();
    }
}
