using TeslaMate.Database;
using TeslaMate.Import.Reading;
using TeslaMate.Logbook;

namespace TeslaMate.Import.Running;

/// <summary>A run of the reference's table <c>import_runs</c>.</summary>
sealed record StoredRun(long Id, string TimeZone, CarId? Car, bool IsResumed);

/// <summary>A file that was read to its end.</summary>
sealed record StoredFile(long Run, CarId? Car, string Name, string Fingerprint, int Rows);

/// <summary>What imports remember: the reference's tables, and those of our own that say it more exactly.</summary>
/// <param name="connection">The one that everything of an import goes through.</param>
sealed class ImportStore(NpgsqlConnection connection, TimeProvider time)
{
    // An import that was killed leaves the server a moment to notice.
    static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);

    const string Lock = "hashtext('teslamate import')";

    /// <summary>One import at a time, whoever starts it; the lock ends with the connection at the latest.</summary>
    /// <returns>Who has it, in a sentence for the operator; null once it is had.</returns>
    public async Task<string?> LockAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!await connection.ScalarAsync<bool>($"select pg_try_advisory_lock({Lock})", cancellationToken))
        {
            if (time.GetElapsedTime(started) > LockTimeout)
            {
                var holders = await AdvisoryLocks.HoldersAsync(connection, Lock, cancellationToken);
                return $"Another import is at work: {holders ?? "one that is gone by now"}.";
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }

        return null;
    }

    public async Task UnlockAsync()
    {
        if (connection.State == System.Data.ConnectionState.Open)
            await connection.ScalarAsync<bool>($"select pg_advisory_unlock({Lock})", CancellationToken.None);
    }

    /// <summary>Goes on with the interrupted run of a folder, or begins one; former ones of this folder are forgotten then.</summary>
    public async Task<StoredRun> OpenAsync(string sourceKey, string timeZone, CarId? car, CancellationToken cancellationToken)
    {
        await using (var command =
            Command("select id, timezone, car_id from public.import_runs where source_key = $1 and status = 'running'", Value.Of(sourceKey)))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (await reader.ReadAsync(cancellationToken))
            {
                var owner = reader.IsDBNull(2) ? (CarId?)null : new CarId((short)reader.GetInt64(2));
                if (car is null || owner is null || car == owner)
                    return new(reader.GetInt64(0), reader.GetString(1), owner, IsResumed: true);
            }
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AbandonAsync(sourceKey, cancellationToken);
        await connection.ExecuteAsync(
            "delete from public.import_runs where source_key = $1 and status <> 'running'", cancellationToken, Value.Of(sourceKey));
        var id = await connection.ScalarAsync<long>(
            """
            insert into public.import_runs (source_key, status, timezone, date_limit_captured, car_id, inserted_at, updated_at)
            values ($1, 'running', $2, true, $3, $4, $4)
            returning id
            """,
            cancellationToken, Value.Of(sourceKey), Value.Of(timeZone), Value.Of((long?)car?.Value), Now());
        await transaction.CommitAsync(cancellationToken);
        return new(id, timeZone, car, IsResumed: false);
    }

    /// <summary>What a folder is known by.</summary>
    public static string KeyOf(string folder) => Fingerprint.Of(Path.GetFullPath(folder).TrimEnd('/'));

    /// <summary>The time zone of the interrupted run of a folder; null when there is none.</summary>
    public Task<string?> InterruptedZoneAsync(string sourceKey, CancellationToken cancellationToken)
        => connection.ScalarAsync<string>(
            "select timezone from public.import_runs where source_key = $1 and status = 'running'", cancellationToken, Value.Of(sourceKey));

    /// <summary>
    /// Gives the interrupted run of a folder up. Its files are to be read again: what it covered is skipped then, but not the drive or the charge
    /// that it had not written yet.
    /// </summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> AbandonAsync(string sourceKey, CancellationToken cancellationToken)
        => await connection.ScalarAsync<long>(
            """
            with abandoned as (
                update public.import_runs set status = 'abandoned', updated_at = $2 where source_key = $1 and status = 'running' returning id),
            forgotten as (
                delete from teslamate.import_files using abandoned where import_files.run_id = abandoned.id)
            select count(*) from abandoned
            """,
            cancellationToken, Value.Of(sourceKey), Now()) > 0;

    public async Task<List<StoredFile>> FilesAsync(CancellationToken cancellationToken)
        => await connection.RowsAsync(
            "select run_id, car_id, file_name, fingerprint, rows from teslamate.import_files order by id", cancellationToken)
            .Select(row => new StoredFile(
                row.GetInt64(0), row.IsDBNull(1) ? null : new CarId(row.GetInt16(1)), row.GetString(2), row.GetString(3), row.GetInt32(4)))
            .ToListAsync(cancellationToken);

    /// <summary>The periods that other runs have read.</summary>
    public async Task<Coverage> CoverageAsync(CarId car, long exceptRun, CancellationToken cancellationToken)
    {
        await using var command = Command(
            "select from_date, to_date from teslamate.import_coverage where car_id = $1 and run_id <> $2", Value.Of(car.Value), Value.Of(exceptRun));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(DateTimeOffset From, DateTimeOffset To)> periods = [];
        while (await reader.ReadAsync(cancellationToken))
            periods.Add((reader.GetInstant(0), reader.GetInstant(1)));
        return new(periods);
    }

    public async Task CoverAsync(CarId car, long run, IEnumerable<(DateTimeOffset From, DateTimeOffset To)> periods,
        CancellationToken cancellationToken)
    {
        foreach (var (from, to) in periods)
        {
            await connection.ExecuteAsync(
                "insert into teslamate.import_coverage (car_id, run_id, from_date, to_date) values ($1, $2, $3, $4)",
                cancellationToken, Value.Of(car.Value), Value.Of(run), Value.Of(from), Value.Of(to));
        }
    }

    public async Task CheckpointAsync(long run, CarId? car, string fingerprint, FileReport file, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(
            """
            insert into teslamate.import_files (run_id, car_id, file_name, fingerprint, rows, imported, rejected, completed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict do nothing
            """,
            cancellationToken, Value.Of(run), Value.Of(car?.Value), Value.Of(file.Name), Value.Of(fingerprint), Value.Of(file.Rows),
            Value.Of(file.Imported), Value.Of(file.Rejected), Now());
        await connection.ExecuteAsync(
            """
            insert into public.import_file_checkpoints (run_id, file_name, file_fingerprint, completed_at, inserted_at, updated_at)
            values ($1, $2, $3, $4, $4, $4)
            on conflict (run_id, file_name, file_fingerprint) do update set completed_at = excluded.completed_at, updated_at = excluded.updated_at
            """,
            cancellationToken, Value.Of(run), Value.Of(file.Name), Value.Of(fingerprint), Now());
    }

    public async Task RejectAsync(long run, string fingerprint, IEnumerable<Rejection> rejections, CancellationToken cancellationToken)
    {
        foreach (var chunk in rejections.Chunk(500))
        {
            await using var batch = new NpgsqlBatch(connection);
            foreach (var rejection in chunk)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                    insert into public.import_rejections (run_id, file_name, file_fingerprint, "row", reason, fields, inserted_at, updated_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $7)
                    on conflict (run_id, file_name, file_fingerprint, "row") do nothing
                    """)
                {
                    Parameters =
                    {
                        Value.Of(run), Value.Of(rejection.File), Value.Of(fingerprint), Value.Of(rejection.Line), Value.Of(rejection.Reason),
                        Value.Array<string>([.. rejection.Fields]), Now(),
                    },
                });
            }

            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public Task FinishAsync(long run, CancellationToken cancellationToken)
        => connection.ExecuteAsync(
            "update public.import_runs set status = 'complete', updated_at = $2 where id = $1", cancellationToken, Value.Of(run), Now());

    /// <summary>Adds a car that nobody knew; its numbers are made up where the files have none or others have them.</summary>
    /// <param name="suspendMin">Of its settings.</param>
    /// <param name="isRehearsal">It will be taken back.</param>
    public async Task<CarId> AddCarAsync(long run, string vin, long? vid, string? name, int suspendMin, bool isRehearsal,
        CancellationToken cancellationToken)
    {
        // No transaction takes a sequence back.
        var (carNumber, settingsNumber) = isRehearsal
            ? ("(select least(min(id), 0) - 1 from public.cars)", "(select least(min(id), 0) - 1 from public.car_settings)")
            : ("nextval('public.cars_id_seq')", "nextval('public.car_settings_id_seq')");
        var id = await connection.ScalarAsync<short>(
            $"""
            with own as (
                insert into public.car_settings (id, suspend_min) values ({settingsNumber}, $4) returning id)
            insert into public.cars (id, eid, vid, vin, name, settings_id, inserted_at, updated_at)
            select
                {carNumber},
                (select min(n) from generate_series(1, 65536) n where not exists (select from public.cars where eid = n)),
                case when $2 is not null and not exists (select from public.cars where vid = $2) then $2
                    else (select min(n) from generate_series(1, 65536) n where not exists (select from public.cars where vid = n)) end,
                $1, $3, own.id, $5, $5
            from own
            returning id
            """,
            cancellationToken, Value.Of(vin), Value.Of(vid), Value.Of(name), Value.Of(suspendMin), Now());
        await connection.ExecuteAsync(
            "insert into teslamate.imported_entries (kind, entry_id, car_id, run_id) values ('car', $1, $1, $2)", cancellationToken,
            Value.Of(id), Value.Of(run));
        return new(id);
    }

    public async Task<(CarId Id, long Vid, bool IsLive)?> FindCarAsync(string vin, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            select cars.id, cars.vid, not (cars.eid between 1 and 65536 and mine.entry_id is not null)
            from public.cars
            left join teslamate.imported_entries mine on mine.kind = 'car' and mine.entry_id = cars.id
            where cars.vin = $1
            """, Value.Of(vin));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (new CarId(reader.GetInt16(0)), reader.GetInt64(1), reader.GetBoolean(2)) : null;
    }

    public async Task<string?> VinOfAsync(CarId car, CancellationToken cancellationToken)
        => await connection.ScalarAsync<string?>("select vin from public.cars where id = $1", cancellationToken, Value.Of(car.Value));

    public Task SetCarAsync(long run, CarId car, CancellationToken cancellationToken)
        => connection.ExecuteAsync(
            "update public.import_runs set car_id = $2 where id = $1", cancellationToken, Value.Of(run), Value.Of((long)car.Value));

    public ValueTask<NpgsqlTransaction> BeginAsync(CancellationToken cancellationToken) => connection.BeginTransactionAsync(cancellationToken);

    /// <summary>Runs a statement without parameters.</summary>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => connection.ExecuteAsync(sql, cancellationToken);

    NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }

    NpgsqlParameter Now() => Value.Of(time.GetUtcNow());
}
