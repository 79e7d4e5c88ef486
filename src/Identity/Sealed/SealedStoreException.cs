namespace X0tta6bl4.Identity.Sealed;

/// <summary>A sealed store, or what opens it, is not as it should be. The message names the file and never its secret.</summary>
public sealed class SealedStoreException(string message, Exception? inner = null) : IOException(message, inner);
