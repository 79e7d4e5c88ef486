using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>What one list or response says of one certificate.</summary>
/// <param name="Refusal">Null: it is not revoked. Else that it is, or why nothing can be said.</param>
/// <param name="AsOf">The moment it was known (thisUpdate).</param>
/// <param name="Until">When something newer must be there (nextUpdate); the clock skew is not in it.</param>
internal readonly record struct StatusVerdict(SvidRefusal? Refusal, DateTimeOffset AsOf, DateTimeOffset Until)
{
    public bool IsGood => Refusal is null;

    public bool IsRevoked => Refusal?.Reason == SvidRefusalReason.Revoked;

    public static StatusVerdict Unknown(string text) =>
        new(SvidRefusal.Of(SvidRefusalReason.StatusUnknown, text), DateTimeOffset.MinValue, DateTimeOffset.MinValue);

    public static StatusVerdict Revoked(string text, DateTimeOffset asOf, DateTimeOffset until) =>
        new(SvidRefusal.Of(SvidRefusalReason.Revoked, text), asOf, until);

    public static StatusVerdict Good(DateTimeOffset asOf, DateTimeOffset until) => new(null, asOf, until);
}
