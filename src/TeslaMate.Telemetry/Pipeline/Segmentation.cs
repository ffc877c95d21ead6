using TeslaMate.Logbook;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>Which drives there were around a change of gear that became known late (spec fleet-telemetry 4.8).</summary>
static class Segmentation
{
    /// <summary>The record itself tells a gear, or that there is none.</summary>
    public static bool IsTold(TelemetryRecord.Data record) => GearOf(record) is not null;

    /// <summary>
    /// The drives between the two known changes around a late one, the last of which may still go on; null when it changes nothing, or what lies
    /// around it is not known.
    /// </summary>
    /// <param name="records">The car's records around that time in the order of its clock, the late one among them.</param>
    /// <param name="late">The car's clock in the late record.</param>
    public static TelemetrySegments? Of(IReadOnlyList<(DateTimeOffset CarTime, TelemetryRecord.Data Record)> records, DateTimeOffset late,
        TimeZoneInfo zone)
    {
        List<(DateTimeOffset At, bool IsInGear)> told = [];
        foreach (var (at, record) in records)
        {
            if (GearOf(record) is { } isInGear)
                told.Add((at, isInGear));
        }

        var before = told.FindLastIndex(gear => gear.At < late);
        var after = told.FindIndex(gear => gear.At > late);
        var own = told.Find(gear => gear.At == late);
        if (before < 0 || after < 0 || own == default || (own.IsInGear == told[before].IsInGear && own.IsInGear == told[after].IsInGear))
            return null;
        // A drive begins with the first of its gears and ends with the one after its last.
        while (before > 0 && told[before].IsInGear && told[before - 1].IsInGear)
            before--;
        while (told[after].IsInGear && after < told.Count - 1)
            after++;
        var (from, until) = (told[before].At, told[after].At);
        List<DriveSpan> drives = [];
        DateTimeOffset? start = null;
        foreach (var (at, isInGear) in told.Where(gear => gear.At >= from && gear.At <= until))
        {
            if (isInGear)
                start ??= at;
            else if (start is { } began)
            {
                drives.Add(new DriveSpan(began, at));
                start = null;
            }
        }

        return new TelemetrySegments(from, until, drives, Track(records, from, until, zone)) { OpenSince = start };
    }

    static List<TelemetryReading> Track(
        IReadOnlyList<(DateTimeOffset CarTime, TelemetryRecord.Data Record)> records, DateTimeOffset from, DateTimeOffset until, TimeZoneInfo zone)
    {
        var snapshot = new Snapshot();
        List<TelemetryReading> track = [];
        foreach (var (at, record) in records.TakeWhile(record => record.CarTime <= until))
        {
            var changed = snapshot.Apply(record, at, at);
            if (at >= from && Projection.Of(snapshot, record, at, changed, isLate: false, zone) is { HasPlace: true } reading)
                track.Add(reading);
        }

        return track;
    }

    static bool? GearOf(TelemetryRecord.Data record)
    {
        TelemetryValue? gear = null;
        foreach (var datum in record.Values.Where(datum => datum.Field == (int)Field.Gear && datum.Value is not null))
            gear = FieldRule.Of((int)Field.Gear).Judge(datum.Value!);
        return gear is null or TelemetryValue.Code { Name: null } ? null : Reading.Word(gear, CodeKinds.ShiftState) is "D" or "R" or "N";
    }
}
