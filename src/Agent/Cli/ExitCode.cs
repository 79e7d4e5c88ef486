namespace X0tta6bl4.Agent.Cli;

/// <summary>What the shell gets back.</summary>
internal static class ExitCode
{
    public const int Fine = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>The agent runs and something it looks after is not as it should be (<c>status</c>, <c>doctor</c>).</summary>
    public const int Degraded = 3;
}
