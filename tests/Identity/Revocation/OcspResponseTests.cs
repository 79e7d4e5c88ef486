using System.Security.Cryptography;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>OCSP responses of the openssl tool, and forged ones it would not make.</summary>
public sealed class OcspResponseTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    private static readonly Dictionary<string, (Func<StatusWorld, byte[]> Response, SvidRefusalReason Reason, string Word)> Bad = new()
    {
        ["revoked"] = (w => w.Status.Response(w.Client, w.Root, w.Root, 'R'), SvidRefusalReason.Revoked, "it was revoked"),
        ["revoked, says a responder"] = (w => w.Status.Response(w.Client, w.Root, w.Delegate, 'R'), SvidRefusalReason.Revoked, "it was revoked"),
        ["revoked, forged"] = (w => Forge(w, f => f with { Status = 1 }), SvidRefusalReason.Revoked, "it was revoked"),
        ["not known"] = (w => w.Status.Response(w.Client, w.Root, w.Root, '?'), SvidRefusalReason.StatusUnknown, "does not know"),
        ["of a status there is not"] = (w => Forge(w, f => f with { Status = 3 }), SvidRefusalReason.StatusUnknown, "cannot be parsed"),
        ["good for another certificate"] = (
            w => w.Status.Response(w.Server, w.Root, w.Root), SvidRefusalReason.StatusUnknown, "another certificate"),
        ["good for the serial number of another issuer"] = (
            w => w.Status.Response(w.Client, w.Middle, w.Middle), SvidRefusalReason.StatusUnknown, "another certificate"),
        ["of another serial number"] = (w => Forge(w, f => f with { Serial = [1, 2, 3] }), SvidRefusalReason.StatusUnknown, "another certificate"),
        ["named by a hash we do not know"] = (
            w => Forge(w, f => f with { Hash = HashAlgorithmName.SHA512 }), SvidRefusalReason.StatusUnknown, "another certificate"),
        ["of nobody"] = (w => Forge(w, f => f with { Times = 0 }), SvidRefusalReason.StatusUnknown, "another certificate"),
        ["twice"] = (w => Forge(w, f => f with { Times = 2 }), SvidRefusalReason.StatusUnknown, "more than once"),
        ["65 times"] = (w => Forge(w, f => f with { Times = 65 }), SvidRefusalReason.StatusUnknown, "at most 64"),
        ["signed by one that calls itself the same"] = (
            w => w.Status.Response(w.Client, w.Root, w.Impostor, 'V', "-resp_no_certs"), SvidRefusalReason.StatusUnknown, "was not signed by"),
        ["signed by one that calls itself the same, with its certificate"] = (
            w => w.Status.Response(w.Client, w.Root, w.Impostor), SvidRefusalReason.StatusUnknown, "extended key usage lacks OCSPSigning"),
        ["signed by the peer itself"] = (
            w => w.Status.Response(w.Client, w.Root, w.Client), SvidRefusalReason.StatusUnknown, "extended key usage lacks OCSPSigning"),
        ["signed by an authority below"] = (
            w => w.Status.Response(w.Client, w.Root, w.Middle), SvidRefusalReason.StatusUnknown, "extended key usage lacks OCSPSigning"),
        ["signed by a responder without its certificate"] = (
            w => w.Status.Response(w.Client, w.Root, w.Delegate, 'V', "-resp_no_certs"), SvidRefusalReason.StatusUnknown, "neither"),
        ["signed by a responder of an authority below"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r, w.Middle)), SvidRefusalReason.StatusUnknown, "not of the certificate's issuer"),
        ["signed by a responder of one that calls itself the same"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r, w.Impostor)), SvidRefusalReason.StatusUnknown, "was not signed by"),
        ["signed by a responder that could be revoked"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { More = "" })), SvidRefusalReason.StatusUnknown, "nocheck"),
        ["signed by a responder for something else"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { Extended = "serverAuth,clientAuth" })),
            SvidRefusalReason.StatusUnknown, "lacks OCSPSigning"),
        ["signed by a responder for anything"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { Extended = "anyExtendedKeyUsage" })),
            SvidRefusalReason.StatusUnknown, "lacks OCSPSigning"),
        ["signed by a responder without an extended key usage"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { Extended = null })),
            SvidRefusalReason.StatusUnknown, "lacks OCSPSigning"),
        ["signed by a responder that may not sign"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { Usage = "critical,keyEncipherment" })),
            SvidRefusalReason.StatusUnknown, "lacks digitalSignature"),
        ["signed by a responder with a critical extension nobody knows"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { More = "noCheck=ignored\n1.2.3.4=critical,DER:0500" })),
            SvidRefusalReason.StatusUnknown, "1.2.3.4"),
        ["signed by a responder that has expired"] = (
            w => w.Status.Response(w.Client, w.Root, w.Responder(r => r with { NotAfter = StatusWorld.Now.AddMinutes(-2) })),
            SvidRefusalReason.StatusUnknown, "is valid from"),
        ["signed by a responder of tomorrow"] = (
            w => w.Status.Response(
                w.Client, w.Root, w.Responder(r => r with { NotBefore = StatusWorld.Now.AddDays(1), NotAfter = StatusWorld.Now.AddDays(2) })),
            SvidRefusalReason.StatusUnknown, "is valid from"),
        ["signed with SHA-1"] = (
            w => w.Status.Response(w.Client, w.Root, w.Root, 'V', "-rmd", "sha1"), SvidRefusalReason.StatusUnknown, "is not accepted with"),
        ["with a bad signature"] = (w => Corrupt(w.Status.Response(w.Client, w.Root, w.Root, 'V', "-resp_no_certs")), SvidRefusalReason.StatusUnknown, "was not signed by"),
        ["that has ended"] = (
            w => Forge(w, f => f with { NextUpdate = StatusWorld.Now.AddSeconds(-62) }), SvidRefusalReason.StatusUnknown, "was good until"),
        ["of the future"] = (
            w => Forge(w, f => f with { ThisUpdate = StatusWorld.Now.AddSeconds(70) }), SvidRefusalReason.StatusUnknown, "it is of"),
        ["made in the future"] = (
            w => Forge(w, f => f with { ProducedAt = StatusWorld.Now.AddSeconds(70) }), SvidRefusalReason.StatusUnknown, "it is of"),
        ["of the year 9999"] = (
            w => Forge(w, f => f with { ThisUpdate = DateTimeOffset.MaxValue, NextUpdate = null }), SvidRefusalReason.StatusUnknown, "it is of"),
        ["that ends before it begins"] = (
            w => Forge(w, f => f with { NextUpdate = f.ThisUpdate.AddSeconds(-1) }), SvidRefusalReason.StatusUnknown, "before its thisUpdate"),
        ["without an end, and old"] = (
            w => Forge(w, f => f with { NextUpdate = null, ThisUpdate = StatusWorld.Now.AddMinutes(-12) }),
            SvidRefusalReason.StatusUnknown, "was good until"),
        ["with a critical extension nobody knows"] = (
            w => Forge(w, f => f with { HasCritical = true }), SvidRefusalReason.StatusUnknown, "1.2.3.4"),
        ["with a critical extension nobody knows in the answer"] = (
            w => Forge(w, f => f with { HasCriticalInAnswer = true }), SvidRefusalReason.StatusUnknown, "1.2.3.4"),
        ["of another version"] = (w => Forge(w, f => f with { Version = 1 }), SvidRefusalReason.StatusUnknown, "version 1"),
        ["of another kind"] = (w => Forge(w, f => f with { Kind = "1.2.3.4" }), SvidRefusalReason.StatusUnknown, "another kind"),
        ["with a nonce of 129 bytes"] = (w => Forge(w, f => f with { Nonce = new byte[129] }), SvidRefusalReason.StatusUnknown, "nonce"),
        ["with 5 certificates"] = (
            w => Forge(w, f => f with { Certificates = [w.Root, w.Root, w.Root, w.Root, w.Root] }), SvidRefusalReason.StatusUnknown, "over 4"),
        ["try later"] = (w => Forge(w, f => f with { ResponseStatus = 3 }), SvidRefusalReason.StatusUnknown, "tryLater"),
        ["unauthorized"] = (w => Forge(w, f => f with { ResponseStatus = 6 }), SvidRefusalReason.StatusUnknown, "unauthorized"),
        ["of nothing"] = (_ => [], SvidRefusalReason.StatusUnknown, "cut off"),
        ["over 64 KiB"] = (_ => new byte[(64 * 1024) + 1], SvidRefusalReason.StatusUnknown, "at most 65536"),
        ["a certificate"] = (w => w.Client.Der, SvidRefusalReason.StatusUnknown, ""),
        ["a list"] = (w => w.Status.List(w.Root), SvidRefusalReason.StatusUnknown, ""),
    };

    public static TheoryData<string> BadNames => [.. Bad.Keys];

    private static byte[] Forge(StatusWorld world, Func<ResponseWish, ResponseWish> change) =>
        OcspForge.Make(world.Client, world.Root, world.Root, StatusWorld.Now, change);

    private static byte[] Corrupt(byte[] response)
    {
        response[^1] ^= 1;
        return response;
    }

    [Theory, MemberData(nameof(BadNames))]
    public void Is_refused(string what)
    {
        var (response, reason, word) = Bad[what];

        var verdict = StatusWorld.Ask(response(world), world.Client, world.Root);

        Assert.NotNull(verdict.Refusal);
        Assert.Equal(reason, verdict.Refusal.Reason);
        Assert.Contains(word, verdict.Refusal.Text, StringComparison.Ordinal);
        Assert.All(verdict.Refusal.Text, c => Assert.InRange(c, ' ', '~'));
    }

    [Fact]
    public void The_issuer_and_its_responder_are_believed()
    {
        foreach (var response in new[]
        {
            world.Status.Response(world.Client, world.Root, world.Root),
            world.Status.Response(world.Client, world.Root, world.Root, 'V', "-resp_no_certs"),
            world.Status.Response(world.Client, world.Root, world.Root, 'V', "-resp_key_id"),
            world.Status.Response(world.Client, world.Root, world.Delegate),
            world.Status.Response(world.Client, world.Root, world.Delegate, 'V', "-resp_key_id"),
            world.Status.Response(world.Client, world.Root, world.Delegate, 'V', "-sha256"),
            world.Status.Response(world.Client, world.Root, world.Delegate, 'V', "-rmd", "sha384"),
            Forge(world, f => f),
            Forge(world, f => f with { Hash = HashAlgorithmName.SHA256, IsKeyNamed = true }),
            Forge(world, f => f with { NextUpdate = null, ThisUpdate = StatusWorld.Now.AddMinutes(-9) }),
            Forge(world, f => f with { NextUpdate = StatusWorld.Now.AddSeconds(-50) }),
            Forge(world, f => f with { Nonce = new byte[32] }),
        })
        {
            Assert.Null(StatusWorld.Ask(response, world.Client, world.Root).Refusal);
        }
    }

    [Fact]
    public void The_answer_to_another_question_is_refused()
    {
        var response = Forge(world, f => f with { Nonce = [1, 2, 3, 4] });

        Assert.Null(StatusWorld.Ask(response, world.Client, world.Root, nonce: [1, 2, 3, 4]).Refusal);
        Assert.Contains("nonce", StatusWorld.Ask(response, world.Client, world.Root, nonce: [1, 2, 3, 5]).Refusal!.Text, StringComparison.Ordinal);
        Assert.Null(StatusWorld.Ask(Forge(world, f => f), world.Client, world.Root, nonce: [1]).Refusal);
    }

    [Fact]
    public void No_cut_response_is_read()
    {
        var response = world.Status.Response(world.Client, world.Root, world.Delegate);
        for (var length = 0; length < response.Length; length++)
        {
            Assert.Throws<CertificateFormatException>(() => OcspResponse.Read(response.AsMemory(0, length)));
        }
    }

    /// <summary>Whatever is changed: nothing else is thrown, and revoked never turns into good. CsCheck prints the seed.</summary>
    [Theory]
    [InlineData('R', true), InlineData('R', false), InlineData('?', false)]
    public void No_mutation_makes_it_good(char status, bool isDelegated)
    {
        var response = world.Status.Response(world.Client, world.Root, isDelegated ? world.Delegate : world.Root, status);
        Gen.Select(Gen.Int[0, response.Length - 1], Gen.Byte, Gen.Int[0, 2]).Sample(
            (at, value, kind) => !StatusWorld.Ask(
                kind switch
                {
                    0 => [.. response[..at], value, .. response[(at + 1)..]],
                    1 => [.. response[..at], value, .. response[at..]],
                    _ => [.. response[..at], .. response[(at + 1)..]],
                },
                world.Client, world.Root).IsGood,
            iter: 2_000);
    }
}
