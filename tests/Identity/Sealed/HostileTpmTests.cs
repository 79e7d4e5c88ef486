using System.Net.Sockets;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sealed.KeySources;
using X0tta6bl4.Identity.Sealed.Tpm;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>Something that is no good TPM answers in its place: always one error in words, never a crash, never an endless wait.</summary>
public sealed class HostileTpmTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("x0tpm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Refused(params IReadOnlyList<byte[]> answers) => Refused(new Parrot(answers));

    private static string Refused(Parrot parrot) =>
        Assert.Throws<SealedStoreException>(() => new TpmSource(() => parrot).NewRecipe(new byte[16])).Message;

    private static byte[] Answer(ushort tag, uint code, params byte[] body) =>
        new TpmWriter().U16(tag).U32((uint)(10 + body.Length)).U32(code).Raw(body).ToArray();

    [Theory]
    [InlineData(0x100u, "it was not started")]
    [InlineData(0x101u, "failure mode")]
    [InlineData(0x921u, "in lockout")]
    [InlineData(0x902u, "no room for another object")]
    [InlineData(0x9A2u, "owner password")]
    [InlineData(0x98Eu, "counts towards its lockout")]
    [InlineData(0x185u, "owner hierarchy is disabled")]
    [InlineData(0x1DFu, "integrity check failed")]
    [InlineData(0x2C3u, "does not support an algorithm")]
    [InlineData(0x01Eu, "TPM 1.2")]
    [InlineData(0x923u, "cannot be written now")]
    [InlineData(0xFFFFFFFFu, "refused the command")]
    public void A_response_code_is_said_in_words_and_as_a_number(uint code, string expected)
    {
        var message = Refused(Answer(0x8001, code));

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains($"0x{code:X3}", message, StringComparison.Ordinal);
        Assert.StartsWith("/dev/parrot: TPM2_CreatePrimary: ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x922u)]
    [InlineData(0x908u)]
    [InlineData(0x90Au)]
    public void One_that_is_always_busy_is_asked_a_few_times(uint code)
    {
        var parrot = new Parrot([Answer(0x8001, code)]);

        Assert.Contains("still busy after 8 attempts", Refused(parrot), StringComparison.Ordinal);
        Assert.Equal(SealedLimits.TpmAttemptsMax, parrot.Commands);
    }

    [Fact]
    public void One_that_is_busy_at_first_is_asked_again()
    {
        var parrot = new Parrot([Answer(0x8001, 0x922), Answer(0x8001, 0x922), Answer(0x8001, 0x101)]);

        Assert.Contains("failure mode", Refused(parrot), StringComparison.Ordinal);
        Assert.Equal(3, parrot.Commands);
    }

    [Fact]
    public void Answers_that_are_none_are_refused()
    {
        Assert.Contains("ends too early", Refused(Array.Empty<byte>()), StringComparison.Ordinal);
        Assert.Contains("ends too early", Refused([0x80, 0x02, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("says it has 11 bytes and has 10", Refused([0x80, 0x02, 0, 0, 0, 11, 0, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("says it has 4294967295", Refused([0x80, 0x02, 255, 255, 255, 255, 0, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("wrong tag 0x8001", Refused(Answer(0x8001, 0)), StringComparison.Ordinal);
        Assert.Contains("ends too early", Refused(Answer(0x8002, 0)), StringComparison.Ordinal);
        Assert.Contains("ends too early", Refused(Answer(0x8002, 0, 1, 2, 3, 4, 0, 0, 0, 9, 1)), StringComparison.Ordinal);
        Assert.Contains("ends too early", Refused(Answer(0x8002, 0, 1, 2, 3, 4, 255, 255, 255, 255, 1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, 32, "no point of P-256")]   // not on the curve
    [InlineData(0, 0, "no point of P-256")]
    [InlineData(33, 32, "no point of P-256")]
    [InlineData(32, 500, "no point of P-256")]
    public void A_storage_key_that_is_none_is_refused(int xLength, int yLength, string expected)
    {
        var template = StorageKey.PublicTemplate()[..^4];
        byte[] point = [.. template, .. Sized(xLength), .. Sized(yLength)];

        Assert.Contains(expected, Assert.Throws<SealedStoreException>(() => StorageKey.Read(point, "/dev/parrot")).Message, StringComparison.Ordinal);
        point[3] ^= 1;
        Assert.Contains("another kind of storage key", Assert.Throws<SealedStoreException>(() => StorageKey.Read(point, "x")).Message, StringComparison.Ordinal);

        static byte[] Sized(int length) => new TpmWriter().Sized([.. Enumerable.Repeat((byte)7, length)]).ToArray();
    }

    [Fact]
    public void Any_bytes_are_one_error() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Bool).Array[1, 5].Sample(
        answers => Refused([.. answers.Select(a => a.Item2 ? Answer(0x8002, 0, a.Item1) : a.Item1)]).Length > 0,
        iter: 5000, threads: 1);

    [Fact]
    public void Any_bytes_as_a_recipe_are_one_error() => Gen.Byte.Array[0, 300].Sample(
        recipe => Assert.Throws<SealedStoreException>(() => new TpmSource(() => new Parrot([[]])).Recover(recipe, new byte[16])).Message.Length > 0,
        iter: 2000, threads: 1);

    [Theory]
    [InlineData(5, true, "ended the connection in the middle of an answer (5 bytes)")]
    [InlineData(10, true, "failure mode")]
    [InlineData(10, false, "failure mode")]
    public async Task A_socket_may_answer_in_pieces_or_hang_up(int bytes, bool atOnce, string expected)
    {
        var path = Path.Combine(_folder, "socket");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var server = Task.Run(async () =>
        {
            using var peer = await listener.AcceptAsync();
            await peer.ReceiveAsync(new byte[4096]);
            var answer = Answer(0x8001, 0x101)[..bytes];
            foreach (var piece in atOnce ? [answer] : answer.Chunk(1))
            {
                await peer.SendAsync(piece);
                await Task.Delay(1);
            }
        });

        var message = Assert.Throws<SealedStoreException>(() => new TpmSource(() => TpmDevice.Open(path)).NewRecipe(new byte[16])).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
        await server;
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public void A_device_that_is_no_tpm_is_one_error(string path) => Assert.Contains(
        path, Assert.Throws<SealedStoreException>(() => new TpmSource(() => TpmDevice.Open(path)).NewRecipe(new byte[16])).Message, StringComparison.Ordinal);

    /// <summary>Says what it was taught, the last of it for ever.</summary>
    private sealed class Parrot(IReadOnlyList<byte[]> answers) : ITpmTransport
    {
        public int Commands { get; private set; }

        public string Path => "/dev/parrot";

        public int Exchange(ReadOnlySpan<byte> command, Span<byte> answer)
        {
            var taught = answers[Math.Min(Commands++, answers.Count - 1)];
            taught.CopyTo(answer);
            return taught.Length;
        }

        public void Dispose()
        {
        }
    }
}
