using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Measures;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Charts;

/// <summary>A request for a page with statistics: whose, of which time, and where the answers come from.</summary>
public sealed class StatisticsRequest
{
    /// <summary>The zone of the browser, which its script tells; not secret.</summary>
    internal const string ZoneCookie = "_teslamate_zone";

    public required PageContext Context { get; init; }

    public required MeasureReader Measures { get; init; }

    /// <summary>Every car, hidden ones too, to choose from.</summary>
    public required IReadOnlyList<CarLabel> Cars { get; init; }

    /// <summary>The parameters of the address that are not of the window.</summary>
    public required Func<string, string?> Parameter { get; init; }

    /// <summary>The window as it was asked for.</summary>
    public required WindowQuery.Valid Query { get; init; }

    /// <summary>When the car's log begins; null without any drive and charge.</summary>
    public required DateTimeOffset? LogBegin { get; init; }

    /// <summary>Whether the browser has told its zone.</summary>
    public required bool IsZoneKnown { get; init; }

    /// <summary>The window with both ends: one that is open begins with the log and ends now.</summary>
    public MeasureWindow Window => Query.Window with
    {
        Since = Query.Window.Since ?? LocalCalendar.Begin(LocalCalendar.DayOf(LogBegin ?? Context.Now, Query.Window.Zone), Query.Window.Zone),
        Until = Query.Window.Until ?? Query.Window.Now,
    };

    /// <summary><see cref="Window"/>, by month where it would not be divided at all: for periods on an axis of time.</summary>
    public MeasureWindow DividedWindow => Window.Period == Period.Total ? Window with { Period = Period.Month } : Window;

    public string CarLabel => Cars.FirstOrDefault(car => car.CarId == Window.Car)?.Label ?? "";

    /// <summary>A page of this car and window.</summary>
    /// <param name="path">Without the prefix.</param>
    /// <param name="more">Further parameters; those that are null are left out.</param>
    public string Link(string path, params ReadOnlySpan<(string Name, string? Value)> more) => Address(path, Query, more);

    /// <summary>A page of another car and this window.</summary>
    public string LinkOf(int car, string path) => Address(path, Query with { Window = Query.Window with { Car = car } }, []);

    /// <summary>A page of this car and another stretch of time.</summary>
    public string Link(string path, DateTimeOffset since, DateTimeOffset until, Period? period = null,
        params ReadOnlySpan<(string Name, string? Value)> more)
        => Address(path, Spanning(since, until, period), more);

    /// <summary>This page with another preset.</summary>
    public string Link(Preset preset) => Address(Context.Path, Query with { Preset = preset }, Kept());

    /// <summary>This page with another period.</summary>
    public string Link(Period period) => Address(Context.Path,
        Query with { Window = Query.Window with { Period = period }, IsPeriodGiven = true }, Kept());

    /// <summary>A table of this page as a file.</summary>
    public string CsvLink(string table) => Address($"{Context.Path}.csv", Query with { IsPeriodGiven = true }, [.. Kept(), ("table", table)]);

    /// <summary>The parameters that a page has besides the window; they stay when the window changes.</summary>
    public IReadOnlyList<string> Parameters { get; set; } = [];

    /// <summary>An instant in the zone of the window, as <c>2026-05-01 08:00</c>.</summary>
    public string Local(DateTimeOffset at)
        => TimeZoneInfo.ConvertTime(at, Window.Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The same without the day.</summary>
    public string LocalClock(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Window.Zone).ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>What a form sends along: the car and the period, or the window, and what the page has besides.</summary>
    internal IEnumerable<(string Name, string Value)> HiddenFields(bool hasWindow)
    {
        string[] left = hasWindow ? ["car", "period"] : ["preset", "from", "to"];
        return WindowQuery.Write(Query).Where(pair => !left.Contains(pair.Key) && (IsZoneKnown || pair.Key != "time_zone"))
            .Select(pair => (pair.Key, pair.Value!))
            .Concat(Kept().Select(kept => (kept.Name, kept.Value!)));
    }

    WindowQuery.Valid Spanning(DateTimeOffset since, DateTimeOffset until, Period? period) => new(
        Query.Window with { Since = since, Until = until, Period = period ?? Query.Window.Period }, null, period is not null);

    (string Name, string? Value)[] Kept() => [.. Parameters.Select(name => (name, Parameter(name))).Where(kept => kept.Item2 is { Length: > 0 })];

    string Address(string path, WindowQuery.Valid query, ReadOnlySpan<(string Name, string? Value)> more)
    {
        var parameters = WindowQuery.Write(query).Where(pair => IsZoneKnown || pair.Key != "time_zone").ToList();
        foreach (var (name, value) in more)
        {
            if (value is not null)
                parameters.Add(new(name, value));
        }

        return Context.Url(path) + QueryString.Create(parameters);
    }

    /// <summary>Reads a request.</summary>
    /// <param name="preset">The window of an address that names none.</param>
    /// <param name="period">The period of an address that names none; null: one that fits the window.</param>
    /// <returns>The request, or the answer to one that cannot be understood.</returns>
    internal static async Task<(StatisticsRequest? Request, IReadOnlyList<string> Problems)> ReadAsync(
        PageContext context, HttpContext http, Preset preset, Period? period, CancellationToken cancellationToken)
    {
        var measures = http.RequestServices.GetRequiredKeyedService<MeasureReader>(WebDatabase.Pages);
        var cars = await measures.CarsAsync(cancellationToken).ToListAsync(cancellationToken);
        var told = LocalCalendar.FindZone(http.Request.Query["time_zone"]) ?? ZoneOf(http);
        var fallback = new WindowQuery.Fallback(cars.FirstOrDefault()?.CarId ?? 0, preset, told ?? TimeZoneInfo.Utc);
        string? Value(string name) => http.Request.Query[name].ToString() is { Length: > 0 and <= 200 } text && !text.Contains('\0') ? text : null;
        switch (WindowQuery.Parse(Value, fallback, context.Now))
        {
            case WindowQuery.Invalid(var problems):
                return (null, problems);
            case WindowQuery.Valid valid when cars.Count > 0 && cars.All(car => car.CarId != valid.Window.Car):
                return (null, []);
            case WindowQuery.Valid valid:
                if (period is { } usual && !valid.IsPeriodGiven)
                    valid = valid with { Window = valid.Window with { Period = usual } };
                return (new()
                {
                    Context = context,
                    Measures = measures,
                    Cars = cars,
                    Parameter = Value,
                    Query = valid,
                    LogBegin = await measures.FirstEventAsync(valid.Window.Car, cancellationToken),
                    IsZoneKnown = told is not null,
                }, []);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>The zone that the browser has told; null before it has.</summary>
    internal static TimeZoneInfo? ZoneOf(HttpContext http)
        => http.Request.Cookies[ZoneCookie] is { } value ? LocalCalendar.FindZone(Uri.UnescapeDataString(value)) : null;
}
