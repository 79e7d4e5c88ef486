using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Agent.Cli;

/// <summary>
/// <c>jwt verify</c>: would this token be believed, and if not, why: the same decision as at the API, on files. Needs no running agent
/// and no configuration. A token is a secret: <c>-</c> takes it from standard input, where no list of processes shows it, and it is
/// never written anywhere.
/// </summary>
internal static class JwtVerb
{
    public static readonly OfflineVerb Verb = new(
        "jwt",
        [("verify TOKEN|-", "would this token be believed, and why not (--jwks, --audience)")],
        ["--profile", "--jwks", "--audience", "--trust-domain", "--issuer", "--at"],
        Run);

    private const string Usage =
        """
        usage: x0tta6bl4 jwt verify --jwks FILE --audience A [--trust-domain TD] [--at TIME] TOKEN|-
               x0tta6bl4 jwt verify --profile api --jwks FILE --audience A [--issuer I] [--at TIME] TOKEN|-
        """;

    private const string SvidProfile = "jwt-svid";
    private const string ApiProfile = "api";

    private static int Run(CommandLine line, TextWriter output, TextWriter error)
    {
        var profile = line.Value("--profile") ?? SvidProfile;
        if (line.Arguments is not ["verify", var token] || line.Value("--jwks") is not { } keys
            || line.Value("--audience") is not { Length: > 0 } audience
            || profile is not (SvidProfile or ApiProfile)
            || line.Value(profile == ApiProfile ? "--trust-domain" : "--issuer") is not null)
        {
            error.WriteLine(Usage);
            return ExitCode.Usage;
        }

        try
        {
            var now = SvidVerb.Time(line.Value("--at"));
            var text = token == "-" ? ReadToken(Console.In) : token;
            var answer = profile == ApiProfile
                ? VerifyApi(text, keys, new ApiTokenPolicy(audience) { Issuer = line.Value("--issuer") }, now)
                : VerifySvid(text, keys, audience, line.Value("--trust-domain"), now);
            Show(answer, profile, line.Json, output);
            return answer.Refusal is null ? ExitCode.Fine : ExitCode.Failed;
        }
        catch (Exception exception) when (exception is JwkSetFormatException or FormatException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Usage;
        }
    }

    /// <summary>What both profiles have to say.</summary>
    private sealed record Answer(
        string? Subject, string? Issuer, IReadOnlyList<string> Audience, DateTimeOffset ExpiresAt, string? KeyId,
        IReadOnlyList<string>? Scopes, JwtRefusal? Refusal);

    private static Answer VerifySvid(string token, string keysFile, string audience, string? domainName, DateTimeOffset now)
    {
        TrustDomain domain = default;
        if (domainName is not null && TrustDomain.Parse(domainName, out domain) is { } problem)
        {
            throw new FormatException($"--trust-domain: {problem}");
        }

        // A token without a readable subject is refused before its trust domain matters.
        domain = domainName is not null ? domain : JwtSvidVerifier.ClaimedTrustDomain(token) ?? default;
        var bundle = Named(keysFile, JwtBundle.BytesMax, bytes => JwtBundleReader.Read(bytes, domain));
        var (svid, refusal) = new JwtSvidVerifier(new JwtSvidPolicy(), audience).Verify(token, new JwtBundleSet(bundle), now);
        return new Answer(
            svid?.Id.ToString(), null, svid?.Audience ?? [], svid?.ExpiresAt ?? default, svid?.Authority.KeyId, null, refusal);
    }

    private static Answer VerifyApi(string token, string keysFile, ApiTokenPolicy policy, DateTimeOffset now)
    {
        var keys = Named(keysFile, ApiTokenKeySet.BytesMax, bytes => ApiTokenKeySet.Read(bytes));
        var (proven, refusal) = new ApiTokenVerifier(policy).Verify(token, keys, now);
        return new Answer(
            proven?.Subject, proven?.Issuer, proven?.Audience ?? [], proven?.ExpiresAt ?? default, proven?.KeyId, proven?.Scopes, refusal);
    }

    /// <summary>The first line, but no more of it than makes the verifier say that it is too long.</summary>
    private static string ReadToken(TextReader input)
    {
        var buffer = new char[JwtLimits.TokenCharsMax + 1];
        try
        {
            var length = 0;
            while (length < buffer.Length && input.Read() is var c && c is >= 0 and not '\r' and not '\n')
            {
                buffer[length++] = (char)c;
            }

            return new string(buffer, 0, length);
        }
        finally
        {
            Array.Clear(buffer);
        }
    }

    private static T Named<T>(string path, int bytesMax, Func<ReadOnlyMemory<byte>, T> parse)
    {
        try
        {
            return parse(BoundedFile.Read(path, bytesMax));
        }
        catch (JwkSetFormatException exception)
        {
            throw new JwkSetFormatException($"{path}: {exception.Message}", exception);
        }
    }

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    private static void Show(Answer answer, string profile, bool json, TextWriter output)
    {
        if (!json)
        {
            output.WriteLine(answer.Refusal is { } no
                ? $"no: {no}"
                : $"yes: {answer.Subject} until {answer.ExpiresAt:u}, by the key {Printable(answer.KeyId!)}"
                    + (answer.Scopes is { Count: > 0 } scopes ? $", scope {string.Join(' ', scopes)}" : ""));
            return;
        }

        output.WriteLine(JsonOutput.Write(writer =>
        {
            writer.WriteBoolean("believed", answer.Refusal is null);
            writer.WriteString("profile", profile);
            if (answer.Subject is { } subject)
            {
                writer.WriteString(answer.Scopes is null ? "spiffe_id" : "subject", subject);
                if (answer.Issuer is { } issuer)
                {
                    writer.WriteString("issuer", issuer);
                }

                writer.WriteStartArray("audience");
                foreach (var name in answer.Audience)
                {
                    writer.WriteStringValue(name);
                }

                writer.WriteEndArray();
                writer.WriteString("expires_at", answer.ExpiresAt.UtcDateTime);
                writer.WriteString("key_id", answer.KeyId);
            }

            if (answer.Scopes is { } words && answer.Subject is not null)
            {
                writer.WriteStartArray("scope");
                foreach (var word in words)
                {
                    writer.WriteStringValue(word);
                }

                writer.WriteEndArray();
            }

            if (answer.Refusal is { } refusal)
            {
                writer.WriteString("reason", refusal.Reason.ToString());
                writer.WriteString("requirement", refusal.Requirement);
                writer.WriteString("text", refusal.Text);
            }
        }));
    }
}
