using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class RestoredLedgerTests
{
    /// <summary>
    /// docs/identity.md: "after restoring one [a copy], deny what should be denied". The agent runs on meanwhile: the file has the same
    /// first line and is as long again, so it reads on from where it was, in the middle of the denial, takes that for a torn tail, and
    /// cuts it off.
    /// </summary>
    [Fact]
    public async Task A_denial_written_after_a_copy_was_put_back_is_not_cut_off_by_the_running_agent()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, identity, _) = await world.EnrolledAsync("node/stolen");
        var copy = await File.ReadAllBytesAsync(world.LedgerFile, TestContext.Current.CancellationToken);
        await world.Authority.AllowAsync(AuthorityWorld.Id("n"), CancellationToken.None);

        await File.WriteAllBytesAsync(world.LedgerFile, copy, TestContext.Current.CancellationToken);
        using (var verb = world.OpenLedger())
        {
            await new SiteAuthority(world.Root, verb, new AuthorityPolicy(), () => world.Now)
                .DenyAsync(AuthorityWorld.Id("node/stolen"), CancellationToken.None);
        }

        EnrolmentAnswer? answer = null;
        try
        {
            answer = await world.AskAsync(
                new EnrolmentRequest.Renew { Csr = SvidRequest.Create(SigningKey.Generate(Identity.X509.KeyKind.P256), identity.Svid!.Id) },
                world.Verified(identity.Svid));
        }
        catch (IOException)
        {
            // Damaged: somebody has to look. Would do, too.
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', world.Reports));
        Assert.True(answer is null || answer.Refusal == EnrolmentRefusal.Denied, "a denied router was given a certificate");
        using var restarted = world.OpenLedger();
        Assert.True(await restarted.ReadAsync(s => s.Nodes[AuthorityWorld.Id("node/stolen")].IsDenied, CancellationToken.None));
    }
}
