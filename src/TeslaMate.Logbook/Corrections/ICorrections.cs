namespace TeslaMate.Logbook.Corrections;

/// <summary>What an owner corrects by hand (spec logbook 16).</summary>
public interface ICorrections
{
    /// <summary>Closes a drive at its last position, or computes it again; one that is too short is deleted.</summary>
    /// <returns>False when there is no such drive.</returns>
    Task<bool> CloseDriveAsync(DriveId drive, CancellationToken cancellationToken);

    /// <summary>Completes a charging process from its charges, or computes it again, its cost included.</summary>
    /// <returns>False when there is no such process.</returns>
    Task<bool> CompleteChargingAsync(ChargingProcessId process, CancellationToken cancellationToken);

    /// <summary>Deletes a drive; its positions stay.</summary>
    /// <returns>False when there is no such drive.</returns>
    Task<bool> DeleteDriveAsync(DriveId drive, CancellationToken cancellationToken);

    /// <summary>Deletes a charging process and its charges.</summary>
    /// <returns>False when there is no such process.</returns>
    Task<bool> DeleteChargingAsync(ChargingProcessId process, CancellationToken cancellationToken);
}
