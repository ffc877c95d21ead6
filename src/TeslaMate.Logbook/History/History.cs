using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Positions;

namespace TeslaMate.Logbook.History;

/// <summary>
/// What a stretch of a car's past amounts to, collected from the same entries that a live car's log is written with, until it is written in bulk. A
/// drive or a charging process that has not ended yet is kept back, so that nothing is ever in the database that looks as if it were going on.
/// </summary>
sealed class History
{
    readonly List<HistoryDrive> _drives = [];
    readonly List<HistoryCharging> _chargings = [];
    readonly List<PositionReading> _positions = [];
    readonly List<(CarActivity Activity, DateTimeOffset Start)> _states = [];
    readonly List<(DateTimeOffset At, string Version)> _versions = [];
    readonly List<(DateTimeOffset Since, DateTimeOffset Until)> _goingOn = [];
    CarActivity? _lastActivity;
    List<PositionReading>? _openDrive;
    bool _openDriveGoesOn;
    HistoryCharging? _openCharging;

    public IReadOnlyList<HistoryDrive> Drives => _drives;

    public IReadOnlyList<HistoryCharging> Chargings => _chargings;

    /// <summary>Positions outside of drives, those of charging processes not included.</summary>
    public IReadOnlyList<PositionReading> Positions => _positions;

    public IReadOnlyList<(CarActivity Activity, DateTimeOffset Start)> States => _states;

    public IReadOnlyList<(DateTimeOffset At, string Version)> Versions => _versions;

    /// <summary>The newest description of the car; null when there was none.</summary>
    public Cars.CarDescription? Description { get; private set; }

    /// <summary>When the drive or the charging process began that has not ended; null when nothing is open.</summary>
    public DateTimeOffset? OpenSince => (_openDrive, _openCharging) switch
    {
        ({ } drive, { } charging) => drive[0].Date < charging.Place.Date ? drive[0].Date : charging.Place.Date,
        ({ } drive, _) => drive[0].Date,
        (_, { } charging) => charging.Place.Date,
        _ => null,
    };

    /// <summary>Drives and charges that were written by an earlier import up to a moment and go on now: they are written anew.</summary>
    public IReadOnlyList<(DateTimeOffset Since, DateTimeOffset Until)> GoingOn => _goingOn;

    /// <summary>How many rows have ended and wait to be written.</summary>
    public int Size { get; private set; }

    /// <summary>
    /// A drive or a charging process that starts now was under way at the first row that was read: what an earlier import saw of it may be in the
    /// database already.
    /// </summary>
    public bool StartsUnderWay { private get; set; }

    /// <summary>An own copy, to go back to.</summary>
    public History Copy()
    {
        var copy = new History { Description = Description, Size = Size, _lastActivity = _lastActivity };
        copy._drives.AddRange(_drives);
        copy._chargings.AddRange(_chargings);
        copy._positions.AddRange(_positions);
        copy._states.AddRange(_states);
        copy._versions.AddRange(_versions);
        copy._goingOn.AddRange(_goingOn);
        copy._openDrive = _openDrive is null ? null : [.. _openDrive];
        copy._openDriveGoesOn = _openDriveGoesOn;
        copy._openCharging = _openCharging is null ? null : _openCharging with { Charges = [.. _openCharging.Charges] };
        return copy;
    }

    /// <summary>Tells that what is open was written up to a moment, and goes on.</summary>
    public void GoOn(DateTimeOffset since, DateTimeOffset until) => _goingOn.Add((since, until));

    /// <summary>What has ended until now, to return to.</summary>
    public HistoryMark Mark() => new(_drives.Count, _chargings.Count, _positions.Count, _states.Count, _versions.Count, Size, Description);

