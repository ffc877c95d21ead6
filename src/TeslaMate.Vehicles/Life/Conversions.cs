using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>From the units of the wire to those of the logbook (spec vehicle 10.2). Halves are rounded away from zero; null stays null.</summary>
static class Conversions
{
    const double EarthRadiusKm = 6371;

    public static double? Kilometres(double? miles, int decimals) =>
        miles / Lengths.MilesPerKm is { } km ? Math.Round(km, decimals, MidpointRounding.AwayFromZero) : null;

    public static double? Miles(double? km, int decimals) =>
        km * Lengths.MilesPerKm is { } miles ? Math.Round(miles, decimals, MidpointRounding.AwayFromZero) : null;

    public static int? KmH(int? mph) => mph / Lengths.MilesPerKm is { } kmH ? (int)Math.Round(kmH, MidpointRounding.AwayFromZero) : null;

    /// <summary>From the exact speed where the car tells one.</summary>
    public static int? KmH(DriveState? drive) =>
        drive?.ExactSpeed / Lengths.MilesPerKm is { } kmH ? (int)Math.Round(kmH, MidpointRounding.AwayFromZero) : KmH(drive?.Speed);

    /// <summary>Along a great circle; good to half a per cent.</summary>
    public static double DistanceKm(Coordinates from, Coordinates to)
    {
        var latitude = double.DegreesToRadians(to.Latitude - from.Latitude);
        var longitude = double.DegreesToRadians(to.Longitude - from.Longitude);
        var a = Math.Pow(Math.Sin(latitude / 2), 2)
            + (Math.Cos(double.DegreesToRadians(from.Latitude)) * Math.Cos(double.DegreesToRadians(to.Latitude))
                * Math.Pow(Math.Sin(longitude / 2), 2));
        return 2 * EarthRadiusKm * Math.Asin(Math.Min(1, Math.Sqrt(a)));
    }
}

static class Gears
{
    extension(ShiftState? shift)
    {
        /// <summary>D, N or R: the car drives, be it at no speed.</summary>
        public bool IsInGear => shift is ShiftState.D or ShiftState.N or ShiftState.R;

        /// <summary>P or nothing.</summary>
        public bool IsParked => shift is null or ShiftState.P;

        /// <summary>The letter of the wire; null also for a gear without a name here.</summary>
        public string? Letter => shift switch
        {
            ShiftState.P => "P",
            ShiftState.D => "D",
            ShiftState.R => "R",
            ShiftState.N => "N",
            _ => null,
        };
    }
}

static class FirstWord
{
    /// <summary>The text before the first space: a version without the hash of its build.</summary>
    public static string? Of(string? text) => text?.IndexOf(' ', StringComparison.Ordinal) is >= 0 and var end ? text[..end] : text;
}
