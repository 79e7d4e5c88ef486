using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>A root, an intermediate below it, a leaf of each, and lists by the openssl tool.</summary>
public sealed class ListWorld : IDisposable
{
    private readonly MintFixture _fixture = new();

    public ListWorld()
    {
        Status = new StatusMint(Mint);
        Middle = Mint.Intermediate("middle", Root);
        Leaf = Mint.Leaf(Root);
        Deep = Mint.Leaf(Middle);
    }

    internal Mint Mint => _fixture.Authorities.Mint;

    internal StatusMint Status { get; }

    internal Minted Root => _fixture.Authorities.Root;

    internal Minted Impostor => _fixture.Authorities.Impostor;

    internal Minted Foreign => _fixture.Authorities.Foreign;

    internal Minted Middle { get; }

    internal Minted Leaf { get; }

    internal Minted Deep { get; }

    /// <summary>The leaf of the root, or the one of the intermediate, by lists alone.</summary>
    internal RevocationVerdict Judge(RevocationLists lists, Minted? leaf = null, DateTimeOffset? now = null)
    {
        Minted[] path = leaf is null || leaf == Leaf ? [Leaf, Root] : leaf == Deep ? [Deep, Middle, Root] : [leaf, Root];
        var policy = new RevocationPolicy { Mode = RevocationMode.Crl };
        var check = new RevocationCheck(policy, new Latest<RevocationLists>(lists), new OcspFetcher(policy, TimeProvider.System));
        return check.Judge([.. path.Select(m => Certificate.Read(m.Der))], new StatusVerdict?[path.Length - 1], now ?? Mint.Now);
    }

    internal static RevocationLists Lists(params IEnumerable<byte[]> lists) => new([.. lists.Select(l => RevocationList.Read(l))]);

    public void Dispose() => _fixture.Dispose();
}

public sealed class RevocationListTests(ListWorld world) : IClassFixture<ListWorld>
{
    private static DateTimeOffset Now => Mint.Now;

