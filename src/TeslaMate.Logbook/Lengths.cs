namespace TeslaMate.Logbook;

/// <summary>The one pair of factors between miles and kilometres.</summary>
public static class Lengths
{
    /// <summary>As the reference has it, so that its numbers and ours are equal to the last digit (spec vehicle 10.2).</summary>
    public const double MilesPerKm = 0.62137119223733;

    /// <summary>The statute mile by its definition, where what somebody enters or reads in miles is compared with kilometres.</summary>
    public const double KmPerMile = 1.609344;
}
