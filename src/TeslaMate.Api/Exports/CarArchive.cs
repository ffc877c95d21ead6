using System.Buffers;
using System.Data;
using System.IO.Compression;
using System.Text;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Api.Exports;

/// <summary>
/// All that is known of one car, as a ZIP with one CSV per table in the columns of the database (spec api 3). It is written while it is read, in one
/// transaction that sees one moment; nothing of schema <c>private</c> is in it.
/// </summary>
static class CarArchive
{
    // One row of each table is written by the server itself, so that the file holds what the column holds.
    static readonly (string Table, string Rows)[] Tables =
    [
        ("cars", "select * from public.cars where id = $car"),
        ("car_settings", "select s.* from public.car_settings as s join public.cars as c on c.settings_id = s.id where c.id = $car"),
        ("drives", "select * from public.drives where car_id = $car"),
        ("positions", "select * from public.positions where car_id = $car"),
        ("charging_processes", "select * from public.charging_processes where car_id = $car"),
        ("charges", "select c.* from public.charges as c join public.charging_processes as p on p.id = c.charging_process_id where p.car_id = $car"),
        ("states", "select * from public.states where car_id = $car"),
        ("updates", "select * from public.updates where car_id = $car"),
        ("addresses", """
            select * from public.addresses where id in (
                select start_address_id from public.drives where car_id = $car
                union select end_address_id from public.drives where car_id = $car
                union select address_id from public.charging_processes where car_id = $car)
            """),
        ("geofences", """
            select * from public.geofences where id in (
                select start_geofence_id from public.drives where car_id = $car
                union select end_geofence_id from public.drives where car_id = $car
                union select geofence_id from public.charging_processes where car_id = $car)
            """),
        ("settings", "select * from public.settings"),
    ];

    /// <summary>The files in an archive.</summary>
    public static IEnumerable<string> Files => Tables.Select(table => $"{table.Table}.csv");

    /// <summary>Whether there is such a car.</summary>
    public static async Task<bool> HasCarAsync(NpgsqlConnection connection, short car, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select true from public.cars where id = $1", connection)
        {
            Parameters = { Value.Of(car) },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Writes the archive. The connection has to be in a transaction that sees one moment.</summary>
    /// <param name="car">Null for every table as a whole.</param>
    /// <param name="output">Need not be able to seek.</param>
    /// <param name="progress">Hears the name of each file before it is written.</param>
    public static async Task WriteAsync(NpgsqlConnection connection, short? car, Stream output, DateTimeOffset now, IProgress<string>? progress,
        CancellationToken cancellationToken)
    {
        var tables = car is null ? await WholeTablesAsync(connection, cancellationToken) : Tables;
        await using var archive = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, cancellationToken);
        foreach (var (table, rows) in tables)
        {
            progress?.Report($"{table}.csv");
            var entry = archive.CreateEntry($"{table}.csv", CompressionLevel.Fastest);
            entry.LastWriteTime = now;
            await using var file = await entry.OpenAsync(cancellationToken);
            // A number, never a text: COPY takes no parameters.
            var query = rows.Replace("$car", $"{car}", StringComparison.Ordinal);
            using var text = await connection.BeginTextExportAsync($"copy ({query}) to stdout (format csv, header)", cancellationToken);
            var characters = ArrayPool<char>.Shared.Rent(16 * 1024);
            var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(characters.Length));
            try
            {
                var encoder = Encoding.UTF8.GetEncoder();
                while (await text.ReadAsync(characters, cancellationToken) is > 0 and var read)
                    await file.WriteAsync(bytes.AsMemory(0, encoder.GetBytes(characters.AsSpan(0, read), bytes, flush: false)), cancellationToken);
            }
            finally
            {
                ArrayPool<char>.Shared.Return(characters);
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }
    }

    static async Task<IReadOnlyList<(string Table, string Rows)>> WholeTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select tablename::text, format('select * from public.%I', tablename) from pg_tables where schemaname = 'public' order by 1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new List<(string, string)>();
        while (await reader.ReadAsync(cancellationToken))
            tables.Add((reader.GetString(0), reader.GetString(1)));
        return tables;
    }

    /// <summary>Opens the transaction that an archive is read in.</summary>
    public static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var command = new NpgsqlCommand("set transaction read only", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return transaction;
    }
}
