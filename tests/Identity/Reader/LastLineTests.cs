using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class LastLineTests
{
    /// <summary>
    /// "Other damage stops the authority": a last line that is whole, line feed included, and does not fit its checksum is no record
    /// a power cut left half written. It was acted upon.
    /// </summary>
    [Fact]
    public async Task A_bit_of_the_last_record_that_rots_does_not_take_a_denial_back()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, identity, _) = await world.EnrolledAsync("node/stolen");
        await world.Authority.DenyAsync(AuthorityWorld.Id("node/stolen"), CancellationToken.None);
        var ledger = await File.ReadAllBytesAsync(world.LedgerFile);
        ledger[^10] ^= 1;
        await File.WriteAllBytesAsync(world.LedgerFile, ledger);

        using var restarted = world.OpenLedger();
        IEnrolmentAuthority authority = new SiteAuthority(world.Root, restarted, new AuthorityPolicy(), () => world.Now);
        EnrolmentAnswer? answer = null;
        try
        {
            answer = await authority.AnswerAsync(
                new EnrolmentRequest.Renew { Csr = SvidRequest.Create(SigningKey.Generate(Identity.X509.KeyKind.P256), identity.Svid!.Id) },
                world.Verified(identity.Svid), new byte[32], CancellationToken.None);
        }
        catch (IOException)
        {
            // What should happen.
        }

        Assert.True(answer?.Refusal is not null || answer is null, "a denied router was given a certificate");
    }
}
