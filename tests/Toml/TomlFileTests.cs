using System.Text;

namespace X0tta6bl4.Toml.Tests;

public class TomlFileTests
{
    [Theory]
    [InlineData("a = ", "f.toml:1:")]
    [InlineData("a = 1\na = 2", "f.toml:2:1: The key `a` is already defined")]
    [InlineData("[a]\n[a]", "f.toml:2:1: The key `a` is already defined")]
    [InlineData("ok = 1\n\"open", "f.toml:2:")]
    [InlineData("a = 99999999999999999999", "f.toml:1:5: Unable to parse integer")]
    public void Broken_text_is_refused_with_its_place(string text, string start)
    {
        var problems = new TomlProblems();

        Assert.Null(TomlFile.Parse(text, "f.toml", problems));
        Assert.StartsWith(start, problems.Items[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_their_place()
    {
        var problems = new TomlProblems();

        Assert.Null(TomlFile.Parse([.. "a = 1\nb = "u8, 0xff, 0x0a], "f.toml", problems));
        Assert.Equal("f.toml:2:5: is not UTF-8 from here on; save the file as UTF-8", Assert.Single(problems.Items).ToString());
    }

    [Fact]
    public void A_byte_order_mark_is_skipped()
    {
        var problems = new TomlProblems();

        Assert.Equal(1, TomlFile.Parse([0xef, 0xbb, 0xbf, .. "a = 1"u8], "f.toml", problems)?.Int("a", 0, 0, 9));
    }

    [Fact]
    public void The_size_limit_is_exact()
    {
        var most = Encoding.UTF8.GetBytes("#" + new string('x', TomlFile.SizeBytesMax - 1));

        Assert.NotNull(TomlFile.Parse(most, "f.toml", new TomlProblems()));
        var problems = new TomlProblems();
        Assert.Null(TomlFile.Parse([.. most, (byte)'x'], "f.toml", problems));
        Assert.Equal("f.toml: is larger than 262144 bytes, the most that is read", Assert.Single(problems.Items).ToString());
    }

    [Fact]
    public void A_file_is_read_up_to_the_limit_and_a_missing_one_is_a_problem()
    {
        var path = Path.Combine(Path.GetTempPath(), $"toml-{Guid.NewGuid():N}");
        File.WriteAllText(path, "a = 1");
        try
        {
            Assert.Equal(1, TomlFile.Read(path, new TomlProblems())?.Int("a", 0, 0, 9));
            File.WriteAllBytes(path, new byte[TomlFile.SizeBytesMax + 1]);
            Assert.Null(TomlFile.Read(path, new TomlProblems()));
        }
        finally
        {
            File.Delete(path);
        }

        var problems = new TomlProblems();
        Assert.Null(TomlFile.Read(path, problems));
        Assert.StartsWith($"{path}: cannot be read: ", Assert.Single(problems.Items).ToString(), StringComparison.Ordinal);
        Assert.Null(TomlFile.Read("/", new TomlProblems()));
    }

    public static TheoryData<string> Nasty =>
    [
        "a=" + new string('[', 200_000),
        new string('[', 200_000),
        string.Concat(Enumerable.Repeat("a={", 60_000)),
        "a=" + string.Concat(Enumerable.Repeat("{a=", 60_000)),
        "a" + string.Concat(Enumerable.Repeat(".a", 100_000)) + "=1",
        "[a" + string.Concat(Enumerable.Repeat(".a", 100_000)) + "]",
        "a=" + string.Concat(Enumerable.Repeat("[", 60)) + string.Concat(Enumerable.Repeat("]", 60)),
        "a=\"" + new string('\\', 200_000),
        "a = \"\u0000\u0007\"",
        "a = \"\ud800\"",
        "[[a]]\n[a.b]\n[[a.b]]",
        "a = [1, {b = 2}]",
        "x = 1979-05-27T07:32:00Z\ny = inf",
    ];

    [Theory]
    [MemberData(nameof(Nasty))]
    public void Nasty_text_never_throws_and_problems_stay_bounded(string text)
    {
        var problems = new TomlProblems();

        var root = TomlFile.Parse(text, "f.toml", problems);
        ReadEverything(root);

        Assert.True(problems.Items.Count <= TomlProblems.ProblemsMax);
        Assert.All(problems.Items, p => Assert.True(p.Message.Length <= TomlProblems.MessageCharsMax + 1));
        Assert.All(problems.Items, p => Assert.DoesNotContain(p.Message, char.IsControl));
    }

    [Fact]
    public void Random_text_never_throws()
    {
        // Pieces of real TOML in random order reach deeper into the parser than random characters do.
        string[] pieces =
        [
            "a", "b", ".", "=", " = ", "\n", "[", "]", "[[", "]]", "{", "}", ",", "\"", "'", "\"\"\"", "1", "-", "0x", "1.5",
            "true", "inf", "#", "\\u", "\\", "\r", "\t", "\u0000", "\u00e9", "\ud83d", "2020-01-01", "T", ":", "\"s\"", "[a]\n", "[[b]]\n",
        ];
        Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[0, 60].Select(string.Concat)
            .Sample(text => ReadEverything(TomlFile.Parse(text, "f.toml", new TomlProblems())), iter: 20_000);
    }

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Byte.Array[0, 300].Sample(
            bytes => ReadEverything(TomlFile.Parse(bytes, "f.toml", new TomlProblems())), iter: 5_000);

    [Fact]
    public void A_valid_file_cut_anywhere_never_throws()
    {
        const string text = "a = \"é\"\n[b.c]\nd = [1, 2.5, true]\n[[e]]\nf = { g = 'h', i = \"\"\"j\"\"\" }\n";
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            ReadEverything(TomlFile.Parse(bytes.AsSpan(0, cut), "f.toml", new TomlProblems()));
        }
    }

    // Reads every key there is as every kind of value.
    private static void ReadEverything(TomlSection? section)
    {
        foreach (var key in section?.Names.ToArray() ?? [])
        {
            section!.String(key);
            section.Int(key, 0, -5, 5);
            section.Float(key, 0, 0, 1);
            section.Bool(key, false);
            section.Duration(key, default, default, TimeSpan.FromDays(1));
            section.StringList(key);
            section.OneOf(key, 0, ("a", 1), ("bb", 2));
            section.Parse(key, text => text.Length > 1 ? text : null, "long");
            ReadEverything(section.Section(key));
            foreach (var element in section.Sections(key))
            {
                ReadEverything(element);
            }
        }

        section?.Done();
    }
}

public class NearestNameTests
{
    [Theory]
    [InlineData("intervall", "interval")]
    [InlineData("intreval", "interval")]
    [InlineData("Interval", "interval")]
    [InlineData("port", "porta")]
    [InlineData("zzzzzzzz", null)]
    [InlineData("", null)]
    public void Typing_errors_are_found_and_other_words_are_not(string word, string? expected) =>
        Assert.Equal(expected, NearestName.Find(word, ["interval", "porta", "timeout_ms"]));

    [Fact]
    public void Distance_is_zero_only_for_the_same_word() =>
        Gen.String[0, 70].Sample(word => Assert.Equal(word.Length <= NearestName.WordCharsMax ? word : null, NearestName.Find(word, [word])));
}
