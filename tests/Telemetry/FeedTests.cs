namespace X0tta6bl4.Telemetry.Tests;

public class FeedTests
{
    private const int Capacity = 4;

    private int _dropped;

    [Fact]
    public void A_reader_that_waits_for_other_things_too_leaves_nothing_behind()
    {
        var feed = new Feed<int>(Capacity, () => _dropped++);
        using var reader = feed.Subscribe();

        // A loop that wakes for other reasons asks again and again; each new task would hold a waiter for ever.
        Assert.False(reader.TryRead(out _));
        var ready = reader.Ready;
        Assert.False(reader.TryRead(out _));
        Assert.Same(ready, reader.Ready);

        feed.Publish(1);
        Assert.True(ready.IsCompletedSuccessfully);
    }

    [Fact]
    public void Ready_stays_complete_until_everything_was_read()
    {
        var feed = new Feed<int>(Capacity, () => _dropped++);
        using var reader = feed.Subscribe();
        feed.Publish(1);
        feed.Publish(2);

        Assert.True(reader.TryRead(out _));
        Assert.True(reader.Ready.IsCompleted);
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.Ready.IsCompleted);
    }

    [Fact]
    public void A_disposed_reader_gets_nothing_and_drops_nothing()
    {
        var feed = new Feed<int>(Capacity, () => _dropped++);
        var reader = feed.Subscribe();
        reader.Dispose();
        for (var i = 0; i <= Capacity; i++)
        {
            feed.Publish(i);
        }

        Assert.Equal((false, 0), (reader.TryRead(out _), _dropped));
    }

    /// <summary>Whatever the order of writes and reads: what a reader gets and what it lost, in order, is what was written.</summary>
    [Fact]
    public void Every_value_is_read_in_order_or_counted_as_lost() => Gen.Bool.Array[0, 100].Sample(steps =>
    {
        var dropped = 0;
        var feed = new Feed<int>(Capacity, () => dropped++);
        using var reader = feed.Subscribe();
        var (written, expected, read) = (0, 0, 0);
        foreach (var isWrite in steps)
        {
            if (isWrite)
            {
                feed.Publish(written++);
                expected = Math.Max(expected, written - Capacity);
            }
            else if (reader.TryRead(out var value))
            {
                Assert.Equal(expected++, value);
                read++;
            }
            else
            {
                Assert.Equal(written, expected);
            }
        }

        while (reader.TryRead(out var value))
        {
            Assert.Equal(expected++, value);
            read++;
        }

        Assert.Equal((written, written), (expected, read + dropped));
    });

    [Fact]
    public async Task Writers_on_many_threads_lose_nothing_uncounted()
    {
        const int Writers = 4;
        const int Each = 5_000;
        var dropped = 0;
        var feed = new Feed<int>(Capacity, () => Interlocked.Increment(ref dropped));
        using var reader = feed.Subscribe();
        var writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                feed.Publish(i);
            }
        })));
        var read = 0;
        while (true)
        {
            var wereDone = writers.IsCompleted;
            while (reader.TryRead(out _))
            {
                read++;
            }

            if (wereDone)
            {
                break;
            }

            await Task.WhenAny(reader.Ready, writers);
        }

        Assert.Equal(Writers * Each, read + dropped);
    }
}
