using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>A year on one page, or any other window (P13; spec charts 6.3): sums, months, records, habits, and the places most gone to.</summary>
/// <param name="Hours">Drives by weekday and hour.</param>
public sealed record ReviewModel(
    StatisticsRequest Request, PeriodStatistics? Total, ChartModel Distance, ChartModel Energy, DataTable Records, IReadOnlyList<HabitHour> Hours,
        DataTable Habits,
    DataTable Places)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Distance.Table!, Records, Habits, Places];

    public static async Task<ReviewModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        // At once: over years each of them takes its time.
        var ofPeriods = measures.StatisticsWithTotalAsync(window, cancellationToken);
        var ofRecords = measures.RecordsAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofHabits = measures.HabitsAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofPlaces = measures.DestinationsAsync(window, cancellationToken).Take(10).ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofPeriods, ofRecords, ofHabits, ofPlaces);
        var ((total, periods), records, habits, places) = (await ofPeriods, await ofRecords, await ofHabits, await ofPlaces);

        var labels = periods.Select(period => period.Label).ToList();
        var (byDistance, byEnergy) = (PeriodMeasure.Find("distance"), PeriodMeasure.Find("energy"));
        var weekdays = texts["Mon Tue Wed Thu Fri Sat Sun"].Value.Split(' ');
        return new(request, total,
            ChartModel.OfCategories("bars", texts[byDistance.Title], labels, byDistance.Series(periods, texts, units),
                PeriodsModel.TableFor(request, periods)),
            ChartModel.OfCategories("energy", texts[byEnergy.Title], labels, byEnergy.Series(periods, texts, units)),
            new TableOf<RecordHolder>("records", "Records", request, [.. records.Where(record => NameOf(record.Record) is not null)])
                .Text("Record", record => texts[NameOf(record.Record)!])
                .Text("Value", record => ValueOf(record))
                .Moment("When", record => record.Date, LinkOf)
                .Build(),
            habits,
            new TableOf<HabitHour>("habits", "Habits", request, habits)
                .Text("Weekday", hour => weekdays[hour.Weekday - 1])
                .Number("Hour", null, hour => hour.Hour)
                .Number("Drives", null, hour => hour.Drives)
                .Number("Distance", units.LengthUnit, hour => units.Length(hour.DistanceKm), 1)
                .Number("Charges", null, hour => hour.Charges)
                .Number("Energy used", "kWh", hour => hour.EnergyUsedKwh, 1)
                .Build(),
            new TableOf<Destination>("places", "Places most gone to", request, places)
                .Name("Place", place => place.Place)
                .Number("Visits", null, place => place.Visits)
                .Duration("Parked there", place => place.ParkedSeconds)
                .Build());

        string? LinkOf(RecordHolder record) => record switch
        {
            { DriveId: { } drive } => request.Context.Url($"/drive/{drive}"),
            { ChargingProcessId: { } process } => request.Context.Url($"/charge/{process}"),
            _ => request.Link("/timeline", record.Date, LocalCalendar.Begin(LocalCalendar.DayOf(record.Date, window.Zone).AddDays(1), window.Zone)),
        };

        string ValueOf(RecordHolder record) => record.Record switch
        {
            "most_drives_a_day" => record.Value.ToString("0", CultureInfo.InvariantCulture),
            "dearest_charge" => Layout.Units.Fixed(record.Value, 2),
            var name when name.EndsWith("_wh_per_km", StringComparison.Ordinal) => units.Consumption(record.Value),
            var name when name.EndsWith("_kmh", StringComparison.Ordinal) => units.Speed(record.Value),
            var name when name.EndsWith("_km", StringComparison.Ordinal) => units.Distance(record.Value),
            var name when name.EndsWith("_s", StringComparison.Ordinal) => Layout.Units.Time(TimeSpan.FromSeconds(record.Value)),
            var name when name.EndsWith("_kwh", StringComparison.Ordinal) => $"{Layout.Units.Fixed(record.Value, 1)} kWh",
            var name when name.EndsWith("_kw", StringComparison.Ordinal) => $"{Layout.Units.Fixed(record.Value, 0)} kW",
            var name when name.EndsWith("_c", StringComparison.Ordinal)
                => $"{Layout.Units.Fixed(units.Degrees(record.Value), 1)} {units.TemperatureUnit}",
            _ => units.Height(record.Value),
        };
    }

    /// <summary>A record as pages name it, an English text; null for one that a newer database knows.</summary>
    static string? NameOf(string record) => record switch
    {
        "longest_drive_km" => "Longest drive",
        "longest_drive_s" => "Longest time at the wheel",
        "longest_day_km" => "Farthest day",
        "most_drives_a_day" => "Most drives a day",
        "fastest_kmh" => "Highest speed",
        "most_power_kw" => "Most power",
        "coldest_drive_c" => "Coldest drive",
        "hottest_drive_c" => "Hottest drive",
        "most_ascent_m" => "Most ascent",
        "thriftiest_drive_wh_per_km" => "Thriftiest drive",
        "largest_charge_kwh" => "Largest charge",
        "fastest_charge_kw" => "Fastest charge",
        "dearest_charge" => "Dearest charge",
        _ => null,
    };
}
