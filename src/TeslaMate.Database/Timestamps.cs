using Npgsql;
using NpgsqlTypes;

namespace TeslaMate.Database;

/// <summary>
/// The one way in which instants reach the database and come back. The schema's columns are <c>timestamp</c> without zone and hold UTC; a
/// <see cref="DateTime"/> of kind UTC would be sent as <c>timestamptz</c> and be shifted by the connection's zone.
/// </summary>
public static class Timestamps
{
    /// <summary>
    /// What a <c>timestamp</c> column holds for this instant; for arrays and binary <c>COPY</c>, together with <see cref="NpgsqlDbType.Timestamp"/>.
    /// </summary>
    public static DateTime ToColumn(DateTimeOffset instant) => DateTime.SpecifyKind(instant.UtcDateTime, DateTimeKind.Unspecified);

    /// <summary>The instant that a <c>timestamp</c> column holds.</summary>
    public static DateTimeOffset FromColumn(DateTime column) => new(DateTime.SpecifyKind(column, DateTimeKind.Utc));

    // With room before it for other time zones.
    static readonly DateTimeOffset LongAgo = new(2, 1, 1, 0, 0, 0, TimeSpan.Zero);

    extension(NpgsqlDataReader reader)
    {
        /// <summary>
        /// The instant in a <c>timestamp</c> column that is not null; one that is, or that no calendar here has, becomes a moment long before all
        /// others.
        /// </summary>
        public DateTimeOffset GetInstant(int ordinal) => reader.GetInstantOrNull(ordinal) ?? LongAgo;

        /// <summary>
        /// The instant in a <c>timestamp</c> column, or null; also for years that no calendar here has. Somebody may have written it by hand.
        /// </summary>
        public DateTimeOffset? GetInstantOrNull(int ordinal)
        {
            if (reader.IsDBNull(ordinal))
                return null;
            try
            {
                // Infinity has no neighbours to reckon with: no other time zone, no minute later.
                return reader.GetDateTime(ordinal) is var column && column > DateTime.MinValue && column < DateTime.MaxValue
                    ? FromColumn(column) : null;
            }
            catch (Exception exception) when (exception is InvalidCastException or OverflowException or ArgumentOutOfRangeException)
            {
                return null;
            }
        }
    }
}