    /// <summary>Forgets what has ended since; what is open stays open.</summary>
    public void Return(HistoryMark mark)
    {
        _drives.RemoveRange(mark.Drives, _drives.Count - mark.Drives);
        _chargings.RemoveRange(mark.Chargings, _chargings.Count - mark.Chargings);
        _positions.RemoveRange(mark.Positions, _positions.Count - mark.Positions);
        _states.RemoveRange(mark.States, _states.Count - mark.States);
        _versions.RemoveRange(mark.Versions, _versions.Count - mark.Versions);
        (Size, Description) = (mark.Size, mark.Description);
    }

    /// <summary>Forgets the drives, charging processes and positions that have ended: they are written.</summary>
    public void ClearRides()
    {
        _goingOn.RemoveAll(ride => !(ride.Since >= OpenSince));
        _drives.Clear();
        _chargings.Clear();
        _positions.Clear();
        Size = 0;
    }

    /// <summary>Forgets drives whose kilometres are known already.</summary>
    public void DropDrives(DrivenKilometres known)
        => _drives.RemoveAll(drive => known.Hold(drive.Positions[0].OdometerKm, drive.Positions[^1].OdometerKm));

    /// <summary>Forgets the positions outside of drives of one moment.</summary>
    /// <returns>How many there were.</returns>
    public int DropPositions(DateTimeOffset at) => _positions.RemoveAll(position => position.Date == at);

    /// <summary>Forgets everything that has ended: it is written.</summary>
    public void Clear()
    {
        ClearRides();
        _states.Clear();
        _versions.Clear();
        Description = null;
    }

