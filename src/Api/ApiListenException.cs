namespace X0tta6bl4.Api;

/// <summary>
/// A server could not take its address. The rest of the agent goes on; the supervisor tries again later.
/// </summary>
public sealed class ApiListenException : IOException
{
    internal ApiListenException(string address, string reason, string fix, Exception? inner = null)
        : base($"cannot listen on {address}: {reason}; {fix}", inner)
    {
        Address = address;
        Reason = reason;
        Fix = fix;
    }

    /// <summary>The address or socket path.</summary>
    public string Address { get; }

    /// <summary>Why not.</summary>
    public string Reason { get; }

    /// <summary>What to do about it.</summary>
    public string Fix { get; }
}
