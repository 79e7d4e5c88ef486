using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>Our numbers against the C library's headers, by both compilers; nothing is run.</summary>
public sealed class SealedAbiTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"sealed-abi-{Guid.NewGuid():N}.c");

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("gcc", 0x20000, 0x10000)]
    [InlineData("aarch64-linux-gnu-gcc", 0x8000, 0x4000)]
    public void Flags_and_offsets_match_the_headers(string compiler, int noFollow, int directory)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{compiler}"), $"{compiler} is not installed: ./build.sh deps build");
        (string Expression, long Value)[] facts =
        [
            ("O_RDWR", Libc.O_RDWR), ("O_WRONLY", Libc.O_WRONLY), ("O_CREAT", Libc.O_CREAT), ("O_EXCL", Libc.O_EXCL),
            ("O_NONBLOCK", Libc.O_NONBLOCK), ("O_CLOEXEC", Libc.O_CLOEXEC), ("O_NOFOLLOW", noFollow), ("O_DIRECTORY", directory),
            ("ENOENT", Libc.ENOENT), ("EINTR", Libc.EINTR), ("EAGAIN", Libc.EAGAIN), ("EINVAL", Libc.EINVAL),
            ("LOCK_EX", Libc.LOCK_EX), ("LOCK_NB", Libc.LOCK_NB), ("POLLIN", Libc.POLLIN),
            ("PR_SET_DUMPABLE", Libc.PR_SET_DUMPABLE),
            ("AT_EMPTY_PATH", Libc.AT_EMPTY_PATH), ("STATX_BASIC_STATS", Libc.STATX_BASIC_STATS),
            ("S_IFMT", Libc.S_IFMT), ("S_IFREG", Libc.S_IFREG), ("S_IFCHR", Libc.S_IFCHR), ("S_IFSOCK", Libc.S_IFSOCK),
            ("sizeof(struct statx)", 256), ("offsetof(struct statx, stx_uid)", 20), ("offsetof(struct statx, stx_mode)", 28),
            ("offsetof(struct statx, stx_size)", 40), ("AF_UNIX", 1), ("SOCK_STREAM", 1), ("SOCK_CLOEXEC", 0x80000),
            ("sizeof(((struct sockaddr_un *)0)->sun_path)", 108), ("offsetof(struct sockaddr_un, sun_path)", 2),
        ];
        File.WriteAllText(_file, """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <stddef.h>
            #include <sys/file.h>
            #include <sys/prctl.h>
            #include <sys/socket.h>
            #include <sys/stat.h>
            #include <sys/un.h>

            """ + string.Join('\n', facts.Select(f => $"_Static_assert(({f.Expression}) == {f.Value}, \"{f.Expression}\");")) + "\n");

        var (exitCode, _, error) = Tool.Run(compiler, ["-Wall", "-Werror", "-fsyntax-only", _file]);

        Assert.True(exitCode == 0, error);
        Assert.Equal((Libc.O_NOFOLLOW, Libc.O_DIRECTORY), System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
            == System.Runtime.InteropServices.Architecture.Arm64 ? (0x8000, 0x4000) : (0x20000, 0x10000));
    }
}
