using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using nietras.SeparatedValues;
using Npgsql;
using Sylvan.Data.Csv;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Benchmarks.Import;

/// <summary>
/// Three years of one car as TeslaFi would export them, imported by the program as a process of its own: rows a second and memory; against the same positions inserted row by
/// row; and what three libraries take to read the cells.
/// </summary>
static class ImportMeasurements
{
    const int Months = 36;

    const string Header = "data_id,Date,id,vehicle_id,vin,state,vehicle_name,car_type,trim_badging,latitude,longitude,speed,power,shift_state,odometer,battery_level,"
        + "usable_battery_level,battery_range,ideal_battery_range,est_battery_range,charging_state,charge_energy_added,charger_power,charger_phases,charger_voltage,"
        + "charger_actual_current,car_version,outside_temp,inside_temp,driver_temp_setting,is_climate_on,fan_status,battery_heater_on,fast_charger_present,elevation,locked,idleNumber";

    /// <param name="rows">How many rows.</param>
    public static async Task RunAsync(int rows)
    {
        await using var cluster = await PrivateCluster.StartAsync();
        var folder = Directory.CreateTempSubdirectory("tm-import-").FullName;
        try
        {
            var bytes = Write(folder, rows);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows} rows in {Months} files, {bytes / 1e6:0} MB"));
            Read(folder, rows);
            var environment = new Dictionary<string, string>
            {
                ["DATABASE_SOCKET_DIR"] = cluster.Socket,
                ["DATABASE_NAME"] = "postgres",
                ["DATABASE_USER"] = "postgres",
                ["ENCRYPTION_KEY"] = "benchmark",
                ["SRTM_CACHE"] = Path.Combine(folder, "elevation"),
                // Nobody is asked for heights.
                ["http_proxy"] = "http://127.0.0.1:9",
                ["https_proxy"] = "http://127.0.0.1:9",
            };
            var variables = new Variables(environment);
            await new Migrator(DatabaseSettings.Read(variables), variables, TimeProvider.System).MigrateAsync(new Progress<MigrationProgress>(), CancellationToken.None);
            await ImportAsync(folder, environment, rows);
            await InsertSinglyAsync(cluster.ConnectionString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task ImportAsync(string folder, Dictionary<string, string> environment, int rows)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine.ProgramCommand).Assembly.Location, "import", folder, "--timezone", "Europe/Berlin", "--yes"]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        long peak = 0;
        while (!process.HasExited)
        {
            process.Refresh();
            peak = Math.Max(peak, process.HasExited ? 0 : process.PeakWorkingSet64);
            await Task.Delay(100);
        }

        var took = Stopwatch.GetElapsedTime(began);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"imported in {took.TotalSeconds:0.0} s: {rows / took.TotalSeconds:0} rows/s, {peak / 1048576} MB at most, exit code {process.ExitCode}"));
    }

    static async Task InsertSinglyAsync(string connectionString)
    {
        const int most = 20_000;
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var connection = await database.OpenConnectionAsync();
        await using var insert = new NpgsqlCommand("insert into positions (date, latitude, longitude, odometer, car_id) select $1, 52.5, 13.4, 1000, min(id) from cars", connection);
        insert.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = DateTime.SpecifyKind(DateTime.UnixEpoch, DateTimeKind.Unspecified) });
        await insert.PrepareAsync();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < most; i++)
            await insert.ExecuteNonQueryAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"row by row: {most / Stopwatch.GetElapsedTime(began).TotalSeconds:0} rows/s"));
    }

    static void Read(string folder, int rows)
    {
        foreach (var (name, read) in new (string, Func<string, long>)[] { ("Sep", WithSep), ("Sylvan", WithSylvan), ("CsvHelper", WithCsvHelper) })
        {
            read(Directory.GetFiles(folder)[0]);
            var (began, allocated) = (Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes());
            var characters = Directory.GetFiles(folder, "*.csv").Sum(read);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: {rows / Stopwatch.GetElapsedTime(began).TotalSeconds:0} rows/s, {(GC.GetTotalAllocatedBytes() - allocated) / 1048576} MB allocated ({characters} characters)"));
        }
    }

    static long WithSep(string path)
    {
        using var reader = Sep.New(',').Reader(options => options with { HasHeader = false, DisableColCountCheck = true, Unescape = true }).FromFile(path);
        long sum = 0;
        foreach (var row in reader)
        {
            for (var i = 0; i < row.ColCount; i++)
                sum += row[i].Span.Length;
        }

        return sum;
    }

    static long WithSylvan(string path)
    {
        using var reader = Sylvan.Data.Csv.CsvDataReader.Create(path, new CsvDataReaderOptions { HasHeaders = false });
        long sum = 0;
        while (reader.Read())
        {
            for (var i = 0; i < reader.FieldCount; i++)
                sum += reader.GetFieldSpan(i).Length;
        }

        return sum;
    }

    static long WithCsvHelper(string path)
    {
        using var reader = new CsvParser(new StreamReader(path), new CsvConfiguration(CultureInfo.InvariantCulture) { HasHeaderRecord = false });
        long sum = 0;
        while (reader.Read())
        {
            for (var i = 0; i < reader.Count; i++)
                sum += reader[i].Length;
        }

        return sum;
    }

    static long Write(string folder, int rows)
    {
        var at = new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);
        var (odometer, written) = (10_000.0, 0);
        for (var month = 0; month < Months; month++)
        {
            var text = new StringBuilder(Header).Append('\n');
            var until = month == Months - 1 ? rows : rows * (month + 1L) / Months;
            while (written++ < until)
            {
                var minute = at.Hour * 60 + at.Minute;
                var (isDriving, isCharging, isAsleep) = (minute is >= 480 and < 520 or >= 1020 and < 1060, minute is >= 1200 and < 1320, minute is < 420);
                odometer += isDriving ? 0.7 : 0;
                text.Append(CultureInfo.InvariantCulture, $"{written},\"{at:yyyy-MM-dd HH:mm:ss}\",4711,1111111111,5YJ3E1EA1NF000001,{(isAsleep ? "asleep" : "online")},Car,model3,74d,")
                    .Append(CultureInfo.InvariantCulture, $"{(isAsleep ? "" : $"52.{minute:0000},13.{minute:0000}")}{(isAsleep ? "," : "")},{(isDriving ? "40" : "")},{(isDriving ? "12" : "0")},{(isDriving ? "D" : "P")},")
                    .Append(CultureInfo.InvariantCulture, $"{odometer:0.000},60,59,200.5,220.25,180.75,{(isCharging ? "Charging" : "Disconnected")},{(isCharging ? (minute - 1200) * 0.1 : 0):0.00},{(isCharging ? 11 : 0)},")
                    .Append(CultureInfo.InvariantCulture, $"{(isCharging ? "3" : "")},{(isCharging ? "230" : "")},{(isCharging ? "16" : "")},2024.8.7 abc,20.5,21.0,21.0,False,0,False,False,34,1,0\n");
                at = at.AddMinutes(1);
            }

            written--;
            // Where the clock is turned, local time is told twice or not at all; that is not what is measured here.
            File.WriteAllText(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{month % 12 + 1:00}{2021 + month / 12}.csv")), text.ToString());
        }

        return Directory.GetFiles(folder, "*.csv").Sum(path => new FileInfo(path).Length);
    }
}
