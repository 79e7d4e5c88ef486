using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>The revocation lists of every issuer we have one of. Immutable; a newer set replaces it whole.</summary>
public sealed class RevocationLists
{
    /// <summary>Most lists.</summary>
    public const int ListsMax = 32;

    /// <summary>Most bytes of all lists together, in DER: they stay in memory.</summary>
    public const int BytesMax = 2 * 1024 * 1024;

    /// <summary>
    /// Older lists of one issuer that are kept beside a newer one nobody has proven yet: a forged file must not push out the real
    /// one.
    /// </summary>
    private const int CarriedMax = 2;

    /// <summary>Most keys whose newest list is remembered after it is gone; those with the oldest lists are forgotten first.</summary>
    internal const int FloorsMax = 256;

    /// <summary>No list: where lists are demanded, everybody is refused.</summary>
    public static readonly RevocationLists None = new([]);

    private readonly IReadOnlyList<RevocationList> _lists;

    /// <param name="lists">In any order.</param>
    /// <exception cref="CertificateFormatException">Too many, or too large together.</exception>
    public RevocationLists(IReadOnlyList<RevocationList> lists)
    {
        if (lists.Count > ListsMax)
        {
            throw new CertificateFormatException($"{lists.Count} revocation lists, at most {ListsMax} are kept");
        }

        var bytes = lists.Sum(l => (long)l.Bytes);
        if (bytes > BytesMax)
        {
            throw new CertificateFormatException($"the revocation lists have {bytes} bytes together, at most {BytesMax} are kept");
        }

        _lists = lists;
    }

    /// <summary>How far the keys have come whose lists were in use before, those of today not among them.</summary>
    private IReadOnlyList<Floor> Floors { get; init; } = [];

    /// <summary>Each list.</summary>
    public IReadOnlyList<RevocationList> All => _lists;

    /// <summary>
    /// What follows this set when files have changed. A list does not go back: an older one than a proven one of the same key is
    /// left out, for whoever shows it again would take back a revocation; also when there was none for a while.
    /// </summary>
    /// <param name="read">What the files hold now.</param>
    /// <param name="problems">What was left out, for people.</param>
    /// <exception cref="CertificateFormatException">Too many, or too large together.</exception>
    public RevocationLists Replace(IReadOnlyList<RevocationList> read, out IReadOnlyList<string> problems)
    {
        var said = new List<string>();
        var next = new List<RevocationList>();
        var floors = NextFloors();
        foreach (var list in read)
        {
            foreach (var floor in floors)
            {
                list.ProveLike(floor.Signer);
            }

            if (_lists.FirstOrDefault(known => list.HasSameSigner(known) && list.Age.IsOlderThan(known.Age)) is { } newer)
            {
                // Old ones that lie beside the newer one are no news.
                if (!read.Contains(newer))
                {
                    said.Add(
                        $"the revocation list of \"{list.Issuer}\" of {list.ThisUpdate:u} is older than the one in use, of {newer.ThisUpdate:u}: "
                        + "it is left out");
                }

                next.Add(newer);
            }
            else if (floors.FirstOrDefault(f => list.IsSignedBy(f.Signer) && list.Age.IsOlderThan(f.Age)) is { } floor)
            {
                said.Add(
                    $"the revocation list of \"{list.Issuer}\" of {list.ThisUpdate:u} is older than one that was in use before, of "
                    + $"{floor.Age.ThisUpdate:u}: it is left out");
            }
            else
            {
                next.Add(list);
            }
        }

        // One whose signer nobody knows yet, an intermediate that has not been met, is superseded by none.
        var carried = _lists
            .Where(known => !next.Contains(known) && next.Exists(known.IsOfSameIssuer) && !next.Exists(l => l.HasSameSigner(known)))
            .GroupBy(known => Convert.ToHexString(known.IssuerDer))
            .SelectMany(group => group.OrderByDescending(l => l.Signer is not null).ThenByDescending(l => l.ThisUpdate).Take(CarriedMax));
        problems = said;
        return new RevocationLists([.. next.Concat(carried).Distinct()]) { Floors = floors };
    }

    private Floor[] NextFloors() =>
    [
        .. _lists.Where(l => l.Signer is not null).Select(l => new Floor(l.Signer!, l.Age)).Concat(Floors)
            .GroupBy(f => Convert.ToHexString(f.Signer.KeyInfo.GetDerEncoded()))
            .Select(ofKey => ofKey.Aggregate((a, b) => a.Age.IsOlderThan(b.Age) ? b : a))
            .OrderByDescending(f => f.Age.ThisUpdate)
            .Take(FloorsMax),
    ];

    /// <summary>The same verdict, or a refusal when a certificate of the chain was revoked or has no list that says it was not (U-2).</summary>
    /// <param name="verdict">About a chain.</param>
    /// <param name="now">The time.</param>
    public SvidVerdict Judge(SvidVerdict verdict, DateTimeOffset now)
    {
        if (verdict.Refusal is not null)
        {
            return verdict;
        }

        var policy = new RevocationPolicy { Mode = RevocationMode.Crl };
        var path = verdict.Path!;
        var check = new RevocationCheck(policy, new Latest<RevocationLists>(this), new OcspFetcher(policy, TimeProvider.System));
        return verdict with { Refusal = check.Judge(path, new StatusVerdict?[path.Count - 1], now).Refusal };
    }

    /// <summary>What the newest proven list of its issuer says of a certificate.</summary>
    internal StatusVerdict Check(Certificate certificate, Certificate issuer, DateTimeOffset now, TimeSpan skew)
    {
        RevocationList? newest = null;
        SvidRefusal? refusal = null;
        foreach (var list in _lists.Where(l => l.IsOf(issuer)))
        {
            if (list.CheckSigner(issuer) is { } why)
            {
                refusal = why;
            }
            else if (newest is null || newest.Age.IsOlderThan(list.Age))
            {
                newest = list;
            }
        }

        return newest?.Check(certificate, now, skew)
            ?? StatusVerdict.Unknown($"{certificate.Label}: there is no revocation list of its issuer {issuer.Label}{(refusal is null ? "" : $" that counts: {refusal.Text}")}");
    }

    /// <summary>The newest proven list of a key there was.</summary>
    private sealed record Floor(Certificate Signer, RevocationListAge Age);
}
