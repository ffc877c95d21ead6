using System.Diagnostics;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.States;
using TeslaMate.Logbook.Updates;

namespace TeslaMate.Logbook.Writing;

/// <summary>
/// Turns entries into the statements that write them. What can be seen to be no row is left out here, with an outcome that says so.
/// </summary>
static class EntryStatements
{
    /// <param name="outcomes">Receives what is known before anything is written.</param>
    public static List<Statement> For(CarId car, IEnumerable<LogbookEntry> entries, ICollection<Outcome> outcomes)
    {
        List<Statement> statements = [];
        // Neighbouring positions travel in one insert.
        var positions = new PositionRows();

        foreach (var entry in entries)
        {
            if (Position(entry) is { } position && !PositionRows.IsStorable(position))
            {
                outcomes.Add(new Outcome.PositionInvalid(car));
                // A drive is one also when its first position is unknown.
                if (entry is not LogbookEntry.StartDrive)
                    continue;
            }

            switch (entry)
            {
                case LogbookEntry.InsertPosition(var reading):
                    positions.Add(car, inDrive: false, reading);
                    break;
                case LogbookEntry.InsertDrivePosition(var reading):
                    positions.Add(car, inDrive: true, reading);
                    break;
                default:
                    Flush();
                    statements.AddRange(Other(car, entry, outcomes));
                    break;
            }
        }

        Flush();
        return statements;

        void Flush()
        {
            if (positions.Count == 0)
                return;
            statements.Add(positions.ToStatement());
            positions = new();
        }
    }

    static IEnumerable<Statement> Other(CarId car, LogbookEntry entry, ICollection<Outcome> outcomes)
    {
        switch (entry)
        {
            case LogbookEntry.StartState(var activity, var since):
                return [StateStatements.Start(car, activity, since)];
            case LogbookEntry.StartDrive(var at, var position, var unseen):
                var first = new PositionRows();
                if (PositionRows.IsStorable(position))
                    first.Add(car, inDrive: true, position);
                return [.. DriveStatements.CloseOpen(car, DriveEnd.Aborted, lookUpAddresses: true), DriveStatements.Start(car, at),
                    unseen is null ? first.ToStatement() : DriveStatements.InsertEstimated(car, position.Date, unseen, first)];
            case LogbookEntry.CloseDrive(var reason, var lookUpAddresses):
                return DriveStatements.CloseOpen(car, reason, lookUpAddresses, new Outcome.WithoutBeginning(car, entry));
            case LogbookEntry.StartCharging(var at, var position, var lookUpAddress):
                return [.. ChargingStatements.CompleteOpen(car, at), ChargingStatements.Start(car, at, position, lookUpAddress)];
            case LogbookEntry.InsertCharge(var charge) when ChargingStatements.Problems(charge) is { Length: > 0 } problems:
                outcomes.Add(new Outcome.ChargeInvalid(car, problems));
                return [];
            case LogbookEntry.InsertCharge(var charge):
                return [ChargingStatements.InsertCharge(car, charge)];
            case LogbookEntry.CompleteCharging(var at, var used):
                return ChargingStatements.CompleteOpen(car, at, used, new Outcome.WithoutBeginning(car, entry));
            case LogbookEntry.InsertLatePositions(var positions):
                return positions.Where(PositionRows.IsStorable).Select(position => DriveStatements.InsertLate(car, position));
            case LogbookEntry.SegmentDrives(var from, var until, var drives, var positions, var openSince):
                return DriveStatements.Segment(car, from, until, drives, [.. positions.Where(PositionRows.IsStorable)], openSince);
            case LogbookEntry.ApplyTelemetry(var records):
                return [new("select teslamate.apply_telemetry($1)::text", [Value.Array(records.ToArray())])];
            case LogbookEntry.StartUpdate(var at):
                return [UpdateStatements.Start(car, at)];
            case LogbookEntry.CancelUpdate:
                return [UpdateStatements.Cancel(car)];
            case LogbookEntry.FinishUpdate(var at, var version):
                return [UpdateStatements.Finish(car, at, version)];
            case LogbookEntry.NoteVersion(_, var version) when Column.Text(version) is null:
                return [];
            case LogbookEntry.NoteVersion(var at, var version):
                return [UpdateStatements.NoteVersion(car, at, version)];
            case LogbookEntry.UpdateCar(var description):
                return [CarStatements.Update(car, description)];
            default:
                throw new UnreachableException($"No statement writes {entry}.");
        }
    }

    static PositionReading? Position(LogbookEntry entry) => entry switch
    {
        LogbookEntry.InsertPosition(var position) => position,
        LogbookEntry.InsertDrivePosition(var position) => position,
        LogbookEntry.StartDrive(_, var position, _) => position,
        LogbookEntry.StartCharging(_, var position, _) => position,
        _ => null,
    };
}
