using Tomlyn.Syntax;

namespace X0tta6bl4.Toml;

/// <summary>A key with its position and what stands behind it: a value, a table, or an array of tables.</summary>
internal sealed class TomlEntry(string name, TextPosition position)
{
    public string Name { get; } = name;

    public TextPosition Position { get; } = position;

    public ValueSyntax? Value { get; init; }

    public TomlTable? Table { get; init; }

    public List<TomlTable>? Tables { get; init; }

    /// <summary>What it is, in the words of an error message.</summary>
    public string Kind => this switch
    {
        { Table: not null } => "a table",
        { Tables: not null } => "an array of tables",
        { Value: StringValueSyntax } => "a string",
        { Value: IntegerValueSyntax } => "an integer",
        { Value: FloatValueSyntax } => "a float",
        { Value: BooleanValueSyntax } => "a boolean",
        { Value: ArraySyntax } => "an array",
        { Value: DateTimeValueSyntax } => "a date or time",
        _ => "something else",
    };
}

/// <summary>The entries of one table in file order.</summary>
internal sealed class TomlTable(string path, TextPosition position)
{
    /// <summary>Dotted path from the root, empty for the root.</summary>
    public string Path { get; } = path;

    public TextPosition Position { get; } = position;

    public Dictionary<string, TomlEntry> Entries { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// Turns the flat list a TOML document is (headers, dotted keys, inline tables) into the tree it means. The parser has
/// already refused redefinitions; what is left here is to walk the paths.
/// </summary>
internal sealed class TomlTree
{
    private readonly string _fileName;
    private readonly TomlProblems _problems;

    private TomlTree(string fileName, TomlProblems problems)
    {
        _fileName = fileName;
        _problems = problems;
    }

    public static TomlSection? Build(DocumentSyntax document, string fileName, TomlProblems problems)
    {
        var before = problems.Count;
        var tree = new TomlTree(fileName, problems);
        var root = new TomlTable("", default);
        tree.AddAll(root, document.KeyValues);
        foreach (var header in document.Tables)
        {
            if (header.Name is not null && tree.Open(root, header.Name, header is TableArraySyntax) is { } table)
            {
                tree.AddAll(table, header.Items);
            }
        }

        return problems.Count == before ? new TomlSection(root, fileName, problems) : null;
    }

    private void AddAll(TomlTable table, IEnumerable<KeyValueSyntax> items)
    {
        foreach (var item in items)
        {
            if (item.Key is not null && item.Value is not null && Walk(table, item.Key) is { } at)
            {
                at.Table.Entries[at.Name] = Entry(at.Table, at.Name, at.Position, item.Value);
            }
        }
    }

    private TomlEntry Entry(TomlTable parent, string name, TextPosition position, ValueSyntax value)
    {
        var path = Join(parent.Path, name);
        switch (value)
        {
            case InlineTableSyntax inline:
                return new TomlEntry(name, position) { Table = Inline(path, inline) };
            case ArraySyntax array when array.Items.ChildrenCount > 0 && array.Items.All(i => i.Value is InlineTableSyntax):
                return new TomlEntry(name, position)
                {
                    Tables = [.. array.Items.Select(i => Inline(path, (InlineTableSyntax)i.Value!))],
                };
            default:
                return new TomlEntry(name, position) { Value = value };
        }
    }

    // Recursion is bounded: the parser refuses nesting beyond TomlFile.DepthMax.
    private TomlTable Inline(string path, InlineTableSyntax inline)
    {
        var table = new TomlTable(path, inline.Span.Start);
        AddAll(table, inline.Items.Where(i => i.KeyValue is not null).Select(i => i.KeyValue!));
        return table;
    }

    private TomlTable? Open(TomlTable root, KeySyntax name, bool isArray)
    {
        if (Walk(root, name) is not { } at)
        {
            return null;
        }

        var path = Join(at.Table.Path, at.Name);
        at.Table.Entries.TryGetValue(at.Name, out var known);
        var opened = new TomlTable(path, at.Position);
        switch (isArray, known)
        {
            case (false, null):
                at.Table.Entries[at.Name] = new TomlEntry(at.Name, at.Position) { Table = opened };
                return opened;
            case (false, { Table: { } table }):
                // [a.b] stood before [a]: the table exists already, and now gets its own keys.
                return table;
            case (true, null):
                at.Table.Entries[at.Name] = new TomlEntry(at.Name, at.Position) { Tables = [opened] };
                return opened;
            case (true, { Tables: { } tables }):
                tables.Add(opened);
                return opened;
            default:
                Report(at.Position, $"'{path}' is {known!.Kind} above and cannot be opened again");
                return null;
        }
    }

    /// <summary>Goes to the table that holds the last part of a dotted key, making the ones between.</summary>
    private (TomlTable Table, string Name, TextPosition Position)? Walk(TomlTable from, KeySyntax key)
    {
        var parts = Parts(key);
        if (parts.Count is 0 or > TomlFile.DepthMax)
        {
            Report(key.Span.Start, $"a key has {parts.Count} parts, the most is {TomlFile.DepthMax}");
            return null;
        }

        var table = from;
        foreach (var (name, position) in parts[..^1])
        {
            if (!table.Entries.TryGetValue(name, out var entry))
            {
                entry = new TomlEntry(name, position) { Table = new TomlTable(Join(table.Path, name), position) };
                table.Entries[name] = entry;
            }

            if ((entry.Table ?? entry.Tables?[^1]) is not { } next)
            {
                Report(position, $"'{Join(table.Path, name)}' is {entry.Kind}, not a table");
                return null;
            }

            table = next;
        }

        return (table, parts[^1].Name, parts[^1].Position);
    }

    private static List<(string Name, TextPosition Position)> Parts(KeySyntax key)
    {
        var parts = new List<(string, TextPosition)>();
        Add(key.Key);
        foreach (var dotted in key.DotKeys)
        {
            Add(dotted.Key);
        }

        return parts;

        void Add(BareKeyOrStringValueSyntax? part)
        {
            if (part is not null)
            {
                var name = part is BareKeySyntax bare ? bare.Key?.Text : (part as StringValueSyntax)?.Value;
                parts.Add((name ?? "", part.Span.Start));
            }
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Report(TextPosition position, string message) =>
        _problems.Add(_fileName, position.Line + 1, position.Column + 1, message);
}
