using System.Text.RegularExpressions;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>One line of the fingerprint, taken apart.</summary>
/// <param name="Kind"><c>table</c>, <c>column</c>, <c>index</c>, <c>constraint</c>, <c>sequence</c>, <c>enum</c>, <c>function</c>, <c>trigger</c>,
/// <c>view</c> ...</param>
/// <param name="Name">With its schema, and for columns and constraints its table.</param>
/// <param name="Table">The table it belongs to, with its schema; null when to none.</param>
/// <param name="Detail">What it is: a type, a definition. Not the position of a column, which differs after going back and forth.</param>
sealed partial record SchemaFact(string Kind, string Name, string? Table, string Detail)
{
    public (string Kind, string Name) Key => (Kind, Name);

    /// <summary>The name without schema and table.</summary>
    public string ShortName => Name[(Name.LastIndexOf('.') + 1)..];

    /// <summary>A column's detail, such as <c>integer not null default 3</c>, in its three parts.</summary>
    public (string Type, bool IsRequired, string? Default) Column
    {
        get
        {
            var (definition, fallback) = Detail.Split(" default ", 2) is [var before, var after] ? (before, (string?)after) : (Detail, null);
            var isRequired = definition.EndsWith(" not null", StringComparison.Ordinal);
            return (isRequired ? definition[..^" not null".Length] : definition, isRequired, fallback);
        }
    }

    public static SchemaFact Parse(string line)
    {
        if (ColumnLine.Match(line) is { Success: true } column)
            return new("column", $"{column.Groups[1].Value}.{column.Groups[2].Value}", column.Groups[1].Value, column.Groups[3].Value);
        if (Index.Match(line) is { Success: true } index)
        {
            var table = index.Groups[3].Value;
            return new("index", $"{table[..table.IndexOf('.', StringComparison.Ordinal)]}.{index.Groups[2].Value}", table, line["index ".Length..]);
        }

        if (OnTable.Match(line) is { Success: true } part)
            return new(part.Groups[1].Value, $"{part.Groups[2].Value}.{part.Groups[3].Value}", part.Groups[2].Value, part.Groups[4].Value);
        if (Function.Match(line) is { Success: true } function)
            return new("function", function.Groups[1].Value, null, function.Groups[2].Value);
        var named = Named.Match(line);
        return named.Success
            ? new(named.Groups[1].Value, named.Groups[2].Value, null, named.Groups[3].Value.TrimStart(':', ' '))
            : new("other", line, null, "");
    }

    [GeneratedRegex(@"^column (\S+) #\d+ (\S+) (.*)$")]
    static partial Regex ColumnLine { get; }

    [GeneratedRegex("""^index CREATE (UNIQUE )?INDEX ("[^"]+"|\S+) ON (?:ONLY )?(\S+) """)]
    static partial Regex Index { get; }

    [GeneratedRegex("""^(constraint|trigger) (\S+) ("[^"]+"|CREATE (?:CONSTRAINT )?TRIGGER \S+|\S+) (.*)$""")]
    static partial Regex OnTable { get; }

    [GeneratedRegex(@"^function (\S+\(.*?\)) (returns .*)$")]
    static partial Regex Function { get; }

    [GeneratedRegex("^(table|partitioned table|view|materialized view|relation|sequence|enum|schema|extension) ([^ :]+)(.*)$")]
    static partial Regex Named { get; }
}

/// <summary>What a database has, or should have.</summary>
sealed class SchemaFacts : Dictionary<(string Kind, string Name), SchemaFact>
{
    public bool HasTable(string? name) => name is not null && ContainsKey(("table", name));

    public bool HasColumn(string table, string column) => ContainsKey(("column", $"{table}.{column}"));

    /// <summary>Those of the connection's database.</summary>
    public static async Task<SchemaFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        SchemaFacts facts = [];
        // Names are said as schema public sees them, while functions are looked up where the connection looks.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await foreach (var row in connection.RowsAsync(MigrationFolder.Text("fingerprint.sql"), cancellationToken))
        {
            var fact = SchemaFact.Parse(row.GetString(0));
            facts[fact.Key] = fact;
        }

        return facts;
    }
}
