using System.Security.Cryptography;
using X0tta6bl4.Identity;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Agent;

/// <summary>
/// Attests with the certificate this router was provisioned with (x509pop). The files are read at each attestation: they may be
/// renewed, and the key is in memory for no longer than it is needed.
/// </summary>
internal sealed class ProvisionedAttestor(string certificates, string key) : INodeAttestor
{
    private X509PopAttestor? _attestor;

    public string Type => "x509pop";

    public byte[] Payload()
    {
        _attestor = Read();
        return _attestor.Payload();
    }

    public byte[] Answer(ReadOnlyMemory<byte> challenge) => (_attestor ?? Read()).Answer(challenge);

    public void Attested() => _attestor = null;

    private X509PopAttestor Read()
    {
        byte[]? secret = null;
        try
        {
            var chain = BoundedFile.Read(certificates, SvidFiles.BytesMax);
            secret = BoundedFile.Read(key, SvidFiles.BytesMax);
            return X509PopAttestor.Create(chain, secret);
        }
        catch (Exception exception) when (exception is CertificateFormatException or UnauthorizedAccessException)
        {
            throw new IOException($"{certificates}, {key}: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
