namespace TeslaMate.Tesla.Cars;

/// <summary>How the car was built (spec tesla-api 9.5).</summary>
public sealed record VehicleConfig
{
    /// <summary>
    /// <c>models</c>, <c>models2</c>, <c>modelx</c>, <c>model3</c>, <c>modely</c>, <c>cybertruck</c>, <c>lychee</c>, <c>tamarind</c>, …
    /// </summary>
    public string? CarType { get; init; }

    /// <summary>As sent, such as <c>74d</c>; the database keeps it in upper case.</summary>
    public string? TrimBadging { get; init; }

    public string? ExteriorColor { get; init; }

    public string? SpoilerType { get; init; }

    public string? WheelType { get; init; }

    /// <summary>Above 0: there is one.</summary>
    public int? SunRoofInstalled { get; init; }
}
