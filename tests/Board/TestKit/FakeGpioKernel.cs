using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Tests.TestKit;

/// <summary>
/// A chip of eight lines that answers the ioctls. The descriptors are real pipes, so that the driver's poll thread,
/// its reads and its closes are the real ones.
/// </summary>
internal sealed unsafe partial class FakeGpioKernel : IGpioKernel, IDisposable
{
    private readonly Dictionary<int, int> _writeEnds = [];
    private readonly Dictionary<int, int> _lineOfFd = [];
    private readonly int[] _chip = NewPipe();

    public List<string> Calls { get; } = [];

    public Dictionary<int, ulong> Values { get; } = [];

    public HashSet<int> Busy { get; } = [];

    public int ChipInfoAnswer { get; set; }

    public int OpenChip(string path) => path == "/dev/gpiochip0" ? _chip[0] : -Errno.ENOENT;

    public int GetChipInfo(int chipFd, out GpioChipInfoC info)
    {
        info = new GpioChipInfoC { Name = GpioName.From("gpiochip0"), Label = GpioName.From("9030000.pl061"), Lines = 8 };
        return ChipInfoAnswer;
    }

    public int GetLineInfo(int chipFd, ref GpioV2LineInfo info)
    {
        if (info.Offset >= 8)
        {
            return -Errno.EINVAL;
        }

        info.Name = GpioName.From($"LINE{info.Offset}");
        info.Flags = Busy.Contains((int)info.Offset) ? GpioUapi.GPIO_V2_LINE_FLAG_USED : 0;
        info.Consumer = GpioName.From(Busy.Contains((int)info.Offset) ? "reset" : "");
        return 0;
    }

    public int RequestLine(int chipFd, ref GpioV2LineRequest request)
    {
        var line = (int)request.Offsets[0];
        if (Busy.Contains(line))
        {
            return -Errno.EBUSY;
        }

        var pipe = NewPipe();
        request.Fd = pipe[0];
        _writeEnds[line] = pipe[1];
        _lineOfFd[pipe[0]] = line;
        Calls.Add($"request {line} '{request.Consumer.Text}' {Show(request.Config)}");
        return 0;
    }

    public int SetConfig(int lineFd, ref GpioV2LineConfig config)
    {
        Calls.Add($"config {_lineOfFd[lineFd]} {Show(config)}");
        return 0;
    }

    public int GetValues(int lineFd, ref GpioV2LineValues values)
    {
        values.Bits = Values.GetValueOrDefault(_lineOfFd[lineFd]) & values.Mask;
        return 0;
    }

    public int SetValues(int lineFd, ref GpioV2LineValues values)
    {
        Values[_lineOfFd[lineFd]] = values.Bits;
        return 0;
    }

    /// <summary>The kernel sees an edge.</summary>
    public void Edge(int line, bool isRising, ulong timestampNs)
    {
        var e = new GpioV2LineEvent
        {
            TimestampNs = timestampNs,
            Id = isRising ? GpioUapi.GPIO_V2_LINE_EVENT_RISING_EDGE : GpioUapi.GPIO_V2_LINE_EVENT_FALLING_EDGE,
            Offset = (uint)line,
        };
        Assert.Equal(Unsafe.SizeOf<GpioV2LineEvent>(), (int)Libc.Write(_writeEnds[line], &e, (nuint)Unsafe.SizeOf<GpioV2LineEvent>()));
    }

    /// <summary>True when the driver has closed its end of a line.</summary>
    public bool IsReleased(int line)
    {
        // The write end of a pipe without readers reports an error at once.
        var poll = new Libc.PollFd { Fd = _writeEnds[line], Events = 0 };
        return Libc.Poll(&poll, 1, 0) > 0 && (poll.Revents & Libc.POLLERR) != 0;
    }

    public void Unplug(int line)
    {
        _ = Libc.Close(_writeEnds[line]);
        _writeEnds.Remove(line);
    }

    public void Dispose()
    {
        foreach (var fd in _writeEnds.Values)
        {
            _ = Libc.Close(fd);
        }

        _ = Libc.Close(_chip[1]);
    }

    private static string Show(GpioV2LineConfig config)
    {
        var text = $"flags={config.Flags:x}";
        for (var i = 0; i < config.NumAttrs; i++)
        {
            text += $" attr{config.Attrs[i].Attr.Id}={config.Attrs[i].Attr.Value}/{config.Attrs[i].Mask}";
        }

        return text;
    }

    internal static int[] NewPipe()
    {
        var fds = stackalloc int[2];
        Assert.Equal(0, Pipe(fds));
        return [fds[0], fds[1]];
    }

    [LibraryImport("libc", EntryPoint = "pipe")]
    private static partial int Pipe(int* fds);
}
