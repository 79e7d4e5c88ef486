namespace X0tta6bl4.Identity.Tests;

/// <summary>
/// Tests that run beside no others: they look at the memory of the process, or at locks and sockets that only they may hold. A
/// process that another test starts holds copies of them for a moment, between fork and exec.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
