using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// All a router needs for its first contact with the site authority, as one line: who it is to be, the token that proves that
/// it may, where the authority is, and its root certificate, so that the router believes nobody else from the first byte on.
/// A secret until it is used.
/// </summary>
/// <remarks><c>x0join1.</c> and base64url (RFC 4648, section 5) of <see cref="SecretFields"/> and the first 4 bytes of its SHA-256.</remarks>
public sealed class JoinString
{
    /// <summary>Most characters of the line.</summary>
    public const int CharsMax = 8 * 1024;

    /// <summary>Most addresses of an authority.</summary>
    public const int AddressesMax = 8;

    /// <summary>Port of the authority, unless an address names another.</summary>
    public const int DefaultPort = 8448;

    private const string Prefix = "x0join1.";
    private const int ChecksumBytes = 4;

    internal JoinString(EnrolmentToken token, SpiffeId id, IReadOnlyList<string> addresses, Certificate root)
    {
        Token = token;
        Id = id;
        Addresses = addresses;
        Root = root;
    }

    /// <summary>Who the router will be.</summary>
    public SpiffeId Id { get; }

    /// <summary>HOST:PORT of the authority, tried in this order. May be empty: the configuration then names them.</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>The authority's root certificate.</summary>
    public Certificate Root { get; }

    internal EnrolmentToken Token { get; }

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"join string for {Id}";

    /// <summary>The line itself: for the person at the console and nobody else.</summary>
    public string Reveal()
    {
        var packed = SecretFields.Pack(
            Token.ToBytes(), Encoding.ASCII.GetBytes(Id.ToString()), Encoding.ASCII.GetBytes(string.Join(',', Addresses)), Root.Der);
        return $"{Prefix}{Base64Url.EncodeToString([.. packed, .. Sha256.Hash(packed).AsSpan(0, ChecksumBytes)])}";
    }

    /// <summary>Reads a line, with white space around it.</summary>
    /// <exception cref="FormatException">It is none, or was not copied whole. The message holds none of it.</exception>
    public static JoinString Parse(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.Length > CharsMax || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw new FormatException($"it is no join string: one begins with {Prefix} and has at most {CharsMax} characters");
        }

        if (!Base64Url.IsValid(text[Prefix.Length..]))
        {
            throw new FormatException("the join string has a character it cannot have: copy it again, as one line");
        }

        var bytes = Base64Url.DecodeFromChars(text[Prefix.Length..]);
        try
        {
            if (bytes.Length <= ChecksumBytes
                || !Sha256.Hash(bytes.AsSpan(..^ChecksumBytes)).AsSpan(0, ChecksumBytes).SequenceEqual(bytes.AsSpan(^ChecksumBytes..)))
            {
                throw new FormatException("the join string is not whole or has a mistake: copy it again");
            }

            return Read(SecretFields.Unpack(bytes.AsMemory(..^ChecksumBytes)));
        }
        catch (CertificateFormatException exception)
        {
            throw new FormatException($"the join string cannot be used: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Null when it is HOST, HOST:PORT, or an IPv6 address, with a port in brackets; else what is wrong.</summary>
    public static string? ParseAddress(string text, out DnsEndPoint? address)
    {
        address = null;
        var host = text;
        var port = DefaultPort;
        var colon = text.LastIndexOf(':');
        if (colon > 0 && (text.IndexOf(':', StringComparison.Ordinal) == colon || text[colon - 1] == ']'))
        {
            host = text[..colon];
            if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > IPEndPoint.MaxPort)
            {
                return $"\"{Certificate.Clean(text)}\" has no port from 1 to 65535 after its colon";
            }
        }

        host = host is ['[', .. var inner, ']'] ? inner : host;
        if (Uri.CheckHostName(host.Split('%')[0]) == UriHostNameType.Unknown)
        {
            return $"\"{Certificate.Clean(text)}\" is no address such as 10.0.0.1:{DefaultPort}, [fe80::1%mesh0]:{DefaultPort} or authority.example";
        }

        address = new DnsEndPoint(host, port);
        return null;
    }

    private static JoinString Read(List<ReadOnlyMemory<byte>> fields)
    {
        if (fields.Count != 4 || fields[0].Length != EnrolmentToken.Bytes)
        {
            throw new FormatException("the join string is not what a join string is");
        }

        if (SpiffeId.Parse(Encoding.ASCII.GetString(fields[1].Span), out var id) is { } problem)
        {
            throw new FormatException($"the join string's ID is none: {problem}");
        }

        var addresses = Encoding.ASCII.GetString(fields[2].Span).Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (addresses.Length > AddressesMax || addresses.Any(a => ParseAddress(a, out _) is not null))
        {
            throw new FormatException("the join string's addresses cannot be used");
        }

        var root = Certificate.Read(fields[3].ToArray());
        return root.IsAuthority
            ? new JoinString(EnrolmentToken.Read(fields[0].Span), id, addresses, root)
            : throw new FormatException("the join string's root certificate is no authority's");
    }
}
