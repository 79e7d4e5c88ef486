using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>A command of a TPM.</summary>
/// <param name="Name">As the specification has it.</param>
/// <param name="Code">TPM_CC.</param>
/// <param name="AnswersHandle">True when its answer begins with the handle of what it made.</param>
internal readonly record struct TpmCommand(string Name, uint Code, bool AnswersHandle = false);

/// <summary>
/// The commands of a TPM 2.0 around a session; those in it are in <see cref="SealedObject"/>. Numbers of parts and sections are those of the TCG's "TPM 2.0 Library",
/// Family 2.0, Level 00, Revision 01.59: Part 1 architecture, Part 2 structures, Part 3 commands.
/// </summary>
internal sealed class Tpm2(ITpmTransport transport)
{
    // TPM_ALG_ID, Part 2, section 6.3.
    public const ushort AlgAes = 0x0006, AlgKeyedHash = 0x0008, AlgSha256 = 0x000B, AlgNull = 0x0010, AlgEcc = 0x0023, AlgCfb = 0x0043;
    public const ushort AesBits = 128;

    // TPM_CC, Part 2, section 6.5.2.
    private static readonly TpmCommand CreatePrimaryCommand = new("TPM2_CreatePrimary", 0x131, AnswersHandle: true);
    private static readonly TpmCommand FlushContextCommand = new("TPM2_FlushContext", 0x165);
    private static readonly TpmCommand StartAuthSessionCommand = new("TPM2_StartAuthSession", 0x176, AnswersHandle: true);

    // TPM_ST, Part 2, section 6.9; TPM_RH, section 7.4.
    private const ushort NoSessions = 0x8001, Sessions = 0x8002;
    private const uint Owner = 0x40000001, NullHandle = 0x40000007, PasswordSession = 0x40000009;

    private const int HeaderBytes = 10;
    private const int PauseMsFirst = 10;

    /// <summary>For messages.</summary>
    public string Path => transport.Path;

    /// <summary>TPM2_CreatePrimary (Part 3, section 24.1): the storage key, which the caller flushes.</summary>
    public (uint Handle, StorageKey Key) CreatePrimary()
    {
        var parameters = new TpmWriter()
            .Sized(new TpmWriter().Sized([]).Sized([]).Written)     // TPM2B_SENSITIVE_CREATE: no password, no data
            .Sized(StorageKey.PublicTemplate())
            .Sized([])                                              // outsideInfo
            .U32(0);                                                // creationPCR: none
        // A password session with the empty password of the owner hierarchy (Part 1, section 19.4).
        var authorization = new TpmWriter().U32(PasswordSession).Sized([]).U8(0).Sized([]);
        var reader = Reader(Send(CreatePrimaryCommand, [Owner], authorization.Written, parameters.Written));
        var handle = reader.U32();
        try
        {
            var body = Reader(reader.Raw((int)Math.Min(reader.U32(), int.MaxValue)));
            var key = StorageKey.Read(body.Sized(), Path);
            body.Sized();                                           // creationData
            body.Sized();                                           // creationHash
            body.U16();                                             // creationTicket: tag, hierarchy, digest
            body.U32();
            body.Sized();
            return body.Sized().SequenceEqual(key.Name)
                ? (handle, key)
                : throw new SealedStoreException($"{Path}: the TPM calls its storage key by a wrong name");
        }
        catch
        {
            Flush(handle);
            throw;
        }
    }

