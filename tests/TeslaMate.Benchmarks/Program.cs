using System.Globalization;
using BenchmarkDotNet.Running;
using TeslaMate.Benchmarks.Logbook;

if (args is ["logbook", .. var rest])
    await LogbookMeasurements.RunAsync(rest is [var rows] ? int.Parse(rows, CultureInfo.InvariantCulture) : 5_000_000);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
