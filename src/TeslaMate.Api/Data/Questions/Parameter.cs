namespace TeslaMate.Api.Data.Questions;

/// <summary>How a parameter is read.</summary>
enum ParameterType
{
    Whole,
    Number,
    Flag,
    Text,

    /// <summary>One of <see cref="Parameter.Values"/>.</summary>
    Word,

    /// <summary>Several of <see cref="Parameter.Values"/>, with commas between them.</summary>
    Words,

    /// <summary>A number of a row; may be there several times.</summary>
    Ids,

    /// <summary>RFC 3339, or a day, which is its local begin.</summary>
    Instant,

    /// <summary>An IANA name.</summary>
    Zone,
}

/// <summary>One parameter of a request: what it is called, how it is read, and what it means.</summary>
sealed record Parameter(string Name, ParameterType Type, string Description)
{
    /// <summary>The words that are allowed; empty for any.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    public double Least { get; init; } = double.MinValue;

    public double Most { get; init; } = double.MaxValue;

    public static readonly Parameter Cars = new("car", ParameterType.Ids, "Only rows of this car; may be there several times.");

    public static readonly Parameter From = new("from", ParameterType.Instant,
        "Only rows that start at this moment or later: RFC 3339, or a day, which is its begin in `tz`.");

    public static readonly Parameter To = new("to", ParameterType.Instant,
        "Only rows that start before this moment: RFC 3339, or a day, which is its begin in `tz`.");

    public static readonly Parameter Zone = new("tz", ParameterType.Zone,
        "The IANA time zone of days, of periods and of local times in CSV; the program's own by default.");

    public static readonly Parameter Limit =
        new("limit", ParameterType.Whole, "How many rows at most; 100 by default in JSON, all of them in CSV and NDJSON.")
        {
            Least = 1,
            Most = 1000,
        };

    public static readonly Parameter Cursor = new("cursor", ParameterType.Text, "Where the next page begins: `next` of the page before.");

    public static readonly Parameter Order =
        new("order", ParameterType.Word, "`start`: oldest first; `-start`, the default: newest first.") { Values = ["start", "-start"] };

    public static readonly Parameter Count = new("count", ParameterType.Flag, "Whether to tell in `total` how many rows there are on all pages.");

    public static readonly Parameter Fields = new("fields", ParameterType.Text,
        "Only these members, with commas between them; a name with dots leads into an object, an object's name stands for all in it.");

    public static readonly Parameter Place = new("place", ParameterType.Text, "Only rows with this text in the name of a place.");

    public static readonly Parameter Geofence = new("geofence", ParameterType.Ids, "Only rows at this geofence; may be there several times.");

    public static readonly Parameter Tag = new("tag", ParameterType.Text, "Only rows with this tag.");

    public static readonly Parameter Open = new("open", ParameterType.Flag, "Only rows that have no end yet, or only those that have one.");

    public static readonly Parameter Separator =
        new("sep", ParameterType.Word, "What separates fields of CSV; comma by default, semicolon where decimals have a comma.")
        {
            Values = ["comma", "semicolon", "tab"],
        };

    public static readonly Parameter Decimal =
        new("decimal", ParameterType.Word, "The decimal sign in CSV; point by default.") { Values = ["point", "comma"] };

    public static readonly Parameter Mark = new("bom", ParameterType.Flag,
        "Whether CSV begins with a byte order mark, by which spreadsheets know UTF-8.");

    public static readonly Parameter Guard = new("guard", ParameterType.Flag,
        "Whether a text in CSV that a spreadsheet would take for a formula gets an apostrophe in front; true by default.");

    /// <summary>What says how CSV is written.</summary>
    public static readonly IReadOnlyList<Parameter> OfCsv = [Separator, Decimal, Mark, Guard];

    /// <summary>Those that many lists have.</summary>
    public static readonly IReadOnlyList<Parameter> Shared =
        [Cars, From, To, Zone, Limit, Cursor, Order, Count, Fields, Place, Geofence, Tag, Open, .. OfCsv];
}
