using TeslaMate.Configuration;

namespace TeslaMate.Vehicles;

/// <summary>How cars are logged.</summary>
public sealed record VehicleSettings
{
    public PollingIntervals Polling { get; init; } = new();

    /// <summary>Whether ends of drives and places of charging are geocoded at once.</summary>
    public bool LookUpAddresses { get; init; } = true;

    public static VehicleSettings Read(Variables variables) => new() { Polling = PollingIntervals.Read(variables) };
}
