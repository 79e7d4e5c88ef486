using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>The OCSP response about our own certificate, to be shown with it (RFC 6066, section 8; RFC 8446, section 4.4.2.1).</summary>
internal sealed record OcspStaple(ReadOnlyMemory<byte> Der, OcspResponse Response)
{
    /// <summary>
    /// Null when peers may believe it, as far as can be seen here; else why it is not shown. After a rotation the response is about
    /// the certificate before.
    /// </summary>
    public string? Problem(Certificate own, DateTimeOffset now) =>
        !Response.SpeaksOf(own) ? $"it speaks of another certificate than ours (serial {own.SerialNumber})"
        : Response.NextUpdate < now ? $"it was good until {Response.NextUpdate:u}"
        : null;
}
