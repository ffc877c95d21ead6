namespace TeslaMate.Logbook.Cars;

/// <summary>What the vehicle configuration tells about a car (spec vehicle 3); null where it does not.</summary>
public sealed record CarDescription(
    string? Name, string? Model, string? TrimBadging, string? MarketingName, string? ExteriorColor, string? WheelType, string? SpoilerType);
