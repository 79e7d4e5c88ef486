using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Agent.Tests;

public sealed class JoinFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void No_file_and_an_empty_one_are_no_join_string()
    {
        Assert.Null(TrustParts.ReadJoin(_path));
        Assert.Null(TrustParts.ReadJoin(_path + ".absent"));
    }

    [Theory]
    [InlineData(1, "join string"), InlineData(JoinString.CharsMax + 1, "it has 8193 bytes, a join string has at most 8192")]
    public void A_file_that_holds_something_else_is_an_error_that_says_so(int length, string word)
    {
        File.WriteAllText(_path, new string('x', length));

        var error = Assert.Throws<IOException>(() => TrustParts.ReadJoin(_path));

        Assert.StartsWith($"{_path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }
}
