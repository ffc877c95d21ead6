using TeslaMate.Logbook;

namespace TeslaMate.Telemetry;

/// <summary>What the pages show of cars that send their data by themselves.</summary>
public interface ITelemetryReport
{
    /// <summary>The public half of the app's key, PEM, which Tesla and the cars ask the domain for; null while there is none.</summary>
    string? PublicKey { get; }

    /// <summary>How long numbers without a column of their own are kept.</summary>
    TimeSpan KeepValues { get; }

    Task<TelemetryReport> ReadAsync(CancellationToken cancellationToken);

    /// <summary>What the battery said on a drive, thinned to a few hundred points; empty for a car that did not stream.</summary>
    Task<BatteryCurve> BatteryAsync(DriveId drive, CancellationToken cancellationToken);

    /// <summary>The same for a charging process.</summary>
    Task<BatteryCurve> BatteryAsync(ChargingProcessId process, CancellationToken cancellationToken);
}

/// <param name="Cars">Those that are told to stream, or were once.</param>
/// <param name="Requests">The newest requests to Tesla for them, newest first.</param>
public sealed record TelemetryReport(IReadOnlyList<ReportedCar> Cars, IReadOnlyList<ReportedRequest> Requests);

/// <param name="Feed"><c>telemetry</c>, <c>stream</c> or <c>polling</c>.</param>
/// <param name="IsSynced">The car has fetched its configuration; null while nobody asked.</param>
/// <param name="FieldsMissing">Fields that it should send and never did, each with the least firmware that sends it.</param>
/// <param name="Messages">Records of this month.</param>
/// <param name="Rejected">Records of this month that could not be read, and values that no car can mean.</param>
/// <param name="Signals">Values of this month, as Tesla bills them.</param>
/// <param name="Requests">Billed requests of this month.</param>
/// <param name="PriceUsd">By Tesla's list, before the free credit.</param>
/// <param name="ForecastUsd">If the month goes on like this.</param>
public sealed record ReportedCar(
    string Name, string Vin, string Feed, bool HasContact, DateTimeOffset? LastData, bool? IsSynced, string? LastError,
    IReadOnlyList<string> FieldsMissing,
    long Messages, long Rejected, long Signals, long Requests, double PriceUsd, double ForecastUsd)
{
    /// <summary>It should send its data by itself, has stopped, and is polled instead.</summary>
    public bool IsPolledInstead { get; init; }

    /// <summary>The most that is paid for in its stead was asked today, so it is not logged any more.</summary>
    public bool IsSpent { get; init; }
}

/// <param name="Status">Of HTTP; null while there is no answer yet, 0 when there was none.</param>
public sealed record ReportedRequest(DateTimeOffset At, string Car, string Kind, string Reason, int? Status, double PriceUsd);

/// <param name="Times">Unix seconds.</param>
/// <param name="CellSpreadMv">Between the fullest and the emptiest cell, millivolts.</param>
public sealed record BatteryCurve(
    IReadOnlyList<long> Times, IReadOnlyList<double?> Volts, IReadOnlyList<double?> Amps, IReadOnlyList<double?> CellSpreadMv,
    IReadOnlyList<double?> MaxTempC)
{
    public static readonly BatteryCurve Empty = new([], [], [], [], []);
}
