using System.Globalization;
using TeslaMate.Database;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.History;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.States;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Import.Merging;

/// <summary>
/// Takes over what another database of TeslaMate's has: cars are known by their VINs, everything else gets numbers of its own. A drive, a charge or a
/// position of a time that is covered here already is left out and told. The other database is only read.
/// </summary>
public interface IDatabaseMerge
{
    /// <param name="source">The other database, as an address: <c>postgres://user:password@host:port/name</c>.</param>
    /// <param name="vin">Only this car.</param>
    /// <param name="isDryRun">Do it all and take it back.</param>
    Task<ImportReport> MergeAsync(Uri source, string? vin, bool isDryRun, CancellationToken cancellationToken);
}

sealed class DatabaseMerge(NpgsqlDataSource database, TimeProvider time) : IDatabaseMerge
{
    static readonly string[] Tables =
        ["geofences", "addresses", "car_settings", "cars", "states", "drives", "positions", "charging_processes", "charges", "updates"];

    public async Task<ImportReport> MergeAsync(Uri source, string? vin, bool isDryRun, CancellationToken cancellationToken)
    {
        await using var other = NpgsqlDataSource.Create(SourceAddress.ConnectionString(source));
        NpgsqlConnection opened;
        try
        {
            opened = await other.OpenConnectionAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            return ImportReport.Of(
                ImportProblem.NoSource, $"No connection to the other database, {SourceAddress.Name(source)}: {exception.Reason()}");
        }

        await using var from = opened;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var store = new ImportStore(connection, time);
        if (await store.LockAsync(cancellationToken) is { } busy)
            return ImportReport.Of(ImportProblem.Busy, busy);
        try
        {
            if (await VersionAsync(from, cancellationToken) is var theirs && await VersionAsync(connection, cancellationToken) is var ours
                && theirs != ours)
            {
                return ImportReport.Of(ImportProblem.OtherVersion,
                    $"The other database stands at version {theirs?.ToString(CultureInfo.InvariantCulture) ?? "none"}, this one at {ours}. "
                    + "Bring both to the same version first.");
            }

            return await MergeAsync(from, connection, store, vin, isDryRun, cancellationToken);
        }
        finally
        {
            await store.UnlockAsync();
        }
    }

    static async Task<ImportReport> MergeAsync(
        NpgsqlConnection from, NpgsqlConnection connection, ImportStore store, string? vin, bool isDryRun, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var snapshot = await from.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken))
        {
            foreach (var table in Tables)
                await CopyAsync(from, connection, table, cancellationToken);
        }

        var cars = await connection.RowsAsync(
            "select id, vin from other_cars where $1::text is null or vin = $1 order by id", cancellationToken, Value.Of(vin))
            .Select(row => (Id: row.GetInt16(0), Vin: row.GetString(1)))
            .ToListAsync(cancellationToken);
        if (cars.Count == 0 && vin is not null)
            return ImportReport.Of(ImportProblem.UnknownCar, $"There is no car with the VIN {vin} in the other database.");
        await connection.ExecuteAsync("""
            create index on other_positions (id);
            create index on other_positions (drive_id);
            create index on other_charges (charging_process_id);
            analyze other_positions, other_charges, other_drives, other_charging_processes
            """, TimeSpan.Zero, cancellationToken);
        List<FileReport> files = [];
        List<Overlap> overlaps = [];
        var created = HistoryCounts.None;
        var numbers = new HistoryNumbers(isDryRun);
        foreach (var (id, carVin) in cars)
        {
            var merge = new CarMerge(connection, store, numbers, id, carVin, isDryRun);
            var (report, counts) = await merge.RunAsync(overlaps, cancellationToken);
            files.Add(report);
            created += counts;
        }

        if (isDryRun)
        {
            await transaction.RollbackAsync(cancellationToken);
        }
        else
        {
            await transaction.CommitAsync(cancellationToken);
            await PositionSummaries.CompleteAsync(connection, cancellationToken);
        }

        return new ImportReport { Files = files, Rejections = [], Created = ImportReport.CreatedOf(created), Overlaps = overlaps };
    }

    /// <summary>The rows of a table as they are, in a table that goes with the transaction.</summary>
    static async Task CopyAsync(NpgsqlConnection from, NpgsqlConnection to, string table, CancellationToken cancellationToken)
    {
        await to.ExecuteAsync($"create temp table other_{table} (like public.{table}) on commit drop", cancellationToken);
        var columns = await CarMerge.ColumnsAsync(to, table, cancellationToken);
        var list = string.Join(", ", columns.Select(column => $"\"{column}\""));
        await using var output = await from.BeginRawBinaryCopyAsync($"copy public.{table} ({list}) to stdout (format binary)", cancellationToken);
        await using var input = await to.BeginRawBinaryCopyAsync($"copy other_{table} ({list}) from stdin (format binary)", cancellationToken);
        await output.CopyToAsync(input, cancellationToken);
    }

    static async Task<long?> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.ScalarAsync<long?>("select max(version) from public.schema_migrations", cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return null;
        }
    }
}

