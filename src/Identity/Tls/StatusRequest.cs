using System.Buffers.Binary;
using Org.BouncyCastle.Tls;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// The extension status_request (RFC 8446, section 4.4.2.1) where BouncyCastle leaves it to us: in the server's CertificateRequest,
/// and with each certificate.
/// </summary>
internal static class StatusRequest
{
    /// <summary>Whether an extension list of a CertificateRequest has it.</summary>
    /// <exception cref="TlsFatalAlert">The list is no list.</exception>
    public static bool IsIn(ReadOnlySpan<byte> extensions)
    {
        var found = false;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 4 || BinaryPrimitives.ReadUInt16BigEndian(extensions[2..]) is var length && length > extensions.Length - 4)
            {
                throw new TlsFatalAlert(AlertDescription.decode_error, "an extension of the certificate request is cut off");
            }

            found |= BinaryPrimitives.ReadUInt16BigEndian(extensions) == ExtensionType.status_request;
            extensions = extensions[(4 + length)..];
        }

        return found;
    }

    /// <summary>The handshake message of a CertificateRequest, with the extension added to it, empty.</summary>
    /// <param name="body">As BouncyCastle encodes it: context, then extensions.</param>
    public static byte[] AddTo(ReadOnlySpan<byte> body)
    {
        const int HeaderBytes = 4;
        const int ExtensionBytes = 4;
        var message = new byte[HeaderBytes + body.Length + ExtensionBytes];
        BinaryPrimitives.WriteInt32BigEndian(message, body.Length + ExtensionBytes);
        message[0] = (byte)HandshakeType.certificate_request;
        body.CopyTo(message.AsSpan(HeaderBytes));
        // After the context, whose length is its first byte.
        var length = message.AsSpan(HeaderBytes + 1 + body[0]);
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)(BinaryPrimitives.ReadUInt16BigEndian(length) + ExtensionBytes)));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(message.Length - ExtensionBytes), ExtensionType.status_request);
        return message;
    }

    /// <summary>The extensions of a certificate that is shown with a response.</summary>
    public static Dictionary<int, byte[]> Extensions(ReadOnlySpan<byte> response)
    {
        var status = new byte[4 + response.Length];
        BinaryPrimitives.WriteInt32BigEndian(status, response.Length);
        status[0] = (byte)CertificateStatusType.ocsp;
        response.CopyTo(status.AsSpan(4));
        return new Dictionary<int, byte[]> { [ExtensionType.status_request] = status };
    }

    /// <summary>The response that was shown with a certificate; null when there is none.</summary>
    /// <exception cref="TlsFatalAlert">It is no CertificateStatus.</exception>
    public static ReadOnlyMemory<byte>? Response(CertificateEntry entry)
    {
        if (entry.Extensions is not { } extensions || !extensions.TryGetValue(ExtensionType.status_request, out var status))
        {
            return null;
        }

        return status is [(byte)CertificateStatusType.ocsp, ..] && status.Length > 4
            && (BinaryPrimitives.ReadUInt32BigEndian(status) & 0xFFFFFF) == status.Length - 4
            ? status.AsMemory(4)
            : throw new TlsFatalAlert(AlertDescription.decode_error, "the status of a certificate is no OCSP response");
    }
}
