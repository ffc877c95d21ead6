namespace TeslaMate.Simulator.Roads;

/// <summary>A place on the earth, in degrees.</summary>
public readonly record struct GeoPoint(double Latitude, double Longitude)
{
    // The radius PostgreSQL's earthdistance uses, so that distances agree with the logger's.
    const double EarthRadiusMetres = 6378168;

    /// <summary>The great-circle distance in metres.</summary>
    public double MetresTo(GeoPoint other)
    {
        var latitude = Radians(other.Latitude - Latitude);
        var longitude = Radians(other.Longitude - Longitude);
        var chord = Math.Pow(Math.Sin(latitude / 2), 2)
            + Math.Cos(Radians(Latitude)) * Math.Cos(Radians(other.Latitude)) * Math.Pow(Math.Sin(longitude / 2), 2);
        return 2 * EarthRadiusMetres * Math.Asin(Math.Sqrt(chord));
    }

    /// <summary>The direction to <paramref name="other"/>, 0 (north) to less than 360 degrees, clockwise.</summary>
    public double HeadingTo(GeoPoint other)
    {
        var east = (other.Longitude - Longitude) * Math.Cos(Radians((Latitude + other.Latitude) / 2));
        var north = other.Latitude - Latitude;
        var degrees = Math.Atan2(east, north) * 180 / Math.PI;
        return degrees < 0 ? degrees + 360 : degrees;
    }

    /// <summary>The point at <paramref name="share"/> (0 to 1) of the straight way to <paramref name="other"/>.</summary>
    public GeoPoint Towards(GeoPoint other, double share)
        => new(Latitude + (other.Latitude - Latitude) * share, Longitude + (other.Longitude - Longitude) * share);

    static double Radians(double degrees) => degrees * Math.PI / 180;
}
