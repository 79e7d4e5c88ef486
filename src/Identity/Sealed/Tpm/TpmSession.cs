using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>
/// An HMAC session (Part 1, section 19.6): both sides prove with each message that they know the salt, and the first parameter of a
/// command or an answer travels encrypted (section 21). Who listens on the bus between processor and TPM sees neither the sealed
/// key nor anything he could use in its place.
/// </summary>
internal sealed class TpmSession(Tpm2 tpm, uint handle, byte[] key, byte[] nonceTpm) : IDisposable
{
    // TPMA_SESSION, Part 2, section 8.4.
    private const byte Continue = 0x01, Decrypt = 0x20, Encrypt = 0x40;
    private byte[] _nonceTpm = nonceTpm;

    /// <summary>What of a command nobody on the bus may read.</summary>
    public enum Secrecy
    {
        /// <summary>Nothing; authenticated only.</summary>
        None,

        /// <summary>Its first parameter.</summary>
        OfCommand,

        /// <summary>The first parameter of its answer.</summary>
        OfAnswer,
    }

    /// <summary>Runs a command on one object with an empty password.</summary>
    /// <param name="command">Which one.</param>
    /// <param name="target">Handle of the object.</param>
    /// <param name="name">Name of the object: what is authorized is this one, whatever the handle is.</param>
    /// <param name="first">Content of the first parameter, a TPM2B; encrypted in place when secret. Null for none.</param>
    /// <param name="rest">The other parameters.</param>
    /// <param name="secrecy">What is encrypted.</param>
    /// <returns>
    /// The handle when the answer has one (<see cref="TpmCommand.AnswersHandle"/>), else 0; its parameters, decrypted. Clear them
    /// when they are secret.
    /// </returns>
    public (uint Handle, byte[] Parameters) Run(
        TpmCommand command, uint target, ReadOnlySpan<byte> name, byte[]? first, ReadOnlySpan<byte> rest, Secrecy secrecy)
    {
        var nonceCaller = RandomNumberGenerator.GetBytes(TpmHash.Bytes);
        var attributes = (byte)(Continue | (secrecy switch { Secrecy.OfCommand => Decrypt, Secrecy.OfAnswer => Encrypt, _ => 0 }));
        if (secrecy == Secrecy.OfCommand)
        {
            Crypt(first, nonceCaller, _nonceTpm, forEncryption: true);
        }

        byte[] parameters = first is null ? [.. rest] : [.. TpmHash.U16((ushort)first.Length), .. first, .. rest];
        var proof = Proof(TpmHash.Sha256(TpmHash.U32(command.Code), name, parameters), nonceCaller, _nonceTpm, attributes);
        var authorization = new TpmWriter().U32(handle).Sized(nonceCaller).U8(attributes).Sized(proof);
        var reader = tpm.Reader(tpm.Send(command, [target], authorization.Written, parameters));
        var made = command.AnswersHandle ? reader.U32() : 0;
        try
        {
            return (made, Check(ref reader, command.Code, nonceCaller, secrecy));
        }
        catch when (command.AnswersHandle)
        {
            tpm.Flush(made);
            throw;
        }
    }

    /// <summary>For the parameters of an answer.</summary>
    public TpmReader Reader(ReadOnlySpan<byte> parameters) => tpm.Reader(parameters);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(key);
        tpm.Flush(handle);
    }

    private byte[] Check(ref TpmReader reader, uint code, byte[] nonceCaller, Secrecy secrecy)
    {
        var parameters = reader.Raw((int)Math.Min(reader.U32(), int.MaxValue)).ToArray();
        var newNonce = reader.Sized().ToArray();
        var attributes = reader.U8();
        var proof = reader.Sized();
        reader.End();
        var answerHash = TpmHash.Sha256(TpmHash.U32(TpmResponseCode.Success), TpmHash.U32(code), parameters);
        if (!CryptographicOperations.FixedTimeEquals(proof, Proof(answerHash, newNonce, nonceCaller, attributes)))
        {
            throw new SealedStoreException($"{tpm.Path}: the TPM's answer is not authentic: somebody is between it and the processor");
        }

        _nonceTpm = newNonce;
        if (secrecy == Secrecy.OfAnswer)
        {
            var length = tpm.Reader(parameters).Sized().Length;
            Crypt(parameters.AsSpan(2, length), newNonce, nonceCaller, forEncryption: false);
        }

        return parameters;
    }

    /// <summary>Part 1, section 19.6.5: over the message, the newer nonce, the older one and the attributes.</summary>
    private byte[] Proof(byte[] hash, byte[] newer, byte[] older, byte attributes) => TpmHash.Hmac(key, [.. hash, .. newer, .. older, attributes]);

    /// <summary>Part 1, section 21.3: a key for this one message, from the session's key and both nonces.</summary>
    private void Crypt(Span<byte> data, byte[] newer, byte[] older, bool forEncryption)
    {
        var keyAndIv = TpmHash.KdfA(key, "CFB"u8, newer, older);
        TpmHash.Cfb(keyAndIv, data, forEncryption);
        CryptographicOperations.ZeroMemory(keyAndIv);
    }
}
