using System.Device.Gpio;
using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Gpio;

/// <summary>
/// A <see cref="GpioDriver"/> over <c>/dev/gpiochipN</c> and the v2 ioctls of linux/gpio.h. The drivers that come with
/// System.Device.Gpio load libgpiod or use the removed sysfs interface; a static binary can do neither. Hand it to
/// <c>new GpioController(driver)</c> and everything written for that class works, pins being line offsets of the chip.
/// <para>Thread-safe. Edges are read by one thread a driver, started with the first callback and ended by
/// Dispose.</para>
/// </summary>
public sealed partial class CharacterDeviceGpioDriver : GpioDriver
{
    /// <summary>Shown by gpioinfo as who holds a line.</summary>
    public const string Consumer = "x0tta6bl4";

    private readonly Lock _lock = new();
    private readonly IGpioKernel _kernel;
    private readonly string _path;

    // -1 until opened and after Dispose: GpioDriver has a finalizer, which also runs for an object whose constructor
    // threw.
    private int _chipFd = -1;
    private readonly Dictionary<int, GpioLineOptions> _options = [];
    private readonly Dictionary<int, Line> _lines = [];
    private bool _isDisposed;

    /// <summary>Opens a chip.</summary>
    /// <param name="path">Device file, for example <c>/dev/gpiochip0</c>.</param>
    /// <exception cref="LinuxException">The device cannot be opened or is no GPIO chip.</exception>
    public CharacterDeviceGpioDriver(string path)
        : this(path, new LinuxGpioKernel())
    {
    }

    internal CharacterDeviceGpioDriver(string path, IGpioKernel kernel)
    {
        _path = path;
        _kernel = kernel;
        _chipFd = Check(kernel.OpenChip(path), "open");
        var result = kernel.GetChipInfo(_chipFd, out var info);
        if (result < 0)
        {
            CloseChip();
            throw new LinuxException("GPIO_GET_CHIPINFO_IOCTL", path, -result);
        }

        Name = info.Name.Text;
        Label = info.Label.Text;
        PinCount = (int)info.Lines;
    }

    /// <summary>The kernel's name, for example <c>gpiochip0</c>; depends on the probe order.</summary>
    public string Name { get; }

    /// <summary>The hardware's name, for example <c>9030000.pl061</c>.</summary>
    public string Label { get; }

    /// <inheritdoc/>
    protected override int PinCount { get; }

    /// <summary>Sets what a line is to be like. Takes effect at the next OpenPin.</summary>
    public void Configure(int pin, GpioLineOptions options)
    {
        lock (_lock)
        {
            _options[pin] = options;
        }
    }

    /// <summary>The offset of a named line, or null when the chip has none of that name.</summary>
    public int? FindLine(string name)
    {
        for (var offset = 0; offset < PinCount; offset++)
        {
            var info = new GpioV2LineInfo { Offset = (uint)offset };
            if (_kernel.GetLineInfo(_chipFd, ref info) >= 0 && info.Name.Text == name)
            {
                return offset;
            }
        }

        return null;
    }

    /// <summary>Who holds a line: the consumer's name (empty when it gave none), or null when it is free.</summary>
    /// <exception cref="LinuxException">No such line.</exception>
    public string? HolderOf(int pin)
    {
        var info = LineInfo(pin);
        return (info.Flags & GpioUapi.GPIO_V2_LINE_FLAG_USED) != 0 ? info.Consumer.Text : null;
    }

    /// <inheritdoc/>
    public override GpioChipInfo GetChipInfo() => new(0, Name, Label, PinCount);

