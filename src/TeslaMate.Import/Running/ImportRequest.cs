namespace TeslaMate.Import.Running;

/// <summary>What is to be imported.</summary>
/// <param name="Folder">The folder of the files, or one of them.</param>
/// <param name="TimeZone">The name in the tz database of the zone that the files' times are in.</param>
public sealed record ImportRequest(string Folder, string TimeZone)
{
    /// <summary>Only this car.</summary>
    public string? Vin { get; init; }

    /// <summary>Do it all and take it back.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Stands in for an empty vehicle id (<c>TESLAFI_IMPORT_VEHICLE_ID</c>).</summary>
    public string FallbackVehicleId { get; init; } = "1";
}
