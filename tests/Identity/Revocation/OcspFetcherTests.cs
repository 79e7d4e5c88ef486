using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>Against the openssl tool's responder, and against ones that misbehave.</summary>
public sealed class OcspFetcherTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Task<StatusVerdict> AskAsync(OcspFetcher fetcher, Minted about) => fetcher.AskAsync(
        Certificate.Read(about.Der), Certificate.Read(world.Root.Der), () => StatusWorld.Now, CancellationToken.None).WaitAsync(Patience);

    private static OcspFetcher Fetcher(Uri url, double seconds = 5) => new(
        new RevocationPolicy { Mode = RevocationMode.Ocsp, Responder = url, FetchTime = TimeSpan.FromSeconds(seconds) }, TimeProvider.System);

    [Theory]
    [InlineData('V', ""), InlineData('R', "it was revoked"), InlineData('?', "does not know")]
    public async Task The_tools_responder_is_asked_with_a_nonce(char status, string word) => await world.WithResponderAsync(
        async url =>
        {
            var verdict = await AskAsync(Fetcher(url), world.Client);

            Assert.Equal((status == 'V', status == 'R'), (verdict.IsGood, verdict.IsRevoked));
            Assert.Contains(word, verdict.Refusal?.Text ?? "", StringComparison.Ordinal);
        },
        status is 'V' or 'R' ? StatusMint.Index(status, [StatusMint.SerialOf(world.Client)]) : "");

    [Theory]
    [InlineData('V'), InlineData('R')]
    public async Task What_it_says_counts_and_is_not_asked_again(char status)
    {
        var asked = 0;
        await using var responder = new FakeResponder(_ =>
        {
            Interlocked.Increment(ref asked);
            return FakeResponder.Http(Answer(f => f with { Status = status == 'R' ? 1 : 0 }));
        });
        var fetcher = Fetcher(responder.Url);

        var first = await AskAsync(fetcher, world.Client);
        var second = await AskAsync(fetcher, world.Client);

        Assert.Equal((status == 'V', status == 'R'), (first.IsGood, first.IsRevoked));
        Assert.Equal(first, second);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_slow_responder_is_given_up()
    {
        await using var responder = new FakeResponder(_ => null);

        var verdict = await AskAsync(Fetcher(responder.Url, 0.3), world.Client);

        Assert.Contains("no answer within 0.3 s", verdict.Refusal!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "elsewhere")]
    [InlineData("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "elsewhere")]
    [InlineData("HTTP/1.0 404 Not Found\r\n\r\n", "status 404")]
    [InlineData("HTTP/1.0 500 Oops\r\n\r\n", "status 500")]
    [InlineData("SSH-2.0-x\r\n\r\n", "does not speak HTTP")]
    [InlineData("HTTP/1.\r\n\r\n", "does not speak HTTP")]
    [InlineData("HTTP/1.0 20", "does not speak HTTP")]
    [InlineData("", "does not speak HTTP")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", "cut off")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc", "says 9")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: x\r\n\r\nabc", "says -1")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n<html>no</html>", "OCSP responder")]
    public async Task Anything_but_an_answer_is_refused(string text, string word)
    {
        await using var responder = new FakeResponder(_ => Encoding.ASCII.GetBytes(text));

        var verdict = await AskAsync(Fetcher(responder.Url), world.Client);

        Assert.Equal(SvidRefusalReason.StatusUnknown, verdict.Refusal!.Reason);
        Assert.Contains(word, verdict.Refusal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off()
    {
        await using var responder = new FakeResponder(_ => [.. "HTTP/1.0 200 OK\r\n\r\n"u8, .. new byte[200_000]]);

        Assert.Contains("has over 73728 bytes", (await AskAsync(Fetcher(responder.Url), world.Client)).Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_to_another_question_is_refused()
    {
        await using var responder = new FakeResponder(_ => FakeResponder.Http(Answer(f => f with { Nonce = [1, 2, 3] })));

        Assert.Contains("nonce", (await AskAsync(Fetcher(responder.Url), world.Client)).Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_answer_than_the_last_one_is_refused()
    {
        // The first has ended when the second question comes; the second is from before the first.
        var ages = new Queue<int>([-30, -40]);
        await using var responder = new FakeResponder(_ =>
        {
            var at = StatusWorld.Now.AddMinutes(ages.Dequeue());
            return FakeResponder.Http(Answer(f => f with { ThisUpdate = at, NextUpdate = StatusWorld.Now.AddSeconds(-1) }));
        });
        var fetcher = Fetcher(responder.Url);

        Assert.True((await AskAsync(fetcher, world.Client)).IsGood);
        Assert.Contains("older than the last one", (await AskAsync(fetcher, world.Client)).Refusal!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/"), InlineData("http://localhost:1/"), InlineData("http://[::1]:1/"), InlineData("http://0.0.0.0:1/"),
     InlineData("http://169.254.169.254/latest/"), InlineData("http://[fe80::1]/"), InlineData("http://[::ffff:127.0.0.1]:1/"),
     InlineData("http://224.0.0.1/"), InlineData("http://255.255.255.255/"), InlineData("http://127.1/"), InlineData("http://[::]:1/")]
    public async Task A_certificate_cannot_send_us_to_ourselves(string url)
    {
        var leaf = world.Leaf("ssrf", more: $"authorityInfoAccess=OCSP;URI:{url}\n");
        var fetcher = new OcspFetcher(new RevocationPolicy { Mode = RevocationMode.Ocsp }, TimeProvider.System);

        Assert.Contains("only a configured responder may be", (await AskAsync(fetcher, leaf)).Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nor_to_ourselves_by_the_address_of_an_interface()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal).ToList();
        Assert.SkipWhen(own.Count == 0, "this machine has no address but those of loopback and link");
        foreach (var address in own)
        {
            var host = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";
            var leaf = world.Leaf($"own-{own.IndexOf(address)}", more: $"authorityInfoAccess=OCSP;URI:http://{host}:1/\n");
            var fetcher = new OcspFetcher(new RevocationPolicy { Mode = RevocationMode.Ocsp }, TimeProvider.System);

            Assert.Contains("only a configured responder may be", (await AskAsync(fetcher, leaf)).Refusal!.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://a.example/"), InlineData("ldap://a.example/"), InlineData("file:///etc/passwd"), InlineData("http:///x"),
     InlineData("http://u:p@a.example/"), InlineData("a.example")]
    public async Task Only_http_is_asked(string url)
    {
        var leaf = world.Leaf("scheme", more: $"authorityInfoAccess=OCSP;URI:{url}\n");
        var fetcher = new OcspFetcher(new RevocationPolicy { Mode = RevocationMode.Ocsp }, TimeProvider.System);

        Assert.Contains("names no OCSP responder", (await AskAsync(fetcher, leaf)).Refusal!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 63), InlineData(14, 20), InlineData(1, 250), InlineData(1, 300), InlineData(1, 64)]
    public async Task A_name_no_resolver_takes_is_a_refusal(int labels, int length)
    {
        var host = string.Join('.', Enumerable.Repeat(new string('a', length), labels));
        var leaf = world.Leaf($"long-{labels}-{length}", more: $"authorityInfoAccess=OCSP;URI:http://{host}/\n");
        var fetcher = new OcspFetcher(new RevocationPolicy { Mode = RevocationMode.Ocsp }, TimeProvider.System);

        Assert.Equal(SvidRefusalReason.StatusUnknown, (await AskAsync(fetcher, leaf)).Refusal!.Reason);
    }

    [Theory]
    [InlineData("http://xn--a.example/"), InlineData("http://\u00df\u200d.example/"), InlineData("http://[::1%25x]/"), InlineData("http://a..b/"),
     InlineData("http://a_b.example:65535/")]
    public async Task An_odd_name_throws_nothing(string text)
    {
        var policy = new RevocationPolicy { Mode = RevocationMode.Ocsp, Responder = OcspFetcher.ReadUrl(text) };

        var verdict = await AskAsync(new OcspFetcher(policy, TimeProvider.System), world.Client);

        Assert.Equal(SvidRefusalReason.StatusUnknown, verdict.Refusal!.Reason);
    }

    [Fact]
    public async Task The_memory_of_answers_is_bounded()
    {
        byte[] serial = [1, 0, 0];
        await using var responder = new FakeResponder(_ => FakeResponder.Http(Answer(f => f with { Serial = serial })));
        var fetcher = Fetcher(responder.Url);
        for (var i = 0; i < OcspFetcher.RememberedMax + 10; i++)
        {
            serial = [1, (byte)(i / 256), (byte)i];
            Assert.True((await AskAsync(fetcher, Renumbered(serial))).IsGood);
        }

        Assert.Equal(OcspFetcher.RememberedMax, fetcher.Remembered);
    }

    /// <summary>The same certificate with another number: whoever asks has proven it before.</summary>
    private Minted Renumbered(byte[] serial)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(world.Client.Der);
        var was = certificate.SerialNumberBytes.ToArray();
        var at = world.Client.Der.AsSpan().IndexOf((byte[])[2, (byte)was.Length, .. was]);
        var more = serial.Length - was.Length;
        byte[] der = [.. world.Client.Der[..at], 2, (byte)serial.Length, .. serial, .. world.Client.Der[(at + 2 + was.Length)..]];
        // Both are sequences with two bytes of length.
        foreach (var length in (int[])[2, 6])
        {
            BinaryPrimitives.WriteUInt16BigEndian(der.AsSpan(length), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(der.AsSpan(length)) + more));
        }

        return world.Client with { Der = der };
    }

    private byte[] Answer(Func<ResponseWish, ResponseWish> change) =>
        OcspForge.Make(world.Client, world.Root, world.Root, StatusWorld.Now, change);
}