    /// <summary>
    /// TPM2_StartAuthSession (Part 3, section 11.1): an HMAC session salted to the storage key, with AES-128-CFB for parameters.
    /// The caller disposes of it.
    /// </summary>
    public TpmSession StartSession(uint storageHandle, StorageKey key)
    {
        var salt = key.Encapsulate(out var encryptedSalt);
        try
        {
            var nonceCaller = RandomNumberGenerator.GetBytes(TpmHash.Bytes);
            var parameters = new TpmWriter()
                .Sized(nonceCaller).Sized(encryptedSalt)
                .U8(0)                                              // TPM_SE_HMAC
                .U16(AlgAes).U16(AesBits).U16(AlgCfb)
                .U16(AlgSha256);
            var reader = Reader(Send(StartAuthSessionCommand, [storageHandle, NullHandle], [], parameters.Written));
            var handle = reader.U32();
            var nonceTpm = reader.Sized().ToArray();
            reader.End();
            if (nonceTpm.Length != nonceCaller.Length)
            {
                Flush(handle);
                throw new SealedStoreException($"{Path}: the TPM's nonce has {nonceTpm.Length} bytes instead of {nonceCaller.Length}");
            }

            return new TpmSession(this, handle, TpmHash.KdfA(salt, "ATH"u8, nonceTpm, nonceCaller), nonceTpm);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salt);
        }
    }

    /// <summary>
    /// TPM2_FlushContext (Part 3, section 28.4). Called on the way out, often because something else failed: that is what the user
    /// must hear, so a failure here is not told. The resource manager frees what is left when the device is closed.
    /// </summary>
    public void Flush(uint handle)
    {
        try
        {
            Send(FlushContextCommand, [], [], new TpmWriter().U32(handle).Written);
        }
        catch (SealedStoreException)
        {
            // Said above.
        }
    }

    /// <summary>For the bytes of an answer.</summary>
    public TpmReader Reader(ReadOnlySpan<byte> answer) => new(answer, $"{Path}: the TPM's answer");

    /// <summary>Sends a command, again while the TPM is busy.</summary>
    /// <param name="command">Which one.</param>
    /// <param name="handles">What it is about.</param>
    /// <param name="authorization">One session's authorization; empty for none.</param>
    /// <param name="parameters">The rest.</param>
    /// <returns>What follows the header of the answer. Clear it when it is secret.</returns>
    /// <exception cref="SealedStoreException">The TPM refused, cannot be reached, or answers what it should not.</exception>
    public byte[] Send(TpmCommand command, ReadOnlySpan<uint> handles, ReadOnlySpan<byte> authorization, ReadOnlySpan<byte> parameters)
    {
        var request = Request(command.Code, handles, authorization, parameters);
        var answer = new byte[SealedLimits.TpmMessageBytesMax];
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var length = transport.Exchange(request, answer);
                var code = Header(answer.AsSpan(0, length), authorization.IsEmpty ? NoSessions : Sessions);
                if (code == TpmResponseCode.Success)
                {
                    return answer.AsSpan(HeaderBytes, length - HeaderBytes).ToArray();
                }

                if (!TpmResponseCode.IsBusy(code) || attempt == SealedLimits.TpmAttemptsMax)
                {
                    throw new SealedStoreException($"{Path}: {command.Name}: {TpmResponseCode.Text(code)}");
                }

                Pause(PauseMsFirst << (attempt - 1));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(answer);
        }
    }

    /// <summary>Header, handles, authorization, parameters (Part 1, section 18).</summary>
    private static byte[] Request(uint code, ReadOnlySpan<uint> handles, ReadOnlySpan<byte> authorization, ReadOnlySpan<byte> parameters)
    {
        var size = HeaderBytes + (handles.Length * 4) + (authorization.IsEmpty ? 0 : 4 + authorization.Length) + parameters.Length;
        var writer = new TpmWriter().U16(authorization.IsEmpty ? NoSessions : Sessions).U32((uint)size).U32(code);
        foreach (var handle in handles)
        {
            writer.U32(handle);
        }

        return (authorization.IsEmpty ? writer : writer.U32((uint)authorization.Length).Raw(authorization)).Raw(parameters).ToArray();
    }

    private uint Header(ReadOnlySpan<byte> answer, ushort expectedTag)
    {
        var reader = Reader(answer);
        var tag = reader.U16();
        var size = reader.U32();
        var code = reader.U32();
        if (size != answer.Length)
        {
            throw new SealedStoreException($"{Path}: the TPM's answer says it has {size} bytes and has {answer.Length}");
        }

        // An error comes without sessions; TPM 1.2 tags its own differently, and its code says so.
        return code == TpmResponseCode.Success && tag != expectedTag
            ? throw new SealedStoreException($"{Path}: the TPM's answer has the wrong tag 0x{tag:X4}")
            : code;
    }

    private static unsafe void Pause(int milliseconds) => Libc.Poll(null, 0, milliseconds);
}
