using System.Text;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>
/// Attests with a join token (<c>spire-server token generate</c>), from the sealed store. It works once: after it has, it is
/// taken out of the store.
/// </summary>
public sealed class JoinTokenAttestor(ISecretStore store) : INodeAttestor
{
    /// <summary>Name of the token in the store.</summary>
    public const string SecretName = "spire-join-token";

    /// <summary>Longest token in bytes; SPIRE's own have 36.</summary>
    public const int TokenBytesMax = 256;

    /// <inheritdoc/>
    public string Type => "join_token";

    /// <inheritdoc/>
    public byte[] Payload()
    {
        var token = store.Get(SecretName) ?? throw new IdentityRefusedException(
            $"there is no join token (secret \"{SecretName}\"): a token works once; make a new one with spire-server token generate");
        try
        {
            // A file or a terminal adds the end of a line.
            var trimmed = token.AsSpan().Trim(" \t\r\n"u8);
            return trimmed.Length is > 0 and <= TokenBytesMax && Ascii.IsValid(trimmed)
                ? trimmed.ToArray()
                : throw new IdentityRefusedException($"the secret \"{SecretName}\" is no join token: 1 to {TokenBytesMax} ASCII characters");
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(token);
        }
    }

    /// <inheritdoc/>
    public byte[] Answer(ReadOnlyMemory<byte> challenge) =>
        throw new IOException("the server answers a join token with a challenge, which SPIRE does not do");

    /// <inheritdoc/>
    public void Attested() => store.Remove(SecretName);
}
