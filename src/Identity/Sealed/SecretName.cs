using System.Buffers;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>Names of secrets: part of a file name, so only what is harmless in one.</summary>
public static class SecretName
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>What is wrong with a name, for people; null when nothing is.</summary>
    public static string? Problem(string name) => name switch
    {
        "" => "the name of a secret is empty",
        { Length: > SealedLimits.NameCharsMax } =>
            $"the name of a secret has {name.Length} characters, at most {SealedLimits.NameCharsMax} are allowed",
        _ when name.AsSpan().ContainsAnyExcept(Allowed) => "the name of a secret may hold a-z, 0-9, '.', '_' and '-' only",
        _ => null,
    };

    /// <exception cref="SealedStoreException">The name cannot be one.</exception>
    internal static void Check(string name)
    {
        if (Problem(name) is { } problem)
        {
            throw new SealedStoreException(problem);
        }
    }
}
