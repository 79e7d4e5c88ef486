using System.Globalization;
using System.Reflection;

namespace X0tta6bl4.Agent;

/// <summary>A moment that is past for certain: when the source this binary was built from was committed.</summary>
internal static class BuildTime
{
    /// <summary>The commit's time; of this file's last change where the build did not know it.</summary>
    public static DateTimeOffset Value { get; } = Read();

    private static DateTimeOffset Read()
    {
        var text = typeof(BuildTime).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == "SourceDateEpoch")?.Value;
        return long.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero);
    }
}
