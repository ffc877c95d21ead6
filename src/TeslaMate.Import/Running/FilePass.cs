using TeslaMate.Import.Reading;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.Running;

/// <summary>Which rows are the car's.</summary>
/// <param name="Vin">The car's.</param>
/// <param name="Vid">The car's.</param>
/// <param name="IsChosen">It was asked for by name: rows of others are left out, instead of being a mistake.</param>
sealed record CarIdentity(string Vin, long Vid, bool IsChosen);

/// <summary>What reading a file brought.</summary>
sealed record FileOutcome(int Rows, int Imported, int Skipped, IReadOnlyList<Rejection> Rejections);

/// <summary>Takes the history of a file piece by piece.</summary>
interface IPieces
{
    /// <summary>Takes the drives, charging processes and positions that have ended out of a history.</summary>
    Task WriteAsync(Replay replay, CancellationToken cancellationToken);

    /// <summary>Forgets what was written of this file.</summary>
    Task StartOverAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Reads a file and plays it. Files are in the order of time nearly always, so a row is played as soon as it is read; when that turns out to be
/// wrong, the caller starts over from a copy with all rows put in order first.
/// </summary>
sealed class FilePass(IHistoryFile file, CarIdentity car, Coverage imported, Coverage live, Replay replay)
{
    // Some thousand rows are as fast to write as a million, and a month has hardly more.
    const int PieceSize = 20_000;

    readonly List<HistoryRow.Taken> _waiting = [];
    readonly List<VehicleData> _ofThisMoment = [];
    readonly List<Rejection> _rejections = [];
    bool _inOrder = true;
    bool _rejectsNameless;
    bool _hasTakenNameless;
    DateTimeOffset? _last;
    int _rows;
    int _imported;
    int _skipped;

    /// <param name="output">Where pieces of history go that would need too much memory together.</param>
    /// <param name="progress">Told the number of rows read so far, now and then.</param>
    public static async Task<(FileOutcome Outcome, Replay Replay)> RunAsync(
        IHistoryFile file, CarIdentity car, Coverage imported, Coverage live, Replay replay, IPieces output, Action<int>? progress,
        CancellationToken cancellationToken)
    {
        var (inOrder, rejectsNameless) = (true, false);
        while (true)
        {
            var copy = replay.Copy();
            var pass = new FilePass(file, car, imported, live, copy) { _inOrder = inOrder, _rejectsNameless = rejectsNameless };
            if (await pass.ReadAsync(output, progress, cancellationToken))
                return (new(pass._rows, pass._imported, pass._skipped, pass._rejections), copy);
            (inOrder, rejectsNameless) = (pass._inOrder, pass._rejectsNameless);
            await output.StartOverAsync(cancellationToken);
        }
    }

    /// <returns>False when it has to be done again, by what was learned.</returns>
    async Task<bool> ReadAsync(IPieces output, Action<int>? progress, CancellationToken cancellationToken)
    {
        foreach (var row in file.Rows())
        {
            _rows += row is HistoryRow.Taken { IsExtra: true } ? 0 : 1;
            if ((_rows & 0x3FF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(_rows);
            }

            switch (row)
            {
                case HistoryRow.Rejected rejected:
                    Reject(rejected.Line, rejected.Reason, rejected.Column, rejected.Fields);
                    break;
                case HistoryRow.Taken taken when IsOfCar(taken):
                    if (!Sort(taken))
                        return false;
                    break;
                default:
                    if (_rejectsNameless && _hasTakenNameless)
                        return false;
                    break;
            }

            if (replay.History.Size >= PieceSize)
                await output.WriteAsync(replay, cancellationToken);
        }

        foreach (var row in _waiting.OrderBy(row => row.At))
        {
            Play(row);
            if (replay.History.Size >= PieceSize)
                await output.WriteAsync(replay, cancellationToken);
        }

        return true;
    }

    /// <summary>Whether a row is the car's; one that is not has been counted.</summary>
    bool IsOfCar(HistoryRow.Taken row)
    {
        switch (row.Data.Vin)
        {
            case null when _rejectsNameless:
                Reject(row.Line, RejectionReason.VehicleConflict, "vin", []);
                return false;
            case null:
                _hasTakenNameless |= car.IsChosen;
                return true;
            case var vin when vin == car.Vin:
                return true;
            case not null when row.HasOwnVehicleId && row.Data.VehicleId?.Value == car.Vid:
            case not null when !car.IsChosen && row.Data.VehicleId is null:
                Reject(row.Line, RejectionReason.VehicleConflict, "vin", []);
                return false;
            case not null when car.IsChosen:
                _rejectsNameless = true;
                _skipped += Weight(row);
                return false;
            default:
                throw new HistoryFileException("vehicle_changed");
        }
    }

    bool Sort(HistoryRow.Taken row)
    {
        // A car that says nothing useful is no event.
        if (row.Data is { State: "unknown" } or { Availability: Availability.Online, DriveState: { Latitude: null } or { Longitude: null } })
        {
            _imported += Weight(row);
            return true;
        }

        if (!_inOrder)
        {
            _waiting.Add(row);
            return true;
        }

        if (row.At < _last)
        {
            _inOrder = false;
            return false;
        }

        Play(row);
        return true;
    }

    void Play(HistoryRow.Taken row)
    {
        var (at, data) = (row.At, row.Data);
        if (at != _last)
            _ofThisMoment.Clear();
        _last = at;
        if (_ofThisMoment.Contains(data))
        {
            _skipped += Weight(row);
            return;
        }

        _ofThisMoment.Add(data);
        var (isLive, isImported) = (live.Contains(at), imported.Contains(at));
        if (isLive || isImported)
        {
            _skipped += Weight(row);
            if (replay.Last is { } reached && at <= reached)
                return;
            if (isLive)
            {
                replay.Cut(byLiveCar: true, until: at);
                return;
            }

            // What an earlier import wrote is played all the same, so that what follows joins on.
            if (replay.Last is { } before && live.IsBetween(before, at))
                replay.Cut(byLiveCar: true, until: live.Periods.First(period => period.To > before).From);
            replay.Recall(data, at);
            return;
        }

        // Rows that the same files brought before join on; all others do not.
        if (replay.Last is { } last)
        {
            if (at < last)
                replay.Cut(byLiveCar: false, until: at);
            else if (live.IsBetween(last, at))
                replay.Cut(byLiveCar: true, until: live.Periods.First(period => period.To > last).From);
            else if (imported.IsBetween(last, at))
                replay.Cut(byLiveCar: false, until: at);
        }

        _imported += Weight(row);
        replay.Take(data, at);
    }

    static int Weight(HistoryRow.Taken row) => row.IsExtra ? 0 : 1;

    void Reject(int line, string reason, string? column, IReadOnlyList<string> fields)
        => _rejections.Add(new(file.Name, line, column, reason, fields));
}
