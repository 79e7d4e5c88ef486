using System.IO.Pipes;
using System.Text;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Logging;

namespace X0tta6bl4.Telemetry.Tests.Logging;

/// <summary>A standard output that blocks, fails or is closed must cost lines and nothing else.</summary>
public class OutputTests
{
    [Fact]
    public void A_blocked_output_never_makes_the_caller_wait_and_loss_is_counted_and_told()
    {
        using var output = new GatedStream();
        using var log = new AgentLog(
            new LogOptions { QueueBytesMax = 4096, RepeatsPerMinuteMax = 1000 },
            output,
            TimeProvider.System);
        var logger = log.CreateLogger("test");

        for (var i = 0; i < 200; i++)
        {
            logger.LogInformation(new EventId(i), "line");
        }

        Assert.False(log.Flush(TimeSpan.Zero));
        Assert.InRange(log.LinesDropped, 100, 199);
        var lost = log.LinesDropped;

        output.Open();
        Assert.True(log.Flush(TimeSpan.FromSeconds(10)));
        logger.LogInformation(new EventId(1), "after");
        Assert.True(log.Flush(TimeSpan.FromSeconds(10)));
        var lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(
            $"\"event\":1000,\"name\":\"LinesLost\",\"component\":\"telemetry\",\"msg\":\"{lost} log lines were lost",
            lines[^1]);
        Assert.Equal(200 - lost + 2, lines.Length);
        Assert.Equal(lost, log.LinesDropped);
    }

    [Fact]
    public void A_closed_reader_is_counted_and_lines_stay_in_memory()
    {
        using var server = new AnonymousPipeServerStream(PipeDirection.In);
        using var client = new AnonymousPipeClientStream(PipeDirection.Out, server.ClientSafePipeHandle);
        server.Dispose();
        using var log = new AgentLog(new LogOptions(), client, TimeProvider.System);

        log.CreateLogger("test").LogInformation(new EventId(1), "into the void");

        Assert.True(log.Flush(TimeSpan.FromSeconds(10)));
        Assert.Equal(1, log.LinesDropped);
        Assert.Contains("into the void", Encoding.UTF8.GetString(log.Recent()));
    }

    [Fact]
    public void Disposing_with_a_blocked_output_takes_no_longer_than_its_limit()
    {
        using var output = new GatedStream();
        var log = new AgentLog(new LogOptions(), output, TimeProvider.System);
        log.CreateLogger("test").LogInformation(new EventId(1), "stuck");

        var start = TimeProvider.System.GetTimestamp();
        log.Dispose();

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, OutputPump.CloseWaitMax * 3);
        output.Open();
    }

    [Fact]
    public void Lines_of_many_threads_stay_whole()
    {
        using var output = new MemoryStream();
        using (
            var log = new AgentLog(
                new LogOptions { QueueBytesMax = 4 << 20, RepeatsPerMinuteMax = 100_000 },
                output,
                TimeProvider.System))
        {
            Parallel.For(0, 8, worker =>
            {
                var logger = log.CreateLogger($"w{worker}");
                for (var i = 0; i < 500; i++)
                {
                    logger.NeighbourAppeared("02:ba:de:af:fe:01", "mesh0", i);
                }
            });
            Assert.Equal(4000, log.LinesWritten(LogLevel.Information));
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4000, lines.Length);
        Assert.All(lines, line =>
        {
            using var json = System.Text.Json.JsonDocument.Parse(line);
        });
    }

    [Fact]
    public void The_level_can_change_while_running()
    {
        using var log = new TestLog();
        log.Logger.Value(1);
        log.Log.Level = LogLevel.Debug;
        log.Logger.Value(2);
        log.Log.Level = LogLevel.Error;
        log.Logger.NeighbourAppeared("x", "y", 3);

        Assert.Contains("\"value\":2", log.Line());
    }

    [Fact]
    public void A_field_that_logs_while_it_is_formatted_makes_two_lines()
    {
        using var log = new TestLog(new LogOptions { Level = LogLevel.Debug });

        log.Logger.Value(new Talkative(log.Logger));

        var lines = log.Lines();
        Assert.InRange(lines.Length, 2, 3);
        Assert.Contains("\"value\":\"said\"", lines[^1]);
    }

    [Fact]
    public void Recent_lines_are_the_newest_whole_lines_that_fit() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 60].Array[0, 40]).Sample((capacity, lengths) =>
        {
            var recent = new RecentLines(capacity);
            var written = new StringBuilder();
            foreach (var (length, i) in lengths.Select((l, i) => (l, i)))
            {
                var line = new string((char)('a' + (i % 26)), length - 1) + "\n";
                recent.Add(Encoding.ASCII.GetBytes(line));
                written.Append(line);
            }

            var all = written.ToString();
            var tail = all.Length < capacity ? all : all[^capacity..];
            var expected = all.Length < capacity ? tail : tail[(tail.IndexOf('\n') + 1)..];
            Assert.Equal(expected, Encoding.ASCII.GetString(recent.Copy()));
        });

    private sealed class Talkative(ILogger logger)
    {
        public override string ToString()
        {
            logger.NeighbourAppeared("from inside", "y", 1);
            return "said";
        }
    }

    /// <summary>Blocks every write until opened.</summary>
    private sealed class GatedStream : Stream
    {
        private readonly ManualResetEventSlim _gate = new();
        private readonly MemoryStream _written = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        internal string Text => Encoding.UTF8.GetString(_written.ToArray());

        internal void Open() => _gate.Set();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _gate.Wait();
            _written.Write(buffer);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
