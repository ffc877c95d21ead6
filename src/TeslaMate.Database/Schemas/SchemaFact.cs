using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Database.Schemas;

/// <summary>One line of the fingerprint, taken apart.</summary>
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
        if (Line.Match(line) is not { Success: true, Groups: var groups })
            return new("other", line, null, "");
        var (kind, name, table) = (groups["kind"].Value, groups["name"].Value, groups["table"] is { Success: true, Value: var on } ? on : null);
        // An index stands beside its table, in the same schema.
        var home = kind == "index" ? table!.Split('.')[0] : table;
        return new(kind, home is null ? name : $"{home}.{name}", table, groups["detail"].Value);
    }

    [GeneratedRegex("""
        ^(
            (?<kind>column)[ ](?<table>\S+)[ ]\#\d+[ ](?<name>\S+)[ ](?<detail>.*)
            | (?<kind>constraint|trigger)[ ](?<table>\S+)[ ](?<name>"[^"]+"|CREATE[ ](CONSTRAINT[ ])?TRIGGER[ ]\S+|\S+)[ ](?<detail>.*)
            | (?<kind>index)[ ](?<detail>CREATE[ ](UNIQUE[ ])?INDEX[ ](?<name>"[^"]+"|\S+)[ ]ON[ ](ONLY[ ])?(?<table>\S+)[ ].*)
            | (?<kind>function)[ ](?<name>\S+\(.*?\))[ ](?<detail>returns[ ].*)
            | (?<kind>table|partitioned[ ]table|view|materialized[ ]view|relation|sequence|enum|schema|extension)[ ](?<name>[^ :]+)[ :]*(?<detail>.*)
        )$
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    static partial Regex Line { get; }
}

/// <summary>What a database has, or should have.</summary>
sealed class SchemaFacts : Dictionary<(string Kind, string Name), SchemaFact>
{
    public bool HasTable(string? name) => name is not null && ContainsKey(("table", name));

    public bool HasColumn(string table, string column) => ContainsKey(("column", $"{table}.{column}"));

    public void Add(SchemaFact fact) => this[fact.Key] = fact;

    public static async Task<SchemaFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        SchemaFacts facts = [];
        // Names are said as schema public sees them, while functions are looked up where the connection looks.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await foreach (var row in connection.RowsAsync(MigrationFolder.Text("queries/fingerprint.sql"), cancellationToken))
            facts.Add(SchemaFact.Parse(row.GetString(0)));
        return facts;
    }
}
