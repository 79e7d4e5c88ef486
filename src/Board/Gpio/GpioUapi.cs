using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace X0tta6bl4.Board.Gpio;

/// <summary>
/// The GPIO character device's v2 interface, linux/gpio.h (kernel 5.10 and later). Field for field; the ABI test
/// compiles the header against every size, offset and number below, for x86-64 and for aarch64.
/// </summary>
internal static class GpioUapi
{
    public const int GPIO_MAX_NAME_SIZE = 32;
    public const int GPIO_V2_LINES_MAX = 64;
    public const int GPIO_V2_LINE_NUM_ATTRS_MAX = 10;

    public const nuint GPIO_GET_CHIPINFO_IOCTL = 0x8044B401;
    public const nuint GPIO_V2_GET_LINEINFO_IOCTL = 0xC100B405;
    public const nuint GPIO_V2_GET_LINE_IOCTL = 0xC250B407;
    public const nuint GPIO_V2_LINE_SET_CONFIG_IOCTL = 0xC110B40D;
    public const nuint GPIO_V2_LINE_GET_VALUES_IOCTL = 0xC010B40E;
    public const nuint GPIO_V2_LINE_SET_VALUES_IOCTL = 0xC010B40F;

    public const ulong GPIO_V2_LINE_FLAG_USED = 1 << 0;
    public const ulong GPIO_V2_LINE_FLAG_ACTIVE_LOW = 1 << 1;
    public const ulong GPIO_V2_LINE_FLAG_INPUT = 1 << 2;
    public const ulong GPIO_V2_LINE_FLAG_OUTPUT = 1 << 3;
    public const ulong GPIO_V2_LINE_FLAG_EDGE_RISING = 1 << 4;
    public const ulong GPIO_V2_LINE_FLAG_EDGE_FALLING = 1 << 5;
    public const ulong GPIO_V2_LINE_FLAG_BIAS_PULL_UP = 1 << 8;
    public const ulong GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN = 1 << 9;

    public const uint GPIO_V2_LINE_ATTR_ID_FLAGS = 1;
    public const uint GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES = 2;
    public const uint GPIO_V2_LINE_ATTR_ID_DEBOUNCE = 3;

    public const uint GPIO_V2_LINE_EVENT_RISING_EDGE = 1;
    public const uint GPIO_V2_LINE_EVENT_FALLING_EDGE = 2;
}

/// <summary>char name[GPIO_MAX_NAME_SIZE]: bytes up to a NUL.</summary>
[InlineArray(GpioUapi.GPIO_MAX_NAME_SIZE)]
internal struct GpioName
{
    private byte _first;

    /// <summary>As text.</summary>
    public readonly string Text
    {
        get
        {
            ReadOnlySpan<byte> bytes = this;
            var end = bytes.IndexOf((byte)0);
            return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }
    }

    /// <summary>Takes as much of an ASCII text as fits with its NUL.</summary>
    public static GpioName From(string text)
    {
        var name = default(GpioName);
        Span<byte> bytes = name;
        for (var i = 0; i < text.Length && i < bytes.Length - 1; i++)
        {
            bytes[i] = (byte)text[i];
        }

        return name;
    }
}

/// <summary>struct gpiochip_info</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioChipInfoC
{
    public GpioName Name;   // name
    public GpioName Label;  // label
    public uint Lines;      // lines
}

/// <summary>struct gpio_v2_line_values: one bit for each requested line.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineValues
{
    public ulong Bits;      // bits
    public ulong Mask;      // mask
}

/// <summary>
/// struct gpio_v2_line_attribute; the union's members share <see cref="Value"/> (debounce_period_us is its low half).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineAttribute
{
    public uint Id;         // id
    public uint Padding;    // padding
    public ulong Value;     // flags, values, debounce_period_us
}

/// <summary>struct gpio_v2_line_config_attribute</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineConfigAttribute
{
    public GpioV2LineAttribute Attr;    // attr
    public ulong Mask;                  // mask
}

[InlineArray(GpioUapi.GPIO_V2_LINE_NUM_ATTRS_MAX)]
internal struct GpioV2LineConfigAttributes
{
    private GpioV2LineConfigAttribute _first;
}

[InlineArray(GpioUapi.GPIO_V2_LINE_NUM_ATTRS_MAX)]
internal struct GpioV2LineAttributes
{
    private GpioV2LineAttribute _first;
}

[InlineArray(GpioUapi.GPIO_V2_LINES_MAX)]
internal struct GpioV2Offsets
{
    private uint _first;
}

[InlineArray(4)]
internal struct UInt32x4
{
    private uint _first;
}

[InlineArray(5)]
internal struct UInt32x5
{
    private uint _first;
}

[InlineArray(6)]
internal struct UInt32x6
{
    private uint _first;
}

/// <summary>struct gpio_v2_line_config</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineConfig
{
    public ulong Flags;                         // flags
    public uint NumAttrs;                       // num_attrs
    public UInt32x5 Padding;                    // padding
    public GpioV2LineConfigAttributes Attrs;    // attrs
}

/// <summary>struct gpio_v2_line_request</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineRequest
{
    public GpioV2Offsets Offsets;       // offsets
    public GpioName Consumer;           // consumer
    public GpioV2LineConfig Config;     // config
    public uint NumLines;               // num_lines
    public uint EventBufferSize;        // event_buffer_size
    public UInt32x5 Padding;            // padding
    public int Fd;                      // fd
}

/// <summary>struct gpio_v2_line_info</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineInfo
{
    public GpioName Name;               // name
    public GpioName Consumer;           // consumer
    public uint Offset;                 // offset
    public uint NumAttrs;               // num_attrs
    public ulong Flags;                 // flags
    public GpioV2LineAttributes Attrs;  // attrs
    public UInt32x4 Padding;            // padding
}

/// <summary>struct gpio_v2_line_event</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioV2LineEvent
{
    public ulong TimestampNs;   // timestamp_ns
    public uint Id;             // id
    public uint Offset;         // offset
    public uint Seqno;          // seqno
    public uint LineSeqno;      // line_seqno
    public UInt32x6 Padding;    // padding
}
