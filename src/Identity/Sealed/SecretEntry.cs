namespace X0tta6bl4.Identity.Sealed;

/// <summary>A secret of a store, as a list shows it: what its file says, which nothing has proved.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Generation">Of the key it is sealed with: 1 for the first, one more with each rotation.</param>
/// <param name="Source">What holds the sealing key: tpm, device-secret, passphrase or serial-number.</param>
/// <param name="Problem">Why it will not open, where that can be seen from outside; null when nothing is seen.</param>
public sealed record SecretEntry(string Name, int Bytes, uint Generation, string Source, string? Problem);
