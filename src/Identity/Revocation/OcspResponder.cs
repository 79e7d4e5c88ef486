using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>Whether an authority has made somebody its responder (RFC 6960, section 4.2.2.2).</summary>
internal static class OcspResponder
{
    /// <summary>Null when it may speak for the authority; else why not.</summary>
    public static string? Problem(Certificate responder, Certificate issuer, DateTimeOffset now, TimeSpan skew)
    {
        if (!issuer.SubjectDer.AsSpan().SequenceEqual(responder.IssuerDer))
        {
            return $"its responder {responder.Label} is not of the certificate's issuer";
        }

        if (responder.ExtendedKeyUsages?.Contains(KeyPurposeID.id_kp_OCSPSigning) is not true)
        {
            return $"its responder {responder.Label} is none: the extended key usage lacks OCSPSigning";
        }

        if (responder.HasKeyUsage && !responder.MaySign)
        {
            return $"the key usage of its responder {responder.Label} lacks digitalSignature";
        }

        if (responder.UnknownCritical is { } oid)
        {
            return $"the critical extension {oid} of its responder {responder.Label} is not known here";
        }

        // Else its own status would have to be asked, of whom?
        if (!responder.HasNoRevocationCheck)
        {
            return $"its responder {responder.Label} could itself be revoked: its certificate lacks id-pkix-ocsp-nocheck";
        }

        if (now + skew < responder.NotBefore || now - skew > responder.NotAfter)
        {
            return $"its responder {responder.Label} is valid from {responder.NotBefore:u} until {responder.NotAfter:u}, it is {now:u} here";
        }

        SvidRefusal? forged = null;
        return (SvidVerifier.Usable(issuer, () => forged = CertificateSignature.Check(responder, issuer.Key)) ?? forged)?.Text;
    }
}
