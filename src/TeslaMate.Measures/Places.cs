using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>Where drives ended.</summary>
public sealed record Destination(
    string Place, long Visits, DateTimeOffset LastVisit, int? GeofenceId, int? AddressId, double? ParkedSeconds)
{
    internal static Destination Read(Row row) => new(
        row.Text(), row.Count(), row.Instant(), row.WholeOrNull(), row.WholeOrNull(), row.NumberOrNull());
}

/// <summary>A place with its visits and charges.</summary>
public sealed record VisitedPlace(
    string? Place, string? City, string? State, string? Country, long Visits, long Charges, double EnergyAddedKwh, DateTimeOffset LastVisit,
    int? GeofenceId, int? AddressId)
{
    internal static VisitedPlace Read(Row row) => new(
        row.TextOrNull(), row.TextOrNull(), row.TextOrNull(), row.TextOrNull(), row.Count(), row.Count(), row.Number(), row.Instant(),
        row.WholeOrNull(), row.WholeOrNull());
}

/// <summary>A city with what was driven and charged in it (P17; spec charts 6.3).</summary>
public sealed record Region(
    string? Country, string? State, string? City, long Visits, double DistanceKm, long Charges, double EnergyAddedKwh, DateTimeOffset FirstVisit,
    DateTimeOffset LastVisit)
{
    internal static Region Read(Row row) => new(
        row.TextOrNull(), row.TextOrNull(), row.TextOrNull(), row.Count(), row.Number(), row.Count(), row.Number(), row.Instant(), row.Instant());
}

public sealed partial class MeasureReader
{
    /// <summary>The most visited first.</summary>
    public IAsyncEnumerable<Destination> DestinationsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync("destinations", Destination.Read, cancellationToken, Car(window), Since(window), Until(window));

    /// <summary>The newest visit first; of places with the text in name or address where there is one.</summary>
    public IAsyncEnumerable<VisitedPlace> VisitedPlacesAsync(MeasureWindow window, string? text, CancellationToken cancellationToken)
        => StreamAsync("visited_places", VisitedPlace.Read, cancellationToken, Car(window), Since(window), Until(window), Value.Of(text));

    /// <summary>In order of country, state and city.</summary>
    public IAsyncEnumerable<Region> RegionsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync("regions", Region.Read, cancellationToken, Car(window), Since(window), Until(window));
}
