using System.Text.Json;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.States;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Refused;

/// <summary>What came of sending refused entries again.</summary>
/// <param name="Written">Entries that are rows now.</param>
/// <param name="StillRefused">Why the others are not, one sentence an entry.</param>
public sealed record RetryResult(int Written, IReadOnlyList<string> StillRefused);

/// <summary>Entries of the logbook that the database did not accept (table <c>teslamate.refused_entries</c>).</summary>
public interface IRefusedEntries
{
    /// <summary>How many there are, as of the last look; null before the first.</summary>
    long? Count { get; }

    /// <summary>
    /// Writes them, in order, where they belong: also into drives and charging processes that have ended meanwhile, which are computed again.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    Task<RetryResult> RetryAsync(CancellationToken cancellationToken);

    /// <summary>Forgets them.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    Task<int> DiscardAsync(CancellationToken cancellationToken);
}

sealed class RefusedEntries(NpgsqlDataSource database, PostCommitEffects effects, TimeProvider time) : IRefusedEntries
{
    /// <summary>Keeps an entry together with what is open for its car.</summary>
    const string Insert = """
        insert into teslamate.refused_entries (car_id, refused_at, reason, entry, drive_id, charging_process_id)
        select car.id, $2, $3, $4, log.drive_id, log.charging_process_id
        from (values ($1)) as car (id)
        left join teslamate.car_logs log on log.car_id = car.id
        returning id
        """;

    /// <summary>A car that was heard of less long ago may still be doing what it did.</summary>
    static readonly TimeSpan StillGoingOn = TimeSpan.FromMinutes(15);

    static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    long _count = -1;

    public long? Count => Interlocked.Read(ref _count) is >= 0 and var count ? count : null;

    public static Statement Keep(CarId car, string entry, string reason, DateTimeOffset now)
        => new(Insert, [Value.Of(car.Value), Value.Of(now), Value.Of(reason), Value.Of(entry)]);

    /// <summary>Keeps a charge or an end that found nothing open, if the beginning of its drive or charging process was refused.</summary>
    public static Statement KeepOrphan(Outcome.WithoutBeginning orphan, DateTimeOffset now) => new(
        """
        insert into teslamate.refused_entries (car_id, refused_at, reason, entry)
        select $1, $2, 'its beginning was refused', $3
        where exists (select from teslamate.refused_entries where car_id = $1 and entry like '%"entry":"' || $4 || '"%')
        returning id
        """,
        [Value.Of(orphan.Car.Value), Value.Of(now), Value.Of(Text(orphan.Entry)),
            Value.Of(orphan.Entry is LogbookEntry.CloseDrive ? "start-drive" : "start-charging")]);

    public static string Text(LogbookEntry entry) => JsonSerializer.Serialize([entry], LogbookJson.Default.LogbookEntryArray);

    /// <summary>Looks how many there are.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select count(*) from teslamate.refused_entries");
        Interlocked.Exchange(ref _count, (long)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    /// <summary>Keeps texts of entries; all or none.</summary>
    public async Task KeepAsync(CarId car, IEnumerable<string> entries, string reason, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            await DatabaseWriter.RunAsync(connection, [.. entries.Select(entry => Keep(car, entry, reason, time.GetUtcNow()))], CommandTimeout,
                cancellationToken);
        await RefreshAsync(cancellationToken);
    }

    public async Task<int> DiscardAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from teslamate.refused_entries");
        var discarded = await command.ExecuteNonQueryAsync(cancellationToken);
        await RefreshAsync(cancellationToken);
        return discarded;
    }

    public async Task<RetryResult> RetryAsync(CancellationToken cancellationToken)
    {
        await SequenceCheck.RepairAsync(database, cancellationToken);
        List<CarId> cars = [];
        await using (var command = database.CreateCommand("select distinct car_id from teslamate.refused_entries order by car_id"))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                cars.Add(new(reader.GetInt16(0)));
        }

