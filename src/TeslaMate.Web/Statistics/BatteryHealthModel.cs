using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>The battery (M11, M15, P1, P19; spec charts 5.1): capacity and range over time and odometer, and at which levels it lives.</summary>
/// <param name="Health">At the end of the window.</param>
/// <param name="Classes">Time per class of 10 %.</param>
public sealed record BatteryHealthModel(
    StatisticsRequest Request, BatteryHealth Health, ChartModel Capacity, ChartModel ByOdometer, ChartModel Range, IReadOnlyList<LevelClass> Classes,
    ChartModel Levels)
    : StatisticsModel(Request)
{
    /// <summary>Charges that a sound capacity needs.</summary>
    public const int NeededSamples = 5;

    // More names than this lie on each other.
    const int MostMarks = 24;

    public override IReadOnlyList<DataTable> Tables => [Capacity.Table!, Range.Table!, Levels.Table!];

    public static async Task<BatteryHealthModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        // At once: over years each of them takes its time.
        var ofHealth = measures.BatteryHealthAsync(window, cancellationToken);
        var ofCharges = measures.CapacitySamplesAsync(window, cancellationToken).OrderBy(sample => sample.Number).ToListAsync(cancellationToken)
            .AsTask();
        var ofPeriods = measures.ProjectedRangeAsync(request.DividedWindow, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofLevels = measures.LevelClassesAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofVersions = measures.SoftwareDatesAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofHealth, ofCharges, ofPeriods, ofLevels, ofVersions);
        var (health, samples, ranges, classes, versions) = (await ofHealth, await ofCharges, await ofPeriods, await ofLevels, await ofVersions);

        var steps = samples.Where(sample => sample.IsStep).ToList();
        IReadOnlyList<ChartMark> marks =
        [
            .. steps.Select(step => new ChartMark(step.EndDate.ToUnixTimeSeconds(), Step(step))),
            .. versions.Count > MostMarks
                ? [] : versions.Select(version => new ChartMark(version.StartDate.ToUnixTimeSeconds(), version.Version ?? "?")),
        ];
        marks = [.. marks.OrderBy(mark => mark.X)];
        var noSample = texts["Needs charges that add at least 10 kWh and 60 km of range and end at 50 % or more."].Value;
        var capacity = ChartModel.OverTime("capacity", texts["Capacity"], samples.Select(sample => sample.EndDate),
            [
                ChartSeries.Of(texts["Capacity"], "kWh", samples.Select(sample => (double?)sample.CapacityKwh), ChartShape.Points, 2),
                ChartSeries.Of(texts["Median of five"], "kWh", samples.Select(sample => sample.CapacityMedianKwh)),
            ],
            new TableOf<CapacitySample>("capacity", "Capacity", request, [.. samples.AsEnumerable().Reverse()])
                .Moment("When", sample => sample.EndDate, sample => request.Context.Url($"/charge/{sample.ChargingProcessId}"))
                .Number("Odometer", units.LengthUnit, sample => sample.OdometerKm is { } km ? units.Length(km) : null)
                .Number("Capacity", "kWh", sample => sample.CapacityKwh, 2, note: sample => sample.IsStep ? Step(sample) : null)
                .Number("Median of five", "kWh", sample => sample.CapacityMedianKwh, 2)
                .Number("Range at 100 %", units.LengthUnit, sample => units.Length(sample.RangeKm), 1, isMinor: true)
                .Number("Energy of a rated km", "kWh", sample => sample.ConstantKwhPerKm, 4).FileOnly()
                .Build()) with
        { Links = [.. samples.Select(sample => request.Context.Url($"/charge/{sample.ChargingProcessId}"))], Marks = marks, Empty = noSample };
        var driven = samples.Where(sample => sample.OdometerKm is not null).OrderBy(sample => sample.OdometerKm).ToList();
        var byOdometer = new ChartModel("by-odometer", texts["Capacity by odometer"], ChartAxis.Number,
            [.. driven.Select(sample => Math.Round(units.Length(sample.OdometerKm!.Value)))],
            [
                ChartSeries.Of(texts["Capacity"], "kWh", driven.Select(sample => (double?)sample.CapacityKwh), ChartShape.Points, 2),
                ChartSeries.Of(texts["Median of five"], "kWh", driven.Select(sample => sample.CapacityMedianKwh)),
            ])
        { XLabel = $"{texts["Odometer"]} ({units.LengthUnit})", Empty = noSample };
        var range = ChartModel.OverTime("range", texts["Range at 100 %"], ranges.Select(period => LocalCalendar.Begin(period.PeriodKey, window.Zone)),
            [
                ChartSeries.Of(texts["Range at 100 %"], units.LengthUnit, ranges.Select(period => Length(period.RangeAt100Km)), decimals: 1),
                ChartSeries.Of(texts["from levels below 20 %"], units.LengthUnit, ranges.Select(period => Length(period.LowRangeAt100Km)),
                    ChartShape.Points, 5, 1),
            ],
            new TableOf<ProjectedRange>("range", "Range at 100 %", request, [.. ranges.AsEnumerable().Reverse()])
                .Text("From", period => period.PeriodKey.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
                .Number("Range at 100 %", units.LengthUnit, period => Length(period.RangeAt100Km), 1)
                .Number("Ø Level", "%", period => period.Level, 1)
                .Number("Ø Usable level", "%", period => period.UsableLevel, 1, isMinor: true)
                .Number("Ø Outside", units.TemperatureUnit, period => period.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1)
                .Number("Odometer", units.LengthUnit, period => Length(period.OdometerKm), isMinor: true)
                .Number("from levels below 20 %", units.LengthUnit, period => Length(period.LowRangeAt100Km), 1).FileOnly()
                .Build()) with
        { Marks = marks, Empty = texts["Needs readings of the range at a level of at least 20 %."].Value };
        var levels = ChartModel.OfCategories("levels", texts["Time at each level"], [.. classes.Select(one => ClassName(one.Class))],
            [ChartSeries.Of(texts["Share of the known time"], "%", classes.Select(one => one.Share * 100), ChartShape.Bars, 3, 1)],
            new TableOf<LevelClass>("levels", "Time at each level", request, classes)
                .Text("Level", one => ClassName(one.Class))
                .Duration("Duration", one => one.Seconds)
                .Share("Share of the known time", one => one.Share)
                .Build()) with
        { Empty = texts["Nothing is known of this time."].Value };
        return new(request, health, capacity, byOdometer, range, classes, levels);

        double? Length(double? km) => km is { } known ? units.Length(known) : null;

        string Step(CapacitySample sample) => texts["constant {0} → {1}", Layout.Units.Fixed(sample.ConstantBefore ?? 0, 3),
            Layout.Units.Fixed(sample.ConstantKwhPerKm, 3)];
    }

    static string ClassName(int least) => string.Create(CultureInfo.InvariantCulture, $"{least}–{least + 10} %");
}
