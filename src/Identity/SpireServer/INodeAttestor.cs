using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>How this router proves to SPIRE Server which node it is, when it has no agent SVID yet.</summary>
public interface INodeAttestor
{
    /// <summary>Name of the node attestor plugin, for example <c>x509pop</c>.</summary>
    string Type { get; }

    /// <summary>What is sent first. The caller clears it after use.</summary>
    /// <exception cref="IdentityRefusedException">There is nothing left to prove with.</exception>
    byte[] Payload();

    /// <summary>The answer to what the server asks then.</summary>
    /// <param name="challenge">What it asks.</param>
    /// <exception cref="IOException">It asks what it should not.</exception>
    byte[] Answer(ReadOnlyMemory<byte> challenge);

    /// <summary>The server has believed it.</summary>
    void Attested();
}
