namespace TeslaMate.Simulator.Roads;

/// <summary>An address that the simulator's geocoder knows.</summary>
/// <param name="Name">What is there, such as the name of a car park.</param>
/// <param name="OsmId">Its number in the made-up map; unique.</param>
public sealed record Place(
    string Name, GeoPoint Point, string Street, string HouseNumber, string Quarter, string City, string County, string State, string Postcode,
    string Country, long OsmId);
