namespace X0tta6bl4.Api.Client;

/// <summary>The agent could not be asked. The message names the socket, why, and what to do.</summary>
public sealed class ControlException : IOException
{
    internal ControlException(string socketPath, string reason)
        : base($"{socketPath}: {reason}") => SocketPath = socketPath;

    /// <summary>The socket that was tried.</summary>
    public string SocketPath { get; }
}
