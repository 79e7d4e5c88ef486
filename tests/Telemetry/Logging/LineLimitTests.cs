using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Logging;

namespace X0tta6bl4.Telemetry.Tests.Logging;

public class LineLimitTests
{
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.String[0, 2000],
        Gen.Char['\0', '\u00a0'].Array[0, 600].Select(c => new string(c)),
        Gen.Char['\ud7f0', '\ue010'].Array[0, 300].Select(c => new string(c)));

    private static readonly Gen<(string Message, (string Name, string Value)[] Fields, int LineBytesMax)> AnyRecord =
        Gen.Select(
            AnyText,
            Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 40], AnyText).Array[0, 30],
            Gen.Int[LogOptions.LineBytesMin, LogOptions.BufferBytesMin]);

    [Fact]
    public void A_json_line_is_whole_json_within_its_limit_whatever_is_logged() => AnyRecord.Sample(
        record =>
        {
            var line = Write(record, LogFormat.Json);

            Assert.InRange(line.Length, 1, record.LineBytesMax);
            Assert.Equal((byte)'\n', line[^1]);
            Assert.True(line[..^1].All(b => b >= ' '), "a control character");
            using var json = JsonDocument.Parse(line.AsMemory());
            Assert.Equal(7, json.RootElement.GetProperty("event").GetInt32());
        },
        iter: 2000);

    [Fact]
    public void A_text_line_is_one_printable_line_within_its_limit_whatever_is_logged() => AnyRecord.Sample(
        record =>
        {
            var line = Write(record, LogFormat.Text);

            Assert.InRange(line.Length, 1, record.LineBytesMax);
            Assert.Equal((byte)'\n', line[^1]);
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(line.AsSpan(0, line.Length - 1));
            Assert.DoesNotContain(text, c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e');
        },
        iter: 2000);

    [Fact]
    public void What_is_cut_says_so()
    {
        using var log = new TestLog(new LogOptions { LineBytesMax = 600 });

        log.Logger.Log(
            LogLevel.Information,
            1,
            Enumerable
                .Range(0, 20)
                .Select(i => KeyValuePair.Create($"field{i}", (object?)new string('x', 300)))
                .ToArray(),
            null,
            (_, _) => new string('m', 1000));

        using var json = JsonDocument.Parse(log.Line());
        Assert.EndsWith("…", json.RootElement.GetProperty("msg").GetString());
        var shown = json.RootElement.EnumerateObject().Count(p => p.Name.StartsWith("field", StringComparison.Ordinal));
        Assert.Equal(20 - shown, json.RootElement.GetProperty("cut_fields").GetInt32());
        Assert.InRange(shown, 1, 19);
    }

    [Fact]
    public void A_stack_trace_fills_the_rest_of_the_line_and_no_more()
    {
        using var log = new TestLog();
        Exception error;
        try
        {
            Deep(60);
            return;
        }
        catch (InvalidOperationException caught)
        {
            error = caught;
        }

        log.Logger.ReadFailed("/x", error);

        Assert.InRange(
            Encoding.UTF8.GetByteCount(log.Line()),
            LogOptions.DefaultLineBytesMax - 60,
            LogOptions.DefaultLineBytesMax - 1);
    }

    [Theory]
    [InlineData(383)]
    [InlineData(4097)]
    public void A_line_limit_outside_its_range_is_refused(int bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LogOptions { LineBytesMax = bytes });

    private static void Deep(int levels)
    {
        if (levels == 0)
        {
            throw new InvalidOperationException("bottom");
        }

        Deep(levels - 1);
    }

    private static byte[] Write(
        (string Message, (string Name, string Value)[] Fields, int LineBytesMax) record,
        LogFormat format)
    {
        using var output = new MemoryStream();
        using var log = new AgentLog(
            new LogOptions { Format = format, LineBytesMax = record.LineBytesMax },
            output,
            TimeProvider.System);
        var fields = record.Fields.Select(f => KeyValuePair.Create(f.Name, (object?)f.Value)).ToArray();
        log.CreateLogger("test")
            .Log(LogLevel.Information, 7, fields, new IOException(record.Message), (_, _) => record.Message);
        Assert.True(log.Flush(TimeSpan.FromSeconds(10)));
        return output.ToArray();
    }
}
