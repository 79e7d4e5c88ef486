using System.Text;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.KeySources;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>The published vectors, through our own calls.</summary>
public class SealedCryptographyTests
{
    private const string Sunscreen =
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";

    private static readonly byte[] Key = [.. Enumerable.Range(0x80, 32).Select(b => (byte)b)];
    private static readonly byte[] Nonce = [.. Enumerable.Range(0x40, 24).Select(b => (byte)b)];
    private static readonly byte[] Associated = Convert.FromHexString("50515253c0c1c2c3c4c5c6c7");

    private static readonly byte[] SealedSunscreen = Convert.FromHexString(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
        + "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        + "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");

    /// <summary>draft-irtf-cfrg-xchacha-03, A.3.1.</summary>
    [Fact]
    public void XChaCha20_Poly1305_is_that_of_the_draft()
    {
        var text = new byte[Sunscreen.Length + XChaChaBox.TagBytes];
        var plain = new byte[Sunscreen.Length];

        XChaChaBox.Seal(Key, Nonce, Associated, Encoding.ASCII.GetBytes(Sunscreen), text);

        Assert.Equal(SealedSunscreen, text);
        Assert.True(XChaChaBox.Open(Key, Nonce, Associated, text, plain));
        Assert.Equal(Sunscreen, Encoding.ASCII.GetString(plain));
    }

    [Fact]
    public void What_does_not_open_leaves_no_plaintext_behind()
    {
        var plain = new byte[Sunscreen.Length];
        var changed = (byte[])SealedSunscreen.Clone();
        changed[^1] ^= 1;
        plain.AsSpan().Fill(0x55);

        Assert.False(XChaChaBox.Open(Key, Nonce, Associated, changed, plain));
        Assert.All(plain, b => Assert.Equal(0, b));
    }

    /// <summary>RFC 5869, A.1; its first 32 bytes.</summary>
    [Fact]
    public void Hkdf_is_that_of_the_rfc() => Assert.Equal(
        "3CB25F25FAACD57A90434F64D0362F2A2D2D0A90CF1A5A4C5DB02D56ECC4C5BF",
        Convert.ToHexString(DeviceSecretSource.Hkdf(
            [.. Enumerable.Repeat((byte)0x0b, 22)], Convert.FromHexString("000102030405060708090a0b0c"), Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9"))));

    /// <summary>RFC 9106, section 5.3.</summary>
    [Fact]
    public void Argon2id_is_that_of_the_rfc() => Assert.Equal(
        "0D640DF58D78766C08C037A34A8B53C9D01EF0452D75B65EB52520E96B01E659",
        Convert.ToHexString(Stretch.Argon2id(Repeat(1, 32), Repeat(2, 16), Repeat(4, 12), memoryKib: 32, passes: 3, lanes: 4, Repeat(3, 8))));

    [Theory]
    [InlineData(0, 4)]
    [InlineData(SealedLimits.StretchMemoryKibMax + 1, 4)]
    [InlineData(-1, 4)]
    [InlineData(SealedLimits.StretchMemoryKib, 0)]
    [InlineData(SealedLimits.StretchMemoryKib, SealedLimits.StretchPassesMax + 1)]
    public void A_hash_that_would_take_too_much_is_refused_before_it_runs(int memoryKib, byte passes)
    {
        var recipe = Stretch.NewRecipe();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(recipe, memoryKib);
        recipe[4] = passes;

        Assert.Throws<SealedStoreException>(() => Stretch.Run(recipe, Repeat(1, 16), []));
    }

    private static byte[] Repeat(byte value, int count) => [.. Enumerable.Repeat(value, count)];
}
