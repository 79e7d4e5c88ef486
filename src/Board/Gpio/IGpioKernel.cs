namespace X0tta6bl4.Board.Gpio;

/// <summary>
/// The calls the driver makes into the kernel, one a member, so that a test can stand in for the device and keep the
/// driver's own code, descriptors and thread. Failures are negative error numbers, as the kernel itself counts them.
/// </summary>
internal interface IGpioKernel
{
    /// <summary>Opens <c>/dev/gpiochipN</c>. A descriptor, or a negative error number.</summary>
    int OpenChip(string path);

    /// <summary>GPIO_GET_CHIPINFO_IOCTL.</summary>
    int GetChipInfo(int chipFd, out GpioChipInfoC info);

    /// <summary>GPIO_V2_GET_LINEINFO_IOCTL; the offset is read from the struct.</summary>
    int GetLineInfo(int chipFd, ref GpioV2LineInfo info);

    /// <summary>GPIO_V2_GET_LINE_IOCTL; the line's descriptor comes back in the struct.</summary>
    int RequestLine(int chipFd, ref GpioV2LineRequest request);

    /// <summary>GPIO_V2_LINE_SET_CONFIG_IOCTL.</summary>
    int SetConfig(int lineFd, ref GpioV2LineConfig config);

    /// <summary>GPIO_V2_LINE_GET_VALUES_IOCTL.</summary>
    int GetValues(int lineFd, ref GpioV2LineValues values);

    /// <summary>GPIO_V2_LINE_SET_VALUES_IOCTL.</summary>
    int SetValues(int lineFd, ref GpioV2LineValues values);
}
