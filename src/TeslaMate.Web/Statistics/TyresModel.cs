using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Pressures of the tyres (P9; spec charts 6.3) while driving, as measured and as they would be at 20 °C.</summary>
/// <param name="Newest">The last period with readings; null without any.</param>
/// <param name="LeftOut">Drives whose samples are not read yet.</param>
public sealed record TyresModel(
    StatisticsRequest Request, TyrePressures? Newest, ChartModel At20, ChartModel Measured, DataTable Pressures, long LeftOut)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Pressures];

    public static async Task<TyresModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units) = (request.DividedWindow, request.Context.Texts, request.Context.Units);
        var periods = await request.Measures.TyrePressuresAsync(window, cancellationToken).ToListAsync(cancellationToken);
        var table = new TableOf<TyrePressures>("pressures", "Pressures", request, [.. periods.AsEnumerable().Reverse()])
            .Text("From", period => period.PeriodKey.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        var at20 = Chart("at-20", "Pressures at 20 °C", period => period.FrontLeft20cBar, period => period.FrontRight20cBar,
            period => period.RearLeft20cBar, period => period.RearRight20cBar);
        var measured = Chart("measured", "Pressures as measured", period => period.FrontLeftBar, period => period.FrontRightBar,
            period => period.RearLeftBar, period => period.RearRightBar);
        table.Number("Difference", units.PressureUnit, period => Number(period.SpreadBar), 2, isMinor: true)
            .Number("Ø Outside", units.TemperatureUnit, period => period.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1,
                isMinor: true)
            .Number("Odometer", units.LengthUnit, period => period.OdometerKm is { } km ? units.Length(km) : null, isMinor: true);
        return new(request, periods.Count > 0 ? periods[^1] : null, at20, measured, table.Build(),
            (await request.Measures.LeftOutAsync(window, cancellationToken)).Drives);

        // Its wheels get their columns too; as measured they are in the file alone.
        ChartModel Chart(string id, string title, params ReadOnlySpan<Func<TyrePressures, double?>> wheels)
        {
            var series = new List<ChartSeries>();
            for (var wheel = 0; wheel < wheels.Length; wheel++)
            {
                var bar = wheels[wheel];
                series.Add(ChartSeries.Of(
                    texts[WheelNames[wheel]], units.PressureUnit, periods.Select(period => Number(bar(period))), colour: wheel + 1));
                table.Number(
                    WheelNames[wheel], id == "at-20" ? $"{units.PressureUnit}, 20 °C" : units.PressureUnit, period => Number(bar(period)), 2);
                if (id != "at-20")
                    table.FileOnly();
            }

            return ChartModel.OverTime(id, texts[title], periods.Select(period => LocalCalendar.Begin(period.PeriodKey, window.Zone)), series) with
            { Empty = texts["Needs a drive of a car that tells the pressures of its tyres."].Value };
        }

        double? Number(double? bar) => bar is { } known ? units.PressureNumber(known) : null;
    }

    /// <summary>English texts, in the order of the columns.</summary>
    public static IReadOnlyList<string> WheelNames { get; } = ["Front left", "Front right", "Rear left", "Rear right"];
}
