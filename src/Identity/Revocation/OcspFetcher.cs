using System.Diagnostics.CodeAnalysis;
using Org.BouncyCastle.Asn1;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>
/// Asks responders, and remembers what they said until its end. Asked for proven peers alone: the certificate names the address,
/// and what a stranger wrote into one must make nobody connect anywhere. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore nobody asked for its wait handle holds nothing.")]
public sealed class OcspFetcher(RevocationPolicy policy, TimeProvider time)
{
    /// <summary>Most answers that are remembered.</summary>
    public const int RememberedMax = 256;

    /// <summary>Most questions under way; further ones wait.</summary>
    public const int UnderWayMax = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, StatusVerdict> _answers = [];
    private readonly SemaphoreSlim _underWay = new(UnderWayMax, UnderWayMax);

    /// <summary>How many answers are remembered.</summary>
    internal int Remembered
    {
        get
        {
            lock (_lock)
            {
                return _answers.Count;
            }
        }
    }

    /// <summary>What is remembered of a certificate and still counts.</summary>
    internal StatusVerdict? Find(Certificate certificate, Certificate issuer, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _answers.TryGetValue(Key(certificate, issuer), out var known) && now <= known.Until ? known : null;
        }
    }

    /// <summary>Asks, unless it is remembered. A responder that does not answer is a refusal, never an exception.</summary>
    /// <param name="certificate">Of a chain that has been proven.</param>
    /// <param name="issuer">Who signed it.</param>
    /// <param name="now">The time certificates are judged by, asked again when the answer is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<StatusVerdict> AskAsync(
        Certificate certificate, Certificate issuer, Func<DateTimeOffset> now, CancellationToken cancellationToken)
    {
        if (Find(certificate, issuer, now()) is { } known)
        {
            return known;
        }

        if (ResponderOf(certificate, out var url) is { } refusal)
        {
            return refusal;
        }

        // Standing in line counts: a peer nobody speaks for is not let wait.
        using var patience = new CancellationTokenSource(policy.FetchTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var request = OcspRequest.Of(certificate, issuer);
            var answer = await PostAsync(url!, request.Der, either.Token).ConfigureAwait(false);
            var verdict = OcspResponse.Read(answer).Check(certificate, issuer, now(), policy, request.Nonce);
            return Remember(certificate, issuer, verdict);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unknown(certificate, url!, $"no answer within {policy.FetchTime.TotalSeconds:0.#} s");
        }
        catch (Exception exception) when (exception is IOException or CertificateFormatException)
        {
            return Unknown(certificate, url!, exception.Message);
        }
    }

    private async Task<byte[]> PostAsync(Uri url, byte[] question, CancellationToken cancellationToken)
    {
        await _underWay.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await OcspTransport.PostAsync(url, policy.Responder is not null, question, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _underWay.Release();
        }
    }

    private static StatusVerdict Unknown(Certificate certificate, Uri url, string text) =>
        StatusVerdict.Unknown($"{certificate.Label}: the OCSP responder {Certificate.Clean(url.GetLeftPart(UriPartial.Path))}: {text}");

    /// <summary>
    /// An answer of before the last one is an old recording: plain HTTP is anybody's. Only what a responder has signed is
    /// remembered.
    /// </summary>
    private StatusVerdict Remember(Certificate certificate, Certificate issuer, StatusVerdict verdict)
    {
        if (!verdict.IsGood && !verdict.IsRevoked)
        {
            return verdict;
        }

        lock (_lock)
        {
            var key = Key(certificate, issuer);
            if (_answers.TryGetValue(key, out var known) && verdict.AsOf < known.AsOf)
            {
                return StatusVerdict.Unknown(
                    $"{certificate.Label}: the OCSP response of {verdict.AsOf:u} is older than the last one, of {known.AsOf:u}");
            }

            if (_answers.Count >= RememberedMax && !_answers.ContainsKey(key))
            {
                _answers.Remove(_answers.MinBy(a => a.Value.Until).Key);
            }

            _answers[key] = verdict;
        }

        return verdict;
    }

    private StatusVerdict? ResponderOf(Certificate certificate, out Uri? url)
    {
        url = policy.Responder;
        if (url is not null)
        {
            return null;
        }

        try
        {
            url = certificate.OcspResponders().Select(ReadUrl).FirstOrDefault(u => u is not null);
        }
        catch (CertificateFormatException exception)
        {
            return StatusVerdict.Unknown($"{certificate.Label}: {exception.Message}");
        }

        return url is null
            ? StatusVerdict.Unknown($"{certificate.Label}: it names no OCSP responder with an http URL, and none is configured")
            : null;
    }

    /// <summary>An http URL with a host; null for anything else: responses are signed, https would ask for the next certificate.</summary>
    public static Uri? ReadUrl(string text) =>
        text.Length <= RevocationPolicy.UrlCharsMax && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme == Uri.UriSchemeHttp && url.Host.Length > 0 && url.UserInfo.Length == 0
            ? url
            : null;

    private static string Key(Certificate certificate, Certificate issuer) =>
        Convert.ToBase64String(OcspCertificateId.Of(certificate, issuer).GetEncoded(Asn1Encodable.Der));
}
