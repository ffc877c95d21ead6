using NpgsqlTypes;

namespace TeslaMate.Logbook.Writing;

/// <summary>
/// One statement of a transaction. It returns exactly one result set, whose rows <see cref="Read"/> turns into what is to happen after the commit.
/// </summary>
/// <param name="Sql">Text with parameters <c>$1</c>, <c>$2</c>, ...</param>
/// <param name="Read">Called for each row; null when the rows say nothing of interest.</param>
/// <param name="Missing">What it means when there is no row; null when that is fine.</param>
sealed record Statement(string Sql, NpgsqlParameter[] Parameters, Func<NpgsqlDataReader, Outcome?>? Read = null, Outcome? Missing = null)
{
    public NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(Sql);
        foreach (var parameter in Parameters)
            command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
        return command;
    }
}

/// <summary>Typed parameters; null is a value of the type, which spares the statement a cast.</summary>
static class Value
{
    public static NpgsqlParameter Of(short value) => new NpgsqlParameter<short> { TypedValue = value };

    public static NpgsqlParameter Of(int value) => new NpgsqlParameter<int> { TypedValue = value };

    public static NpgsqlParameter Of(long value) => new NpgsqlParameter<long> { TypedValue = value };

    public static NpgsqlParameter Of(bool value) => new NpgsqlParameter<bool> { TypedValue = value };

    public static NpgsqlParameter Of(double value) => new NpgsqlParameter<double> { TypedValue = value };

    public static NpgsqlParameter Of(Guid value) => new NpgsqlParameter<Guid> { TypedValue = value };

    public static NpgsqlParameter Of(DateTimeOffset value) => Timestamps.Parameter(value);

    public static NpgsqlParameter Of(short? value) => Nullable(value, NpgsqlDbType.Smallint);

    public static NpgsqlParameter Of(int? value) => Nullable(value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Of(bool? value) => Nullable(value, NpgsqlDbType.Boolean);

    public static NpgsqlParameter Of(double? value) => Nullable(value, NpgsqlDbType.Double);

    public static NpgsqlParameter Of(DateOnly? value) => Nullable(value, NpgsqlDbType.Date);

    public static NpgsqlParameter Of(decimal? value) => Nullable(value, NpgsqlDbType.Numeric);

    public static NpgsqlParameter Of(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Array<T>(T[] values) => new NpgsqlParameter<T[]> { TypedValue = values };

    static NpgsqlParameter Nullable<T>(T? value, NpgsqlDbType type)
        where T : struct
        => new() { Value = value is { } known ? known : DBNull.Value, NpgsqlDbType = type };
}