/// <summary>One car of the other database.</summary>
sealed class CarMerge(NpgsqlConnection connection, ImportStore store, HistoryNumbers numbers, short theirId, string vin, bool isDryRun)
{
    const long NoRun = 0;

    CarId _car;

    public async Task<(FileReport Report, HistoryCounts Counts)> RunAsync(List<Overlap> overlaps, CancellationToken cancellationToken)
    {
        var total = await ScalarAsync($"""
            select (select count(*) from other_drives where car_id = {theirId}) + (select count(*) from other_positions where car_id = {theirId})
                + (select count(*) from other_states where car_id = {theirId}) + (select count(*) from other_updates where car_id = {theirId})
                + (select count(*) from other_charging_processes where car_id = {theirId})
                + (select count(*) from other_charges join other_charging_processes process on process.id = charging_process_id
                    where process.car_id = {theirId})
            """, cancellationToken);
        await FindOrAddCarAsync(cancellationToken);
        var covered = await LiveCoverage.ReadAllAsync(connection, _car, now: DateTimeOffset.MinValue, cancellationToken);
        await CoverAsync(covered, cancellationToken);
        await ReadOverlapsAsync(overlaps, cancellationToken);
        await ChooseAsync(cancellationToken);
        await InsertPlacesAsync(cancellationToken);

        await InsertAsync("drives", "new_drives", new()
        {
            ["start_position_id"] = "null::integer",
            ["end_position_id"] = "null::integer",
            ["start_address_id"] = "(select id from new_addresses where old = row.start_address_id)",
            ["end_address_id"] = "(select id from new_addresses where old = row.end_address_id)",
            ["start_geofence_id"] = "(select id from new_geofences where old = row.start_geofence_id)",
            ["end_geofence_id"] = "(select id from new_geofences where old = row.end_geofence_id)",
        }, cancellationToken);
        var positions = await InsertAsync("positions", "new_positions",
            new() { ["drive_id"] = "(select id from new_drives where old = row.drive_id)" }, cancellationToken);
        await ExecuteAsync("""
            update public.drives
            set start_position_id = (select id from new_positions where old = other.start_position_id),
                end_position_id = (select id from new_positions where old = other.end_position_id)
            from new_drives
            join other_drives other on other.id = new_drives.old
            where drives.id = new_drives.id
            """, cancellationToken);
        var processes = await InsertAsync("charging_processes", "new_charging_processes", new()
        {
            ["position_id"] = "(select id from new_positions where old = row.position_id)",
            ["address_id"] = "(select id from new_addresses where old = row.address_id)",
            ["geofence_id"] = "(select id from new_geofences where old = row.geofence_id)",
        }, cancellationToken);
        var charges = await InsertAsync("charges", "new_charges",
            new() { ["charging_process_id"] = "(select id from new_charging_processes where old = row.charging_process_id)" }, cancellationToken);
        var updates = await InsertAsync("updates", "new_updates", [], cancellationToken);
        var discarded = await EndWhatIsOpenAsync(cancellationToken);
        await RememberAsync(cancellationToken);
        var history = new History();
        await foreach (var row in connection.RowsAsync(
            $"select state::text, start_date from other_states where car_id = {theirId} order by start_date, id", cancellationToken))
            history.Add(new LogbookEntry.StartState(StateStatements.Parse(row.GetString(0)), Timestamps.FromColumn(row.GetDateTime(1))));
        var last = await LastMomentAsync(cancellationToken);
        var written = await new HistoryWriter(connection, numbers).WriteAsync(_car, NoRun, history, isLive: true, last, isDryRun, cancellationToken);
        var states = written.States;
        await DatabaseWriter.RunAsync(connection, [EfficiencyStatements.Derive(_car)], TimeSpan.Zero, cancellationToken);
        var drives = (int)await ScalarAsync("select count(*) from new_drives", cancellationToken);
        var counts = new HistoryCounts(drives - discarded, processes, positions, charges, states, updates);
        var imported = drives + processes + positions + charges + states + updates;
        await DropAsync(cancellationToken);
        return (new FileReport(vin, (int)total, Math.Min(imported, (int)total), Math.Max(0, (int)total - imported), 0,
            imported == 0 ? FileState.Skipped : FileState.Done), counts);
    }