    public void Add(LogbookEntry entry)
    {
        switch (entry)
        {
            case LogbookEntry.StartState(var activity, var since):
                if (_lastActivity != activity)
                    _states.Add((activity, since));
                _lastActivity = activity;
                break;
            case LogbookEntry.InsertPosition(var position):
                AddPosition(position);
                break;
            case LogbookEntry.StartDrive(_, var position, _):
                CloseDrive();
                if (PositionRows.IsStorable(position))
                    (_openDrive, _openDriveGoesOn) = ([position], StartsUnderWay);
                break;
            case LogbookEntry.InsertDrivePosition(var position) when _openDrive is null:
                AddPosition(position);
                break;
            case LogbookEntry.InsertDrivePosition(var position):
                if (PositionRows.IsStorable(position))
                    _openDrive.Add(position);
                break;
            case LogbookEntry.CloseDrive:
                CloseDrive();
                break;
            case LogbookEntry.StartCharging(var at, var position, _):
                CompleteCharging(at);
                if (PositionRows.IsStorable(position))
                    _openCharging = new HistoryCharging(position, at, [], at) { GoesOn = StartsUnderWay };
                break;
            case LogbookEntry.InsertCharge(var charge):
                // What lacks a value that the column needs is no row, as with a live car.
                if (_openCharging is not null && ChargingStatements.Problems(charge).Length == 0)
                    _openCharging.Charges.Add(Completed(charge, _openCharging.Charges.LastOrDefault()));
                break;
            case LogbookEntry.CompleteCharging(var at, _):
                CompleteCharging(at);
                break;
            case LogbookEntry.NoteVersion(var at, var version):
                _versions.Add((at, version));
                break;
            case LogbookEntry.UpdateCar(var description):
                Description = description;
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"History has no {entry}.");
        }
    }

    /// <summary>Ends what is open at its last row: these rows tell no more how it went on.</summary>
    public void End(DateTimeOffset at)
    {
        CloseDrive(isCutOff: true);
        CompleteCharging(at, isCutOff: true);
    }

    /// <summary>Gives the positions that are about to be written their height, from the terrain model as those of live cars.</summary>
    public async Task ElevateAsync(Terrain.Elevations terrain, CancellationToken cancellationToken)
    {
        // Tiles that cannot be had are asked for once, not for every position on them.
        HashSet<Terrain.Tile> missing = [];
        foreach (var drive in _drives)
            await ElevateAsync(terrain, drive.Positions, missing, cancellationToken);
        await ElevateAsync(terrain, _positions, missing, cancellationToken);
        for (var i = 0; i < _chargings.Count; i++)
            _chargings[i] = _chargings[i] with { Place = await ElevatedAsync(terrain, _chargings[i].Place, missing, cancellationToken) };
    }

    static async Task ElevateAsync(
        Terrain.Elevations terrain, List<PositionReading> positions, HashSet<Terrain.Tile> missing, CancellationToken cancellationToken)
    {
        for (var i = 0; i < positions.Count; i++)
            positions[i] = await ElevatedAsync(terrain, positions[i], missing, cancellationToken);
    }

    static async ValueTask<PositionReading> ElevatedAsync(
        Terrain.Elevations terrain, PositionReading position, HashSet<Terrain.Tile> missing, CancellationToken cancellationToken)
    {
        if (position.ElevationM is not null || (missing.Count > 0 && missing.Contains(Terrain.Tile.Of(position.Latitude, position.Longitude))))
            return position;
        switch (await terrain.PatientHeightAsync(position.Latitude, position.Longitude, cancellationToken))
        {
            case Terrain.Height.Known(var metres):
                return position with { ElevationM = metres };
            case Terrain.Height.Missing(var tile):
                missing.Add(tile);
                return position;
            default:
                return position;
        }
    }

    /// <summary>What follows does not join on: its state is told anew.</summary>
    public void Break() => _lastActivity = null;

    /// <summary>Forgets the open drive and the open charging process.</summary>
    public void DropOpen()
    {
        _openDrive = null;
        _openCharging = null;
    }

    /// <summary>With what the columns need, by the rules of live cars (<see cref="ChargingStatements.InsertCharge"/>).</summary>
    static ChargeReading Completed(ChargeReading charge, ChargeReading? last) => charge with
    {
        EnergyAddedKwh = charge.EnergyAddedKwh ?? last?.EnergyAddedKwh ?? 0,
        IdealRangeKm = charge.IdealRangeKm ?? last?.IdealRangeKm ?? charge.RatedRangeKm,
    };

    void AddPosition(PositionReading position)
    {
        if (!PositionRows.IsStorable(position))
            return;
        _positions.Add(position);
        Size++;
    }

    void CloseDrive(bool isCutOff = false)
    {
        if (_openDrive is null)
            return;
        _drives.Add(new HistoryDrive(_openDrive, _openDriveGoesOn, isCutOff));
        Size += _openDrive.Count;
        _openDrive = null;
    }

    void CompleteCharging(DateTimeOffset at, bool isCutOff = false)
    {
        if (_openCharging is null)
            return;
        _chargings.Add(_openCharging with { CompletedAt = at, IsCutOff = isCutOff });
        Size += _openCharging.Charges.Count + 1;
        _openCharging = null;
    }
}

/// <summary>How much of a history there was at a moment.</summary>
sealed record HistoryMark(int Drives, int Chargings, int Positions, int States, int Versions, int Size, Cars.CarDescription? Description);

/// <param name="Positions">At least one, in the order of time.</param>
/// <param name="GoesOn">It was under way at the first row that was read.</param>
/// <param name="IsCutOff">It was under way at the last row that was read.</param>
sealed record HistoryDrive(List<PositionReading> Positions, bool GoesOn, bool IsCutOff);

/// <param name="Place">Where.</param>
/// <param name="StartedAt">Provisional; the first charge tells.</param>
/// <param name="Charges">In the order of time.</param>
/// <param name="CompletedAt">The end of one that has no charges.</param>
/// <param name="IsCutOff">It was under way at the last row that was read.</param>
sealed record HistoryCharging(
    PositionReading Place, DateTimeOffset StartedAt, List<ChargeReading> Charges, DateTimeOffset CompletedAt, bool IsCutOff = false)
{
    /// <summary>It was under way at the first row that was read.</summary>
    public bool GoesOn { get; init; }
}
