namespace X0tta6bl4.Identity.Tests;

public sealed class BoundedFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(0, 10)]
    [InlineData(9, 10)]
    [InlineData(10, 10)]
    [InlineData(300, 5000)]
    [InlineData(5000, 5000)]
    public void What_fits_is_read_whole(int length, int bytesMax)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        File.WriteAllBytes(_file, content);

        Assert.Equal(content, BoundedFile.Read(_file, bytesMax));
    }

    [Theory]
    [InlineData(11, 10)]
    [InlineData(100_000, 10)]
    [InlineData(5001, 5000)]
    public void One_byte_more_is_an_error_that_names_the_file(int length, int bytesMax)
    {
        File.WriteAllBytes(_file, new byte[length]);

        Assert.Equal(
            $"{_file}: it is longer, at most {bytesMax} bytes are read",
            Assert.Throws<FileTooLongException>(() => BoundedFile.Read(_file, bytesMax)).Message);
    }

    [Fact]
    public void A_file_that_says_it_has_no_length_is_read_and_bounded_all_the_same()
    {
        Assert.NotEmpty(BoundedFile.Read("/proc/self/status", 100_000));
        Assert.Throws<FileTooLongException>(() => BoundedFile.Read("/proc/self/status", 20));
        Assert.Throws<FileTooLongException>(() => BoundedFile.Read("/dev/zero", 100_000));
    }
}
