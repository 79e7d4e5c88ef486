using System.Text.RegularExpressions;
using X0tta6bl4.Board.Tests.TestKit;

namespace X0tta6bl4.Board.Tests;

public class SymptomCodeTests
{
    [Fact]
    public void Every_symptom_in_the_code_is_in_the_guide_and_the_other_way_round()
    {
        var code = Directory.GetFiles(Path.Combine(Repository.Folder("src"), "Board"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => Regex.Matches(File.ReadAllText(f), "\"(board\\.[a-z-]+)\"").Select(m => m.Groups[1].Value));
        var guide = Regex.Matches(File.ReadAllText(Path.Combine(Repository.Folder("docs"), "boards.md")), @"^\| `(board\.[a-z-]+)` \|", RegexOptions.Multiline)
            .Select(m => m.Groups[1].Value);

        Assert.Equal(code.Distinct().Order(StringComparer.Ordinal), guide.Order(StringComparer.Ordinal));
    }
}
