using System.Globalization;
using SharpFuzz;

namespace X0tta6bl4.Fuzz;

/// <summary>
/// Fuzzes everything that reads the kernel's bytes. Without arguments it is an AFL target (instrument
/// X0tta6bl4.Netlink.dll with the sharpfuzz tool first); the other modes need no tool:
/// <c>--random N [--seed S]</c> mutates the seeds, <c>--replay DIR</c> plays files, <c>--seeds DIR</c> writes the seeds
/// as a corpus.
/// </summary>
internal static class Program
{
    private const int Usage = 2;

    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case []:
                Fuzzer.Run(stream =>
                {
                    using var copy = new MemoryStream();
                    stream.CopyTo(copy);
                    Targets.Run(copy.ToArray());
                });
                return 0;
            case ["--seeds", var directory]:
                WriteSeeds(directory);
                return 0;
            case ["--replay", var directory]:
                return Replay(directory);
            case ["--random", var count]:
                return Mutate(int.Parse(count, CultureInfo.InvariantCulture), Environment.TickCount);
            case ["--random", var count, "--seed", var seed]:
                return Mutate(
                    int.Parse(count, CultureInfo.InvariantCulture),
                    int.Parse(seed, CultureInfo.InvariantCulture)
                );
            default:
                Console.Error.WriteLine("usage: fuzz [--random N [--seed S] | --replay DIR | --seeds DIR]");
                return Usage;
        }
    }

    private static void WriteSeeds(string directory)
    {
        Directory.CreateDirectory(directory);
        for (int target = 0; target < Targets.Count; target++)
        {
            File.WriteAllBytes(Path.Combine(directory, $"target-{target:00}"), Seeds.For(target));
        }
    }

    private static int Replay(string directory)
    {
        int played = 0;
        foreach (string file in Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal))
        {
            Console.Error.WriteLine(file);
            Targets.Run(File.ReadAllBytes(file));
            played++;
        }

        Console.WriteLine($"{played} files replayed");
        return 0;
    }

    /// <summary>Mutates seeds at random; the last input is written out before an exception ends the program.</summary>
    private static int Mutate(int count, int seed)
    {
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            byte[] input = Mutated(random);
            try
            {
                Targets.Run(input);
            }
            catch (Exception)
            {
                Console.Error.WriteLine($"input {i} of seed {seed}: {Convert.ToHexString(input)}");
                throw;
            }
        }

        Console.WriteLine($"{count} inputs, nothing found");
        return 0;
    }

    private static byte[] Mutated(Random random)
    {
        byte[] input = Seeds.For(random.Next(Targets.Count));
        int changes = random.Next(1, 8);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(1, input.Length);
            switch (random.Next(4))
            {
                case 0:
                    input[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    input[at] = (byte)random.Next(256);
                    break;
                case 2:
                    input = input[..(at + 1)];
                    break;
                default:
                    int from = random.Next(1, input.Length);
                    int length = Math.Min(random.Next(1, 16), input.Length - Math.Max(at, from));
                    input.AsSpan(from, length).CopyTo(input.AsSpan(at));
                    break;
            }
        }

        return input;
    }
}
