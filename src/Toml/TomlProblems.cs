using System.Text;

namespace X0tta6bl4.Toml;

/// <summary>One thing wrong with a TOML file, at the place a person must look.</summary>
/// <param name="File">Name of the file as the caller gave it.</param>
/// <param name="Line">Line, counted from 1; 0 when the problem is the file as a whole.</param>
/// <param name="Column">Column in UTF-16 units, counted from 1; 0 when the problem is the file as a whole.</param>
/// <param name="Message">What is wrong and what would be right, one line.</param>
public sealed record TomlProblem(string File, int Line, int Column, string Message)
{
    /// <summary><c>file:line:col: message</c>, the form editors and compilers share.</summary>
    public override string ToString() => Line > 0 ? $"{File}:{Line}:{Column}: {Message}" : $"{File}: {Message}";
}

/// <summary>
/// Everything wrong with one or more files, so that a person fixes them in one go instead of one a run.
/// Not thread-safe. Bounded: beyond <see cref="ProblemsMax"/> problems are only counted.
/// </summary>
public sealed class TomlProblems
{
    /// <summary>Most problems kept; a binary file read by mistake would otherwise give one a byte.</summary>
    public const int ProblemsMax = 100;

    /// <summary>Most characters of one message kept.</summary>
    public const int MessageCharsMax = 300;

    private readonly List<TomlProblem> _items = [];

    /// <summary>The problems in the order they were found.</summary>
    public IReadOnlyList<TomlProblem> Items => _items;

    /// <summary>How many were found, kept or not.</summary>
    public int Count { get; private set; }

    /// <summary>True when anything is wrong.</summary>
    public bool Any => Count > 0;

    /// <summary>Adds a problem. Control characters in the message are replaced: it may quote the file.</summary>
    public void Add(string file, int line, int column, string message)
    {
        Count++;
        if (_items.Count < ProblemsMax)
        {
            _items.Add(new TomlProblem(file, line, column, OneLine(message)));
        }
    }

    /// <summary>One problem a line, and how many more there are.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var problem in _items)
        {
            text.Append(problem).Append('\n');
        }

        if (Count > _items.Count)
        {
            text.Append("… and ").Append(Count - _items.Count).Append(" more\n");
        }

        return text.ToString();
    }

    private static string OneLine(string message)
    {
        var cut = message.Length > MessageCharsMax ? message[..MessageCharsMax] + "…" : message;
        return cut.Any(char.IsControl)
            ? string.Create(cut.Length, cut, (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(source[i]) ? '\uFFFD' : source[i];
                }
            })
            : cut;
    }
}
