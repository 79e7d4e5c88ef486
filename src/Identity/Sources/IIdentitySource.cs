namespace X0tta6bl4.Identity.Sources;

/// <summary>
/// Where our identity comes from when somebody else decides when it changes: files, a Workload API. One is chosen by the
/// configuration. An authority that has to be asked is an <see cref="IIdentityIssuer"/>.
/// </summary>
public interface IIdentitySource
{
    /// <summary>Its name in metrics, logs and the configuration, for example <c>files</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Says each new picture, whole, and each failure, until stopped. Failures do not end it: it goes on trying, with a pause
    /// that grows, and what was last published stays as good as its certificates are.
    /// </summary>
    Task RunAsync(IIdentitySink sink, CancellationToken cancellationToken);
}

/// <summary>Takes what a source says.</summary>
public interface IIdentitySink
{
    /// <summary>Replaces everything that was published before.</summary>
    void Publish(IdentitySnapshot snapshot);

    /// <summary>The source did not get what it asked for; what was published stays.</summary>
    /// <param name="problem">What failed, on which object, and what to do, for people. Never a secret.</param>
    void Failed(string problem);
}

/// <summary>
/// An authority that issues an identity when it is asked: SPIRE Server, the site authority. When to ask is decided by
/// <see cref="RenewalSchedule"/>, not here.
/// </summary>
public interface IIdentityIssuer
{
    /// <summary>Its name in metrics, logs and the configuration, for example <c>spire</c>.</summary>
    string Kind { get; }

    /// <summary>What the newest identity had to be issued without, for people; empty when nothing is missing.</summary>
    IReadOnlyList<string> Problems => [];

    /// <summary>
    /// Makes a new key here, has it certified, and fetches the bundles. The key never leaves the router.
    /// </summary>
    /// <param name="current">What it issued last, to prove with; null at the first time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IdentityRefusedException">The authority says no: asking again soon changes nothing.</exception>
    /// <exception cref="IOException">The authority cannot be reached, or answers what it should not.</exception>
    Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken);
}

/// <summary>The authority was reached and will not issue an identity to this router.</summary>
public sealed class IdentityRefusedException(string message, Exception? inner = null) : Exception(message, inner);
