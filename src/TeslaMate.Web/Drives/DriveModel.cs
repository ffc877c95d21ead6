using TeslaMate.Measures;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Telemetry;

namespace TeslaMate.Web.Drives;

/// <summary>A drive (P5; spec charts 6.3): its facts, its way, and its series, which one cursor goes through.</summary>
/// <param name="Car">Its label.</param>
/// <param name="IsByDistance">The charts are over distance instead of time.</param>
public sealed record DriveModel(ListedDrive Drive, string Car, RouteMapModel Map, IReadOnlyList<ChartModel> Charts, bool IsByDistance,
    DataTable Points)
{
    /// <summary>Points of a chart at most, about one a pixel.</summary>
    const int MostPoints = 600;

    /// <summary>What the battery of a car that streams said meanwhile; null for any other.</summary>
    public BatteryModel? Battery { get; init; }

    internal static async Task<DriveModel?> ReadAsync(
        DriveQueries drives, MeasureReader measures, PageContext context, int id, TimeZoneInfo zone, bool isByDistance,
            CancellationToken cancellationToken)
    {
        if (await drives.FindAsync(id, cancellationToken) is not var (car, start))
            return null;
        var moment = new MeasureWindow(car, start, start.AddTicks(TimeSpan.TicksPerMicrosecond), zone, Period.Total, context.Now);
        // One whose dates nobody can reckon with is in no list.
        if (await measures.DrivesAsync(moment, cancellationToken).FirstOrDefaultAsync(found => found.DriveId == id, cancellationToken) is not
            { } drive)
            return null;
        var label = (await measures.CarsAsync(cancellationToken).FirstOrDefaultAsync(known => known.CarId == car, cancellationToken))?.Label ?? "";
        var points = await measures.DriveSeriesAsync(id, MostPoints, cancellationToken).ToListAsync(cancellationToken);
        var line = await measures.RouteAsync(id, cancellationToken);
        var map = new RouteMapModel(
            line.Latitudes.Count == 0 ? [] : [RouteMapModel.LineOf(new(id, start, drive.EndDate, line.Latitudes, line.Longitudes, line.Parts),
                null, null)], [])
        {
            Track = [.. points.Select(point => new[] { Math.Round(point.Latitude, 5), Math.Round(point.Longitude, 5) })],
            HasEnds = true,
        };
        // Without an odometer there is no distance to be over.
        isByDistance = isByDistance && points.All(point => point.DistanceKm is not null);
        return new(drive, label, map, [.. ChartsOf(context, points, isByDistance)], isByDistance, TableOf(context, id, zone, points));
    }

    static IEnumerable<ChartModel> ChartsOf(PageContext context, List<DrivePoint> points, bool isByDistance)
    {
        var (texts, units) = (context.Texts, context.Units);
        yield return Chart("speed", "Speed", Line("Speed", units.SpeedUnit, point => point.SpeedKmh is { } speed ? units.Length(speed) : null));
        yield return Chart("power", "Power", Line("Power", "kW", point => point.PowerKw));
        yield return Chart("level", "Battery level", Line("Battery level", "%", point => point.Level),
            Line("Range", units.LengthUnit, point => point.RangeKm is { } km ? units.Length(km) : null, 2));
        yield return Chart("elevation", "Elevation",
            Line("Elevation", units.HeightUnit, point => point.ElevationM is { } metres ? units.HeightNumber(metres) : null));
        yield return Chart("temperature", "Temperature",
            Line("Outside", units.TemperatureUnit, point => point.OutsideTempC is { } degrees ? units.Degrees(degrees) : null),
            Line("Inside", units.TemperatureUnit, point => point.InsideTempC is { } degrees ? units.Degrees(degrees) : null, 2));
        yield return Chart("pressure", "Tire Pressure", Pressure("Front left", point => point.PressureFlBar, 1),
            Pressure("Front right", point => point.PressureFrBar, 2),
            Pressure("Rear left", point => point.PressureRlBar, 3), Pressure("Rear right", point => point.PressureRrBar, 4));

        ChartModel Chart(string id, string title, params ChartSeries[] series) => isByDistance
            ? new(id, texts[title], ChartAxis.Number, [.. points.Select(point => Math.Round(units.Length(point.DistanceKm!.Value), 2))], series)
            {
                XLabel = $"{texts["Distance"]} ({units.LengthUnit})",
            }
            : ChartModel.OverTime(id, texts[title], points.Select(point => point.Date), series);

        ChartSeries Line(string label, string unit, Func<DrivePoint, double?> value, int colour = 1)
            => ChartSeries.Of(texts[label], unit, points.Select(value), colour: colour);

        ChartSeries Pressure(string label, Func<DrivePoint, double?> bar, int colour)
            => Line(label, units.PressureUnit, point => bar(point) is { } known ? units.PressureNumber(known) : null, colour);
    }

    static DataTable TableOf(PageContext context, int id, TimeZoneInfo zone, List<DrivePoint> points)
    {
        var units = context.Units;
        return new TableOf<DrivePoint>("points", "Points", context.Texts, zone, context.Url($"/drive/{id}/csv"), points)
            .Moment("Time", point => point.Date)
            .Number("Latitude", "°", point => point.Latitude, 6)
            .Number("Longitude", "°", point => point.Longitude, 6)
            .Number("Distance", units.LengthUnit, point => point.DistanceKm is { } km ? units.Length(km) : null, 3)
            .Number("Speed", units.SpeedUnit, point => point.SpeedKmh is { } speed ? units.Length(speed) : null, 1)
            .Number("Power", "kW", point => point.PowerKw, 1)
            .Number("Level", "%", point => point.Level, 1)
            .Number("Range", units.LengthUnit, point => point.RangeKm is { } km ? units.Length(km) : null, 1)
            .Number("Elevation", units.HeightUnit, point => point.ElevationM is { } metres ? units.HeightNumber(metres) : null, 1)
            .Number("Outside", units.TemperatureUnit, point => point.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1)
            .Number("Inside", units.TemperatureUnit, point => point.InsideTempC is { } degrees ? units.Degrees(degrees) : null, 1)
            .Build();
    }
}
