using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Tests;

public class JournalTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_came_between_the_mark_and_the_wait_is_not_missed()
    {
        var journal = new Journal<string>();
        journal.Add("before");
        var mark = journal.Mark;
        journal.Add("after");

        var found = await journal.WaitAsync(mark, _ => true, Long, Cancellation);

        Assert.Equal("after", found?.Item);
    }

    [Fact]
    public async Task A_wait_ends_with_the_entry_that_comes_later()
    {
        var journal = new Journal<string>();
        var wait = journal.WaitAsync(0, s => s == "this", Long, Cancellation);
        journal.Add("that");
        journal.Add("this");

        Assert.Equal(1, (await wait)?.Index);
    }

    [Fact]
    public async Task A_wait_whose_time_is_up_is_null() =>
        Assert.Null(await new Journal<int>().WaitAsync(0, _ => true, TimeSpan.FromMilliseconds(10), Cancellation));

    [Fact]
    public void The_oldest_entries_are_forgotten_and_indexes_stay()
    {
        var journal = new Journal<int>();
        for (var i = 0; i < Journal<int>.EntriesMax + 5; i++)
        {
            journal.Add(i);
        }

        Assert.Equal(5, journal.Since(0)[0].Index);
        Assert.Equal(Journal<int>.EntriesMax + 4, journal.Tail(1)[0].Item);
    }
}
