using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Everything a car did (M16; spec charts 5.1): a strip of states per day, and the list.</summary>
/// <param name="Spans">Of the days.</param>
/// <param name="Days">The newest first, at most <see cref="MostDays"/>.</param>
/// <param name="Kind">Only rows of this kind.</param>
/// <param name="Text">Only rows at a place, or of a version, with this text in its name.</param>
public sealed record TimelineModel(
    StatisticsRequest Request, IReadOnlyList<StateSpan> Spans, IReadOnlyList<(DateOnly Day, DateTimeOffset Since, DateTimeOffset Until)> Days,
    TimelineKind? Kind, string? Text, DataTable Entries, DataTable States)
    : StatisticsModel(Request)
{
    /// <summary>Strips of a page.</summary>
    public const int MostDays = 31;

    public override IReadOnlyList<DataTable> Tables => [Entries, States];

    public static async Task<TimelineModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["kind", "text"];
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        TimelineKind? kind = Enum.TryParse<TimelineKind>(request.Parameter("kind"), ignoreCase: true, out var asked) && Enum.IsDefined(asked)
            ? asked : null;
        var text = request.Parameter("text")?.Trim() is { Length: > 0 } wanted ? wanted : null;

        // At once: over years each of them takes its time.
        var ofEntries = measures.TimelineAsync(window, cancellationToken)
            .Where(entry => (kind is null || entry.Kind == kind)
                && (text is null || Has(entry.StartPlace) || Has(entry.EndPlace) || Has(entry.Version)))
            .ToListAsync(cancellationToken).AsTask();
        var ofStates = measures.StateSpansAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofEntries, ofStates);
        var (entries, spans) = (await ofEntries, await ofStates);

        var table = new TableOf<TimelineEntry>("timeline", "Timeline", request, entries)
            .Text("What", entry => texts[Name(entry.Kind)], note: entry => entry.IsOpen ? texts["going on"].Value : entry.IsCounted
                ? null : texts["incomplete"].Value)
            .Moment("Start", entry => entry.StartDate, Link)
            .Moment("End", entry => entry.EndDate).FileOnly()
            .Duration("Duration", entry => entry.DurationSeconds)
            .Name("From", entry => entry.Kind == TimelineKind.Updating ? entry.Version : entry.StartPlace ?? texts["unknown place"])
            .Name("To", entry => entry.Kind is TimelineKind.Driving or TimelineKind.Missing ? entry.EndPlace ?? texts["unknown place"] : null)
            .Number("Distance", units.LengthUnit, entry => entry.DistanceKm is { } km ? units.Length(km) : null, 1)
            .Number("Energy", "kWh", entry => entry.EnergyKwh, 2)
            .Number("Level +/−", "%", entry => entry.LevelDifference, isMinor: true)
            .Number("Level", "%", entry => entry.EndLevel, isMinor: true)
            .Number("Range +/−", units.LengthUnit, entry => entry.RangeDifferenceKm is { } km ? units.Length(km) : null, 1).FileOnly()
            .Number("Outside", units.TemperatureUnit, entry => entry.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1, isMinor: true)
            .Build();
        var known = spans.Sum(span => (span.EndDate - span.StartDate).TotalSeconds);
        var states = new TableOf<(CarState State, double Seconds)>("states", "Time in each state", request,
                [.. spans.GroupBy(span => span.State).Select(state => (state.Key, state.Sum(span => (span.EndDate - span.StartDate).TotalSeconds)))
                    .OrderByDescending(state => state.Item2)])
            .Text("State", state => texts[StateTexts.Of(state.State)])
            .Duration("Duration", state => state.Seconds)
            .Share("Share of the known time", state => state.Seconds / known)
            .Build();
        var days = DaysOf(window);
        return new(request, [.. spans.Where(span => days.Count > 0 && span.EndDate > days[^1].Since)], days, kind, text, table, states);

        bool Has(string? place) => place?.Contains(text!, StringComparison.OrdinalIgnoreCase) == true;

        string? Link(TimelineEntry entry) => entry switch
        {
            { DriveId: { } drive } => request.Context.Url($"/drive/{drive}"),
            { ChargingProcessId: { } process } => request.Context.Url($"/charge/{process}"),
            _ => null,
        };
    }

    /// <summary>A kind as pages name it; an English text.</summary>
    public static string Name(TimelineKind kind) => kind switch
    {
        TimelineKind.Driving => "Drive",
        TimelineKind.Charging => "Charge",
        TimelineKind.Parking => "Parked",
        TimelineKind.Missing => "Not recorded",
        TimelineKind.Updating => "Update",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    static List<(DateOnly Day, DateTimeOffset Since, DateTimeOffset Until)> DaysOf(MeasureWindow window)
    {
        var days = new List<(DateOnly, DateTimeOffset, DateTimeOffset)>();
        var first = LocalCalendar.DayOf(window.Since!.Value, window.Zone);
        for (var day = LocalCalendar.DayOf(window.Until!.Value.AddTicks(-1), window.Zone); day >= first
            && days.Count < MostDays; day = day.AddDays(-1))
            days.Add((day, LocalCalendar.Begin(day, window.Zone), LocalCalendar.Begin(day.AddDays(1), window.Zone)));
        return days;
    }
}
