using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;
using TemperatureUnit = TeslaMate.Measures.TemperatureUnit;

namespace TeslaMate.Web.Statistics;

/// <summary>How a car is driven (P6, P7; spec charts 6.3): speeds, consumption by speed and temperature, destinations, the same routes
/// compared.</summary>
/// <param name="Cells">Consumption by speed in motion and temperature, in the owner's units.</param>
/// <param name="Route">The chosen route; null: none.</param>
/// <param name="LeftOut">Drives whose samples are not read yet.</param>
public sealed record DrivingModel(
    StatisticsRequest Request, DrivePeriod? Drives, RecoveryPeriod? Recovery, ChartModel Speeds, ChartModel Temperatures,
    IReadOnlyList<ConsumptionCell> Cells, DataTable Matrix, DataTable Destinations, DataTable Routes, RouteComparison? Route,
    long LeftOut)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables
        => [Speeds.Table!, Temperatures.Table!, Matrix, Destinations, Routes, .. Route is { } route ? [route.Drives] : (DataTable[])[]];

    public static async Task<DrivingModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["route"];
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        var whole = window with { Period = Period.Total };
        var length = units.UsesMiles ? LengthUnit.Mi : LengthUnit.Km;
        var temperature = units.UsesFahrenheit ? TemperatureUnit.F : TemperatureUnit.C;
        // At once: over years each of them takes its time.
        var ofDrives = measures.DriveStatisticsAsync(whole, cancellationToken).FirstOrDefaultAsync(cancellationToken).AsTask();
        var ofRecovery = measures.RecoveryAsync(whole, cancellationToken).FirstOrDefaultAsync(cancellationToken).AsTask();
        var ofSpeeds = measures.SpeedHistogramAsync(window, length, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofTemperatures = measures.EfficiencyByTemperatureAsync(window, units.Km(1), temperature, cancellationToken)
            .OrderBy(row => row.Temperature).ToListAsync(cancellationToken).AsTask();
        var ofCells = measures.ConsumptionMatrixAsync(window, length, temperature, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofDestinations = measures.DestinationsAsync(window, cancellationToken).Take(100).ToListAsync(cancellationToken).AsTask();
        var ofRoutes = measures.SameRoutesAsync(window, cancellationToken).Take(100).ToListAsync(cancellationToken).AsTask();
        var ofLeftOut = measures.LeftOutAsync(window, cancellationToken);
        await Task.WhenAll(ofDrives, ofRecovery, ofSpeeds, ofTemperatures, ofCells, ofDestinations, ofRoutes, ofLeftOut);
        var (drives, recovery) = (await ofDrives, await ofRecovery);
        var (speeds, temperatures, cells) = (await ofSpeeds, await ofTemperatures, await ofCells);
        var (destinations, routes) = (await ofDestinations, await ofRoutes);
        var chosen = request.Parameter("route") is { } key ? routes.FirstOrDefault(route => KeyOf(route) == key) : null;

        var bySpeed = speeds.ToDictionary(row => row.Speed);
        var speedClasses = Histogram.Classes(bySpeed.Keys, width: 10);
        var speedChart = ChartModel.OfCategories("speeds", texts["Speed"], [.. speedClasses.Select(speed => Whole(speed))],
            [
                ChartSeries.Of(texts["Share of the time in motion"], "%",
                    speedClasses.Select(speed => (double?)(bySpeed.GetValueOrDefault(speed)?.Share ?? 0) * 100), ChartShape.Bars, decimals: 1),
            ],
            new TableOf<SpeedClass>("speeds", "Speed", request, speeds)
                .Number("Speed", units.SpeedUnit, row => row.Speed)
                .Share("Share of the time in motion", row => row.Share)
                .Duration("Duration", row => row.Seconds)
                .Build());
        var byTemperature = temperatures.ToDictionary(row => (int)row.Temperature, row => row.NetWhPerKm);
        var temperatureClasses = Histogram.Classes(byTemperature.Keys, width: units.UsesFahrenheit ? 10 : 5);
        var temperatureChart = ChartModel.OfCategories("temperatures", texts["Consumption by outside temperature"],
            [.. temperatureClasses.Select(degrees => $"{Whole(degrees)} {units.TemperatureUnit}")],
            [
                ChartSeries.Of(texts["Consumption (net)"], units.ConsumptionUnit,
                    temperatureClasses.Select(degrees => byTemperature.GetValueOrDefault(degrees) is { } net
                        ? units.ConsumptionNumber(net) : (double?)null),
                    ChartShape.Bars, decimals: 0),
            ],
            new TableOf<TemperatureClass>("temperatures", "Consumption by outside temperature", request, temperatures)
                .Number("Ø Outside", units.TemperatureUnit, row => row.Temperature)
                .Number("Consumption (net)", units.ConsumptionUnit, row => row.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null)
                .Share("Of the rated range", row => row.Efficiency)
                .Number("Distance", units.LengthUnit, row => units.Length(row.DistanceKm))
                .Number("Drives", null, row => row.Drives, isMinor: true)
                .Number("Ø Speed", units.SpeedUnit, row => row.SpeedAvgKmh is { } speed ? units.Length(speed) : null, isMinor: true)
                .Build()) with
        { Empty = request.NoConsumption() };
        var matrix = new TableOf<ConsumptionCell>("matrix", "Consumption by speed and temperature", request, cells)
            .Number("Speed in motion", units.SpeedUnit, cell => cell.Speed)
            .Number("Ø Outside", units.TemperatureUnit, cell => cell.Temperature)
            .Number("Consumption (net)", units.ConsumptionUnit, cell => units.ConsumptionNumber(cell.NetWhPerKm))
            .Number("Distance", units.LengthUnit, cell => units.Length(cell.DistanceKm))
            .Number("Drives", null, cell => cell.Drives)
            .Build();
        var destinationTable = new TableOf<Destination>("destinations", "Destinations", request, destinations)
            .Name("Place", row => row.Place)
            .Number("Visits", null, row => row.Visits)
            .Duration("Parked there", row => row.ParkedSeconds)
            .Moment("Last visit", row => row.LastVisit, isMinor: true)
            .Build();
        var routeTable = new TableOf<SameRoute>("routes", "Same routes", request, routes)
            .Name("From", row => row.StartPlace ?? texts["unknown place"], row => $"{request.Link("/driving", ("route", KeyOf(row)))}#route")
            .Name("To", row => row.EndPlace ?? texts["unknown place"])
            .Number("Drives", null, row => row.Drives)
            .Number("Distance", units.LengthUnit, row => units.Length(row.DistanceKm), 1)
            .Duration("Usually", row => row.MedianSeconds)
            .Duration("Fastest", row => row.BestSeconds, isMinor: true)
            .Number("Usual consumption", units.ConsumptionUnit, row => row.MedianWhPerKm is { } usual ? units.ConsumptionNumber(usual) : null)
            .Number("Least consumption", units.ConsumptionUnit, row => row.BestWhPerKm is { } best ? units.ConsumptionNumber(best) : null,
                isMinor: true)
            .Build();
        return new(request, drives, recovery, speedChart, temperatureChart, cells, matrix, destinationTable, routeTable,
            chosen is null ? null : await RouteComparison.ReadAsync(request, chosen, cancellationToken),
            (await ofLeftOut).Drives);
    }

    static string KeyOf(SameRoute route) => $"{route.StartKey}~{route.EndKey}";

    static string Whole(double number) => number.ToString("0", CultureInfo.InvariantCulture);
}

