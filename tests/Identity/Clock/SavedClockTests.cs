using X0tta6bl4.Identity.Clock;

namespace X0tta6bl4.Identity.Tests.Clock;

public sealed class SavedClockTests : IDisposable
{
    private static readonly DateTimeOffset Moment = new(2031, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("x0-clock-").FullName;

    private string File => Path.Combine(_folder, "clock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nothing_saved_is_1970_and_no_problem()
    {
        Assert.Equal(DateTimeOffset.UnixEpoch, new SavedClock(File).Read(out var problem));
        Assert.Null(problem);
    }

    [Fact]
    public void What_was_saved_is_there_after_a_reboot()
    {
        Assert.Null(new SavedClock(File).Save(Moment));

        Assert.Equal(Moment, new SavedClock(File).Read(out _));
        Assert.Equal([File], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_rotation_each_half_hour_writes_twice_a_day()
    {
        var saved = new SavedClock(File);
        var writes = 0;
        for (var i = 0; i < 48; i++)
        {
            System.IO.File.Delete(File);
            saved.Save(Moment.AddMinutes(30 * i));
            writes += System.IO.File.Exists(File) ? 1 : 0;
        }

        Assert.Equal(2, writes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("-5")]
    [InlineData("99999999999999999999")]
    [InlineData("253402300800")]
    [InlineData("1111111111111111111111111111111111111111111111111")]
    public void Rubbish_is_named_and_ignored(string content)
    {
        System.IO.File.WriteAllText(File, content);

        Assert.Equal(DateTimeOffset.UnixEpoch, new SavedClock(File).Read(out var problem));
        Assert.StartsWith(File, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_a_problem_and_no_crash() => Assert.Contains(
        "cannot be written", new SavedClock(Path.Combine(_folder, "no", "clock")).Save(Moment), StringComparison.Ordinal);
}
