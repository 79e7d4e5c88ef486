using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>What a scenario claims. The error names what was expected, what was found, and the expression.</summary>
public static class Expect
{
    public static void That(
        [DoesNotReturnIf(false)] bool holds, string otherwise,
        [CallerArgumentExpression(nameof(holds))] string claim = "")
    {
        if (!holds)
        {
            throw new RackException($"{otherwise} (expected: {claim})");
        }
    }

    public static void Equal<T>(T expected, T found, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new RackException($"{what}: expected {expected}, found {found}");
        }
    }

    /// <summary>A promise in seconds, kept or not.</summary>
    public static void Within(double limitSeconds, double seconds, string what)
    {
        if (seconds > limitSeconds)
        {
            throw new RackException($"{what} took {seconds:0.00} s, promised are {limitSeconds:0.##} s");
        }
    }
}