/// <summary>The drives of one route: how long, how thrifty, and where (P7; spec charts 6.3).</summary>
public sealed record RouteComparison(SameRoute Route, ChartModel Trend, RouteMapModel Map, DataTable Drives)
{
    // Lines of a map at most; the newest.
    const int MostLines = 100;

    internal static async Task<RouteComparison> ReadAsync(StatisticsRequest request, SameRoute route, CancellationToken cancellationToken)
    {
        var (texts, units, ids) = (request.Context.Texts, request.Context.Units, route.DriveIds.ToHashSet());
        var span = request.Window with { Since = route.FirstDate, Until = route.LastDate.AddSeconds(1) };
        var drives = await request.Measures.DrivesAsync(span, cancellationToken).Where(drive => ids.Contains(drive.DriveId))
            .OrderBy(drive => drive.StartDate).ToListAsync(cancellationToken);
        var lines = await request.Measures.RoutesAsync(span, cancellationToken).Where(line => ids.Contains(line.DriveId))
            .Select(line => RouteMapModel.LineOf(line, request.Context.Url($"/drive/{line.DriveId}"), request.Local(line.StartDate)))
                .ToListAsync(cancellationToken);
        var table = new TableOf<ListedDrive>("route", "Drives of this route", request, [.. drives.AsEnumerable().Reverse()])
            .Moment("Start", drive => drive.StartDate, drive => request.Context.Url($"/drive/{drive.DriveId}"))
            .Duration("Duration", drive => drive.DurationSeconds)
            .Number("Distance", units.LengthUnit, drive => drive.DistanceKm is { } km ? units.Length(km) : null, 1)
            .Number("Consumption (net)", units.ConsumptionUnit, drive => drive.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null)
            .Number("Outside", units.TemperatureUnit, drive => drive.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1)
            .Build();
        var trend = ChartModel.OverTime("trend", texts["Duration and consumption"], drives.Select(drive => drive.StartDate),
            [
                ChartSeries.Of(texts["Duration"], "min", drives.Select(drive => drive.DurationSeconds / 60), ChartShape.Points, decimals: 1),
                ChartSeries.Of(texts["Consumption (net)"], units.ConsumptionUnit,
                    drives.Select(drive => drive.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : (double?)null), ChartShape.Points, 2, 0),
            ], table) with
        { Links = [.. drives.Select(drive => request.Context.Url($"/drive/{drive.DriveId}"))] };
        return new(route, trend, new([.. lines.TakeLast(MostLines)], []), table);
    }
}