        var written = 0;
        List<string> problems = [];
        foreach (var car in cars)
            written += await RetryAsync(car, problems, cancellationToken);
        await RefreshAsync(cancellationToken);
        return new(written, problems);
    }

    /// <summary>One transaction a car. It holds the row of the car's log, so that a running logger waits for it.</summary>
    async Task<int> RetryAsync(CarId car, List<string> problems, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var open = await OpenAsync(connection, car, cancellationToken);
        var context = default(Open);
        // What is to be finished at the end, and what was begun here: a drive with the moment of the next beginning that was refused, since those
        // that were not have rows.
        HashSet<int> drives = [], processes = [], begunProcesses = [];
        Dictionary<int, DateTimeOffset> begunDrives = [];
        List<Outcome> outcomes = [];
        var written = 0;
        var entries = await ReadAsync(connection, car, cancellationToken);
        foreach (var (index, (id, text, refusedIn)) in entries.Index())
        {
            await transaction.SaveAsync("entry", cancellationToken);
            try
            {
                if (JsonSerializer.Deserialize(text, LogbookJson.Default.LogbookEntryArray) is not [var entry])
                    throw new JsonException("it is no single entry");
                // What was open then, else what an entry that was refused itself would have opened.
                context = new(
                    refusedIn.Drive ?? (context.Drive is { } drive && begunDrives.ContainsKey(drive) ? drive : null),
                    refusedIn.Process ?? (context.Process is { } process && begunProcesses.Contains(process) ? process : null));
                await SetOpenAsync(connection, car, context, cancellationToken);
                if (entry is LogbookEntry.StartDrive or LogbookEntry.CloseDrive && context.Drive is { } ending
                    && begunDrives.TryGetValue(ending, out var limit))
                    await AdoptPositionsAsync(connection, car, ending, limit, cancellationToken);
                List<Outcome> before = [];
                await RunAsync(connection, Statements(car, entry, before), before, cancellationToken);
                if (before.FirstOrDefault(
                    outcome => outcome is Outcome.ChargeInvalid or Outcome.WithoutBeginning or Outcome.PositionInvalid) is { } useless)
                    throw new JsonException(useless is Outcome.ChargeInvalid(_, var reason) ? reason : "there is nothing that it belongs to");
                var after = await OpenAsync(connection, car, cancellationToken);
                if (entry is LogbookEntry.StartDrive or LogbookEntry.InsertDrivePosition && after.Drive is { } touched)
                    drives.Add(touched);
                if (entry is LogbookEntry.StartCharging or LogbookEntry.InsertCharge && after.Process is { } charged)
                    processes.Add(charged);
                if (entry is LogbookEntry.StartDrive && after.Drive is { } newDrive)
                {
                    begunDrives[newDrive] = entries.Skip(index + 1).Select(later => StartOf(later.Entry)).FirstOrDefault(at => at is not null)
                        ?? DateTimeOffset.MaxValue;
                }

                if (entry is LogbookEntry.StartCharging && after.Process is { } newProcess)
                    begunProcesses.Add(newProcess);
                if (context.Drive is { } drivenTill && after.Drive != drivenTill)
                    drives.Remove(drivenTill);
                if (context.Process is { } chargedTill && after.Process != chargedTill)
                    processes.Remove(chargedTill);
                context = after;
                outcomes.AddRange(before);
                await RunAsync(connection, [new("delete from teslamate.refused_entries where id = $1 returning id", [Value.Of(id)])], [],
                    cancellationToken);
                await transaction.ReleaseAsync("entry", cancellationToken);
                written++;
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException
                or PostgresException { SqlState: ['2', '2' or '3', ..] })
            {
                await transaction.RollbackAsync("entry", cancellationToken);
                problems.Add($"Car {car}: {(exception as PostgresException)?.MessageText ?? exception.Message}");
            }
        }

        foreach (var drive in drives)
        {
            open = await FinishDriveAsync(connection, car, drive, begunDrives.TryGetValue(drive, out var end) ? end : null, open, outcomes,
                cancellationToken);
        }

        foreach (var process in processes)
            open = await FinishChargingAsync(connection, car, process, open, outcomes, cancellationToken);
        await SetOpenAsync(connection, car, open, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var outcome in outcomes)
            effects.Handle(outcome);
        return written;
    }

    static List<Statement> Statements(CarId car, LogbookEntry entry, List<Outcome> outcomes)
        => entry is LogbookEntry.StartState(var activity, var since)
        ? [StateStatements.Insert(car, activity, since)]
        : EntryStatements.For(car, [entry], outcomes);

    /// <summary>
    /// A drive whose beginning was refused takes the positions that were stored without one; a drive that has ended is computed again.
    /// </summary>
    /// <param name="end">Until when positions may belong to a new drive; null for one that was there.</param>
    async Task<Open> FinishDriveAsync(NpgsqlConnection connection, CarId car, int drive, DateTimeOffset? end, Open open, List<Outcome> outcomes,
        CancellationToken cancellationToken)
    {
        if (end is { } limit)
            await AdoptPositionsAsync(connection, car, drive, limit, cancellationToken);
        if (open.Drive == drive)
            return open;
        if (end is not null && open.Drive is null
            && await IsRecentAsync(connection, "select max(date) from public.positions where drive_id = $1", drive, cancellationToken))
            return open with { Drive = drive };
        await RunAsync(connection, [DriveStatements.Close(car, new(drive), DriveEnd.Ended, lookUpAddresses: true)], outcomes, cancellationToken);
        return open;
    }

    async Task<Open> FinishChargingAsync(NpgsqlConnection connection, CarId car, int process, Open open, List<Outcome> outcomes,
        CancellationToken cancellationToken)
    {
        if (open.Process == process)
            return open;
        if (open.Process is null && await IsRecentAsync(connection, "select max(date) from public.charges where charging_process_id = $1", process,
            cancellationToken))
            return open with { Process = process };
        await RunAsync(connection, [.. ChargingStatements.Complete(car, new(process), time.GetUtcNow())], outcomes, cancellationToken);
        return open;
    }

    /// <summary>
    /// Positions from the drive's beginning to the next drive, a moment ($3) or a quarter of an hour without one; those of a parked car have no
    /// speed.
    /// </summary>
    const string AdoptPositions = """
        with beginning as (
            select coalesce(min(position.date), drive.start_date) as date
            from public.drives drive
            left join public.positions position on position.drive_id = drive.id
            where drive.id = $2
            group by drive.start_date),
        candidates as (
            select position.id, position.date, lag(position.date) over (order by position.date, position.id) as before
            from public.positions position
            cross join beginning
            where position.car_id = $1 and (position.drive_id is null or position.drive_id = $2) and position.date >= beginning.date
                and (position.speed is not null or position.ideal_battery_range_km is null or position.drive_id = $2)
                and position.date < $3
                and position.date < coalesce(
                    (select min(later.start_date) from public.drives later where later.car_id = $1 and later.id <> $2
                        and later.start_date > beginning.date), 'infinity'))
        update public.positions
        set drive_id = $2
        where id in (
            select id
            from candidates
            where date < coalesce((select min(date) from candidates where date - before > interval '15 minutes'), 'infinity'))
        returning id
        """;

    static Task AdoptPositionsAsync(NpgsqlConnection connection, CarId car, int drive, DateTimeOffset end, CancellationToken cancellationToken)
        => RunAsync(connection, [new(AdoptPositions, [Value.Of(car.Value), Value.Of(drive), Value.Of(end)])], [], cancellationToken);

    static DateTimeOffset? StartOf(string entry)
    {
        try
        {
            return JsonSerializer.Deserialize(entry, LogbookJson.Default.LogbookEntryArray) is [LogbookEntry.StartDrive { At: var at }] ? at : null;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    async Task<bool> IsRecentAsync(NpgsqlConnection connection, string sql, int id, CancellationToken cancellationToken)
        => await connection.ScalarAsync<DateTime?>(sql, cancellationToken, Value.Of(id)) is { } last
            && time.GetUtcNow() - Timestamps.FromColumn(last) < StillGoingOn;

    static async Task RunAsync(NpgsqlConnection connection, List<Statement> statements, List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        if (statements.Count > 0)
            outcomes.AddRange(await DatabaseWriter.RunAsync(connection, statements, CommandTimeout, cancellationToken));
    }

    static async Task<Open> OpenAsync(NpgsqlConnection connection, CarId car, CancellationToken cancellationToken)
    {
        await foreach (var row in connection.RowsAsync("select drive_id, charging_process_id from teslamate.car_logs where car_id = $1 for update",
            cancellationToken, Value.Of(car.Value)))
            return new(row.Integer(0), row.Integer(1));
        return default;
    }

    static Task<int> SetOpenAsync(NpgsqlConnection connection, CarId car, Open open, CancellationToken cancellationToken)
        => connection.ExecuteAsync("update teslamate.car_logs set drive_id = $2, charging_process_id = $3 where car_id = $1", cancellationToken,
            Value.Of(car.Value), Value.Of(open.Drive), Value.Of(open.Process));

    static async Task<List<(long Id, string Entry, Open Context)>> ReadAsync(NpgsqlConnection connection, CarId car,
        CancellationToken cancellationToken)
    {
        List<(long, string, Open)> rows = [];
        await foreach (var row in connection.RowsAsync(
            "select id, entry, drive_id, charging_process_id from teslamate.refused_entries where car_id = $1 order by id for update",
            cancellationToken, Value.Of(car.Value)))
            rows.Add((row.GetInt64(0), row.GetString(1), new(row.Integer(2), row.Integer(3))));
        return rows;
    }

    readonly record struct Open(int? Drive, int? Process);
}
