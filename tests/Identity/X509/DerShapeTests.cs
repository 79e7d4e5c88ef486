using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.X509;

public class DerShapeTests
{
    /// <summary>Nothing a stranger can send makes it throw, and what it lets through a recursive parser can take.</summary>
    [Fact]
    public void Never_throws_and_never_reads_outside() => Gen.Byte.Array[0, 200].Sample(
        bytes =>
        {
            if (DerShape.Problem(bytes) is null)
            {
                Assert.Equal(bytes.Length, DerShape.LengthOfFirst(bytes));
            }
        },
        iter: 100_000);

    /// <summary>A certificate read from any bytes at all is a certificate or an exception of ours.</summary>
    [Fact]
    public void Any_bytes_are_a_certificate_or_refused() => Gen.Select(Gen.Int[0, 700], Gen.Byte).Array[1, 8].Sample(
        changes =>
        {
            var der = (byte[])Sample.Clone();
            foreach (var (at, value) in changes)
            {
                der[at % der.Length] = value;
            }

            try
            {
                Assert.NotNull(Certificate.Read(der).Label);
            }
            catch (CertificateFormatException)
            {
                // Refused, which is an answer.
            }
        },
        iter: 20_000);

    private static readonly byte[] Sample = MakeSample();

    private static byte[] MakeSample()
    {
        using var mint = new Minting.Mint();
        return mint.Leaf(mint.Root("root")).Der;
    }
}
