namespace TeslaMate.Logbook.Writing;

/// <summary>Columns that may be null.</summary>
static class Columns
{
    extension(NpgsqlDataReader reader)
    {
        public int? Small(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt16(ordinal);

        public int? Integer(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt32(ordinal);

        public double? Double(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDouble(ordinal);

        public decimal? Decimal(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDecimal(ordinal);

        public bool? Boolean(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetBoolean(ordinal);

        public string? Text(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
    }
}
