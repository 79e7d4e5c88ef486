namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>What a TPM says when it does not do something (Part 2, section 6.6), in words for whoever has to fix it.</summary>
internal static class TpmResponseCode
{
    public const uint Success = 0;
    public const uint Yielded = 0x908;
    public const uint Testing = 0x90A;
    public const uint Retry = 0x922;

    private const uint FormatOne = 0x080;
    private const uint FormatOneBits = 0x0BF;

    /// <summary>True when the same command may be sent again at once or soon.</summary>
    public static bool IsBusy(uint code) => code is Retry or Yielded or Testing;

    public static string Text(uint code) => $"{Words(code)} (TPM response 0x{code:X3})";

    /// <summary>A format-one code says also which handle, session or parameter it is about; that part is left out.</summary>
    private static string Words(uint code) => (code & FormatOne) != 0 && code <= 0xFFF ? (code & FormatOneBits) switch
    {
        0x082 => "it does not support an attribute of the key",
        0x083 => "it does not support an algorithm that is needed (SHA-256, AES-128-CFB, ECC P-256)",
        0x084 => "a value is out of its range",
        0x085 => "the owner hierarchy is disabled: enable it in the firmware",
        0x08B => "a handle is not right: did another program use the TPM without the resource manager?",
        0x08E => "authorization failed, and the attempt counts towards its lockout: is the owner password set?",
        0x095 => "a size is wrong",
        0x09D => "a policy check failed",
        0x09F => "the sealed key's integrity check failed: it is damaged, or was sealed by another TPM",
        0x0A2 => "authorization failed: an owner password is set; this program needs an empty one for the storage hierarchy",
        0x0A6 => "it does not support the curve P-256",
        _ => "it refused the command",
    }
    : code switch
    {
        0x01E => "it speaks TPM 1.2; a TPM 2.0 is needed",
        0x100 => "it was not started: the firmware or the driver has to send TPM2_Startup",
        0x101 => "it is in failure mode: power the board off and on",
        0x120 => "it is disabled",
        0x143 => "it does not know the command",
        0x902 or 0x903 or 0x904 or 0x905 or 0x906 => "it has no room for another object or session: use /dev/tpmrm0, not /dev/tpm0",
        0x909 => "the command was cancelled",
        0x920 or 0x923 => "its memory cannot be written now: try again later",
        0x921 => "it is in lockout after too many failed authorizations: wait, or reset it (tpm2_dictionarylockout -c)",
        Retry or Yielded or Testing => $"it is still busy after {SealedLimits.TpmAttemptsMax} attempts",
        _ => "it refused the command",
    };
}
