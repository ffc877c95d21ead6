using System.Globalization;
using BenchmarkDotNet.Running;
using TeslaMate.Benchmarks;
using TeslaMate.Benchmarks.Backup;
using TeslaMate.Benchmarks.Import;
using TeslaMate.Benchmarks.Logbook;
using TeslaMate.Benchmarks.Telemetry;
using TeslaMate.Benchmarks.Web;
using TeslaMate.Database.Clusters;

// Every measurement has a server of its own.
PrivateCluster.ForgetOtherServers();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"load average at the start: {File.ReadAllText("/proc/loadavg").Split(' ')[0]} on {Environment.ProcessorCount} processors"));
// Some things are measured as a whole, on processes and databases.
switch (args)
{
    case ["backup", var program, .. var sizes]:
        await BackupMeasurements.RunAsync(program, sizes is [var size] ? int.Parse(size, CultureInfo.InvariantCulture) : 5_000_000);
        break;
    case ["import", .. var counts]:
        await ImportMeasurements.RunAsync(counts is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 1_500_000);
        break;
    case ["logbook", .. var rest]:
        await LogbookMeasurements.RunAsync(rest is [var rows] ? int.Parse(rows, CultureInfo.InvariantCulture) : 5_000_000);
        break;
    case ["migrations", var release, .. var rest]:
        await MigrationMeasurements.RunAsync(release, rest is [var drives] ? int.Parse(drives, CultureInfo.InvariantCulture) : 1500);
        break;
    case ["pages", var folder, .. var rest]:
        await PageMeasurements.RunAsync(folder, rest is [var built, ..] ? built : null, YearsOf(rest.Skip(1).ToArray()));
        break;
    case ["panels", var folder, .. var rest]:
        await PanelMeasurements.RunAsync(folder, YearsOf(rest));
        break;
    case ["panels-compared", var folder, .. var rest]:
        await PanelComparison.RunAsync(folder, YearsOf(rest));
        break;
    case ["statistics", var folder, .. var rest]:
        await StatisticsMeasurements.RunAsync(folder, YearsOf(rest));
        break;
    case ["open-pages", var folder, .. var rest]:
        await PageMeasurements.RunOpenPagesAsync(folder, rest is [var published] ? published : null);
        break;
    case ["exports", var folder, .. var rest]:
        await ExportMeasurements.RunAsync(folder, rest is [var exported] ? int.Parse(exported, CultureInfo.InvariantCulture) : 5_000_000);
        break;
    case ["companion", var folder, .. var rest]:
        await CompanionMeasurements.RunAsync(folder, rest is [var details, ..] ? int.Parse(details, CultureInfo.InvariantCulture) : int.MaxValue,
            YearsOf(rest.Length > 1 ? rest[1..] : ["2000000"]));
        break;
    case ["memory", var folder, var rounds, .. var programs]:
        await MemoryMeasurements.RunAsync(folder, int.Parse(rounds, CultureInfo.InvariantCulture), programs);
        break;
    case ["pages-data", var folder, .. var layouts]:
        await (await YearsOfDriving.StartAsync(folder, YearsOf([]), layouts)).DisposeAsync();
        break;
    case ["start", var folder, .. var rest]:
        await ProgramStart.RunAsync(folder, rest is [var times] ? int.Parse(times, CultureInfo.InvariantCulture) : 20);
        break;
    case ["start-compared", var rounds, .. var folders]:
        await ProgramStart.CompareAsync(int.Parse(rounds, CultureInfo.InvariantCulture), folders);
        break;
    case ["thousand-cars"]:
        await ThousandCars.RunAsync(cars: 1000, seconds: 60, ThousandCars.Kind.Mixed);
        break;
    case ["thousand-cars", var cars, var seconds, .. var rest]:
        await ThousandCars.RunAsync(int.Parse(cars, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture),
            rest.Length > 0 ? Enum.Parse<ThousandCars.Kind>(rest[0], ignoreCase: true) : ThousandCars.Kind.Mixed, rest[Math.Min(rest.Length, 1)..]);
        break;
    case ["mqtt", .. var rest]:
        await ThousandCarsOnMqtt.RunAsync(cars: 1000, seconds: rest is [var duration] ? int.Parse(duration, CultureInfo.InvariantCulture) : 30);
        break;
    case ["telemetry", .. var rest]:
        await TelemetryMeasurements.RunThroughputAsync(cars: 8,
            seconds: rest is [var sending, ..] ? int.Parse(sending, CultureInfo.InvariantCulture) : 20);
        break;
    case ["telemetry-cars", var connected, var lasting]:
        await TelemetryMeasurements.RunLatencyAsync(int.Parse(connected, CultureInfo.InvariantCulture),
            int.Parse(lasting, CultureInfo.InvariantCulture));
        break;
    case [TelemetryMeasurements.FloodVerb, var shared, var flooding, var lasting]:
        await TelemetryMeasurements.RunFloodAsync(shared, int.Parse(flooding, CultureInfo.InvariantCulture),
            int.Parse(lasting, CultureInfo.InvariantCulture));
        break;
    case [TelemetryMeasurements.CarsVerb, var shared, var connected, var lasting]:
        await TelemetryMeasurements.RunCarsAsync(shared, int.Parse(connected, CultureInfo.InvariantCulture),
            int.Parse(lasting, CultureInfo.InvariantCulture));
        break;
    case ["telemetry-month", .. var rest]:
        TelemetryMeasurements.RunMonth(rest is [var month] ? int.Parse(month, CultureInfo.InvariantCulture) : 30);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(ProgramStart).Assembly).Run(args);
        break;
}

// Positions and drives of the years that pages are measured on.
static YearsOfDriving.Size YearsOf(string[] size) => size switch
{
    [var positions, var drives] => new(int.Parse(positions, CultureInfo.InvariantCulture), int.Parse(drives, CultureInfo.InvariantCulture)),
    [var positions] => new(int.Parse(positions, CultureInfo.InvariantCulture), 20_000),
    _ => new(10_000_000, 20_000),
};
