using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>
/// A few bytes that only this TPM gives back: a keyedHash object without a key of its own (Part 1, section 35; sections as in
/// <see cref="Tpm2"/>).
/// </summary>
internal static class SealedObject
{
    private static readonly TpmCommand CreateCommand = new("TPM2_Create", 0x153);
    private static readonly TpmCommand LoadCommand = new("TPM2_Load", 0x157, AnswersHandle: true);
    private static readonly TpmCommand UnsealCommand = new("TPM2_Unseal", 0x15E);

    /// <summary>TPM2_Create (Part 3, section 12.1): seals a secret under the storage key; it travels encrypted.</summary>
    public static (byte[] Public, byte[] Private) Seal(TpmSession session, uint storageHandle, StorageKey key, ReadOnlySpan<byte> secret)
    {
        // TPMS_SENSITIVE_CREATE: no password, the data. Encrypted in place by the session.
        var writer = new TpmWriter().Sized([]).Sized(secret);
        var sensitive = writer.ToArray();
        writer.Clear();
        var publicArea = new TpmWriter()
            .U16(Tpm2.AlgKeyedHash).U16(Tpm2.AlgSha256).U32(StorageKey.SealedAttributes).Sized([]).U16(Tpm2.AlgNull).Sized([]);
        try
        {
            var rest = new TpmWriter().Sized(publicArea.Written).Sized([]).U32(0);
            var reader = session.Reader(
                session.Run(CreateCommand, storageHandle, key.Name, sensitive, rest.Written, TpmSession.Secrecy.OfCommand).Parameters);
            var privateArea = reader.Sized().ToArray();
            return (reader.Sized().ToArray(), privateArea);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sensitive);
        }
    }

    /// <summary>TPM2_Load (Part 3, section 12.2): the sealed object, which the caller flushes.</summary>
    public static (uint Handle, byte[] Name) Load(TpmSession session, uint storageHandle, StorageKey key, ReadOnlySpan<byte> publicArea, ReadOnlySpan<byte> privateArea)
    {
        var rest = new TpmWriter().Sized(publicArea);
        var answer = session.Run(LoadCommand, storageHandle, key.Name, privateArea.ToArray(), rest.Written, TpmSession.Secrecy.None);
        return (answer.Handle, [.. TpmHash.U16(Tpm2.AlgSha256), .. TpmHash.Sha256(publicArea)]);
    }

    /// <summary>TPM2_Unseal (Part 3, section 12.7): the secret, which travelled encrypted. Clear it.</summary>
    public static byte[] Unseal(TpmSession session, uint handle, ReadOnlySpan<byte> name)
    {
        var answer = session.Run(UnsealCommand, handle, name, null, [], TpmSession.Secrecy.OfAnswer).Parameters;
        try
        {
            var reader = session.Reader(answer);
            var secret = reader.Sized().ToArray();
            reader.End();
            return secret;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(answer);
        }
    }
}
