using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// A drive, or its beginning, that nobody saw because the car was left alone: the odometer tells. It is written from two readings, the one before and
/// the one after, so it has no speed, no power and no way between; its times are estimated.
/// </summary>
static class MissedDrive
{
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
                start, new LogbookEntry.InsertDrivePosition(now), new LogbookEntry.CloseDrive(DriveEnd.Ended, turn.Vehicle.Settings.LookUpAddresses))
            .Log(NoteOf(start, now));
    }

    public static Note NoteOf(LogbookEntry.StartDrive start, PositionReading now) =>
        new Note.DriveReconstructed(now.OdometerKm - start.Position.OdometerKm ?? 0, now.Date - start.At);

    /// <summary>The beginning of a drive between two readings; null when there was none, or the readings contradict each other.</summary>
    public static LogbookEntry.StartDrive? Beginning(PositionReading? parked, PositionReading? now)
    {
        if (now is not { OdometerKm: { } nowKm } || parked is not { OdometerKm: { } parkedKm } || nowKm - parkedKm < UnseenTime.LeastKm)
            return null;
        var km = nowKm - parkedKm;
        var unseen = now.Date - parked.Date;
        if (unseen <= TimeSpan.Zero || unseen > LongestUnseen || km > unseen.TotalHours * DriveLeft.FastestKmH)
            return null;
        var usual = TimeSpan.FromHours(km / UsualKmH);
        var start = now.Date - (usual < unseen ? usual : unseen);
        return new(start, parked with { Date = start, SpeedKmH = null, PowerKw = null }, new UnseenTime(parked.Date, now.Date, nowKm));
    }
}
