using TeslaMate.Logbook;

namespace TeslaMate.Api.Companion;

/// <summary>The owner's units, and columns, which are metric, in them (spec api 1.4). Nothing is rounded; whole numbers are cut.</summary>
sealed record CompanionUnits(string Length, string Temperature, string Pressure, bool PrefersIdealRange)
{
    const double PsiPerBar = 14.503773800722;

    public static CompanionUnits Metric { get; } = new("km", "C", "bar", PrefersIdealRange: false);

    bool UsesMiles => Length == "mi";

    /// <summary>The names of both, as most answers tell them.</summary>
    public UnitNames Names => new(Length, null, Temperature);

    /// <summary>The names of all three.</summary>
    public UnitNames AllNames => new(Length, Pressure, Temperature);

    public double OfKm(double km) => UsesMiles ? km * Lengths.MilesPerKm : km;

    public double? OfKm(double? km) => km is { } known ? OfKm(known) : null;

    public int? OfKmh(int? kmh) => UsesMiles && kmh is { } known ? (int)(known * Lengths.MilesPerKm) : kmh;

    /// <summary>The kilometres of a length that an app sent.</summary>
    public double ToKm(double length) => UsesMiles ? length * Lengths.KmPerMile : length;

    /// <summary>A consumption per kilometre as one per unit of length.</summary>
    public double? PerLength(double? perKm) => UsesMiles ? perKm * Lengths.KmPerMile : perKm;

    public double OfCelsius(double celsius) => Temperature == "F" ? celsius * 9 / 5 + 32 : celsius;

    public double? OfCelsius(double? celsius) => celsius is { } known ? OfCelsius(known) : null;

    public double OfBar(double bar) => Pressure == "psi" ? bar * PsiPerBar : bar;
}
