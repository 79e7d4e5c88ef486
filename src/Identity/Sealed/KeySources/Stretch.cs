using System.Buffers.Binary;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>
/// A key from what a person chose or can look up: Argon2id (RFC 9106), one lane. scrypt would need 128 MiB for the same
/// protection; the agent's heap has 32 (OWASP's password storage figures: 9 MiB and 4 passes). Bytes of the recipe:
/// <code>memory in KiB (4) | passes (1) | salt (32)</code>
/// </summary>
internal static class Stretch
{
    private const int SaltBytes = 32;
    private const int RecipeBytes = 4 + 1 + SaltBytes;

    public static byte[] NewRecipe()
    {
        var recipe = new byte[RecipeBytes];
        BinaryPrimitives.WriteInt32BigEndian(recipe, SealedLimits.StretchMemoryKib);
        recipe[4] = SealedLimits.StretchPasses;
        RandomNumberGenerator.Fill(recipe.AsSpan(5));
        return recipe;
    }

    /// <exception cref="SealedStoreException">The recipe asks for what is not allowed.</exception>
    public static byte[] Run(ReadOnlySpan<byte> recipe, byte[] secret, byte[] purpose)
    {
        var memoryKib = recipe.Length == RecipeBytes ? BinaryPrimitives.ReadInt32BigEndian(recipe) : 0;
        if (memoryKib is < SealedLimits.StretchMemoryKibMin or > SealedLimits.StretchMemoryKibMax
            || recipe[4] is < 1 or > SealedLimits.StretchPassesMax)
        {
            throw new SealedStoreException("damaged: the parameters of the passphrase hash are out of bounds");
        }

        return Argon2id(secret, recipe[5..].ToArray(), purpose, memoryKib, recipe[4], lanes: 1, keyed: null);
    }

    internal static byte[] Argon2id(byte[] secret, byte[] salt, byte[] associated, int memoryKib, int passes, int lanes, byte[]? keyed)
    {
        var builder = new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
            .WithVersion(Argon2Parameters.Version13).WithMemoryAsKB(memoryKib).WithIterations(passes).WithParallelism(lanes)
            .WithSalt(salt).WithAdditional(associated);
        if (keyed is not null)
        {
            builder = builder.WithSecret(keyed);
        }

        var generator = new Argon2BytesGenerator();
        generator.Init(builder.Build());
        var key = new byte[XChaChaBox.KeyBytes];
        generator.GenerateBytes(secret, key);
        return key;
    }
}
