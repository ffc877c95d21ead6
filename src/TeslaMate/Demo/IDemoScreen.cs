using System.Globalization;
using Spectre.Console;
using TeslaMate.Vehicles;

namespace TeslaMate.Demo;

/// <summary>Where a demo shows what happens.</summary>
interface IDemoScreen
{
    /// <summary>A remark of the demo itself.</summary>
    void Say(string sentence);

    /// <summary>Shows the cars and what was logged until it is told to stop.</summary>
    Task ShowAsync(IAsyncEnumerable<string> logged, Func<IReadOnlyList<Summary>> cars, TimeProvider time, string pages,
        CancellationToken cancellationToken);
}

/// <summary>One line for each thing, for files and pipes.</summary>
sealed class PlainScreen(TextWriter output) : IDemoScreen
{
    public void Say(string sentence) => output.WriteLine(sentence);

    public async Task ShowAsync(
        IAsyncEnumerable<string> logged, Func<IReadOnlyList<Summary>> cars, TimeProvider time, string pages, CancellationToken cancellationToken)
    {
        await foreach (var line in logged.WithCancellation(cancellationToken))
        {
            await output.WriteLineAsync(line);
            await output.FlushAsync(cancellationToken);
        }
    }
}

/// <summary>A table of the cars that changes in place, and the last things that were logged below it.</summary>
sealed class TableScreen(IAnsiConsole console) : IDemoScreen
{
    const int LinesKept = 12;

    static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

    readonly Lock _lock = new();
    readonly Queue<string> _lines = new();

    public void Say(string sentence) => console.WriteLine(sentence);

    public async Task ShowAsync(
        IAsyncEnumerable<string> logged, Func<IReadOnlyList<Summary>> cars, TimeProvider time, string pages, CancellationToken cancellationToken)
    {
        var keeping = KeepAsync(logged, cancellationToken);
        await console.Live(Table(cars(), time, pages)).StartAsync(async live =>
        {
            while (!keeping.IsCompleted)
            {
                live.UpdateTarget(Table(cars(), time, pages));
                await Task.Delay(Refresh, TimeProvider.System, cancellationToken);
            }
        });
        await keeping;
    }

    async Task KeepAsync(IAsyncEnumerable<string> logged, CancellationToken cancellationToken)
    {
        await foreach (var line in logged.WithCancellation(cancellationToken))
            lock (_lock)
            {
                _lines.Enqueue(line);
                if (_lines.Count > LinesKept)
                    _lines.Dequeue();
            }
    }

    Table Table(IReadOnlyList<Summary> cars, TimeProvider time, string pages)
    {
        var table = new Table().Border(TableBorder.Rounded).Expand()
            .Title(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-dd HH:mm} UTC   {pages}   Ctrl-C ends the demo"))
            .AddColumns("car", "state", "battery", "range", "speed", "power", "odometer");
        foreach (var car in cars)
            table.AddRow(Cells(car));
        lock (_lock)
            table.Caption(new TableTitle(Markup.Escape(string.Join('\n', _lines))));
        return table;
    }

    static string[] Cells(Summary car) =>
    [
        Markup.Escape(car.DisplayName ?? car.Car.Name ?? "?"), car.State.Word, Number(car.BatteryLevel, "%"), Number(car.RatedBatteryRangeKm, "km"),
        Number(car.Speed, "km/h"),
        Number(car.Power, "kW"), Number(car.OdometerKm, "km"),
    ];

    static string Number(double? value, string unit) => value is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number:0} {unit}") : "";
}
