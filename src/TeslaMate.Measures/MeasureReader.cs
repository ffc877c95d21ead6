using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>
/// The functions of schema <c>teslamate</c> (<c>docs/measures.md</c>) as typed rows: one method a function, no formula. Rows are streamed as the
/// database
/// sends them; a method may throw what Npgsql throws, and ends when its token is cancelled. Instants are UTC, values metric, null is unknown.
/// </summary>
public sealed partial class MeasureReader
{
    readonly Func<string, NpgsqlCommand> _create;

    /// <summary>Takes a connection out of the pool for each question, so that several can be asked at once.</summary>
    public MeasureReader(NpgsqlDataSource database) => _create = database.CreateCommand;

    /// <summary>Asks over one open connection, in its transaction if it has one; one question after the other.</summary>
    public MeasureReader(NpgsqlConnection connection) => _create = sql => new NpgsqlCommand(sql, connection);

    /// <summary>When the first drive or charge of a car began; null without any.</summary>
    public Task<DateTimeOffset?> FirstEventAsync(int car, CancellationToken cancellationToken)
        => SingleAsync("select teslamate.first_event($1)", row => row.InstantOrNull(), cancellationToken, Whole(car));

    /// <summary>What of the window is in no measure of samples yet.</summary>
    public Task<LeftOut> LeftOutAsync(MeasureWindow window, CancellationToken cancellationToken)
        => SingleAsync("select * from teslamate.left_out($1, $2, $3)", LeftOut.Read, cancellationToken, Car(window), Since(window), Until(window));

    async IAsyncEnumerable<T> StreamAsync<T>(
        string sql, Func<Row, T> read, [EnumeratorCancellation] CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = _create(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var row = new Row(reader);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return read(row.First());
            // What is in the buffer already is read without asking.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    async Task<T> SingleAsync<T>(string sql, Func<Row, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await foreach (var row in StreamAsync(sql, read, cancellationToken, parameters))
            return row;
        throw new InvalidOperationException($"\"{sql}\" returned no row, and always has one.");
    }

    async Task<T?> FirstOrNullAsync<T>(string sql, Func<Row, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        where T : class
    {
        await foreach (var row in StreamAsync(sql, read, cancellationToken, parameters))
            return row;
        return null;
    }

    static NpgsqlParameter<int> Car(MeasureWindow window) => new() { TypedValue = window.Car };

    static NpgsqlParameter Since(MeasureWindow window) => Timestamps.Parameter(window.Since);

    static NpgsqlParameter Until(MeasureWindow window) => Timestamps.Parameter(window.Until);

    static NpgsqlParameter Now(MeasureWindow window) => Timestamps.Parameter(window.Now);

    static NpgsqlParameter Zone(MeasureWindow window) => Text(window.Zone.Id);

    static NpgsqlParameter PeriodOf(MeasureWindow window) => Text(window.Period.ToString().ToLowerInvariant());

    static NpgsqlParameter<int> Whole(int number) => new() { TypedValue = number };

    static NpgsqlParameter Whole(int? number) => new() { Value = (object?)number ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer };

    static NpgsqlParameter Wholes(IReadOnlyCollection<int>? numbers)
        => new() { Value = numbers is null ? DBNull.Value : numbers.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    static NpgsqlParameter Instants(IReadOnlyCollection<DateTimeOffset> instants)
        => new() { Value = instants.Select(Timestamps.ToColumn).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Timestamp };

    static NpgsqlParameter<double> Number(double number) => new() { TypedValue = number };

    static NpgsqlParameter<bool> Flag(bool flag) => new() { TypedValue = flag };

    static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    static NpgsqlParameter Text(LengthUnit unit) => Text(unit == LengthUnit.Mi ? "mi" : "km");

    static NpgsqlParameter Text(TemperatureUnit unit) => Text(unit == TemperatureUnit.F ? "F" : "C");

    static NpgsqlParameter Text(ChargeSide side) => Text(side == ChargeSide.Start ? "start" : "end");

    static NpgsqlParameter Text(CurveAxis axis) => Text(axis == CurveAxis.Minute ? "minute" : "level");
}

/// <summary>
/// Drives and charging processes that measures of samples leave out while a long history is kept for the first time; all else has them already.
/// </summary>
public sealed record LeftOut(long Drives, long Charges)
{
    internal static LeftOut Read(Row row) => new(row.Count(), row.Count());
}
