using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>How fast the car charges at DC (M14, P14; spec charts 5.1): the median of all sessions, the newest ones, and each of them in a
/// list.</summary>
/// <param name="Axis">What the curves are drawn over.</param>
/// <param name="Place">Only sessions at a place with this text in its name.</param>
/// <param name="LeftOut">Charges whose rows are not read yet.</param>
public sealed record CurveModel(
    StatisticsRequest Request, CurveAxis Axis, string? Place, ChartModel Curve, ChartModel Newest, ChartModel Times, DataTable Sessions,
    long LeftOut)
    : StatisticsModel(Request)
{
    /// <summary>Sessions that are drawn one by one.</summary>
    const int Drawn = 5;

    /// <summary>What a session is timed between, in %.</summary>
    public const int FromLevel = 10;

    /// <inheritdoc cref="FromLevel"/>
    public const int ToLevel = 80;

    public override IReadOnlyList<DataTable> Tables => [Curve.Table!, Newest.Table!, Sessions];

    public static async Task<CurveModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["axis", "place"];
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        var axis = request.Parameter("axis") == "minute" ? CurveAxis.Minute : CurveAxis.Level;
        var place = request.Parameter("place")?.Trim() is { Length: > 0 } wanted ? wanted : null;
        // At once: over years each of them takes its time.
        var ofCurve = measures.ChargeCurveAsync(window, axis, place, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofSessions = measures.DcSessionsAsync(window, FromLevel, ToLevel, cancellationToken)
            .Where(session => place is null || session.Place?.Contains(place, StringComparison.OrdinalIgnoreCase) == true)
            .OrderByDescending(session => session.StartDate).ToListAsync(cancellationToken).AsTask();
        var ofLeftOut = measures.LeftOutAsync(window, cancellationToken);
        await Task.WhenAll(ofCurve, ofSessions, ofLeftOut);
        var (points, sessions) = (await ofCurve, await ofSessions);

        var (label, unit) = axis == CurveAxis.Minute ? ("Minute", "min") : ("Level", "%");
        var empty = texts["Needs a charge at a DC charger."].Value;
        var curve = new ChartModel("curve", texts["Power, median of all sessions"], ChartAxis.Number, [.. points.Select(point => (double)point.X)],
            [
                ChartSeries.Of(texts["Median"], "kW", points.Select(point => (double?)point.MedianKw), decimals: 1),
                ChartSeries.Of(texts["Lowest tenth"], "kW", points.Select(point => (double?)point.LowKw), ChartShape.Edge, decimals: 1),
                ChartSeries.Of(texts["Highest tenth"], "kW", points.Select(point => (double?)point.HighKw), ChartShape.Edge, decimals: 1),
            ],
            new TableOf<CurvePoint>("curve", "Power, median of all sessions", request, points)
                .Number(label, unit, point => point.X)
                .Number("Median", "kW", point => point.MedianKw, 1)
                .Number("Lowest tenth", "kW", point => point.LowKw, 1)
                .Number("Highest tenth", "kW", point => point.HighKw, 1)
                .Number("Sessions", null, point => point.Sessions)
                .Build())
        { XLabel = $"{texts[label]} ({unit})", Min = 0, Empty = empty };
        var timed = sessions.Where(session => session.SpanSeconds is not null).Reverse().ToList();
        var times = ChartModel.OverTime("times", texts["From {0} to {1} %", FromLevel, ToLevel], timed.Select(session => session.StartDate),
            [ChartSeries.Of(texts["Duration"], "min", timed.Select(session => session.SpanSeconds / 60), ChartShape.Points, decimals: 1)]) with
        {
            Min = 0,
            Links = [.. timed.Select(Link)],
            Empty = texts["Needs a DC charge from at most {0} to at least {1} %.", FromLevel, ToLevel].Value,
        };
        var table = new TableOf<DcSession>("sessions", "DC sessions", request, sessions)
            .Moment("Start", session => session.StartDate, Link)
            .Name("Place", session => session.Place ?? texts["unknown place"])
            .Number("Energy added", "kWh", session => session.EnergyAddedKwh, 1)
            .Number("Level", "%", session => session.StartLevel, isMinor: true)
            .Number("Level at the end", "%", session => session.EndLevel, isMinor: true)
            .Number("Most power", "kW", session => session.PowerMaxKw)
            .Number("Ø Power", "kW", session => session.PowerAvgKw, 1)
            .Duration("10 to 80 %", session => session.SpanSeconds)
            .Number("Outside", units.TemperatureUnit, session => session.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1,
                isMinor: true)
            .Share("Charging efficiency", session => session.Efficiency).FileOnly()
            .Build();
        return new(request, axis, place, curve, NewestOf(request, axis, [.. sessions.Take(Drawn)], label, unit, empty), times, table,
            (await ofLeftOut).Charges);

        string Link(DcSession session) => request.Context.Url($"/charge/{session.ChargingProcessId}");
    }

    static ChartModel NewestOf(
        StatisticsRequest request, CurveAxis axis, IReadOnlyList<DcSession> sessions, string label, string unit, string empty)
    {
        var texts = request.Context.Texts;
        var curves = sessions.Select(session => axis == CurveAxis.Minute
            ? session.CurveMinutes.Zip(session.CurveMinuteKw).ToDictionary(point => (int)point.First, point => point.Second)
            : session.CurveLevels.Zip(session.CurveKw).ToDictionary(point => (int)point.First, point => point.Second)).ToList();
        int[] x = [.. curves.SelectMany(curve => curve.Keys).Distinct().Order()];
        var names = sessions.Select(session => request.Local(session.StartDate)).ToList();
        var table = new TableOf<int>("newest", "The newest sessions", request, x).Number(label, unit, at => at);
        foreach (var (name, curve) in names.Zip(curves))
            table.Number(name, "kW", at => At(curve, at), 1);
        return new("newest", texts["The newest sessions"], ChartAxis.Number, [.. x.Select(at => (double)at)],
            [.. curves.Select((curve, index) => ChartSeries.Of(names[index], "kW", x.Select(at => At(curve, at)), colour: index + 1, decimals: 1))],
            table.Build())
        { XLabel = string.Create(CultureInfo.InvariantCulture, $"{texts[label]} ({unit})"), Min = 0, Empty = empty };

        static double? At(Dictionary<int, double> curve, int at) => curve.TryGetValue(at, out var kw) ? kw : null;
    }
}