    public static async Task<List<string>> ColumnsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
        => await connection.RowsAsync(
            "select column_name::text from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position",
            cancellationToken, Value.Of(table))
            .Select(row => row.GetString(0))
            .ToListAsync(cancellationToken);

    async Task FindOrAddCarAsync(CancellationToken cancellationToken)
    {
        if (await store.FindCarAsync(vin, cancellationToken) is var (known, _, _))
        {
            _car = known;
        }
        else
        {
            var (vid, eid) = (await ScalarAsync($"select vid from other_cars where id = {theirId}", cancellationToken),
                await ScalarAsync($"select eid from other_cars where id = {theirId}", cancellationToken));
            _car = await store.AddCarAsync(NoRun, vin, vid, name: null, suspendMin: 21, isDryRun, cancellationToken);
            await ExecuteAsync($"""
                update public.cars set eid = {eid} where id = {_car} and not exists (select from public.cars where eid = {eid});
                delete from teslamate.imported_entries where kind = 'car' and entry_id = {_car};
                update public.car_settings own
                set suspend_min = other.suspend_min, suspend_after_idle_min = other.suspend_after_idle_min, req_not_unlocked = other.req_not_unlocked,
                    free_supercharging = other.free_supercharging, use_streaming_api = other.use_streaming_api, enabled = other.enabled,
                    lfp_battery = other.lfp_battery
                from public.cars, other_cars, other_car_settings other
                where cars.id = {_car} and own.id = cars.settings_id and other_cars.id = {theirId} and other.id = other_cars.settings_id
                """, cancellationToken);
        }

        await ExecuteAsync($"""
            update public.cars
            set name = coalesce(cars.name, other.name), model = coalesce(cars.model, other.model),
                trim_badging = coalesce(cars.trim_badging, other.trim_badging),
                marketing_name = coalesce(cars.marketing_name, other.marketing_name),
                    exterior_color = coalesce(cars.exterior_color, other.exterior_color),
                wheel_type = coalesce(cars.wheel_type, other.wheel_type), spoiler_type = coalesce(cars.spoiler_type, other.spoiler_type),
                efficiency = coalesce(cars.efficiency, other.efficiency)
            from other_cars other
            where cars.id = {_car} and other.id = {theirId}
            """, cancellationToken);
    }

