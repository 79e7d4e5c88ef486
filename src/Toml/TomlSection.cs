using Tomlyn.Syntax;

namespace X0tta6bl4.Toml;

/// <summary>
/// One table of a TOML file. The reader asks for each key it knows, with its default and its limits; a wrong value is
/// reported and the default returned, so that one pass finds everything. <see cref="Done"/> then reports what nobody
/// asked for. A section that is absent answers with defaults. Not thread-safe.
/// </summary>
public sealed partial class TomlSection
{
    private readonly TomlTable _table;
    private readonly string _fileName;
    private readonly TomlProblems _problems;
    private readonly List<string> _known = [];
    private readonly List<TomlSection> _children = [];
    private bool _isDone;

    internal TomlSection(TomlTable table, string fileName, TomlProblems problems, bool isPresent = true)
    {
        _table = table;
        _fileName = fileName;
        _problems = problems;
        IsPresent = isPresent;
    }

    /// <summary>Dotted path of the section, empty for the root.</summary>
    public string Path => _table.Path;

    /// <summary>False when the file does not have it; every key then gives its default.</summary>
    public bool IsPresent { get; }

    /// <summary>
    /// The keys the file has here, in no particular order, for sections whose keys are names of the user's own.
    /// </summary>
    public IReadOnlyCollection<string> Names => _table.Entries.Keys;

    /// <summary>True when the file has the key. Asking makes the key known.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A sub-table; absent gives an empty one with defaults.</summary>
    public TomlSection Section(string key)
    {
        var entry = Find(key);
        if (entry is { Table: null })
        {
            Wrong(entry, $"must be a table [{Join(key)}]");
        }

        return Child(entry?.Table ?? new TomlTable(Join(key), _table.Position), entry?.Table is not null);
    }

    /// <summary>
    /// An array of tables (<c>[[key]]</c>, or an array of inline tables); absent or <c>[]</c> gives none.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="countMax">Most elements accepted; more is a problem, and the rest is not read.</param>
    public IReadOnlyList<TomlSection> Sections(string key, int countMax = 64)
    {
        var entry = Find(key);
        if (entry is null or { Value: ArraySyntax { Items.ChildrenCount: 0 } })
        {
            return [];
        }

        if (entry.Tables is null)
        {
            Wrong(entry, $"must be an array of tables [[{Join(key)}]]");
            return [];
        }

        if (entry.Tables.Count > countMax)
        {
            Wrong(entry, $"has {entry.Tables.Count} elements, the most is {countMax}", sayFound: false);
        }

        return [.. entry.Tables.Take(countMax).Select(t => Child(t, isPresent: true))];
    }

    /// <summary>
    /// Reports every key nobody asked for, here and in the sections opened from here, each with the nearest known
    /// name. Call it once on the root after everything was read; a second call reports nothing new.
    /// </summary>
    public void Done()
    {
        if (!_isDone)
        {
            _isDone = true;
            foreach (var entry in _table.Entries.Values.Where(e => !_known.Contains(e.Name)))
            {
                var what = entry.Table is null && entry.Tables is null ? "key" : "section";
                var nearest = NearestName.Find(entry.Name, _known);
                Report(entry.Position, $"unknown {what} '{Join(entry.Name)}'" + (nearest is not null
                    ? $" (nearest known key: {nearest})"
                    : $" (known here: {(_known.Count == 0 ? "none" : string.Join(", ", _known))})"));
            }
        }

        foreach (var child in _children)
        {
            child.Done();
        }
    }

    /// <summary>
    /// Adds a problem of the caller's own at a key of this section (or at the section, when the key is absent).
    /// </summary>
    /// <param name="key">The key the problem is about.</param>
    /// <param name="message">What is wrong; the key's path is put before it.</param>
    public void Problem(string key, string message) =>
        Report(
            _table.Entries.TryGetValue(key, out var entry) ? entry.Position : _table.Position,
            $"'{Join(key)}' {message}");

    /// <summary>Reports an absent key that must be there.</summary>
    /// <returns>True when the key is there.</returns>
    public bool Require(string key)
    {
        if (Find(key) is not null)
        {
            return true;
        }

        Problem(key, "is missing");
        return false;
    }

    private TomlEntry? Find(string key)
    {
        if (!_known.Contains(key))
        {
            _known.Add(key);
        }

        return _table.Entries.GetValueOrDefault(key);
    }

    private TomlSection Child(TomlTable table, bool isPresent)
    {
        var child = new TomlSection(table, _fileName, _problems, isPresent);
        _children.Add(child);
        return child;
    }

    private void Wrong(TomlEntry entry, string message, bool sayFound = true) =>
        Report(entry.Position, $"'{Join(entry.Name)}' {message}" + (sayFound ? $", found {entry.Kind}" : ""));

    private void Report(TextPosition position, string message) =>
        _problems.Add(_fileName, position.Line + 1, position.Column + 1, message);

    private string Join(string key) => Path.Length == 0 ? key : $"{Path}.{key}";
}
