namespace X0tta6bl4.Agent.Tests;

/// <summary>
/// On whatever program runs the tests; what it saves the router's binary is measured on the rack (<c>./build.sh bench idle</c>).
/// </summary>
public sealed class LoadedCodeTests
{
    /// <summary>A segment too many, a relocated one, and the process would not live to say so.</summary>
    [Fact]
    public void The_program_finds_itself_and_goes_on_without_its_code_in_memory()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.True(LoadedCode.Unmap());
        }
    }
}
