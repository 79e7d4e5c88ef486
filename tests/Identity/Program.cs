using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace X0tta6bl4.Identity.Tests;

/// <summary>
/// Runs the tests: by xunit's own runner, or, where coverage is measured, by Microsoft's testing platform, into which coverlet
/// is plugged (<c>build/test.sh</c>).
/// </summary>
internal static class Program
{
    // What xunit generates looks for other switches, which only an editor gives.
    private static readonly string[] PlatformSwitches = ["--coverlet", "--server", "--internal-msbuild-node"];

    public static Task<int> Main(string[] args) => args.Intersect(PlatformSwitches).Any()
        ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
        : ConsoleRunner.Run(args);
}
