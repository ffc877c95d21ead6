namespace TeslaMate.Logbook.Geofences;

/// <summary>The rule of spec logbook 9.2, once for the database and once for memory; a test holds them against each other.</summary>
static class NearestFence
{
    /// <summary>Radius of the sphere that <c>earth()</c> of the extension earthdistance is, in metres.</summary>
    const int EarthRadiusM = 6378168;

    /// <summary>A scalar subquery: the fence whose centre is nearest among those that contain the point, or null.</summary>
    /// <param name="latitude">SQL of the point's latitude.</param>
    /// <param name="longitude">SQL of the point's longitude.</param>
    /// <param name="except">SQL of a fence that does not count, if any.</param>
    public static string Sql(string latitude, string longitude, string? except = null) => $"""
        (select fence.id
        from public.geofences fence
        cross join lateral (select {Distance(latitude, longitude, "fence.latitude", "fence.longitude")} as distance) away
        where away.distance < fence.radius{(except is null ? "" : $" and fence.id is distinct from {except}")}
        order by away.distance, fence.id
        limit 1)
        """;

    /// <summary>SQL that says whether a point lies in a circle.</summary>
    public static string IsInside(string latitude, string longitude, string centreLatitude, string centreLongitude, string radius)
        => $"{Distance(latitude, longitude, centreLatitude, centreLongitude)} < {radius}";

    /// <summary>
    /// SQL of the metres between two points. PostgreSQL's own functions alone: those of the extension look for one another in schema public.
    /// </summary>
    public static string Distance(string latitude, string longitude, string otherLatitude, string otherLongitude) => $"""
        {2 * EarthRadiusM} * asin(sqrt(least(1, sind(({latitude}::float8 - {otherLatitude}::float8) / 2) ^ 2
            + cosd({latitude}::float8) * cosd({otherLatitude}::float8) * sind(({longitude}::float8 - {otherLongitude}::float8) / 2) ^ 2)))
        """;

    public static Geofence? Find(IReadOnlyList<Geofence> fences, double latitude, double longitude)
    {
        Geofence? nearest = null;
        var least = double.MaxValue;
        foreach (var fence in fences)
        {
            var distance = DistanceM(latitude, longitude, fence.Latitude, fence.Longitude);
            if (distance >= fence.RadiusM || distance > least || distance == least && fence.Id.Value > nearest?.Id.Value)
                continue;
            nearest = fence;
            least = distance;
        }

        return nearest;
    }

    /// <summary>Along the surface, in metres, by the chord as the extension does it.</summary>
    public static double DistanceM(double latitude1, double longitude1, double latitude2, double longitude2)
    {
        var (x1, y1, z1) = OnEarth(latitude1, longitude1);
        var (x2, y2, z2) = OnEarth(latitude2, longitude2);
        var chord = Math.Sqrt((x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2) + (z1 - z2) * (z1 - z2));
        return chord / (2.0 * EarthRadiusM) > 1 ? Math.PI * EarthRadiusM : 2.0 * EarthRadiusM * Math.Asin(chord / (2.0 * EarthRadiusM));
    }

    static (double X, double Y, double Z) OnEarth(double latitude, double longitude)
    {
        var (north, east) = (double.DegreesToRadians(latitude), double.DegreesToRadians(longitude));
        return (EarthRadiusM * Math.Cos(north) * Math.Cos(east), EarthRadiusM * Math.Cos(north) * Math.Sin(east), EarthRadiusM * Math.Sin(north));
    }
}
