using System.Text;
using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>The authority's memory: power cuts, damage, two processes.</summary>
public sealed class AuthorityLedgerTests
{
    private static EnrolmentRequest.Enrol Enrol(JoinString join) => new()
    {
        Csr = SvidRequest.Create(SigningKey.Generate(Identity.X509.KeyKind.Ed25519), join.Id),
        Token = join.Token,
    };

    private static async Task<EnrolmentRefusal?> RedeemAsync(AuthorityWorld world, AuthorityLedger ledger, JoinString join)
    {
        IEnrolmentAuthority authority = new SiteAuthority(world.Root, ledger, new AuthorityPolicy(), () => world.Now);
        return (await authority.AnswerAsync(Enrol(join), null, new byte[32], CancellationToken.None)).Refusal;
    }

    [Fact]
    public async Task Of_a_hundred_who_use_one_token_at_once_exactly_one_is_enrolled()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        var join = await world.TokenAsync("node/a");
        // As many processes would: each with a ledger of its own on the same file.
        var ledgers = Enumerable.Range(0, 10).Select(_ => world.OpenLedger()).ToList();

        var refusals = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => RedeemAsync(world, ledgers[i % 10], join))));

        Assert.Equal(1, refusals.Count(r => r is null));
        Assert.Equal(99, refusals.Count(r => r == EnrolmentRefusal.BadToken));
        ledgers.ForEach(l => l.Dispose());
    }

    [Fact]
    public async Task Wherever_the_power_goes_a_token_is_used_or_it_is_not_and_an_answer_that_was_given_stays_given()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        var join = await world.TokenAsync("node/a");
        var before = File.ReadAllBytes(world.LedgerFile).Length;
        Assert.Null(await RedeemAsync(world, world.Ledger, join));
        var whole = File.ReadAllBytes(world.LedgerFile);

        for (var length = before; length <= whole.Length; length++)
        {
            File.WriteAllBytes(world.LedgerFile, whole[..length]);
            world.Reports.Clear();
            using var restarted = world.OpenLedger();
            var isUsed = await restarted.ReadAsync(s => s.Tokens.Count == 0, CancellationToken.None);
            // The answer goes out after the last byte is on flash.
            Assert.Equal(length == whole.Length, isUsed);
            Assert.Equal(length > before && length < whole.Length, world.Reports.Count == 1);
            Assert.Equal(isUsed ? EnrolmentRefusal.BadToken : null, await RedeemAsync(world, restarted, join));
            Assert.Equal(EnrolmentRefusal.BadToken, await RedeemAsync(world, restarted, join));
        }
    }

    [Fact]
    public async Task What_is_damaged_in_the_middle_is_told_and_nothing_is_issued()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        await world.Authority.DenyAsync(AuthorityWorld.Id("stolen"), CancellationToken.None);
        var join = await world.TokenAsync("node/a");
        await world.TokenAsync("node/b");
        var text = await File.ReadAllTextAsync(world.LedgerFile);
        var lines = text.TrimEnd('\n').Split('\n');
        foreach (var bent in new[]
        {
            text.Replace("\"deny\"", "\"seen\"", StringComparison.Ordinal),
            string.Join('\n', lines.Where((_, i) => i != 1)) + "\n",
            string.Join('\n', lines.Take(2).Concat([lines[3], lines[2]])) + "\n",
        })
        {
            await File.WriteAllTextAsync(world.LedgerFile, bent);
            using var restarted = world.OpenLedger();
            var failure = await Assert.ThrowsAsync<IOException>(() => RedeemAsync(world, restarted, join));
            Assert.Contains("damaged at byte", failure.Message, StringComparison.Ordinal);
            Assert.Equal(bent, await File.ReadAllTextAsync(world.LedgerFile));
        }
    }

    /// <summary>It is whole, so it was acted upon: cut off, a stolen router would be let in again.</summary>
    [Fact]
    public async Task Any_bit_of_the_last_record_that_rots_is_told_and_nothing_is_issued()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        var join = await world.TokenAsync("node/a");
        var before = (int)new FileInfo(world.LedgerFile).Length;
        await world.Authority.DenyAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);
        var whole = await File.ReadAllBytesAsync(world.LedgerFile);

        for (var bit = before * 8; bit < whole.Length * 8; bit++)
        {
            byte[] bent = [.. whole];
            bent[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(world.LedgerFile, bent);
            using var restarted = world.OpenLedger();
            await Assert.ThrowsAsync<IOException>(() => RedeemAsync(world, restarted, join));
        }

        Assert.Empty(world.Reports);
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(40)]
    public async Task Zeros_in_place_of_what_had_not_reached_the_flash_are_cut_off(int written)
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        await world.TokenAsync("node/a");
        var before = File.ReadAllBytes(world.LedgerFile);
        await world.Authority.DenyAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);
        var line = File.ReadAllBytes(world.LedgerFile)[before.Length..];
        byte[] lateEnd = [.. line[..written], .. new byte[line.Length - written]];
        byte[] lateBegin = [.. new byte[line.Length - written], .. line[(line.Length - written)..]];
        foreach (var tail in new[] { lateEnd, lateBegin })
        {
            File.WriteAllBytes(world.LedgerFile, [.. before, .. tail]);
            world.Reports.Clear();
            using var restarted = world.OpenLedger();

            Assert.Equal(1, await restarted.ReadAsync(s => s.Tokens.Count, CancellationToken.None));
            Assert.Single(world.Reports);
            Assert.Equal(before, File.ReadAllBytes(world.LedgerFile));
        }
    }

    /// <summary>The agent runs on meanwhile. The copy begins with the same line, and is as long again.</summary>
    [Fact]
    public async Task A_denial_written_after_a_copy_was_put_back_counts_for_who_had_the_other_open()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        var join = await world.TokenAsync("node/stolen");
        var copy = File.ReadAllBytes(world.LedgerFile);
        await world.Authority.AllowAsync(AuthorityWorld.Id("n"), CancellationToken.None);
        File.WriteAllBytes(world.LedgerFile, copy);
        using (var verb = world.OpenLedger())
        {
            await new SiteAuthority(world.Root, verb, new AuthorityPolicy(), () => world.Now)
                .DenyAsync(AuthorityWorld.Id("node/stolen"), CancellationToken.None);
        }

        Assert.Equal(EnrolmentRefusal.BadToken, await RedeemAsync(world, world.Ledger, join));

        Assert.Empty(world.Reports);
        using var restarted = world.OpenLedger();
        Assert.True(await restarted.ReadAsync(s => s.Nodes[AuthorityWorld.Id("node/stolen")].IsDenied, CancellationToken.None));
    }

    [Fact]
    public async Task The_verb_and_the_agent_see_each_others_changes()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        using var verb = world.OpenLedger();
        var join = await world.TokenAsync("node/a");
        var byVerb = new SiteAuthority(world.Root, verb, new AuthorityPolicy(), () => world.Now);

        await byVerb.DenyAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);

        Assert.Equal(EnrolmentRefusal.BadToken, await RedeemAsync(world, world.Ledger, join));
    }

    [Fact]
    public async Task It_is_rewritten_when_it_has_grown_and_says_the_same_also_to_who_had_it_open()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        using var other = world.OpenLedger();
        await world.Authority.DenyAsync(AuthorityWorld.Id("stolen"), CancellationToken.None);
        var join = await world.TokenAsync("node/a");
        Assert.Equal(1, await other.ReadAsync(s => s.Tokens.Count, CancellationToken.None));
        var biggest = 0L;
        for (var i = 0; i < 4000 && new FileInfo(world.LedgerFile).Length >= biggest; i++)
        {
            biggest = new FileInfo(world.LedgerFile).Length;
            await world.Ledger.TransactAsync(
                _ => new LedgerDecision<bool>(true, new LedgerRecord.Seen(AuthorityWorld.Id("node/b"), world.Now)), CancellationToken.None);
        }

        Assert.InRange(biggest, AuthorityLedger.RewriteBytes - 1000, AuthorityLedger.RewriteBytes + 1000);
        Assert.True(new FileInfo(world.LedgerFile).Length < 2000);
        foreach (var ledger in new[] { world.Ledger, other })
        {
            Assert.True(await ledger.ReadAsync(s => s.Nodes[AuthorityWorld.Id("stolen")].IsDenied && s.Tokens.Count == 1, CancellationToken.None));
        }

        Assert.Null(await RedeemAsync(world, other, join));
        Assert.Equal(EnrolmentRefusal.BadToken, await RedeemAsync(world, world.Ledger, join));
    }

    [Fact]
    public async Task Its_file_holds_no_secret_of_a_token_and_is_its_owners_alone()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        var join = await world.TokenAsync("node/a");

        var file = await File.ReadAllBytesAsync(world.LedgerFile);

        var secret = join.Token.ToBytes().AsSpan(8).ToArray();
        Assert.Equal(-1, file.AsSpan().IndexOf(secret.AsSpan(0, 6)));
        Assert.DoesNotContain(System.Buffers.Text.Base64Url.EncodeToString(secret)[..8], Encoding.UTF8.GetString(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(world.LedgerFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(world.LedgerFolder));
    }

    [Fact]
    public async Task Every_record_reads_back_as_it_was_written()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        var id = AuthorityWorld.Id("node/a");
        var node = new LedgerNode(id)
        {
            Keys = [new byte[32]],
            LastContact = world.Now,
            EnrolledAt = world.Now,
            IsEnrolled = true,
            IsDenied = true,
            IslandDays = 7,
            IssuedSerial = "ab",
            IssuedNotAfter = world.Now,
        };
        LedgerRecord[] records =
        [
            LedgerRecord.Began.Random(), new LedgerRecord.TokenMade("s", new byte[32], id, world.Now),
            new LedgerRecord.Enrolled("s", id, new byte[32], world.Now), new LedgerRecord.KeysKept(id, [new byte[32], new byte[32]], world.Now),
            new LedgerRecord.Seen(id, world.Now), new LedgerRecord.Issued(id, "ab", world.Now, world.Now),
            new LedgerRecord.Denied(id, world.Now), new LedgerRecord.Allowed(id), new LedgerRecord.IslandGranted(id, 7), new LedgerRecord.Node(node),
        ];

        Assert.Equal(typeof(LedgerRecord).GetNestedTypes().Length, records.Length);
        Assert.All(records, record =>
        {
            var again = LedgerRecord.Read(record.ToBytes());
            Assert.Equal(record.GetType(), again.GetType());
            Assert.Equal(record.ToBytes().ToArray(), again.ToBytes().ToArray());
            Assert.True(record.ToBytes().Length < LedgerLine.BytesMax / 2);
        });
    }

    [Fact]
    public async Task There_is_room_for_so_many_tokens_and_no_more()
    {
        await using var world = new AuthorityWorld(Identity.X509.KeyKind.Ed25519);
        for (var i = 0; i < LedgerState.TokensMax; i++)
        {
            var token = EnrolmentToken.Random();
            await world.Ledger.TransactAsync(
                _ => new LedgerDecision<bool>(true, new LedgerRecord.TokenMade(token.Selector, token.SecretHash, AuthorityWorld.Id("node/a"), world.Now + TimeSpan.FromHours(1))),
                CancellationToken.None);
        }

        var failure = await Assert.ThrowsAsync<IdentityAuthorityException>(() => world.TokenAsync("node/a"));
        Assert.Contains("1024 tokens", failure.Message, StringComparison.Ordinal);
        world.Now += TimeSpan.FromHours(2);
        await world.TokenAsync("node/a");
    }
}
