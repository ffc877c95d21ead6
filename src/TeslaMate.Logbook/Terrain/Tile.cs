using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace TeslaMate.Logbook.Terrain;

/// <summary>One degree by one degree of heights as the space shuttle measured them (spec logbook 11.1).</summary>
/// <param name="South">The tile's southern edge in whole degrees.</param>
/// <param name="West">The tile's western edge in whole degrees.</param>
readonly record struct Tile(int South, int West)
{
    public static Tile Of(double latitude, double longitude) => new((int)Math.Floor(latitude), (int)Math.Floor(longitude));

    /// <summary>The latitude's half of the name, which is a folder at one source.</summary>
    public string Row => string.Create(CultureInfo.InvariantCulture, $"{(South >= 0 ? 'N' : 'S')}{Math.Abs(South):00}");

    /// <summary>Such as <c>N36W117</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Row}{(West >= 0 ? 'E' : 'W')}{Math.Abs(West):000}");

    /// <summary>Points on an edge for a file of this length; null when no tile has it.</summary>
    public static int? PointsPerEdge(long length) => length switch
    {
        2L * 1201 * 1201 => 1201,
        2L * 3601 * 3601 => 3601,
        _ => null,
    };

    /// <summary>The height at a point, in metres; null where nothing was measured, as on the sea.</summary>
    /// <param name="file">Of the length that belongs to <paramref name="pointsPerEdge"/>.</param>
    public short? Read(SafeFileHandle file, int pointsPerEdge, double latitude, double longitude)
    {
        var row = (int)((South + 1 - latitude) * (pointsPerEdge - 1));
        var column = (int)((longitude - West) * (pointsPerEdge - 1));
        Span<byte> sample = stackalloc byte[2];
        if (RandomAccess.Read(file, sample, ((long)row * pointsPerEdge + column) * 2) < 2)
            return null;
        return BinaryPrimitives.ReadInt16BigEndian(sample) is >= -1000 and <= 10000 and var metres ? metres : null;
    }
}
