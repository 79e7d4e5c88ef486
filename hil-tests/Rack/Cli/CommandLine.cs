using System.Globalization;

namespace X0tta6bl4.Rack.Cli;

/// <summary>Exit codes, those of the agent: 0 fine, 1 failed, 2 usage.</summary>
internal static class ExitCodes
{
    public const int Fine = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>128 + SIGINT, as shells do.</summary>
    public const int Interrupted = 130;
}

/// <summary>A mistake on the command line.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Takes known options out of the arguments; what is left must be names.</summary>
internal sealed class CommandLine(IEnumerable<string> arguments)
{
    private readonly List<string> _arguments = [.. arguments];

    public bool Flag(string name) => _arguments.Remove(name);

    public string? Value(string name)
    {
        var at = _arguments.IndexOf(name);
        if (at < 0)
        {
            return null;
        }

        if (at + 1 >= _arguments.Count)
        {
            throw new UsageException($"{name} needs a value");
        }

        var value = _arguments[at + 1];
        _arguments.RemoveRange(at, 2);
        return value;
    }

    public int Number(string name, int defaultValue)
    {
        var text = Value(name);
        return text is null ? defaultValue
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new UsageException($"{name} needs a number, found \"{text}\"");
    }

    /// <summary>The names, when no option is left that nobody knows.</summary>
    public IReadOnlyList<string> Rest(string usage) => _arguments.Find(a => a.StartsWith('-')) is { } unknown
        ? throw new UsageException($"unknown option {unknown}\nusage: {usage}")
        : _arguments;
}
