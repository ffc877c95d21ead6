using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>Takes the columns of a row one after the other: the order of a record's parameters is that of its function's columns.</summary>
sealed class Row(NpgsqlDataReader reader)
{
    int _next;

    /// <summary>This row, from its first column on.</summary>
    public Row First()
    {
        _next = 0;
        return this;
    }

    public int Whole() => reader.GetInt32(_next++);

    public int? WholeOrNull() => Skips() ? null : Whole();

    public int Small() => reader.GetInt16(_next++);

    public int? SmallOrNull() => Skips() ? null : Small();

    public long Count() => reader.GetInt64(_next++);

    public long? CountOrNull() => Skips() ? null : Count();

    public double Number() => reader.GetDouble(_next++);

    public double? NumberOrNull() => Skips() ? null : Number();

    public decimal Exact() => ExactOrNull() ?? 0;

    public decimal? ExactOrNull() => reader.Decimal(_next++);

    public string Text() => reader.GetString(_next++);

    public string? TextOrNull() => Skips() ? null : Text();

    public bool Flag() => reader.GetBoolean(_next++);

    public bool? FlagOrNull() => Skips() ? null : Flag();

    public DateTimeOffset Instant() => reader.GetInstant(_next++);

    public DateTimeOffset? InstantOrNull() => reader.GetInstantOrNull(_next++);

    public DateOnly Day() => reader.GetFieldValue<DateOnly>(_next++);

    /// <summary>A period's local begin, of which the day says all.</summary>
    public DateOnly Period() => DateOnly.FromDateTime(reader.GetDateTime(_next++));

    public IReadOnlyList<int> Wholes() => reader.GetFieldValue<int[]>(_next++);

    public IReadOnlyList<short> Smalls() => reader.GetFieldValue<short[]>(_next++);

    public IReadOnlyList<double> Numbers() => reader.GetFieldValue<double[]>(_next++);

    public ChargeKind? ChargeKindOrNull() => TextOrNull() switch
    {
        null => null,
        "ac" => ChargeKind.Ac,
        "dc" => ChargeKind.Dc,
        var other => throw Unknown(other),
    };

    public CarState CarState() => Text() switch
    {
        "driving" => Measures.CarState.Driving,
        "charging" => Measures.CarState.Charging,
        "offline" => Measures.CarState.Offline,
        "asleep" => Measures.CarState.Asleep,
        "online" => Measures.CarState.Online,
        "updating" => Measures.CarState.Updating,
        var other => throw Unknown(other),
    };

    public TimelineKind TimelineKind() => Text() switch
    {
        "driving" => Measures.TimelineKind.Driving,
        "charging" => Measures.TimelineKind.Charging,
        "parking" => Measures.TimelineKind.Parking,
        "missing" => Measures.TimelineKind.Missing,
        "updating" => Measures.TimelineKind.Updating,
        var other => throw Unknown(other),
    };

    bool Skips()
    {
        if (!reader.IsDBNull(_next))
            return false;
        _next++;
        return true;
    }

    InvalidDataException Unknown(string text) => new($"\"{text}\" in column {reader.GetName(_next - 1)} has no meaning here.");
}