    /// <summary>Lists that are refused when they are read: what is wrong, and a word of the answer.</summary>
    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "a critical extension nobody knows", "1.2.3.4=critical,DER:0500", "1.2.3.4" },
        { "a delta", "2.5.29.27=critical,DER:020101", "no complete list" },
        { "a delta that is not critical", "2.5.29.27=DER:020101", "no complete list" },
        { "of a distribution point", "issuingDistributionPoint=critical,@idp\n[idp]\nfullname=URI:http://a.example/", "no complete list" },
        { "of leaves only", "issuingDistributionPoint=critical,@idp\n[idp]\nonlyuser=TRUE", "no complete list" },
        { "of authorities only", "issuingDistributionPoint=critical,@idp\n[idp]\nonlyCA=TRUE", "no complete list" },
        { "of some reasons only", "issuingDistributionPoint=critical,@idp\n[idp]\nonlysomereasons=keyCompromise", "no complete list" },
        { "indirect", "issuingDistributionPoint=critical,@idp\n[idp]\nindirectCRL=TRUE", "no complete list" },
        { "of a distribution point, not critical", "issuingDistributionPoint=@idp\n[idp]\nonlyuser=TRUE", "no complete list" },
        { "a number that is no number", "2.5.29.20=DER:0401FF", "cannot be parsed" },
        { "a negative number", "2.5.29.20=DER:0201FF", "negative" },
        { "a key identifier that is none", "2.5.29.35=DER:0500", "cannot be parsed" },
    };

    /// <summary>Lists that can be read and do not count: for whom, and why not.</summary>
    public static TheoryData<string> BadNames => [.. Bad.Keys];

    private static readonly Dictionary<string, (Func<ListWorld, RevocationLists> Lists, SvidRefusalReason Reason, string Word)> Bad = new()
    {
        ["none at all"] = (_ => RevocationLists.None, SvidRefusalReason.StatusUnknown, "there is no revocation list"),
        ["revoked"] = (w => One(w, l => l with { Revoked = [Serial(w)] }), SvidRefusalReason.Revoked, "it was revoked"),
        ["revoked among others"] = (w => One(w, l => l with { Revoked = ["0100", "7F", Serial(w), "8000000000000001", "AA"] }),
            SvidRefusalReason.Revoked, "it was revoked"),
        ["revoked for a reason"] = (w => One(w, l => l with { Revoked = [Serial(w)], Reason = ",keyCompromise" }),
            SvidRefusalReason.Revoked, "it was revoked"),
        ["on hold"] = (w => One(w, l => l with { Revoked = [Serial(w)], Reason = ",holdInstruction,holdInstructionReject" }),
            SvidRefusalReason.Revoked, "it was revoked"),
        ["revoked by a list of version 1"] = (w => One(w, l => l with { Revoked = [Serial(w)], Number = null, Extensions = "" }),
            SvidRefusalReason.Revoked, "it was revoked"),
        ["revoked by a list that has ended"] = (
            w => One(w, l => l with { Revoked = [Serial(w)], ThisUpdate = Now.AddDays(-2), NextUpdate = Now.AddDays(-1) }),
            SvidRefusalReason.Revoked, "it was revoked"),
        ["ended"] = (w => One(w, l => l with { ThisUpdate = Now.AddDays(-2), NextUpdate = Now.AddSeconds(-61) }),
            SvidRefusalReason.StatusUnknown, "was good until"),
        ["of the future"] = (w => One(w, l => l with { ThisUpdate = Now.AddSeconds(61) }), SvidRefusalReason.StatusUnknown, "it is 2031"),
        ["of another issuer"] = (w => ListWorld.Lists(w.Status.List(w.Foreign)), SvidRefusalReason.StatusUnknown, "there is no revocation list"),
        ["of one that calls itself the same, and names its key"] = (
            w => ListWorld.Lists(w.Status.List(w.Impostor)), SvidRefusalReason.StatusUnknown, "there is no revocation list"),
        ["of one that calls itself the same"] = (
            w => ListWorld.Lists(w.Status.List(w.Impostor, l => l with { Extensions = "" })), SvidRefusalReason.StatusUnknown, "was not signed by"),
        ["signed with SHA-1"] = (w => One(w, l => l with { Digest = "sha1" }), SvidRefusalReason.StatusUnknown, "is not accepted with"),
        ["signed with SHA-512 and a curve"] = (w => One(w, l => l with { Digest = "sha512" }), SvidRefusalReason.StatusUnknown, "is not accepted with"),
        ["of a newer number that revokes, beside an older one that does not"] = (
            w => ListWorld.Lists(
                w.Status.List(w.Root, l => l with { Number = 5 }),
                w.Status.List(w.Root, l => l with { Number = 6, Revoked = [Serial(w)], ThisUpdate = Now.AddHours(-2) })),
            SvidRefusalReason.Revoked, "it was revoked"),
        ["the newer of two ended"] = (
            w => ListWorld.Lists(
                w.Status.List(w.Root, l => l with { Number = 5 }),
                w.Status.List(w.Root, l => l with { Number = 6, ThisUpdate = Now.AddDays(-2), NextUpdate = Now.AddDays(-1) })),
            SvidRefusalReason.StatusUnknown, "was good until"),
    };

    private static string Serial(ListWorld world) => StatusMint.SerialOf(world.Leaf);

    private static RevocationLists One(ListWorld world, Func<ListWish, ListWish>? change = null) =>
        ListWorld.Lists(world.Status.List(world.Root, change));

    [Theory, MemberData(nameof(BadNames))]
    public void Is_refused(string what)
    {
        var (lists, reason, word) = Bad[what];

        var verdict = world.Judge(lists(world));

        Assert.NotNull(verdict.Refusal);
        Assert.Equal((reason, "U-2"), (verdict.Refusal.Reason, verdict.Refusal.Requirement));
        Assert.Contains(word, verdict.Refusal.Text, StringComparison.Ordinal);
        Assert.Equal(reason == SvidRefusalReason.Revoked ? TlsAlert.CertificateRevoked : TlsAlert.CertificateUnknown, verdict.Refusal.Alert);
    }

    [Theory, MemberData(nameof(Unreadable))]
    public void Is_not_read(string what, string extensions, string word)
    {
        Assert.NotEmpty(what);
        var der = world.Status.List(world.Root, l => l with { Extensions = extensions, Number = null });

        var error = Assert.Throws<CertificateFormatException>(() => RevocationList.Read(der));

        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_does_not_name_the_certificate_is_a_yes_until_its_end()
    {
        var verdict = world.Judge(One(world, l => l with { Revoked = ["01FF", "02"] }));

        Assert.Null(verdict.Refusal);
        Assert.Equal(Now.AddDays(1), verdict.Until);
    }

    [Theory]
    [InlineData("p384", "sha384"), InlineData("ed25519", "null"), InlineData("rsa2048", "sha256"), InlineData("rsa2048", "sha512")]
    public void Issuers_of_every_kind_of_key_count(string key, string digest)
    {
        var root = world.Mint.Root("another", w => w with { Key = key });
        var leaf = Certificate.Read(world.Mint.Leaf(root).Der);
        var lists = ListWorld.Lists(world.Status.List(root, l => l with { Digest = digest }));

        Assert.True(lists.Check(leaf, Certificate.Read(root.Der), Now, TimeSpan.Zero).IsGood);
    }

    [Theory]
    [InlineData(""), InlineData("authorityKeyIdentifier=keyid"), InlineData("authorityKeyIdentifier=keyid,issuer"),
     InlineData("issuerAltName=DNS:a.example"), InlineData("1.2.3.4=DER:0500")]
    public void What_is_not_critical_does_no_harm(string extensions) =>
        Assert.Null(world.Judge(One(world, l => l with { Extensions = extensions })).Refusal);

    [Fact]
    public void An_issuer_without_cRLSign_is_not_believed()
    {
        var middle = world.Mint.Intermediate("no lists", world.Root, w => w with { Usage = "critical,keyCertSign" });
        var leaf = Certificate.Read(world.Mint.Leaf(middle).Der);
        var lists = ListWorld.Lists(world.Status.List(middle));

        var verdict = lists.Check(leaf, Certificate.Read(middle.Der), Now, TimeSpan.Zero);

        Assert.Contains("cRLSign", verdict.Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_a_leaf_and_the_authority_between_need_a_list()
    {
        var ofRoot = world.Status.List(world.Root);
        var ofMiddle = world.Status.List(world.Middle);

        Assert.Null(world.Judge(ListWorld.Lists(ofRoot, ofMiddle), world.Deep).Refusal);
        Assert.Equal(SvidRefusalReason.StatusUnknown, world.Judge(ListWorld.Lists(ofRoot), world.Deep).Refusal!.Reason);
        Assert.Equal(SvidRefusalReason.StatusUnknown, world.Judge(ListWorld.Lists(ofMiddle), world.Deep).Refusal!.Reason);
    }

    [Fact]
    public void A_revoked_authority_takes_its_leaves_along()
    {
        var ofRoot = world.Status.List(world.Root, l => l with { Revoked = [StatusMint.SerialOf(world.Middle)] });
        var verdict = world.Judge(ListWorld.Lists(ofRoot, world.Status.List(world.Middle)), world.Deep);

        Assert.Equal(SvidRefusalReason.Revoked, verdict.Refusal!.Reason);
    }

    /// <summary>A minute of difference between two clocks is none.</summary>
    [Theory]
    [InlineData(59, true), InlineData(61, false)]
    public void Clocks_may_differ_by_a_minute(int seconds, bool isFine)
    {
        var lists = One(world, l => l with { ThisUpdate = Now, NextUpdate = Now.AddHours(1) });

        Assert.Equal(isFine, world.Judge(lists, now: Now.AddSeconds(-seconds)).Refusal is null);
        Assert.Equal(isFine, world.Judge(lists, now: Now.AddHours(1).AddSeconds(seconds)).Refusal is null);
    }

    [Fact]
    public void No_cut_list_is_read()
    {
        var der = world.Status.List(world.Root, l => l with { Revoked = [Serial(world), "0102", "03"], Reason = ",superseded" });
        for (var length = 0; length < der.Length; length++)
        {
            Assert.Throws<CertificateFormatException>(() => RevocationList.Read(der.AsMemory(0, length)));
        }
    }

    /// <summary>Whatever is changed: nothing else is thrown, and the one that is revoked stays so. CsCheck prints the seed.</summary>
    [Fact]
    public void No_mutation_takes_a_revocation_back()
    {
        var der = world.Status.List(world.Root, l => l with { Revoked = [Serial(world), "0102", "03"] });
        Gen.Select(Gen.Int[0, der.Length - 1], Gen.Byte, Gen.Int[0, 2]).Sample(
            (at, value, kind) =>
            {
                byte[] mutant = kind switch
                {
                    0 => [.. der[..at], value, .. der[(at + 1)..]],
                    1 => [.. der[..at], value, .. der[at..]],
                    _ => [.. der[..at], .. der[(at + 1)..]],
                };
                try
                {
                    return world.Judge(ListWorld.Lists(mutant)).Refusal is not null;
                }
                catch (CertificateFormatException)
                {
                    return true;
                }
            }, iter: 2_000);
    }

    [Fact]
    public void Twenty_thousand_entries_are_searched_and_one_more_is_refused()
    {
        var serials = Enumerable.Range(0, RevocationList.EntriesMax).Select(i => $"{(i * 7919L) + 0x1000000:X8}").ToList();
        var der = world.Status.List(world.Root, l => l with { Revoked = [.. serials.Skip(1), Serial(world)] });
        var before = GC.GetAllocatedBytesForCurrentThread();
        var list = RevocationList.Read(der);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        Assert.Equal(RevocationList.EntriesMax, list.Count);
        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(new RevocationLists([list])).Refusal!.Reason);
        Assert.Null(world.Judge(ListWorld.Lists(world.Status.List(world.Root, l => l with { Revoked = serials }))).Refusal);
        var tooMany = world.Status.List(world.Root, l => l with { Revoked = [.. serials, "05"] });
        Assert.Contains("over 20000", Assert.Throws<CertificateFormatException>(() => RevocationList.Read(tooMany)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_over_a_megabyte_is_not_looked_at() => Assert.Contains(
        "at most 1048576", Assert.Throws<CertificateFormatException>(() => RevocationList.Read(new byte[(1024 * 1024) + 1])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_older_list_does_not_replace_a_newer_one()
    {
        var newer = RevocationList.Read(world.Status.List(world.Root, l => l with { Number = 7, Revoked = [Serial(world)] }));
        var older = RevocationList.Read(world.Status.List(world.Root, l => l with { Number = 6, NextUpdate = Now.AddDays(9) }));
        var first = new RevocationLists([newer]);
        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(first).Refusal!.Reason);
        Assert.Null(world.Judge(new RevocationLists([older])).Refusal);

        var next = first.Replace([older], out var problems);

        Assert.Contains("older than the one in use", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(next).Refusal!.Reason);
    }

    [Fact]
    public void An_older_list_does_not_win_before_anybody_was_judged_by_either()
    {
        var newer = RevocationList.Read(world.Status.List(world.Root, l => l with { Number = 7, Revoked = [Serial(world)] }));
        var older = RevocationList.Read(world.Status.List(world.Root, l => l with { Number = 6 }));

        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(new RevocationLists([newer]).Replace([older], out _)).Refusal!.Reason);
    }

    /// <summary>A folder that is empty for one look: rm and then cp, a mount that goes away.</summary>
    [Theory]
    [InlineData(6), InlineData(null)]
    public void An_older_list_is_left_out_also_when_there_was_none_for_a_while(int? number)
    {
        RevocationList Made(int add, Func<ListWish, ListWish> change) =>
            RevocationList.Read(world.Status.List(world.Root, l => change(l with { Number = number + add, ThisUpdate = Now.AddMinutes(add - 10) })));
        var first = new RevocationLists([Made(1, l => l with { Revoked = [Serial(world)] })]);
        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(first).Refusal!.Reason);
        var gone = first.Replace([], out _).Replace([], out _);

        var back = gone.Replace([Made(0, l => l)], out var problems);

        Assert.Contains("older than one that was in use before", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal(SvidRefusalReason.StatusUnknown, world.Judge(back).Refusal!.Reason);
        Assert.Null(world.Judge(back.Replace([Made(2, l => l)], out _)).Refusal);
    }

    [Fact]
    public void A_forged_list_with_a_high_number_does_not_push_out_the_real_one()
    {
        var real = RevocationList.Read(world.Status.List(world.Root, l => l with { Extensions = "" }));
        var forged = RevocationList.Read(world.Status.List(world.Impostor, l => l with { Number = 999, Extensions = "" }));

        Assert.Null(world.Judge(new RevocationLists([real]).Replace([forged], out _)).Refusal);
    }

    [Fact]
    public void A_newer_list_replaces_the_older_one_and_a_removed_one_is_gone()
    {
        var first = new RevocationLists([RevocationList.Read(world.Status.List(world.Root))]);
        Assert.Null(world.Judge(first).Refusal);
        var newer = RevocationList.Read(world.Status.List(world.Root, l => l with { Number = 2, Revoked = [Serial(world)] }));

        var second = first.Replace([newer], out _);
        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(second).Refusal!.Reason);
        Assert.Same(newer, Assert.Single(second.All));
        Assert.Empty(second.Replace([], out _).All);
    }
}
