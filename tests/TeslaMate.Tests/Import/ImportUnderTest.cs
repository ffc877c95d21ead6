using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Import;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Logbook;

namespace TeslaMate.Tests.Import;

/// <summary>A database without cars and a folder of files, to import one into the other.</summary>
sealed class ImportUnderTest(LogbookDatabase database) : IAsyncDisposable
{
    public const string Vin = "5YJ3E1EA1NF000001";

    public LogbookDatabase Database => database;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string Folder { get; } = Directory.CreateTempSubdirectory("import-").FullName;

    public static async Task<ImportUnderTest> CreateAsync(int cars = 0)
    {
        var database = await LogbookDatabase.CreateAsync(cars);
        await database.ExecuteAsync(MigrationFiles.Text("teslamate/V6__import.sql"));
        return new(database);
    }

    public void Write(string name, string content) => File.WriteAllText(Path.Combine(Folder, name), content);

    public void Write(string name, params IEnumerable<CsvRow> rows) => Write(name, CsvRow.Whole(rows));

    public Task<ImportReport> ImportAsync(Func<ImportRequest, ImportRequest>? change = null, string zone = "Etc/UTC",
        IProgress<ImportProgress>? progress = null)
    {
        var request = new ImportRequest(Folder, zone);
        return WithImporterAsync(importer => importer.ImportAsync(change?.Invoke(request) ?? request, progress, CancellationToken.None));
    }

    public async Task<T> WithImporterAsync<T>(Func<IImporter, Task<T>> use)
    {
        await using var services = new ServiceCollection().AddLogging().AddSingleton(Time).AddSingleton(database.DataSource)
            .AddLogbook(new LogbookSettings { TileFolder = Folder + ".tiles", TileSources = [] }).AddImport().BuildServiceProvider();
        return await use(services.GetRequiredService<IImporter>());
    }

    public Task<List<string>> DrivesAsync()
        => database.RowsAsync("select start_date, end_date, round(distance::numeric, 2) from drives order by start_date");

    public Task<List<string>> StatesAsync() => database.RowsAsync("select state::text, start_date, end_date from states order by start_date");

    public Task<List<string>> ChargesAsync() => database.RowsAsync("""
        select start_date, end_date, charge_energy_added, (select count(*) from charges where charging_process_id = charging_processes.id)
        from charging_processes order by start_date
        """);

    public Task<List<string>> UpdatesAsync() => database.RowsAsync("select start_date, version from updates order by start_date");

    public Task<List<string>> PositionsAsync()
        => database.RowsAsync("select date, speed, odometer, drive_id is not null from positions order by date, id");

