using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Lives;

/// <summary>What really happened on a drive, for comparison with what was logged.</summary>
public sealed record DriveTruth(
    DateTimeOffset Start, DateTimeOffset End, Place From, Place To, double StartKm, double EndKm, double StartRatedKm, double EndRatedKm,
    double EnergyKwh)
{
    public double DistanceKm => EndKm - StartKm;
}

/// <summary>What really happened in a charge.</summary>
/// <param name="AddedKwh">Into the battery.</param>
/// <param name="UsedKwh">Out of the charger.</param>
public sealed record ChargeTruth(
    DateTimeOffset Start, DateTimeOffset End, Place Place, Charger Charger, double AddedKwh, double UsedKwh, double StartRatedKm, double EndRatedKm,
    int StartLevel, int EndLevel);

/// <summary>An installation of software; <paramref name="Cancelled"/> ones change no version.</summary>
public sealed record UpdateTruth(DateTimeOffset Start, DateTimeOffset End, string Version, bool Cancelled);
