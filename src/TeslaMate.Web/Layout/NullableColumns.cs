using Npgsql;

namespace TeslaMate.Web.Layout;

/// <summary>Columns that may be null, as the pages' records hold them.</summary>
static class NullableColumns
{
    extension(NpgsqlDataReader reader)
    {
        public string? TextOrNull(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

        /// <summary>A <c>double precision</c>.</summary>
        public double? NumberOrNull(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDouble(ordinal);

        /// <summary>A <c>smallint</c>.</summary>
        public int? WholeOrNull(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt16(ordinal);

        /// <summary>A <c>numeric</c>, with its scale.</summary>
        public decimal? ExactOrNull(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDecimal(ordinal);
    }
}
