using X0tta6bl4.Agent.Cli;

namespace X0tta6bl4.Agent.Tests;

public class CommandLineTests
{
    [Fact]
    public void Without_words_it_is_status() => Assert.Equal("status", CommandLine.Parse([], out _)!.Verb);

    [Theory]
    [InlineData("--config=/a")]
    [InlineData("--config", "/a")]
    [InlineData("-c", "/a")]
    public void A_value_may_follow_or_be_joined(params string[] flag)
    {
        var line = CommandLine.Parse(["leds", .. flag, "--json"], out _)!;
        Assert.Equal(("leds", "/a", true), (line.Verb, line.Config, line.Json));
    }

    [Theory]
    [InlineData("unknown flag '--jsn'", "leds", "--jsn")]
    [InlineData("--config needs a value", "run", "--config")]
    public void A_wrong_flag_is_named(string expected, params string[] args)
    {
        Assert.Null(CommandLine.Parse(args, out var problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void Words_after_the_verb_are_arguments()
    {
        var line = CommandLine.Parse(["config", "check", "x.toml"], out _)!;
        Assert.Equal(["check", "x.toml"], line.Arguments);
    }

    [Fact]
    public void Every_verb_has_its_line_in_the_help()
    {
        var help = new StringWriter();
        Assert.Equal(ExitCode.Fine, Help.Show(CommandLine.Parse(["help"], out _)!, help));
        Assert.All(Help.AllVerbs, verb => Assert.Contains($"  {verb}", help.ToString()));
    }

    [Fact]
    public void No_two_verbs_share_a_spelling()
    {
        var spellings = Verbs.Asking.SelectMany(v => v.Aliases.Append(v.Name)).ToList();
        Assert.Equal(spellings.Count, spellings.Distinct().Count());
    }
}
