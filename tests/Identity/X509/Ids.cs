namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>SPIFFE IDs by the letter of the standard, for the parser and, minted into certificates, for the verifier.</summary>
internal static class Ids
{
    /// <summary>Trust domains of the good ones.</summary>
    public static IReadOnlyList<string> Domains { get; } =
        ["example.org", "127.0.0.1", "a..b", "-x", "_", "1", "a.b.example.org", new string('t', 255)];

    /// <summary>Requirement, what it is, and the ID.</summary>
    public static IReadOnlyList<(string Requirement, string What, string Uri)> Good { get; } =
    [
        ("ID-1, ID-2, ID-3, ID-5", "of a scheme, a trust domain, a path and nothing else", "spiffe://example.org/a"),
        ("ID-4", "of a trust domain of one character", "spiffe://1/a"),
        ("ID-6, ID-8", "of a trust domain in plain lower case", "spiffe://a.b.example.org/a"),
        ("ID-7, ID-9", "of a trust domain that is no host name for its underscore", "spiffe://_/a"),
        ("ID-7, ID-9", "of a trust domain that is no host name for its hyphen", "spiffe://-x/a"),
        ("ID-9", "of a trust domain with two dots in a row", "spiffe://a..b/a"),
        ("ID-9", "of a trust domain that is an address", "spiffe://127.0.0.1/a"),
        ("ID-10, ID-12", "of many segments", "spiffe://example.org/a/b/c/d/e/f/g"),
        ("ID-16", "of a trust domain of 255 characters", $"spiffe://{new string('t', 255)}/a"),
        ("ID-11", "of three dots", "spiffe://example.org/..."),
        ("ID-11", "of a dot and a letter", "spiffe://example.org/.a/..a/a."),
        ("ID-13", "of every kind of character", "spiffe://example.org/azAZ09.-_/b"),
        ("ID-14", "of 1,800 characters", $"spiffe://example.org/{new string('p', 1779)}"),
        ("ID-17", "of upper-case path", "spiffe://example.org/A/B"),
    ];

    /// <summary>Requirement, what is wrong, and the text.</summary>
    public static IReadOnlyList<(string Requirement, string What, string Uri)> Bad { get; } =
    [
        ("ID-1", "http scheme", "http://example.org/a"),
        ("ID-1", "https scheme", "https://example.org/a"),
        ("ID-1", "spiff scheme", "spiff://example.org/a"),
        ("ID-1", "spiffes scheme", "spiffes://example.org/a"),
        ("ID-1", "one slash", "spiffe:/example.org/a"),
        ("ID-1", "no scheme", "example.org/a"),
        ("ID-1", "only a scheme", "spiffe:"),
        ("ID-1", "urn", "urn:spiffe:example.org:a"),
        ("ID-3", "query", "spiffe://example.org/a?b=c"),
        ("ID-3", "empty query", "spiffe://example.org/a?"),
        ("ID-3", "fragment", "spiffe://example.org/a#b"),
        ("ID-3", "empty fragment", "spiffe://example.org/a#"),
        ("ID-3", "query in the host", "spiffe://example.org?/a"),
        ("ID-4", "empty host", "spiffe:///a"),
        ("ID-4", "nothing after the scheme", "spiffe://"),
        ("ID-5", "user name", "spiffe://user@example.org/a"),
        ("ID-5", "user name and password", "spiffe://user:pw@example.org/a"),
        ("ID-5", "port", "spiffe://example.org:443/a"),
        ("ID-5", "empty port", "spiffe://example.org:/a"),
        ("ID-6", "upper-case host", "spiffe://Example.org/a"),
        ("ID-6", "host in capitals", "spiffe://EXAMPLE.ORG/a"),
        ("ID-7", "comma in the host", "spiffe://exam,ple.org/a"),
        ("ID-7", "space in the host", "spiffe://exam ple.org/a"),
        ("ID-7", "exclamation mark in the host", "spiffe://example!org/a"),
        ("ID-7", "brackets in the host", "spiffe://[fe80--1]/a"),
        ("ID-7", "tilde in the host", "spiffe://~example.org/a"),
        ("ID-7", "plus in the host", "spiffe://example+org/a"),
        ("ID-8", "percent-encoded dot in the host", "spiffe://example%2eorg/a"),
        ("ID-8", "percent-encoded letter in the host", "spiffe://%65xample.org/a"),
        ("ID-8", "bare percent in the host", "spiffe://example%/a"),
        ("ID-10", "percent-encoded slash in the path", "spiffe://example.org/a%2fb"),
        ("ID-10", "percent-encoded dots in the path", "spiffe://example.org/%2e%2e/a"),
        ("ID-10", "percent-encoded letter in the path", "spiffe://example.org/%61"),
        ("ID-10", "bare percent in the path", "spiffe://example.org/100%"),
        ("ID-11", "empty segment", "spiffe://example.org/a//b"),
        ("ID-11", "empty first segment", "spiffe://example.org//a"),
        ("ID-11", "dot segment", "spiffe://example.org/a/./b"),
        ("ID-11", "dot last segment", "spiffe://example.org/a/."),
        ("ID-11", "two-dot segment", "spiffe://example.org/a/../b"),
        ("ID-11", "two-dot first segment", "spiffe://example.org/../a"),
        ("ID-11", "two-dot last segment", "spiffe://example.org/a/.."),
        ("ID-12", "slash at the end", "spiffe://example.org/a/"),
        ("ID-12", "only a slash", "spiffe://example.org/"),
        ("ID-12", "two slashes at the end", "spiffe://example.org/a//"),
        ("ID-13", "space in the path", "spiffe://example.org/a b"),
        ("ID-13", "star in the path", "spiffe://example.org/*"),
        ("ID-13", "colon in the path", "spiffe://example.org/a:b"),
        ("ID-13", "at sign in the path", "spiffe://example.org/a@b"),
        ("ID-13", "plus in the path", "spiffe://example.org/a+b"),
        ("ID-13", "tilde in the path", "spiffe://example.org/~a"),
        ("ID-13", "parameter in the path", "spiffe://example.org/a;b"),
        ("ID-13", "backslash in the path", @"spiffe://example.org/a\\b"),
        ("ID-14", "2,049 characters", $"spiffe://example.org/{new string('p', 2028)}"),
        ("ID-14", "9,000 characters", $"spiffe://example.org/{new string('p', 8979)}"),
        ("ID-16", "trust domain of 256 characters", $"spiffe://{new string('t', 256)}/a"),
        ("ID-16", "trust domain of 2,000 characters", $"spiffe://{new string('t', 2000)}/a"),
        ("ID-17", "Spiffe with a capital", "Spiffe://example.org/a"),
        ("ID-17", "SPIFFE in capitals", "SPIFFE://example.org/a"),
    ];
}
