using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace X0tta6bl4.Api;

/// <summary>Reads the <c>listen</c> entries of the configuration.</summary>
public static class ListenAddress
{
    /// <summary>Where the metrics are served unless the configuration says otherwise: this machine only.</summary>
    public const string Default = "127.0.0.1:9464";

    /// <summary>
    /// Parses <c>127.0.0.1:9464</c> or <c>[::1]:9464</c>. Names are not resolved: a listener needs one certain address.
    /// </summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out IPEndPoint? address, [NotNullWhen(false)] out string? problem)
    {
        problem = null;

        // IPEndPoint takes a bare address for port 0 and a bare IPv6 address's last group for nothing; both are
        // mistakes here.
        var hasPort =
            text.LastIndexOf(':') is var colon and > 0 && (text[colon - 1] == ']' || text.IndexOf(':') == colon);
        if (hasPort && IPEndPoint.TryParse(text, out address))
        {
            return true;
        }

        address = null;
        problem = $"'{text}' is not an address and port such as {Default} or [::1]:9464";
        return false;
    }
}
