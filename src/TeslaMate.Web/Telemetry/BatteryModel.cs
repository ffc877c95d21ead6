using TeslaMate.Telemetry;

namespace TeslaMate.Web.Telemetry;

/// <summary>What the battery of a car that streams said on a drive or in a charge.</summary>
/// <param name="KeptDays">After so many days it is deleted.</param>
public sealed record BatteryModel(BatteryCurve Curve, int KeptDays)
{
    /// <returns>Null where there is nothing to show.</returns>
    internal static async Task<BatteryModel?> ReadAsync(ITelemetryReport? report, Func<ITelemetryReport, Task<BatteryCurve>> read) =>
        report is not null && await read(report) is { Times.Count: > 1 } curve ? new BatteryModel(curve, (int)report.KeepValues.TotalDays) : null;
}
