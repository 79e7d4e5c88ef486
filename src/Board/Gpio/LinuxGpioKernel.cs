using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Gpio;

/// <summary>The real kernel.</summary>
internal sealed unsafe class LinuxGpioKernel : IGpioKernel
{
    public int OpenChip(string path)
    {
        var fd = Libc.Open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        return fd < 0 ? -Errno.Last : fd;
    }

    public int GetChipInfo(int chipFd, out GpioChipInfoC info)
    {
        info = default;
        return Call(chipFd, GpioUapi.GPIO_GET_CHIPINFO_IOCTL, ref info);
    }

    public int GetLineInfo(int chipFd, ref GpioV2LineInfo info) =>
        Call(chipFd, GpioUapi.GPIO_V2_GET_LINEINFO_IOCTL, ref info);

    public int RequestLine(int chipFd, ref GpioV2LineRequest request) =>
        Call(chipFd, GpioUapi.GPIO_V2_GET_LINE_IOCTL, ref request);

    public int SetConfig(int lineFd, ref GpioV2LineConfig config) =>
        Call(lineFd, GpioUapi.GPIO_V2_LINE_SET_CONFIG_IOCTL, ref config);

    public int GetValues(int lineFd, ref GpioV2LineValues values) =>
        Call(lineFd, GpioUapi.GPIO_V2_LINE_GET_VALUES_IOCTL, ref values);

    public int SetValues(int lineFd, ref GpioV2LineValues values) =>
        Call(lineFd, GpioUapi.GPIO_V2_LINE_SET_VALUES_IOCTL, ref values);

    private static int Call<T>(int fd, nuint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* pointer = &argument)
        {
            int result;
            do
            {
                result = Libc.Ioctl(fd, request, pointer);
            }
            while (result < 0 && Errno.Last == Errno.EINTR);

            return result < 0 ? -Errno.Last : result;
        }
    }
}
