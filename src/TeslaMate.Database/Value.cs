using Npgsql;
using NpgsqlTypes;

namespace TeslaMate.Database;

/// <summary>
/// The one way in which values reach statements: parameters with PostgreSQL's type. Null is a value of the type too, which spares the statement a
/// cast; and a moment is what a <c>timestamp</c> column holds (<see cref="Timestamps"/>).
/// </summary>
public static class Value
{
    /// <summary>A <c>smallint</c>.</summary>
    public static NpgsqlParameter Of(short value) => new NpgsqlParameter<short> { TypedValue = value };

    /// <summary>An <c>integer</c>.</summary>
    public static NpgsqlParameter Of(int value) => new NpgsqlParameter<int> { TypedValue = value };

    /// <summary>A <c>bigint</c>.</summary>
    public static NpgsqlParameter Of(long value) => new NpgsqlParameter<long> { TypedValue = value };

    /// <summary>A <c>boolean</c>.</summary>
    public static NpgsqlParameter Of(bool value) => new NpgsqlParameter<bool> { TypedValue = value };

    /// <summary>A <c>double precision</c>.</summary>
    public static NpgsqlParameter Of(double value) => new NpgsqlParameter<double> { TypedValue = value };

    /// <summary>A <c>numeric</c>.</summary>
    public static NpgsqlParameter Of(decimal value) => new NpgsqlParameter<decimal> { TypedValue = value };

    /// <summary>A <c>uuid</c>.</summary>
    public static NpgsqlParameter Of(Guid value) => new NpgsqlParameter<Guid> { TypedValue = value };

    /// <summary>An <c>interval</c>.</summary>
    public static NpgsqlParameter Of(TimeSpan value) => new NpgsqlParameter<TimeSpan> { TypedValue = value };

    /// <summary>A <c>timestamp</c>, in UTC, with microseconds.</summary>
    public static NpgsqlParameter Of(DateTimeOffset value)
        => new NpgsqlParameter<DateTime> { TypedValue = Timestamps.ToColumn(value), NpgsqlDbType = NpgsqlDbType.Timestamp };

    /// <inheritdoc cref="Of(short)"/>
    public static NpgsqlParameter Of(short? value) => OrNull(value, NpgsqlDbType.Smallint);

    /// <inheritdoc cref="Of(int)"/>
    public static NpgsqlParameter Of(int? value) => OrNull(value, NpgsqlDbType.Integer);

    /// <inheritdoc cref="Of(long)"/>
    public static NpgsqlParameter Of(long? value) => OrNull(value, NpgsqlDbType.Bigint);

    /// <inheritdoc cref="Of(bool)"/>
    public static NpgsqlParameter Of(bool? value) => OrNull(value, NpgsqlDbType.Boolean);

    /// <inheritdoc cref="Of(double)"/>
    public static NpgsqlParameter Of(double? value) => OrNull(value, NpgsqlDbType.Double);

    /// <inheritdoc cref="Of(decimal)"/>
    public static NpgsqlParameter Of(decimal? value) => OrNull(value, NpgsqlDbType.Numeric);

    /// <summary>A <c>date</c>.</summary>
    public static NpgsqlParameter Of(DateOnly? value) => OrNull(value, NpgsqlDbType.Date);

    /// <inheritdoc cref="Of(DateTimeOffset)"/>
    public static NpgsqlParameter Of(DateTimeOffset? value)
        => OrNull(value is { } instant ? Timestamps.ToColumn(instant) : null, NpgsqlDbType.Timestamp);

    /// <summary>A <c>text</c>.</summary>
    public static NpgsqlParameter Of(string? value) => OrNull(value, NpgsqlDbType.Text);

    /// <summary>A <c>bytea</c>.</summary>
    public static NpgsqlParameter Of(byte[]? value) => OrNull(value, NpgsqlDbType.Bytea);

    /// <summary>A <c>jsonb</c>.</summary>
    public static NpgsqlParameter Json(string? value) => OrNull(value, NpgsqlDbType.Jsonb);

    /// <summary>An array of what .NET's type stands for.</summary>
    public static NpgsqlParameter Array<T>(T[] values) => new NpgsqlParameter<T[]> { TypedValue = values };

    /// <summary>An array of <c>smallint</c>.</summary>
    public static NpgsqlParameter Array(short[]? values) => OrNull(values, NpgsqlDbType.Array | NpgsqlDbType.Smallint);

    /// <summary>An array of <c>integer</c>.</summary>
    public static NpgsqlParameter Array(int[]? values) => OrNull(values, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    /// <summary>An array of <c>timestamp</c>.</summary>
    public static NpgsqlParameter Array(IEnumerable<DateTimeOffset> values)
        => OrNull(values.Select(Timestamps.ToColumn).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Timestamp);

    static NpgsqlParameter OrNull(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
