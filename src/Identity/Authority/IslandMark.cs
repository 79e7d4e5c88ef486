using Org.BouncyCastle.Asn1;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// The extension of a certificate that an authority inside the mesh issued because the real one could not be reached. Not
/// critical, without content but NULL: who does not know it believes the certificate like any other.
/// </summary>
internal static class IslandMark
{
    /// <summary>An arc of its own under 2.25, made of a random UUID (ITU-T X.667), which nobody needs to assign.</summary>
    public static readonly DerObjectIdentifier Oid = new("2.25.260615145159926592720007488183635751931");

    public static readonly byte[] Content = DerNull.Instance.GetDerEncoded();
}
