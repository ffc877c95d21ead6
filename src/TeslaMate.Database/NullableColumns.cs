using Npgsql;

namespace TeslaMate.Database;

#pragma warning disable CA1720 // PostgreSQL's own names of the types are meant.
/// <summary>
/// The one way of reading columns that may be null, by PostgreSQL's name of their type; instants are read by <see cref="Timestamps"/>.
/// </summary>
public static class NullableColumns
{
    extension(NpgsqlDataReader reader)
    {
        /// <summary>A <c>smallint</c>.</summary>
        public int? Small(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt16(ordinal);

        public int? Integer(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt32(ordinal);

        /// <summary>A <c>double precision</c>.</summary>
        public double? Double(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDouble(ordinal);

        /// <summary>A <c>numeric</c>, with its scale; null also for what is no number, such as a NaN that somebody wrote by hand.</summary>
        public decimal? Decimal(int ordinal)
        {
            if (reader.IsDBNull(ordinal))
                return null;
            try
            {
                return reader.GetDecimal(ordinal);
            }
            catch (Exception exception) when (exception is InvalidCastException or OverflowException)
            {
                return null;
            }
        }

        public bool? Boolean(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetBoolean(ordinal);

        /// <summary>A <c>text</c> or <c>varchar</c>.</summary>
        public string? Text(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

        /// <summary>A <c>bytea</c>.</summary>
        public byte[]? Bytes(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<byte[]>(ordinal);
    }
}
