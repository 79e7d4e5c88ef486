using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board.Tests;

/// <summary>
/// Proves the structs and numbers against the kernel's own headers: writes a C file of _Static_asserts from the C#
/// side and lets both compilers judge it. Nothing is run, so the arm64 answer is as good as the native one.
/// </summary>
public unsafe class AbiTests
{
    [Theory]
    [InlineData("gcc")]
    [InlineData("aarch64-linux-gnu-gcc")]
    public void Structs_and_ioctls_match_the_kernel_headers(string compiler)
    {
        var path = Path.Combine(Path.GetTempPath(), $"abi-{Guid.NewGuid():N}.c");
        File.WriteAllText(path, Program());
        try
        {
            using var process = new Process
            {
                StartInfo = new ProcessStartInfo(compiler, ["-Wall", "-Werror", "-fsyntax-only", path])
                {
                    UseShellExecute = false,
                    RedirectStandardError = true,
                },
            };
            try
            {
                process.Start();
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Assert.Skip($"{compiler} is not installed");
            }

            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Program()
    {
        var c = new StringBuilder("#include <stddef.h>\n#include <fcntl.h>\n#include <poll.h>\n#include <sys/ioctl.h>\n#include <sys/eventfd.h>\n#include <linux/gpio.h>\n#include <linux/watchdog.h>\n");

        Size<GpioChipInfoC>(c, "struct gpiochip_info");
        GpioChipInfoC chip = default;
        Offsets(c, "struct gpiochip_info", &chip, ("name", (nint)(&chip.Name)), ("label", (nint)(&chip.Label)), ("lines", (nint)(&chip.Lines)));

        Size<GpioV2LineValues>(c, "struct gpio_v2_line_values");
        GpioV2LineValues values = default;
        Offsets(c, "struct gpio_v2_line_values", &values, ("bits", (nint)(&values.Bits)), ("mask", (nint)(&values.Mask)));

        Size<GpioV2LineAttribute>(c, "struct gpio_v2_line_attribute");
        GpioV2LineAttribute attribute = default;
        Offsets(
            c, "struct gpio_v2_line_attribute", &attribute, ("id", (nint)(&attribute.Id)), ("padding", (nint)(&attribute.Padding)),
            ("flags", (nint)(&attribute.Value)), ("values", (nint)(&attribute.Value)), ("debounce_period_us", (nint)(&attribute.Value)));

        Size<GpioV2LineConfigAttribute>(c, "struct gpio_v2_line_config_attribute");
        GpioV2LineConfigAttribute configAttribute = default;
        Offsets(
            c, "struct gpio_v2_line_config_attribute", &configAttribute,
            ("attr", (nint)(&configAttribute.Attr)), ("mask", (nint)(&configAttribute.Mask)));

        Size<GpioV2LineConfig>(c, "struct gpio_v2_line_config");
        GpioV2LineConfig config = default;
        Offsets(
            c, "struct gpio_v2_line_config", &config, ("flags", (nint)(&config.Flags)), ("num_attrs", (nint)(&config.NumAttrs)),
            ("padding", (nint)(&config.Padding)), ("attrs", (nint)(&config.Attrs)));

        Size<GpioV2LineRequest>(c, "struct gpio_v2_line_request");
        GpioV2LineRequest request = default;
        Offsets(
            c, "struct gpio_v2_line_request", &request, ("offsets", (nint)(&request.Offsets)), ("consumer", (nint)(&request.Consumer)),
            ("config", (nint)(&request.Config)), ("num_lines", (nint)(&request.NumLines)), ("event_buffer_size", (nint)(&request.EventBufferSize)),
            ("padding", (nint)(&request.Padding)), ("fd", (nint)(&request.Fd)));

        Size<GpioV2LineInfo>(c, "struct gpio_v2_line_info");
        GpioV2LineInfo info = default;
        Offsets(
            c, "struct gpio_v2_line_info", &info, ("name", (nint)(&info.Name)), ("consumer", (nint)(&info.Consumer)), ("offset", (nint)(&info.Offset)),
            ("num_attrs", (nint)(&info.NumAttrs)), ("flags", (nint)(&info.Flags)), ("attrs", (nint)(&info.Attrs)), ("padding", (nint)(&info.Padding)));

        Size<GpioV2LineEvent>(c, "struct gpio_v2_line_event");
        GpioV2LineEvent lineEvent = default;
        Offsets(
            c, "struct gpio_v2_line_event", &lineEvent, ("timestamp_ns", (nint)(&lineEvent.TimestampNs)), ("id", (nint)(&lineEvent.Id)),
            ("offset", (nint)(&lineEvent.Offset)), ("seqno", (nint)(&lineEvent.Seqno)), ("line_seqno", (nint)(&lineEvent.LineSeqno)),
            ("padding", (nint)(&lineEvent.Padding)));

        Size<WatchdogInfoC>(c, "struct watchdog_info");
        WatchdogInfoC watchdog = default;
        Offsets(
            c, "struct watchdog_info", &watchdog, ("options", (nint)(&watchdog.Options)),
            ("firmware_version", (nint)(&watchdog.FirmwareVersion)), ("identity", (nint)(&watchdog.Identity)));

        Size<Libc.PollFd>(c, "struct pollfd");
        Libc.PollFd poll = default;
        Offsets(c, "struct pollfd", &poll, ("fd", (nint)(&poll.Fd)), ("events", (nint)(&poll.Events)), ("revents", (nint)(&poll.Revents)));

        Constants(c, typeof(GpioUapi));
        Constants(c, typeof(WatchdogUapi));
        Constants(c, typeof(Libc));
        foreach (var flag in Enum.GetValues<WatchdogFlags>().Where(f => f != WatchdogFlags.None))
        {
            c.AppendLine($"_Static_assert(WDIOF_{flag.ToString().ToUpperInvariant()} == {(int)flag}, \"{flag}\");");
        }

        c.AppendLine($"_Static_assert(EFD_CLOEXEC == {Libc.O_CLOEXEC}, \"EFD_CLOEXEC\");");
        return c.ToString();
    }

    private static void Size<T>(StringBuilder c, string name)
        where T : unmanaged =>
        c.AppendLine($"_Static_assert(sizeof({name}) == {Unsafe.SizeOf<T>()}, \"sizeof {name}\");");

    private static void Offsets(StringBuilder c, string name, void* start, params (string Field, nint Address)[] fields)
    {
        foreach (var (field, address) in fields)
        {
            c.AppendLine($"_Static_assert(offsetof({name}, {field}) == {address - (nint)start}, \"{name}.{field}\");");
        }
    }

    // Every constant whose name is the C name: numbers, flags and ioctl codes.
    private static void Constants(StringBuilder c, Type type)
    {
        foreach (var field in type.GetFields().Where(f => f.IsLiteral || f is { IsStatic: true, IsInitOnly: true }))
        {
            c.AppendLine($"_Static_assert((unsigned long){field.Name} == {field.GetValue(null)}UL, \"{field.Name}\");");
        }
    }
}
