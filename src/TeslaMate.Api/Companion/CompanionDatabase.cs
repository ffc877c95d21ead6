using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Web;

namespace TeslaMate.Api.Companion;

/// <summary>
/// Asks the database what an app wants to know: each question in one round trip together with the car's name and the owner's units.
/// </summary>
sealed class CompanionDatabase([FromKeyedServices(WebDatabase.Programs)] NpgsqlDataSource database, ApiSettings settings)
{
    // $1 is the car. Without a row of settings the units are metric.
    const string Head = """
        select settings.unit_of_length::text, settings.unit_of_temperature::text, settings.unit_of_pressure::text, settings.preferred_range::text,
            (select name from public.cars where id = $1)
        from (values (true)) as one
        left join public.settings on true
        limit 1
        """;

    /// <summary>How a place is called (spec api 1.4), of a joined geofence and address; empty where neither says anything.</summary>
    public static string Place(string geofence, string address) => $"""
        coalesce({geofence}.name, concat_ws(', ', coalesce({address}.name, nullif(concat_ws(' ', {address}.road, {address}.house_number), '')),
            {address}.city))
        """;

    /// <summary>The zone of dates.</summary>
    public TimeZoneInfo Zone => settings.Zone;

    /// <summary>Asks, and leaves the reader before the first row of the answer; whoever gets it disposes it.</summary>
    public async Task<CompanionRows> AskAsync(CompanionRequest request, string sql, Action<NpgsqlParameterCollection> add,
        CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var batch = connection.CreateBatch();
            var head = new NpgsqlBatchCommand(Head);
            head.Parameters.Add(Value.Of(request.Car));
            var question = new NpgsqlBatchCommand(sql);
            add(question.Parameters);
            batch.BatchCommands.Add(head);
            batch.BatchCommands.Add(question);
            var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            var units = new CompanionUnits(reader.TextOr("km", 0), reader.TextOr("C", 1), reader.TextOr("bar", 2),
                reader.TextOr("rated", 3) == "ideal");
            var name = new CarName(request.CarNumber, reader.TextOr("", 4));
            await reader.NextResultAsync(cancellationToken);
            return new CompanionRows(connection, batch, reader, name, units, settings.Zone);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>An answer of the database under way.</summary>
sealed class CompanionRows(NpgsqlConnection connection, NpgsqlBatch batch, NpgsqlDataReader reader, CarName car, CompanionUnits units,
    TimeZoneInfo zone) : IAsyncDisposable
{
    public NpgsqlDataReader Reader => reader;

    public CarName Car => car;

    public CompanionUnits Units => units;

    public LocalDate Date(int ordinal) => LocalDate.Of(reader.GetInstantOrNull(ordinal), zone);

    /// <summary>A length, in the owner's unit; null where it is not known.</summary>
    public double? Length(int ordinal) => units.OfKm(reader.Double(ordinal));

    /// <summary>A temperature, in the owner's unit; null where it is not known.</summary>
    public double? Temperature(int ordinal) => units.OfCelsius(reader.Double(ordinal));

    /// <summary>Each row as it comes.</summary>
    public async IAsyncEnumerable<T> ReadAsync<T>(Func<CompanionRows, T> read,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await reader.ReadAsync(cancellationToken))
            yield return read(this);
    }

    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        await batch.DisposeAsync();
        await connection.DisposeAsync();
    }
}

static class Columns
{
    extension(NpgsqlDataReader reader)
    {
        /// <summary>A <c>smallint</c> or an <c>integer</c>.</summary>
        public int? Whole(int ordinal)
            => reader.IsDBNull(ordinal) ? null : reader.GetFieldType(ordinal) == typeof(short) ? reader.GetInt16(ordinal) : reader.GetInt32(ordinal);

        public string TextOr(string other, int ordinal) => reader.Text(ordinal) ?? other;
    }
}
