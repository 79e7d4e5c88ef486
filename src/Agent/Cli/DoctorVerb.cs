namespace X0tta6bl4.Agent.Cli;

internal static class DoctorVerb
{
    public static Task<int> RunAsync(CommandLine line, TextWriter output)
    {
        output.WriteLine(line.Verb);
        return Task.FromResult(ExitCode.Failed);
    }
}
