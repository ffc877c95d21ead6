using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Where the car has been (M20, P17; spec charts 6.3): places, cities, states and countries, and the ways between them.</summary>
/// <param name="Text">Only places with this text in name or address.</param>
/// <param name="HasWays">Whether the map has the ways; those of a long time would be too many.</param>
public sealed record VisitedModel(
    StatisticsRequest Request, string? Text, RouteMapModel Map, bool HasWays, int CountryCount, int CityCount, DataTable Countries, DataTable Regions,
    DataTable Places)
    : StatisticsModel(Request)
{
    /// <summary>The longest window whose ways are drawn.</summary>
    public const int MostDays = 31;

    // Lines of a map at most; the newest.
    const int MostLines = 400;

    public override IReadOnlyList<DataTable> Tables => [Countries, Regions, Places];

    public static async Task<VisitedModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["text"];
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        var text = request.Parameter("text")?.Trim() is { Length: > 0 } wanted ? wanted : null;
        // At once: over years each of them takes its time.
        var ofVisited = measures.VisitedPlacesAsync(window, text, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofRegions = measures.RegionsAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofCharged = measures.ChargingPlacesAsync(window, null, null, cancellationToken).ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofVisited, ofRegions, ofCharged);
        var (visited, regions, charged) = (await ofVisited, await ofRegions, await ofCharged);
        var hasWays = window.Length <= TimeSpan.FromDays(MostDays + 1);
        var lines = hasWays
            ? await measures.RoutesAsync(window, cancellationToken)
                .Select(line => RouteMapModel.LineOf(line, request.Context.Url($"/drive/{line.DriveId}"), request.Local(line.StartDate)))
                .ToListAsync(cancellationToken)
            : [];

        var places = new TableOf<VisitedPlace>("places", "Visited places", request, visited)
            .Name("Place", place => place.Place ?? texts["unknown place"])
            .Name("City", place => place.City, isMinor: true)
            .Name("Country", place => place.Country, isMinor: true)
            .Number("Visits", null, place => place.Visits)
            .Number("Charges", null, place => place.Charges)
            .Number("Energy added", "kWh", place => place.EnergyAddedKwh, 1)
            .Moment("Last visit", place => place.LastVisit)
            .Build();
        var cities = new TableOf<Region>("regions", "States and cities", request, regions)
            .Name("Country", region => region.Country ?? texts["unknown"])
            .Name("State", region => region.State)
            .Name("City", region => region.City)
            .Number("Visits", null, region => region.Visits)
            .Number("Distance", units.LengthUnit, region => units.Length(region.DistanceKm))
            .Number("Charges", null, region => region.Charges, isMinor: true)
            .Number("Energy added", "kWh", region => region.EnergyAddedKwh, 1, isMinor: true)
            .Moment("First visit", region => region.FirstVisit, isMinor: true)
            .Moment("Last visit", region => region.LastVisit, isMinor: true)
            .Build();
        // Each as one row: sums of its cities.
        var countries = new TableOf<IGrouping<string?, Region>>("countries", "Countries", request,
                [.. regions.GroupBy(region => region.Country).OrderByDescending(country => country.Sum(region => region.DistanceKm))])
            .Name("Country", country => country.Key ?? texts["unknown"])
            .Number("Visits", null, country => country.Sum(region => region.Visits))
            .Number("Distance", units.LengthUnit, country => units.Length(country.Sum(region => region.DistanceKm)))
            .Number("Charges", null, country => country.Sum(region => region.Charges))
            .Number("Energy added", "kWh", country => country.Sum(region => region.EnergyAddedKwh), 1)
            .Moment("First visit", country => country.Min(region => region.FirstVisit), isMinor: true)
            .Moment("Last visit", country => country.Max(region => region.LastVisit), isMinor: true)
            .Build();
        return new(request, text, ChargingModel.MapOf(request, charged) with { Lines = [.. lines.TakeLast(MostLines)] }, hasWays,
            regions.Select(region => region.Country).OfType<string>().Distinct().Count(),
            regions.Where(region => region.City is not null).Select(region => (region.Country, region.State, region.City)).Distinct().Count(),
            countries, cities, places);
    }
}
