using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>
/// The kernel's TPM device, or a TPM emulator's unix socket, which takes the same bytes. The device gives an answer in one
/// read(2) (drivers/char/tpm/tpm-dev-common.c), the socket in as many as it likes.
/// </summary>
internal sealed unsafe class TpmDevice : ITpmTransport
{
    private const int SizeAt = 2;
    private const int HeaderBytes = 10;
    private readonly OpenFile _file;

    private TpmDevice(OpenFile file, string path) => (_file, Path) = (file, path);

    public string Path { get; }

    /// <exception cref="SealedStoreException">There is none, it is busy, or it may not be opened.</exception>
    public static TpmDevice Open(string path)
    {
        Libc.FileFacts facts;
        if (Libc.Statx(AtCwd, path, 0, Libc.STATX_BASIC_STATS, &facts) < 0)
        {
            throw OpenFile.Failed(path, "the TPM: statx");
        }

        return new TpmDevice((facts.Mode & Libc.S_IFMT) == Libc.S_IFSOCK ? Connect(path) : OpenFile.Open(path, Libc.O_RDWR), path);
    }

    public int Exchange(ReadOnlySpan<byte> command, Span<byte> answer)
    {
        _file.WriteAll(command);
        var length = 0;
        while (length < HeaderBytes || length < Math.Min(BinaryPrimitives.ReadUInt32BigEndian(answer[SizeAt..]), (uint)answer.Length))
        {
            Wait();
            var count = _file.Read(answer[length..]);
            if (count == 0)
            {
                throw new SealedStoreException($"{Path}: the TPM ended the connection in the middle of an answer ({length} bytes)");
            }

            length += count;
        }

        return length;
    }

    public void Dispose() => _file.Dispose();

    private const int AtCwd = -100;

    private void Wait()
    {
        var poll = new Libc.PollFd { Fd = _file.Descriptor, Events = Libc.POLLIN };
        int ready;
        do
        {
            ready = Libc.Poll(&poll, 1, (int)SealedLimits.TpmCommandTimeout.TotalMilliseconds);
        }
        while (ready < 0 && Libc.LastError == Libc.EINTR);

        if (ready <= 0)
        {
            throw new SealedStoreException($"{Path}: the TPM did not answer in {SealedLimits.TpmCommandTimeout.TotalSeconds:0} s");
        }
    }

    private static OpenFile Connect(string path)
    {
        const int AF_UNIX = 1, SOCK_STREAM = 1, SOCK_CLOEXEC = 0x80000, PathBytes = 108;
        var name = Encoding.UTF8.GetBytes(path);
        if (name.Length >= PathBytes)
        {
            throw new SealedStoreException($"{path}: a unix socket's path has at most {PathBytes - 1} bytes");
        }

        // struct sockaddr_un: the family in this machine's order, then the path with a zero byte at the end (unix(7)).
        Span<byte> address = stackalloc byte[2 + PathBytes];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)AF_UNIX);
        name.CopyTo(address[2..]);
        var socket = OpenFile.Own(Libc.Socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), path);
        fixed (byte* start = address)
        {
            if (Libc.Connect(socket.Descriptor, start, (uint)address.Length) < 0)
            {
                var failure = OpenFile.Failed(path, "the TPM: connect");
                socket.Dispose();
                throw failure;
            }
        }

        return socket;
    }
}
