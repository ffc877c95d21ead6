namespace TeslaMate.Simulator.Roads;

/// <summary>Made-up hills: smooth, the same for everyone, and needing no elevation tiles.</summary>
public static class Terrain
{
    /// <summary>Metres above the sea, 5 to about 165.</summary>
    public static double ElevationAt(GeoPoint point)
        => 85 + 45 * Math.Sin(point.Latitude * 61) * Math.Cos(point.Longitude * 53)
            + 28 * Math.Sin(point.Latitude * 197 + point.Longitude * 131)
            + 7 * Math.Cos(point.Latitude * 701 - point.Longitude * 577);
}
