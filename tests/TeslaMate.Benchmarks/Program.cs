using System.Globalization;
using BenchmarkDotNet.Running;
using TeslaMate.Benchmarks;
using TeslaMate.Benchmarks.Logbook;

// Some things are measured as a whole, on processes and databases.
switch (args)
{
    case ["logbook", .. var rest]:
        await LogbookMeasurements.RunAsync(rest is [var rows] ? int.Parse(rows, CultureInfo.InvariantCulture) : 5_000_000);
        break;
    case ["migrations", var published, .. var rest]:
        await MigrationMeasurements.RunAsync(published, rest is [var drives] ? int.Parse(drives, CultureInfo.InvariantCulture) : 1500);
        break;
    case ["start", var folder, .. var rest]:
        await ProgramStart.RunAsync(folder, rest is [var times] ? int.Parse(times, CultureInfo.InvariantCulture) : 20);
        break;
    case ["thousand-cars"]:
        await ThousandCars.RunAsync(cars: 1000, seconds: 60);
        break;
    case ["thousand-cars", var cars, var seconds]:
        await ThousandCars.RunAsync(int.Parse(cars, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture));
        break;
    case ["mqtt", .. var rest]:
        await ThousandCarsOnMqtt.RunAsync(cars: 1000, seconds: rest is [var duration] ? int.Parse(duration, CultureInfo.InvariantCulture) : 30);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(ProgramStart).Assembly).Run(args);
        break;
}
