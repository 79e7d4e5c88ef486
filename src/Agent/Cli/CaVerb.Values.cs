using System.Globalization;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Agent.Cli;

/// <content>What its flags mean.</content>
internal static partial class CaVerb
{
    private static string Required(CommandLine line, string flag) =>
        line.Value(flag) ?? throw new FormatException($"{flag} is missing\n{Usage}");

    private static SpiffeId Id(CommandLine line) => SpiffeId.Parse(Required(line, "--id"), out var id) is { } problem
        ? throw new FormatException($"--id: {problem}")
        : id;

    private static TrustDomain Domain(CommandLine line) => TrustDomain.Parse(Required(line, "--trust-domain"), out var domain) is { } problem
        ? throw new FormatException($"--trust-domain: {problem}")
        : domain;

    private static KeyKind Kind(CommandLine line) => line.Value("--key") switch
    {
        null or "p256" => KeyKind.P256,
        "ed25519" => KeyKind.Ed25519,
        _ => throw new FormatException("--key: p256 or ed25519"),
    };

    private static int Whole(CommandLine line, string flag, int least, int most, int? otherwise = null)
    {
        if (line.Value(flag) is not { } text && otherwise is { } value)
        {
            return value;
        }

        return int.TryParse(Required(line, flag), NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most
            ? value
            : throw new FormatException($"{flag}: a whole number from {least} to {most}");
    }

    /// <summary>A whole number and s, m, h or d.</summary>
    private static TimeSpan Duration(CommandLine line, string flag, TimeSpan otherwise)
    {
        if (line.Value(flag) is not { } text)
        {
            return otherwise;
        }

        const int SecondsMax = 3653 * 24 * 3600;
        var unit = text.Length > 0 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 24 * 3600, _ => 0 } : 0;
        return unit > 0 && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && count <= SecondsMax / unit
            ? TimeSpan.FromSeconds((long)count * unit)
            : throw new FormatException($"{flag}: a time such as 45m, 24h or 7d, found \"{text}\"");
    }
}