    /// <inheritdoc/>
    protected override void OpenPin(int pinNumber)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var options = _options.GetValueOrDefault(pinNumber) ?? new GpioLineOptions(false, TimeSpan.Zero);
            var line = new Line(options);
            var request = new GpioV2LineRequest
            {
                Consumer = GpioName.From(Consumer),
                Config = line.Config(),
                NumLines = 1,
            };
            request.Offsets[0] = (uint)pinNumber;
            Check(_kernel.RequestLine(_chipFd, ref request), $"GPIO_V2_GET_LINE_IOCTL line {pinNumber}");
            line.Fd = request.Fd;
            _lines.Add(pinNumber, line);
        }
    }

    /// <inheritdoc/>
    protected override void ClosePin(int pinNumber)
    {
        lock (_lock)
        {
            if (_lines.Remove(pinNumber, out var line))
            {
                Retire(line);
            }
        }
    }

    /// <inheritdoc/>
    protected override void SetPinMode(int pinNumber, PinMode mode) => SetMode(pinNumber, mode, null);

    /// <inheritdoc/>
    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue) =>
        SetMode(pinNumber, mode, initialValue == PinValue.High);

    /// <inheritdoc/>
    protected override PinMode GetPinMode(int pinNumber)
    {
        lock (_lock)
        {
            // GpioController asks before every write; only a line nobody has set yet needs the kernel's answer.
            if (_lines.GetValueOrDefault(pinNumber)?.Mode is { } mode)
            {
                return mode;
            }
        }

        var flags = LineInfo(pinNumber).Flags;
        return flags switch
        {
            _ when (flags & GpioUapi.GPIO_V2_LINE_FLAG_OUTPUT) != 0 => PinMode.Output,
            _ when (flags & GpioUapi.GPIO_V2_LINE_FLAG_BIAS_PULL_UP) != 0 => PinMode.InputPullUp,
            _ when (flags & GpioUapi.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN) != 0 => PinMode.InputPullDown,
            _ => PinMode.Input,
        };
    }

    /// <inheritdoc/>
    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) =>
        mode is PinMode.Input or PinMode.Output or PinMode.InputPullUp or PinMode.InputPullDown;

    /// <inheritdoc/>
    protected override PinValue Read(int pinNumber)
    {
        lock (_lock)
        {
            var values = new GpioV2LineValues { Mask = 1 };
            Check(_kernel.GetValues(Opened(pinNumber).Fd, ref values), $"GPIO_V2_LINE_GET_VALUES_IOCTL line {pinNumber}");
            return (values.Bits & 1) != 0 ? PinValue.High : PinValue.Low;
        }
    }

    /// <inheritdoc/>
    protected override void Toggle(int pinNumber) => Write(pinNumber, !Read(pinNumber));

    /// <inheritdoc/>
    protected override void Write(int pinNumber, PinValue value)
    {
        lock (_lock)
        {
            var values = new GpioV2LineValues { Mask = 1, Bits = value == PinValue.High ? 1UL : 0UL };
            Check(_kernel.SetValues(Opened(pinNumber).Fd, ref values), $"GPIO_V2_LINE_SET_VALUES_IOCTL line {pinNumber}");
        }
    }

    private void SetMode(int pin, PinMode mode, bool? initial)
    {
        lock (_lock)
        {
            var line = Opened(pin);
            line.Mode = mode;
            line.Output = initial ?? false;
            Apply(pin, line);
        }
    }

    private void CloseChip()
    {
        if (_chipFd >= 0)
        {
            _ = Libc.Close(_chipFd);
            _chipFd = -1;
        }
    }

    private void Apply(int pin, Line line)
    {
        var config = line.Config();
        Check(_kernel.SetConfig(line.Fd, ref config), $"GPIO_V2_LINE_SET_CONFIG_IOCTL line {pin}");
    }

    private Line Opened(int pin) =>
        _lines.GetValueOrDefault(pin) ?? throw new InvalidOperationException($"{_path}: line {pin} is not open");

    private GpioV2LineInfo LineInfo(int pin)
    {
        var info = new GpioV2LineInfo { Offset = (uint)pin };
        Check(_kernel.GetLineInfo(_chipFd, ref info), $"GPIO_V2_GET_LINEINFO_IOCTL line {pin}");
        return info;
    }

    private int Check(int result, string operation) =>
        result < 0 ? throw new LinuxException(operation, _path, -result) : result;

    /// <summary>One requested line. The configuration is always sent whole: SET_CONFIG replaces it.</summary>
    private sealed class Line(GpioLineOptions options)
    {
        public int Fd { get; set; } = -1;

        public PinMode? Mode { get; set; }

        public bool Output { get; set; }

        /// <summary>Who wants which edges.</summary>
        public List<(PinEventTypes Edges, PinChangeEventHandler Handler)> Callbacks { get; } = [];

        public GpioV2LineConfig Config()
        {
            var edges = Callbacks.Aggregate(PinEventTypes.None, (all, c) => all | c.Edges);
            var config = new GpioV2LineConfig
            {
                Flags = (options.ActiveLow ? GpioUapi.GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0) | Mode switch
                {
                    // Neither input nor output leaves the line as it is until somebody chooses.
                    null => 0,
                    PinMode.Output => GpioUapi.GPIO_V2_LINE_FLAG_OUTPUT,
                    PinMode.InputPullUp => GpioUapi.GPIO_V2_LINE_FLAG_INPUT | GpioUapi.GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
                    PinMode.InputPullDown => GpioUapi.GPIO_V2_LINE_FLAG_INPUT | GpioUapi.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
                    _ => GpioUapi.GPIO_V2_LINE_FLAG_INPUT,
                },
            };
            if (Mode == PinMode.Output)
            {
                // Without this attribute SET_CONFIG would drive the line low for a moment.
                Add(ref config, GpioUapi.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, Output ? 1UL : 0UL);
            }
            else if (Mode is not null && edges != PinEventTypes.None)
            {
                config.Flags |= (edges.HasFlag(PinEventTypes.Rising) ? GpioUapi.GPIO_V2_LINE_FLAG_EDGE_RISING : 0)
                    | (edges.HasFlag(PinEventTypes.Falling) ? GpioUapi.GPIO_V2_LINE_FLAG_EDGE_FALLING : 0);
            }

            if (Mode is not null and not PinMode.Output && options.Debounce > TimeSpan.Zero)
            {
                Add(ref config, GpioUapi.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, (ulong)options.Debounce.TotalMicroseconds);
            }

            return config;
        }

        private static void Add(ref GpioV2LineConfig config, uint id, ulong value)
        {
            config.Attrs[(int)config.NumAttrs++] = new GpioV2LineConfigAttribute
            {
                Attr = new GpioV2LineAttribute { Id = id, Value = value },
                Mask = 1,
            };
        }
    }
}
