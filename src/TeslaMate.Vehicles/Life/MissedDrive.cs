using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// A drive, or its beginning, that nobody saw because the car was left alone: the odometer tells. It is written from two readings, the one before and
/// the one after, so it has no speed, no power and no way between; its times are estimated.
/// </summary>
static class MissedDrive
{
    // Less than this is within what a normal drive moves before the first reading.
    const double LeastKm = 0.5;

    // For the beginning: a car covers about so much on mixed roads.
    const double UsualKmH = 50;

    // Later than this nobody knows how many drives there were.
    static readonly TimeSpan LongestUnseen = TimeSpan.FromHours(24);

    /// <summary>Writes the drive that began and ended before this answer, if there was one.</summary>
    public static Turn Write(Turn turn, VehicleData data, Surroundings around)
    {
        if (data.DriveState?.ShiftState.IsParked != true || Readings.Position(data, turn.Now, around.ElevationM) is not { } now
            || Beginning(turn.Vehicle.Parked, now) is not { } start)
            return turn;
        turn = turn.With(turn.Vehicle with { Parked = null });
        return turn.Write(
                new LogbookEntry.StartDrive(start.Date, start),
                new LogbookEntry.InsertDrivePosition(now),
                new LogbookEntry.CloseDrive(DriveEnd.Ended, turn.Vehicle.Settings.LookUpAddresses))
            .Log(NoteOf(start, now));
    }

    public static Note NoteOf(PositionReading start, PositionReading now) =>
        new Note.DriveReconstructed(now.OdometerKm - start.OdometerKm ?? 0, now.Date - start.Date);

    /// <summary>The first position of a drive between two readings; null when there was none, or the readings contradict each other.</summary>
    public static PositionReading? Beginning(PositionReading? parked, PositionReading? now)
    {
        if (now?.OdometerKm - parked?.OdometerKm is not ({ } km and >= LeastKm) || parked is null || now is null)
            return null;
        var unseen = now.Date - parked.Date;
        if (unseen <= TimeSpan.Zero || unseen > LongestUnseen || km > unseen.TotalHours * DriveLeft.FastestKmH)
            return null;
        var usual = TimeSpan.FromHours(km / UsualKmH);
        return parked with { Date = now.Date - (usual < unseen ? usual : unseen), SpeedKmH = null, PowerKw = null };
    }
}
