using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>A trip, or any window, with its sums (P4; spec charts 6.3): the ways, the charges on them, level, drives and charges.</summary>
public sealed record TripModel(StatisticsRequest Request, PeriodStatistics? Total, RouteMapModel Map, ChartModel Level, DataTable Drives,
    DataTable Charges)
    : StatisticsModel(Request)
{
    /// <summary>Lines of a map at most; the newest.</summary>
    const int MostLines = 400;

    public override IReadOnlyList<DataTable> Tables => [Level.Table!, Drives, Charges];

    public static async Task<TripModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        // At once: over years each of them takes its time.
        var ofWindow = measures.StatisticsAsync(window with { Period = Period.Total }, cancellationToken).FirstOrDefaultAsync(cancellationToken)
            .AsTask();
        var ofDrives = measures.DrivesAsync(window, cancellationToken).OrderBy(drive => drive.StartDate).ToListAsync(cancellationToken).AsTask();
        var ofCharges = measures.ChargesAsync(window, cancellationToken).Where(charge => charge.IsCounted || charge.IsOpen)
            .OrderBy(charge => charge.StartDate).ToListAsync(cancellationToken).AsTask();
        var ofLines = measures.NewestRoutesAsync(window, MostLines, cancellationToken)
            .Select(line => RouteMapModel.LineOf(line, DriveLink(line.DriveId), request.Local(line.StartDate)))
            .ToListAsync(cancellationToken).AsTask();
        var ofLevels = measures.LevelSeriesAsync(window, 1000, cancellationToken).ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofWindow, ofDrives, ofCharges, ofLines, ofLevels);
        var (total, drives, charges, lines, levels) = (await ofWindow, await ofDrives, await ofCharges, await ofLines, await ofLevels);

        var map = new RouteMapModel([.. lines.AsEnumerable().Reverse()], [.. charges.Select(charge => new MapMarker(
            charge.Latitude, charge.Longitude, charge.Kind == ChargeKind.Dc ? "dc" : "ac",
            $"{charge.Place ?? texts["unknown place"].Value}, {request.Local(charge.StartDate)}", ChargeLink(charge.ChargingProcessId)))]);
        var level = ChartModel.OverTime("level", texts["Battery level"], levels.Select(point => point.Date),
            [ChartSeries.Of(texts["Battery level"], "%", levels.Select(point => point.Level), decimals: 1)],
            new TableOf<LevelPoint>("level", "Battery level", request, levels)
                .Moment("Time", point => point.Date)
                .Number("Level", "%", point => point.Level, 1)
                .Number("Range", units.LengthUnit, point => point.RangeKm is { } km ? units.Length(km) : null, 1)
                .Build()) with
        { Min = 0, Max = 100 };
        return new(request, total, map, level, DriveTable(), ChargeTable());

        DataTable DriveTable() => new TableOf<ListedDrive>("drives", "Drives", request, drives)
            .Moment("Start", drive => drive.StartDate, drive => DriveLink(drive.DriveId))
            .Name("From", drive => drive.StartPlace ?? texts["unknown place"])
            .Name("To", drive => drive.EndPlace ?? (drive.IsOpen ? texts["driving"] : texts["unknown place"]))
            .Number("Distance", units.LengthUnit, drive => drive.DistanceKm is { } km ? units.Length(km) : null, 1,
                note: drive => drive.IsDistanceDerived ? texts["by odometer, in no sum"].Value : null)
            .Duration("Duration", drive => drive.DurationSeconds)
            .Number("Level", "%", drive => drive.StartLevel, isMinor: true)
            .Number("Level at the end", "%", drive => drive.EndLevel, isMinor: true)
            .Number("Consumption (net)", units.ConsumptionUnit, drive => drive.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null,
                note: drive => drive.IsRough == true && drive.NetWhPerKm is not null ? texts["rough: a short drive"].Value : null)
            .Number("Outside", units.TemperatureUnit, drive => drive.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1, isMinor: true)
            .Build();

        DataTable ChargeTable() => new TableOf<ListedCharge>("charges", "Charges", request, charges)
            .Moment("Start", charge => charge.StartDate, charge => ChargeLink(charge.ChargingProcessId))
            .Name("Place", charge => charge.Place ?? texts["unknown place"])
            .Text("Kind", charge => charge.Kind?.ToString().ToUpperInvariant() ?? texts["unknown"], isMinor: true)
            .Duration("Duration", charge => charge.DurationSeconds)
            .Number("Energy added", "kWh", charge => charge.EnergyAddedKwh, 1)
            .Number("Level", "%", charge => charge.StartLevel, isMinor: true)
            .Number("Level at the end", "%", charge => charge.EndLevel, isMinor: true)
            .Number("Ø Power", "kW", charge => charge.PowerAvgKw, 1, isMinor: true)
            .Money("Cost", charge => charge.Cost, note: charge => charge.Cost is null ? texts["no cost"].Value : null)
            .Build();

        string DriveLink(int drive) => request.Context.Url($"/drive/{drive}");

        string ChargeLink(int process) => request.Context.Url($"/charge/{process}");
    }
}
