namespace TeslaMate.Logbook.Addresses;

/// <summary>An address as the geocoder gives it and as the row takes it (spec logbook 10.3).</summary>
/// <param name="Raw">The geocoder's whole answer, JSON.</param>
sealed record Address(
    string DisplayName, long OsmId, string OsmType, double Latitude, double Longitude, string? Name, string? HouseNumber, string? Road,
    string? Neighbourhood,
    string? City, string? County, string? Postcode, string? State, string? StateDistrict, string? Country, string Raw);

/// <summary>What the geocoder said. Closed.</summary>
abstract record GeocoderAnswer
{
    GeocoderAnswer() { }

    /// <param name="Addresses">One for a reverse lookup; of a batch those that were found.</param>
    public sealed record Found(IReadOnlyList<Address> Addresses) : GeocoderAnswer;

    /// <summary>It answered, and knows nothing about this place. Asking again is of no use.</summary>
    public sealed record NotThere(string Reason) : GeocoderAnswer;

    /// <summary>It did not answer as it should; asking later may help.</summary>
    public sealed record Failed(string Reason) : GeocoderAnswer;
}