    /// <summary>All that the tables hold of cars' lives, without the numbers of the rows.</summary>
    public async Task<string> EverythingAsync() => string.Join('\n', (await database.RowsAsync("""
        select 'state', state::text, start_date::text, end_date::text from states
        union all select 'drive', concat_ws(' ', start_date, end_date, distance, duration_min, speed_max, start_km, end_km, start_ideal_range_km,
            end_ideal_range_km, outside_temp_avg), null, null from drives
        union all select 'process', concat_ws(' ', start_date, end_date, charge_energy_added, charge_energy_used, duration_min, start_battery_level,
            end_battery_level, cost), null, null from charging_processes
        union all select 'charge', concat_ws(' ', process.start_date, charges.date, charges.charge_energy_added, charger_power), null, null
            from charges join charging_processes process on process.id = charging_process_id
        union all select 'position', concat_ws(' ', date, latitude, speed, odometer, battery_level, drives.start_date), null, null from positions left
            join drives on drives.id = drive_id
        union all select 'update', concat_ws(' ', start_date, end_date, version), null, null from updates
        union all select 'car', concat_ws(' ', vin, vid, name, model, trim_badging, efficiency), null, null from cars
        """)).Order(StringComparer.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A row of a file of TeslaFi's, one minute after the other on a day of May 2024 unless it says otherwise.</summary>
public sealed record CsvRow(string Time)
{
    static readonly string[] Columns =
    [
        "data_id", "Date", "id", "vehicle_id", "vin", "state", "vehicle_name", "display_name", "car_type", "trim_badging", "latitude", "longitude",
        "speed", "power",
        "shift_state", "odometer", "battery_level", "battery_range", "ideal_battery_range", "charging_state", "charge_energy_added", "charger_power",
        "charger_phases",
        "charger_voltage", "charger_actual_current", "car_version", "outside_temp", "inside_temp", "usable_battery_level", "battery_heater_on",
        "is_climate_on",
        "fast_charger_present", "exterior_color", "wheel_type", "spoiler_type", "option_codes", "software_update", "elevation",
    ];

    Dictionary<string, string> More { get; init; } = [];

    public string State { get; init; } = "online";

    public string Date { get; init; } = "2024-05-01";

    public string? Shift { get; init; }

    public double? Odometer { get; init; } = 1000;

    public double? Ideal { get; init; } = 200;

    public string? Charging { get; init; }

    public double? Energy { get; init; }

    public static string Header => string.Join(',', Columns);

    public static CsvRow Online(string time) => new(time);

    public static CsvRow Drive(string time, double odometer, string shift = "D") => new(time) { Shift = shift, Odometer = odometer };

    public static CsvRow Park(string time, double odometer) => new(time) { Shift = "P", Odometer = odometer };

    public static CsvRow Asleep(string time) => new(time) { State = "asleep" };

    public static CsvRow Offline(string time) => new(time) { State = "offline" };

    public static CsvRow Charge(string time, double energy, string state = "Charging") => new(time) { Charging = state, Energy = energy };

    /// <summary>The first three rows of the chapter's table: online, from the second on.</summary>
    public static CsvRow[] Beginning => [Online("10:00"), Online("10:01"), Online("10:02")];

    /// <summary>Rows of a kind, a minute apart.</summary>
    public static IEnumerable<CsvRow> Minutes(string from, int count, Func<string, CsvRow> row)
    {
        var start = TimeOnly.Parse(from, CultureInfo.InvariantCulture);
        return Enumerable.Range(0, count).Select(minute => row(start.AddMinutes(minute).ToString("HH:mm", CultureInfo.InvariantCulture)));
    }

    public CsvRow With(string column, string value) => this with { More = new(More) { [column] = value } };

    public CsvRow On(string date) => this with { Date = date };

    /// <summary>The same file as TeslaFi writes it: a mark of UTF-8, quoted dates, 145 columns of which most say nothing.</summary>
    public static string Wide(IEnumerable<CsvRow> rows)
    {
        var more = Enumerable.Range(1, 145 - Columns.Length).Select(number => $"column{number}");
        return "\uFEFF" + string.Concat(new[] { Header + "," + string.Join(',', more) + "\n" }.Concat(rows.Select(row =>
            string.Join(',', row.ToString().Split(',').Select((cell, index) => Columns[index] == "Date" ? $"\"{cell}\"" : cell))
                + new string(',', 145 - Columns.Length) + "\n")));
    }

    public static string Whole(IEnumerable<CsvRow> rows)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var row in rows)
            text.Append(row).Append('\n');
        return text.ToString();
    }

    public override string ToString() => string.Join(',', Columns.Select(column => More.TryGetValue(column, out var own) ? own : Value(column)));

    string Value(string column) => column switch
    {
        "Date" => $"{Date} {(Time.Length == 5 ? Time + ":00" : Time)}",
        "id" => "4711",
        "vehicle_id" => "1111111111",
        "vin" => ImportUnderTest.Vin,
        "state" => State,
        "vehicle_name" => "82420",
        "car_type" => "model3",
        "trim_badging" => "74d",
        "latitude" => "52.5",
        "longitude" => "13.4",
        "shift_state" => Shift ?? "",
        "speed" => Shift is "D" ? "30" : "",
        "odometer" => Number(Odometer),
        "ideal_battery_range" or "battery_range" => Number(Ideal),
        "battery_level" => "60",
        "charging_state" => Charging ?? "",
        "charge_energy_added" => Number(Energy),
        "charger_power" => Charging is null ? "" : "11",
        "charger_phases" => Charging is null ? "" : "3",
        "charger_voltage" => Charging is null ? "" : "230",
        "charger_actual_current" => Charging is null ? "" : "16",
        "car_version" => "2024.8.7 abc",
        "outside_temp" => "20.5",
        _ => "",
    };

    static string Number(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
