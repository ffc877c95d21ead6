using TeslaMate.Configuration;

namespace TeslaMate.Vehicles;

/// <summary>How cars are logged.</summary>
public sealed record VehicleSettings
{
    public PollingIntervals Polling { get; init; } = new();

    /// <summary>Whether ends of drives and places of charging are geocoded at once.</summary>
    public bool LookUpAddresses { get; init; } = true;

    /// <summary>
    /// Whether gaps between answers are judged: drives that nobody saw are reconstructed, and one whose car stood still for most of a silence ends
    /// there. The files of other loggers are taken as they are.
    /// </summary>
    public bool JudgesGaps { get; init; } = true;

    /// <summary>Whether requests cost money: a car that has stopped sending its data is polled more seldom then.</summary>
    public bool IsPriced { get; init; }

    public static VehicleSettings Read(Variables variables) => new() { Polling = PollingIntervals.Read(variables) };
}