    async Task CoverAsync(Coverage covered, CancellationToken cancellationToken)
    {
        await ExecuteAsync("create temp table covered (from_date timestamp primary key, to_date timestamp not null) on commit drop",
            cancellationToken);
        await using (var copy = await connection.BeginBinaryImportAsync("copy covered from stdin (format binary)", cancellationToken))
        {
            foreach (var (from, to) in covered.Periods)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(Timestamps.ToColumn(from), NpgsqlTypes.NpgsqlDbType.Timestamp, cancellationToken);
                await copy.WriteAsync(Timestamps.ToColumn(to), NpgsqlTypes.NpgsqlDbType.Timestamp, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await ExecuteAsync("analyze covered", cancellationToken);
    }

    /// <summary>
    /// SQL that says whether any covered period meets another one; the last that begins before its end is the one to ask, since they do not overlap.
    /// </summary>
    static string Meets(string from, string to) => $"coalesce((select covered.to_date >= {from} from covered where covered.from_date <= {to} "
        + "order by covered.from_date desc limit 1), false)";

    async Task ReadOverlapsAsync(List<Overlap> overlaps, CancellationToken cancellationToken)
    {
        await foreach (var row in connection.RowsAsync($"""
            select 'drive', start_date, coalesce(end_date, start_date) from other_drives where car_id = {theirId}
                and {Meets("start_date", "coalesce(end_date, start_date)")}
            union all
            select 'charging_process', start_date, coalesce(end_date, start_date)
            from other_charging_processes
            where car_id = {theirId} and {Meets("start_date", "coalesce(end_date, start_date)")}
            order by 2
            """, TimeSpan.Zero, cancellationToken))
            overlaps.Add(new(vin, row.GetString(0), Timestamps.FromColumn(row.GetDateTime(1)), Timestamps.FromColumn(row.GetDateTime(2))));
    }

    async Task ChooseAsync(CancellationToken cancellationToken)
    {
        await NumberAsync("new_drives", "trips_id_seq",
            $"select id as old from other_drives where car_id = {theirId} and not {Meets("start_date", "coalesce(end_date, start_date)")} order "
                + "by start_date, id", cancellationToken);
        await NumberAsync("new_charging_processes", "charging_processes_id_seq",
            $"select id as old from other_charging_processes where car_id = {theirId} and not "
                + $"{Meets("start_date", "coalesce(end_date, start_date)")} order by start_date, id", cancellationToken);
        await NumberAsync("new_positions", "positions_id_seq", $"""
            select position.id as old
            from other_positions position
            left join new_drives on new_drives.old = position.drive_id
            where position.car_id = {theirId} and (new_drives.old is not null
                or position.id in (select position_id from other_charging_processes process
                    join new_charging_processes taken on taken.old = process.id)
                or position.drive_id is null and not {Meets("position.date", "position.date")})
            order by position.date, position.id
            """, cancellationToken);
        await NumberAsync("new_charges", "charges_id_seq", """
            select charge.id as old
            from other_charges charge
            join new_charging_processes taken on taken.old = charge.charging_process_id
            order by charge.date, charge.id
            """, cancellationToken);
        await NumberAsync("new_updates", "updates_id_seq", $"""
            select id as old
            from other_updates other
            where car_id = {theirId} and end_date is not null
                and not exists (select from public.updates here where here.car_id = {_car} and here.version is not distinct from other.version)
            order by start_date, id
            """, cancellationToken);
    }

    /// <summary>A table of old numbers and the new ones.</summary>
    async Task NumberAsync(string table, string sequence, string chosen, CancellationToken cancellationToken)
    {
        // No transaction takes a sequence back.
        var number = isDryRun
            ? $"((select least(min(id), 0) from public.{table["new_".Length..]}) - row_number() over ())::integer"
            : $"nextval('public.{sequence}')::integer";
        await ExecuteAsync($"create temp table {table} on commit drop as select old, {number} as id from ({chosen}) chosen; create index on "
            + $"{table} (old); analyze {table}", cancellationToken);
    }

    /// <summary>Addresses are the same where OpenStreetMap's numbers are; geofences where name and place are.</summary>
    async Task InsertPlacesAsync(CancellationToken cancellationToken)
    {
        var (address, fence) = isDryRun
            ? ("((select least(min(id), 0) from public.addresses) - row_number() over ())::integer",
                "((select least(min(id), 0) from public.geofences) - row_number() over ())::integer")
            : ("nextval('public.addresses_id_seq')::integer", "nextval('public.geofences_id_seq')::integer");
        await ExecuteAsync($"""
            create temp table new_addresses on commit drop as
            select other.id as old, here.id, here.id is null as is_new
            from other_addresses other
            left join public.addresses here on here.osm_id = other.osm_id and here.osm_type = other.osm_type
            where other.id in (
                select unnest(array[start_address_id, end_address_id]) from other_drives join new_drives on new_drives.old = other_drives.id
                union
                select address_id from other_charging_processes join new_charging_processes taken on taken.old = other_charging_processes.id);
            update new_addresses set id = numbered.id from (select old, {address} as id from new_addresses where is_new) numbered
                where numbered.old = new_addresses.old;
            create temp table new_geofences on commit drop as
            select other.id as old, here.id, here.id is null as is_new
            from other_geofences other
            left join lateral (
                select id
                from public.geofences
                where name = other.name and {NearestFence.Distance("latitude", "longitude", "other.latitude", "other.longitude")} < 100
                order by id
                limit 1) here on true;
            update new_geofences set id = numbered.id from (select old, {fence} as id from new_geofences where is_new) numbered
                where numbered.old = new_geofences.old
            """, cancellationToken);
        foreach (var table in (string[])["addresses", "geofences"])
        {
            var columns = (await ColumnsAsync(connection, table, cancellationToken)).Where(column => column != "id").ToList();
            await ExecuteAsync(
                $"insert into public.{table} (id, {string.Join(", ", columns)}) select number.id, "
                    + $"{string.Join(", ", columns.Select(column => "row." + column))} "
                + $"from other_{table} row join new_{table} number on number.old = row.id where number.is_new", cancellationToken);
        }
    }

    async Task<int> InsertAsync(string table, string numbersTable, Dictionary<string, string> instead, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync(connection, table, cancellationToken);
        var values = columns.Select(column => column switch
        {
            "id" => "number.id",
            "car_id" => $"{_car}::smallint",
            _ => instead.GetValueOrDefault(column, "row." + column),
        });
        return await ExecuteAsync(
            $"insert into public.{table} ({string.Join(", ", columns)}) select {string.Join(", ", values)} from other_{table} row join "
                + $"{numbersTable} number on number.old = row.id order by number.id",
            cancellationToken);
    }

    /// <summary>What the other installation left open ends at its last row.</summary>
    async Task<int> EndWhatIsOpenAsync(CancellationToken cancellationToken)
    {
        List<Statement> statements = [];
        await foreach (var row in connection.RowsAsync("""
            select drives.id, min(position.id), max(position.id)
            from public.drives
            join new_drives on new_drives.id = drives.id
            left join other_positions other on other.drive_id = new_drives.old
            left join new_positions position on position.old = other.id
            where drives.end_date is null
            group by drives.id
            """, cancellationToken))
        {
            var (first, last) = row.IsDBNull(1) ? (0, 0) : (row.GetInt32(1), row.GetInt32(2));
            statements.Add(DriveStatements.CloseWritten(_car, new(row.GetInt32(0)), new(first), new(last)));
        }

        await foreach (var row in connection.RowsAsync("""
            select process.id, process.start_date from public.charging_processes process join new_charging_processes taken on taken.id = process.id
                where process.end_date is null
            """, cancellationToken))
            statements.Add(ChargingStatements.CompleteOne(_car, new(row.GetInt32(0)), Timestamps.FromColumn(row.GetDateTime(1))));

        var outcomes = await DatabaseWriter.RunAsync(connection, statements, TimeSpan.Zero, cancellationToken);
        return outcomes.OfType<Outcome.DriveDiscarded>().Count();
    }

    Task<int> RememberAsync(CancellationToken cancellationToken) => ExecuteAsync($"""
        insert into teslamate.imported_entries (kind, entry_id, car_id, run_id)
        select 'drive', id, {_car}, {NoRun} from new_drives
        union all select 'charging_process', id, {_car}, {NoRun} from new_charging_processes
        union all select 'update', id, {_car}, {NoRun} from new_updates
        union all select 'position', new_positions.id, {_car}, {NoRun} from new_positions join public.positions on positions.id = new_positions.id
            where positions.drive_id is null
        on conflict do nothing
        """, cancellationToken);

    async Task<DateTimeOffset> LastMomentAsync(CancellationToken cancellationToken)
    {
        var last = await connection.ScalarAsync<DateTime>($"""
            select greatest((select max(date) from other_positions where car_id = {theirId}),
                (select max(greatest(start_date, end_date)) from other_states where car_id = {theirId}), timestamp '1970-01-01')
            """, TimeSpan.Zero, cancellationToken);
        return Timestamps.FromColumn(last);
    }

    Task<int> DropAsync(CancellationToken cancellationToken) => ExecuteAsync(
        "drop table covered, new_drives, new_charging_processes, new_positions, new_charges, new_updates, new_addresses, new_geofences",
        cancellationToken);

    Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken) => connection.ExecuteAsync(sql, TimeSpan.Zero, cancellationToken);

    Task<long> ScalarAsync(string sql, CancellationToken cancellationToken)
        => connection.ScalarAsync<long>(sql, TimeSpan.Zero, cancellationToken);
}
