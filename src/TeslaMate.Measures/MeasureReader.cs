using System.Runtime.CompilerServices;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>
/// The functions of schema <c>teslamate</c> (<c>docs/measures.md</c>) as typed rows: one method a function, no formula. Rows are streamed as the
/// database sends them; a method may throw what Npgsql throws, and ends when its token is cancelled. Instants are UTC, values metric, null is
/// unknown.
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
        => SingleAsync("first_event", row => row.InstantOrNull(), cancellationToken, Value.Of(car));

    /// <summary>What of the window is in no measure of samples yet.</summary>
    public Task<LeftOut> LeftOutAsync(MeasureWindow window, CancellationToken cancellationToken)
        => SingleAsync("left_out", LeftOut.Read, cancellationToken, Car(window), Since(window), Until(window));

    /// <summary>The rows of a function of schema <c>teslamate</c> with these arguments.</summary>
    async IAsyncEnumerable<T> StreamAsync<T>(
        string function, Func<Row, T> read, [EnumeratorCancellation] CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        var arguments = string.Join(", ", Enumerable.Range(1, parameters.Length).Select(place => $"${place}"));
        await using var command = _create($"select * from teslamate.{function}({arguments})");
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

    async Task<T> SingleAsync<T>(string function, Func<Row, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await foreach (var row in StreamAsync(function, read, cancellationToken, parameters))
            return row;
        throw new InvalidOperationException($"{function} returned no row, and always has one.");
    }

    async Task<T?> FirstOrNullAsync<T>(string function, Func<Row, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        where T : class
    {
        await foreach (var row in StreamAsync(function, read, cancellationToken, parameters))
            return row;
        return null;
    }

    static NpgsqlParameter Car(MeasureWindow window) => Value.Of((int)window.Car);

    static NpgsqlParameter Since(MeasureWindow window) => Value.Of(window.Since);

    static NpgsqlParameter Until(MeasureWindow window) => Value.Of(window.Until);

    static NpgsqlParameter Now(MeasureWindow window) => Value.Of(window.Now);

    static NpgsqlParameter Zone(MeasureWindow window) => Value.Of(window.Zone.Id);

    static NpgsqlParameter PeriodOf(MeasureWindow window) => Value.Of(window.Period.ToString().ToLowerInvariant());

    static NpgsqlParameter Text(LengthUnit unit) => Value.Of(unit == LengthUnit.Mi ? "mi" : "km");

    static NpgsqlParameter Text(TemperatureUnit unit) => Value.Of(unit == TemperatureUnit.F ? "F" : "C");

    static NpgsqlParameter Text(ChargeSide side) => Value.Of(side == ChargeSide.Start ? "start" : "end");

    static NpgsqlParameter Text(CurveAxis axis) => Value.Of(axis == CurveAxis.Minute ? "minute" : "level");
}

/// <summary>
/// Drives and charging processes that measures of samples leave out while a long history is kept for the first time; all else has them already.
/// </summary>
public sealed record LeftOut(long Drives, long Charges)
{
    internal static LeftOut Read(Row row) => new(row.Count(), row.Count());
}
