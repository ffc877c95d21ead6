using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>What the parked car loses (M12, P8; spec charts 5.1): per period, per place, and each time that it stood.</summary>
/// <param name="Hours">Shorter ones are not listed.</param>
/// <param name="Total">All of the window; null without any.</param>
public sealed record ParkedModel(
    StatisticsRequest Request, int Hours, IdlePeriod? Total, ChartModel Loss, ChartModel Power, DataTable Places, DataTable Idles)
    : StatisticsModel(Request)
{
    /// <summary>The least hours that can be chosen.</summary>
    public static IReadOnlyList<int> HourChoices { get; } = [0, 1, 3, 6, 12, 24];

    // Of this and shorter ones there are many, and their losses are those of rounding.
    const int UsualHours = 6;

    public override IReadOnlyList<DataTable> Tables => [Loss.Table!, Places, Idles];

    public static async Task<ParkedModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["hours"];
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        var hours = int.TryParse(request.Parameter("hours"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            && HourChoices.Contains(asked) ? asked : UsualHours;
        var whole = window with { Period = Period.Total };
        // At once: over years each of them takes its time.
        var ofPeriods = measures.IdleStatisticsWithTotalAsync(request.DividedWindow, cancellationToken);
        var each = measures.IdlesAsync(whole, cancellationToken).OrderByDescending(idle => idle.StartDate).ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofPeriods, each);
        var ((total, periods), idles) = (await ofPeriods, await each);
        string PlaceOf(Idle idle) => idle.Place ?? texts["unknown place"].Value;

        var labels = periods.Select(period => LocalCalendar.Label(period.PeriodKey, request.DividedWindow.Period)).ToList();
        var loss = ChartModel.OfCategories("loss", texts["Energy lost while parked"], labels,
            [ChartSeries.Of(texts["Energy lost"], "kWh", periods.Select(period => period.IdleKwh), ChartShape.Bars)],
            new TableOf<IdlePeriod>("loss", "Energy lost while parked", request, [.. periods.AsEnumerable().Reverse()])
                .Text("From", period => period.PeriodKey.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
                .Duration("Parked", period => period.IdleSeconds)
                .Number("Energy lost", "kWh", period => period.IdleKwh, 2, note: period => Known(period))
                .Number("Ø Power", "W", period => period.IdleW, 1)
                .Number("Asleep", "W", period => period.AsleepW, 1)
                .Number("Awake", "W", period => period.AwakeW, 1, isMinor: true)
                .Duration("Asleep or offline", period => period.AsleepSeconds, isMinor: true)
                .Number("Range lost", units.LengthUnit, period => period.IdleRangeKm is { } km ? units.Length(km) : null, 1, isMinor: true)
                .Number("With climate on", "kWh", period => period.ClimateKwh, 2).FileOnly()
                .Build()) with
        { Empty = request.NoConsumption() };
        var power = ChartModel.OfCategories("power", texts["Power while parked"], labels,
            [
                ChartSeries.Of(texts["Asleep"], "W", periods.Select(period => period.AsleepW), decimals: 1),
                ChartSeries.Of(texts["Awake"], "W", periods.Select(period => period.AwakeW), colour: 2, decimals: 1),
            ]) with
        { Empty = texts["Needs times asleep or awake for most of a stop."].Value };
        var places = new TableOf<(string Place, int Count, double Seconds, double? Kwh)>("places", "Where energy is lost", request,
                [.. idles.GroupBy(PlaceOf).Select(place => (place.Key, place.Count(), place.Sum(idle => idle.IdleSeconds),
                    place.Any(idle => idle.LossKwh is not null) ? place.Sum(idle => idle.LossKwh) : null))
                    .OrderByDescending(place => place.Item4).ThenByDescending(place => place.Item3)])
            .Name("Place", place => place.Place)
            .Number("Times", null, place => place.Count, isMinor: true)
            .Duration("Parked", place => place.Seconds)
            .Number("Energy lost", "kWh", place => place.Kwh, 2)
            .Build();
        var table = new TableOf<Idle>("idles", "Times parked", request,
                [.. idles.Where(idle => idle.IdleSeconds >= hours * 3600)])
            .Moment("Start", idle => idle.StartDate, idle => request.Link("/timeline", idle.StartDate, idle.EndDate))
            .Moment("End", idle => idle.EndDate).FileOnly()
            .Name("Place", PlaceOf, note: idle => idle.IsMoved ? texts["moved without driving"].Value : null)
            .Duration("Parked", idle => idle.IdleSeconds)
            .Share("Asleep or offline", idle => idle.Standby)
            .Number("Energy lost", "kWh", idle => idle.LossKwh, 2, note: Note)
            .Number("Ø Power", "W", idle => idle.PowerW, 1)
            .Number("Range lost", units.LengthUnit, idle => idle.RangeLossKm is { } km ? units.Length(km) : null, 1, isMinor: true)
            .Number("Level lost", "%", idle => idle.LevelLoss, isMinor: true)
            .Number("Outside", units.TemperatureUnit, idle => idle.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1, isMinor: true)
            .Build();
        return new(request, hours, total, loss, power, places, table);

        string? Known(IdlePeriod period) => period.IdleCoverage is < 0.995 and { } share
            ? texts["known for {0} % of the time", Layout.Units.Fixed(share * 100, 0)].Value : null;

        string? Note(Idle idle) => idle switch
        {
            { IsCurrent: true } => texts["going on"].Value,
            { IsFromLevel: true } => texts["from the level"].Value,
            { ClimateShare: > 0 and { } share } => texts["climate on for {0} %", Layout.Units.Fixed(share * 100, 0)].Value,
            _ => null,
        };
    }
}
