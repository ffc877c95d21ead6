using System.Globalization;
using TeslaMate.Database.Migrations;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Database.Measures;

/// <summary>A database with the measures and one car, and short ways to write rows of a log by hand. Times are UTC.</summary>
sealed class LogRows : IAsyncDisposable
{
    /// <summary>Summarizes the block ranges of positions that no index has summarized, and says how many those were.</summary>
    public const string Unsummarized = """
        select sum(brin_summarize_new_values(i.oid)) from pg_index join pg_class i on i.oid = indexrelid join pg_am on pg_am.oid = i.relam
        where indrelid = 'public.positions'::regclass and amname = 'brin'
        """;

    static readonly Dictionary<string, Lazy<Task<TestDatabase>>> Templates =
        ((IEnumerable<string>)[PostgresServer.Installed, PostgresServer.V17, PostgresServer.V18])
        .ToDictionary(server => server, server => new Lazy<Task<TestDatabase>>(() => TemplateAsync(server)));

    readonly System.Text.StringBuilder _pending = new();
    int _drives;
    int _processes;
    int _positions;

    LogRows(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    /// <summary>A database with car 1: Model 3, 0.150 kWh per km of rated range.</summary>
    public static async Task<LogRows> CreateAsync(string server)
    {
        var rows = new LogRows(await PostgresServer.CreateDatabaseAsync(server, (await Templates[server].Value).Name));
        rows.Car(1, "Car");
        return rows;
    }

    /// <summary>A database with the measures and nothing else.</summary>
    public static async Task<TestDatabase> EmptyAsync(string server)
        => await PostgresServer.CreateDatabaseAsync(server, (await Templates[server].Value).Name);

    /// <summary>Writes a log into a database with the measures; car 1 is the one of <see cref="CreateAsync"/>.</summary>
    public static async Task FillAsync(TestDatabase database, Action<LogRows> fill)
    {
        var rows = new LogRows(database);
        fill(rows.Car(1, "Car"));
        await database.ExecuteAsync(rows._pending.ToString());
    }

    public LogRows Car(int id, string? name, double? efficiency = 0.15) => Sql($"""
        insert into car_settings (id) values ({id});
        insert into cars (id, eid, vid, vin, name, model, efficiency, settings_id, inserted_at, updated_at)
        values ({id}, {id}, {id}, 'VIN00000000{id:000000}', {Text(name)}, '3', {Number(efficiency)}, {id}, now(), now());
        """);

    public LogRows Sql(string sql)
    {
        _pending.Append(sql).AppendLine(";");
        return this;
    }

    public int Position(string date, double? odometer = null, int? level = null, int? usable = null, double latitude = 52.5, double longitude = 13.4,
        double? range = null,
        int? drive = null, double? temperature = null, string more = "", string values = "", int car = 1)
    {
        var id = ++_positions;
        Sql($"""
            insert into positions (id, date, latitude, longitude, odometer, battery_level, usable_battery_level, rated_battery_range_km,
                ideal_battery_range_km, drive_id, outside_temp, car_id{more})
            values ({id}, '{date}', {Number(latitude)}, {Number(longitude)}, {Number(odometer)}, {Number(level)}, {Number(usable)}, {Number(range)},
                {Number(range)}, {Number(drive)},
                {Number(temperature)}, {car}{values})
            """);
        return id;
    }

    /// <summary>A drive with rated and ideal ranges alike; closed unless <paramref name="minutes"/> is null.</summary>
    public int Drive(string start, double? minutes, double? fromKm, double? toKm, double? fromRange, double? toRange, double? temperature = null,
        int? fromLevel = null,
        int? toLevel = null, int? fromUsable = null, int? toUsable = null, double? distance = null, bool hasDistance = true, string more = "",
        string values = "", int car = 1,
        double latitude = 52.5)
    {
        var id = ++_drives;
        var end = minutes is { } length ? Plus(start, length) : null;
        var from = fromLevel is null ? (int?)null : Position(start, fromKm, fromLevel, fromUsable ?? fromLevel, latitude, car: car);
        var to = toLevel is null || end is null ? (int?)null : Position(end, toKm, toLevel, toUsable ?? toLevel, latitude, car: car);
        Sql($"""
            insert into drives (id, car_id, start_date, end_date, duration_min, start_km, end_km, distance, start_rated_range_km, end_rated_range_km,
                start_ideal_range_km,
                end_ideal_range_km, outside_temp_avg, start_position_id, end_position_id{more})
            values ({id}, {car}, '{start}', {Text(end)}, {Number(minutes is { } whole ? Math.Round(whole) : null)}, {Number(fromKm)}, {Number(toKm)},
                {(hasDistance ? Number(distance ?? toKm - fromKm) : "null")},
                {Number(fromRange)}, {Number(toRange)}, {Number(fromRange)}, {Number(toRange)}, {Number(temperature)}, {Number(from)},
                    {Number(to)}{values})
            """);
        return id;
    }

    /// <summary>A charging process with its position; closed unless <paramref name="minutes"/> is null.</summary>
    public int Charge(string start, double? minutes, double? odometer, double? fromRange = null, double? toRange = null, double? added = null,
        double? used = null,
        double? cost = null, int? fromLevel = null, int? toLevel = null, string more = "", string values = "", int car = 1, double latitude = 52.5)
    {
        var position = Position(start, odometer, latitude: latitude, car: car);
        var id = ++_processes;
        Sql($"""
            insert into charging_processes (id, car_id, start_date, end_date, duration_min, position_id, start_rated_range_km, end_rated_range_km,
                start_ideal_range_km, end_ideal_range_km,
                charge_energy_added, charge_energy_used, cost, start_battery_level, end_battery_level{more})
            values ({id}, {car}, '{start}', {(minutes is { } length ? $"'{Plus(start, length)}'" : "null")},
                {Number(minutes is { } whole ? Math.Round(whole) : null)}, {position},
                {Number(fromRange)}, {Number(toRange)}, {Number(fromRange)}, {Number(toRange)}, {Number(added)}, {Number(used)}, {Number(cost)},
                    {Number(fromLevel)}, {Number(toLevel)}{values})
            """);
        return id;
    }

    /// <summary>A row of charges.</summary>
    public LogRows Row(int process, string date, int level, double power, double range = 100, double added = 0, string kind = "ac",
        int? usable = null) => Sql($"""
        insert into charges (charging_process_id, date, battery_level, usable_battery_level, charger_power, ideal_battery_range_km,
            rated_battery_range_km, charge_energy_added,
            fast_charger_present, fast_charger_type, charger_phases)
        values ({process}, '{date}', {level}, {Number(usable ?? level)}, {Number(power)}, {Number(range)}, {Number(range)}, {Number(added)},
            {kind switch { "dc" => "true, 'Combo', null", "ac" => "false, '<invalid>', 3", _ => kind }})
        """);

    public LogRows State(string state, string start, string? end, int car = 1)
        => Sql($"insert into states (car_id, state, start_date, end_date) values ({car}, '{state}', '{start}', {Text(end)})");

    /// <summary>
    /// The rows of a query, each with its columns between bars; numbers are rounded to <paramref name="digits"/> places, and null is nothing.
    /// </summary>
    public async Task<List<string>> LinesAsync(string sql, int digits = 2)
    {
        if (_pending.Length > 0)
            await Database.ExecuteAsync(_pending.ToString());
        _pending.Clear();
        return await RowsAsync(Database, sql, digits);
    }

    public async Task<string> LineAsync(string sql, int digits = 2) => (await LinesAsync(sql, digits)).ShouldHaveSingleItem();

    public static async Task<List<string>> RowsAsync(TestDatabase database, string sql, int digits = 2)
    {
        await using var command = database.TestSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(string.Join('|',
                Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "" : Show(reader.GetValue(column), digits))));
        return lines;
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    static string Show(object value, int digits) => value switch
    {
        double number => Plain(Math.Round((decimal)number, digits, MidpointRounding.AwayFromZero)),
        decimal number => Plain(Math.Round(number, digits, MidpointRounding.AwayFromZero)),
        DateTime date => date.ToString(date.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Array array => string.Join(' ', array.Cast<object>().Select(item => Show(item, digits))),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    static string Plain(decimal number) => (number == 0 ? 0 : number).ToString("0.######", CultureInfo.InvariantCulture);

    static string Plus(string start, double minutes)
        => DateTime.Parse(start, CultureInfo.InvariantCulture).AddMinutes(minutes).ToString("yyyy-MM-dd HH:mm:ss.ffffff",
            CultureInfo.InvariantCulture);

    static string Number(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "null";

    static string Text(string? value) => value is null ? "null" : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    static async Task<TestDatabase> TemplateAsync(string server)
    {
        var template = await PostgresServer.CreateDatabaseAsync(server);
        // A template must have no connection while it is copied.
        await using (template.TestSource)
            (await template.Migrator().MigrateAsync(new Progress<MigrationProgress>(),
                CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        Npgsql.NpgsqlConnection.ClearAllPools();
        return template;
    }
}
