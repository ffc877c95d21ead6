using Npgsql;
using NpgsqlTypes;

namespace TeslaMate.Database;

/// <summary>
/// The one way in which instants reach the database and come back. The schema's columns are <c>timestamp</c> without zone and hold UTC; a
/// <see cref="DateTime"/> of kind UTC would be sent as <c>timestamptz</c> and be shifted by the connection's zone.
/// </summary>
public static class Timestamps
{
    /// <summary>A parameter of type <c>timestamp</c>, in UTC, with microseconds.</summary>
    public static NpgsqlParameter Parameter(DateTimeOffset instant)
        => new NpgsqlParameter<DateTime> { TypedValue = ToColumn(instant), NpgsqlDbType = NpgsqlDbType.Timestamp };

    /// <inheritdoc cref="Parameter(DateTimeOffset)"/>
    public static NpgsqlParameter Parameter(DateTimeOffset? instant)
        => instant is { } known ? Parameter(known) : new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Timestamp };

    /// <summary>What a <c>timestamp</c> column holds for this instant; for arrays and binary <c>COPY</c>, together with <see cref="NpgsqlDbType.Timestamp"/>.</summary>
    public static DateTime ToColumn(DateTimeOffset instant) => DateTime.SpecifyKind(instant.UtcDateTime, DateTimeKind.Unspecified);

    /// <summary>The instant that a <c>timestamp</c> column holds.</summary>
    public static DateTimeOffset FromColumn(DateTime column) => new(DateTime.SpecifyKind(column, DateTimeKind.Utc));

    extension(NpgsqlDataReader reader)
    {
        /// <summary>The instant in a <c>timestamp</c> column that is not null.</summary>
        public DateTimeOffset GetInstant(int ordinal) => FromColumn(reader.GetDateTime(ordinal));

        /// <summary>The instant in a <c>timestamp</c> column, or null.</summary>
        public DateTimeOffset? GetInstantOrNull(int ordinal) => reader.IsDBNull(ordinal) ? null : FromColumn(reader.GetDateTime(ordinal));
    }
}
