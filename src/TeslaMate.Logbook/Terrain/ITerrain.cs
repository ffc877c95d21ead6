namespace TeslaMate.Logbook.Terrain;

/// <summary>The height of the ground.</summary>
public interface ITerrain
{
    /// <summary>
    /// Metres above the sea; null when unknown, or when it would take longer than 100 ms to find out. A later back-fill sets what was null (spec
    /// logbook 11).
    /// </summary>
    Task<int?> ElevationAsync(double latitude, double longitude, CancellationToken cancellationToken);
}
