using TeslaMate.Import.Reading;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.History;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.Terrain;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Identification;

namespace TeslaMate.Import.Running;

/// <summary>Brings the history of other loggers in.</summary>
public interface IImporter
{
    /// <summary>
    /// Imports the files of a folder: each in one transaction with its checkpoint, so that an import that was cut off goes on where it stopped and
    /// has the same rows in the end. What was imported or logged live before is left as it is.
    /// </summary>
    Task<ImportReport> ImportAsync(ImportRequest request, IProgress<ImportProgress>? progress, CancellationToken cancellationToken);

    /// <summary>The time zone of the import of a folder that was cut off and can be gone on with; null when there is none.</summary>
    Task<string?> InterruptedZoneAsync(string folder, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the import of a folder up that was cut off: another time zone may be chosen then. What it imported stays, and is not imported again.
    /// </summary>
    /// <returns>False when there is none, or when an import is at work.</returns>
    Task<bool> DiscardAsync(string folder, CancellationToken cancellationToken);
}

sealed class Importer(NpgsqlDataSource database, Elevations terrain, TimeProvider time) : IImporter
{
    public async Task<ImportReport> ImportAsync(ImportRequest request, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        if (LocalClock.FindZone(request.TimeZone) is not { } zone)
            return ImportReport.Of(ImportProblem.UnknownZone,
                $"There is no time zone \"{request.TimeZone}\". It needs a name such as Europe/Berlin.");
        IReadOnlyList<IHistoryFile> files;
        try
        {
            files = HistoryFolder.List(request, zone);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ImportReport.Of(ImportProblem.NoFolder, $"Cannot access directory '{request.Folder}': {Fingerprint.Code(exception)}");
        }

        if (files.Count == 0)
            return ImportReport.Of(ImportProblem.NoFiles, $"No import files were found in '{request.Folder}'.");
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var run = new ImportRun(connection, new ImportStore(connection, time), terrain, time, request, files, progress);
        return await run.RunAsync(cancellationToken);
    }

    public async Task<string?> InterruptedZoneAsync(string folder, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await new ImportStore(connection, time).InterruptedZoneAsync(ImportStore.KeyOf(folder), cancellationToken);
    }

    public async Task<bool> DiscardAsync(string folder, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var store = new ImportStore(connection, time);
        if (await store.LockAsync(cancellationToken) is not null)
            return false;
        try
        {
            return await store.AbandonAsync(ImportStore.KeyOf(folder), cancellationToken);
        }
        finally
        {
            await store.UnlockAsync();
        }
    }
}

/// <summary>One import from its beginning to its end.</summary>
sealed class ImportRun(
    NpgsqlConnection connection, ImportStore store, Elevations terrain, TimeProvider time, ImportRequest request, IReadOnlyList<IHistoryFile> files,
    IProgress<ImportProgress>? progress)
{
    // The class of SQL states.
    const string InsufficientResources = "53";

    IReadOnlyList<IHistoryFile> _files = files;
    readonly List<FileReport> _reports = [.. files.Select(file => new FileReport(file.Name, 0, 0, 0, 0, FileState.Pending))];
    readonly List<Rejection> _rejections = [];
    readonly string?[] _fingerprints = new string?[files.Count];
    readonly long[] _lengths = new long[files.Count];
    readonly HistoryNumbers _numbers = new(request.IsDryRun);
    HistoryCounts _created = HistoryCounts.None;
    StoredRun _run = new(-1, request.TimeZone, null, IsResumed: false);
    CarIdentity? _identity;
    CarId? _car;
    bool _isLive;
    VehicleData? _firstAnswer;
    long _rowsBefore;

    public async Task<ImportReport> RunAsync(CancellationToken cancellationToken)
    {
        if (await store.LockAsync(cancellationToken) is { } busy)
            return ImportReport.Of(ImportProblem.Busy, busy);
        try
        {
            return await RunLockedAsync(cancellationToken);
        }
        finally
        {
            // The connection goes back to the pool and would keep it.
            await store.UnlockAsync();
        }
    }

    async Task<ImportReport> RunLockedAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _files.Count; i++)
            await FingerprintAsync(i, cancellationToken);

        var known = await store.FilesAsync(cancellationToken);
        if (request.Vin is { } vin)
        {
            if (await store.FindCarAsync(vin, cancellationToken) is null && await FirstOfAsync(vin, cancellationToken) is null)
                return ImportReport.Of(ImportProblem.UnknownCar, $"There is no car with the VIN {vin}, neither in the database nor in the files.");
            await UseCarAsync(vin, cancellationToken);
        }

        // Everything goes into one transaction that is never committed.
        await using var rehearsal = request.IsDryRun ? await store.BeginAsync(cancellationToken) : null;
        if (!request.IsDryRun)
            _run = await store.OpenAsync(ImportStore.KeyOf(request.Folder), request.TimeZone, _car, cancellationToken);
        // An interrupted import goes on as it began.
        if (_run.TimeZone != request.TimeZone && LocalClock.FindZone(_run.TimeZone) is { } zone)
            _files = [.. _files.Select(file => file.In(zone))];
        if (request.Vin is null)
            await FindCarAsync(known, cancellationToken);
        await ImportFilesAsync(known, cancellationToken);
        if (rehearsal is not null)
            await rehearsal.RollbackAsync(cancellationToken);
        return new ImportReport
        {
            Files = _reports,
            Rejections = _rejections,
            Created = ImportReport.CreatedOf(_created),
            ResumedZone = _run.TimeZone != request.TimeZone ? _run.TimeZone : null,
        };
    }

    async Task FingerprintAsync(int index, CancellationToken cancellationToken)
    {
        try
        {
            _fingerprints[index] = await Fingerprint.OfAsync(_files[index].Path, cancellationToken);
            _lengths[index] = new FileInfo(_files[index].Path).Length;
        }
        catch (HistoryFileException exception)
        {
            Fail(index, exception.Reason);
        }
    }

    /// <summary>Whether a file is in already, of this car or, while that is not known, of any.</summary>
    StoredFile? Known(List<StoredFile> known, int index)
        => known.Find(file => file.Fingerprint == _fingerprints[index] && file.Name == _files[index].Name
            && (request.Vin is null || file.Car == _car));

    /// <summary>Finds out whose files these are: the car of the interrupted run, or the first that a row names.</summary>
    async Task FindCarAsync(List<StoredFile> known, CancellationToken cancellationToken)
    {
        if (_run.Car is { } car && await store.VinOfAsync(car, cancellationToken) is { } vin)
        {
            await UseCarAsync(vin, cancellationToken);
            return;
        }

        for (var i = 0; i < _files.Count && _identity is null; i++)
        {
            if (_reports[i].State == FileState.Pending && Known(known, i) is null && First(i, vin: null, cancellationToken) is { } first)
                await UseCarAsync(first.Data.Vin!, cancellationToken, first.Data);
        }
    }

    async Task<HistoryRow.Taken?> FirstOfAsync(string vin, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _files.Count; i++)
        {
            if (_reports[i].State == FileState.Pending && await Task.Run(() => First(i, vin, cancellationToken), cancellationToken) is { } first)
                return first;
        }

        return null;
    }

    HistoryRow.Taken? First(int index, string? vin, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var row in _files[index].Rows())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (row is HistoryRow.Taken { Data: { Vin: { } named, State: not "unknown" } data } taken && (vin is null || named == vin)
                    && data is not { Availability: Availability.Online, DriveState: { Latitude: null } or { Longitude: null } })
                    return taken;
            }
        }
        catch (HistoryFileException)
        {
            // It is told when its turn comes.
        }

        return null;
    }

    async Task UseCarAsync(string vin, CancellationToken cancellationToken, VehicleData? first = null)
    {
        if (await store.FindCarAsync(vin, cancellationToken) is var (id, vid, isLive))
        {
            (_car, _isLive) = (id, isLive);
            _identity = new(vin, vid, IsChosen: request.Vin is not null);
            if (_run is { IsResumed: false, Id: > 0 })
                await store.SetCarAsync(_run.Id, id, cancellationToken);
            return;
        }

        _firstAnswer = first ?? (await FirstOfAsync(vin, cancellationToken))?.Data ?? new VehicleData { Vin = vin };
        _identity = new(vin, _firstAnswer.VehicleId?.Value ?? 0, IsChosen: request.Vin is not null);
    }

    async Task ImportFilesAsync(List<StoredFile> known, CancellationToken cancellationToken)
    {
        var imported = _car is { } car ? await store.CoverageAsync(car, _run.Id, cancellationToken) : new Coverage([]);
        // Rows of this run are not in it: they join on.
        var replay = new Replay(PlaceholderCar());
        for (var i = 0; i < _files.Count; i++)
        {
            if (_reports[i].State == FileState.Failed)
                continue;
            var stored = Known(known, i);
            var isOfThisRun = stored?.Run == _run.Id && _identity is not null;
            if (stored is not null && !isOfThisRun)
            {
                // A new file may go on with what the one before it left.
                if (i + 1 < _files.Count && Known(known, i + 1) is null && _identity is not null)
                    replay = await RecallAsync(i, replay, cancellationToken);
                Skip(i, stored);
                continue;
            }

            if (_identity is null)
            {
                await RefuseAsync(i, cancellationToken);
                continue;
            }

            Report(i, _reports[i] with { State = FileState.Running });
            await SummarizeAsync(cancellationToken);
            var live = _car is { } logged && _isLive
                ? await LiveCoverage.ReadAsync(connection, logged, time.GetUtcNow(), cancellationToken)
                : new Coverage([]);
            try
            {
                await using var output = new FileTransaction(store, connection, _numbers, terrain, _run.Id, _car, NewCar(), request.IsDryRun);
                // What is in already is played only for what it left open.
                IPieces pieces = isOfThisRun ? new Forgetting() : output;
                var (outcome, played) = await Task.Run(
                    () => FilePass.RunAsync(_files[i], _identity, imported, live, replay, pieces, rows => ReportProgress(i, rows), cancellationToken),
                    cancellationToken);
                if (await Fingerprint.OfAsync(_files[i].Path, cancellationToken) != _fingerprints[i])
                    throw new HistoryFileException("The file changed while it was read");
                var periods = played.Read.Periods.ToList();
                var report = _reports[i] with
                {
                    Rows = outcome.Rows,
                    Imported = outcome.Imported,
                    Skipped = outcome.Skipped,
                    Rejected = outcome.Rejections.Count,
                    State = FileState.Done,
                };
                if (isOfThisRun)
                {
                    Skip(i, stored!);
                }
                else
                {
                    await output.FinishAsync(played, _isLive || !IsNewest(played, imported), cancellationToken);
                    if (!request.IsDryRun)
                    {
                        await store.RejectAsync(_run.Id, _fingerprints[i]!, outcome.Rejections, cancellationToken);
                        await store.CheckpointAsync(_run.Id, output.Car, _fingerprints[i]!, report, cancellationToken);
                    }

                    await CommitAsync(output, cancellationToken);
                    _rejections.AddRange(outcome.Rejections);
                    Report(i, report);
                }

                // It is written, now or before the run was cut off; only what it left open is needed.
                played.History.Clear();
                played.Read.Take(played.History.OpenSince);

                _rowsBefore += outcome.Rows;
                replay = played;
                imported = imported.With(periods);
            }
            catch (HistoryFileException exception)
            {
                Fail(i, exception.Reason);
            }
            catch (PostgresException exception) when (connection.State == System.Data.ConnectionState.Open)
            {
                // The transaction of this file is gone; the next may do better, and if not, says so too.
                Fail(i, exception.MessageText);
            }
            catch (PostgresException exception)
                when (!request.IsDryRun && exception.SqlState.StartsWith(InsufficientResources, StringComparison.Ordinal))
            {
                // A full disk, say; the driver gives the connection up then.
                Fail(i, exception.MessageText);
                await connection.CloseAsync();
                await connection.OpenAsync(cancellationToken);
                await store.LockAsync(cancellationToken);
            }
        }

        replay.End();
        await using var end = new FileTransaction(store, connection, _numbers, terrain, _run.Id, _car, NewCar(), request.IsDryRun);
        await end.FinishAsync(replay, _isLive || !IsNewest(replay, imported), cancellationToken);
        if (!request.IsDryRun)
            await store.FinishAsync(_run.Id, cancellationToken);
        await CommitAsync(end, cancellationToken);
        await SummarizeAsync(cancellationToken);
    }

    // What the last file brought is found by its drives at once, not when autovacuum comes.
    async Task SummarizeAsync(CancellationToken cancellationToken)
    {
        if (!request.IsDryRun)
            await PositionSummaries.CompleteAsync(connection, cancellationToken);
    }

    /// <summary>Plays a file that an earlier import brought; when that cannot be, the next one begins afresh.</summary>
    async Task<Replay> RecallAsync(int index, Replay replay, CancellationToken cancellationToken)
    {
        try
        {
            var everything = new Coverage([(DateTimeOffset.MinValue, DateTimeOffset.MaxValue)]);
            var (_, played) = await Task.Run(
                () => FilePass.RunAsync(
                    _files[index], _identity!, everything, new Coverage([]), replay, new Waiting(), progress: null, cancellationToken),
                    cancellationToken);
            return played;
        }
        catch (HistoryFileException)
        {
            return replay;
        }
    }

    async Task CommitAsync(FileTransaction transaction, CancellationToken cancellationToken)
    {
        await transaction.CommitAsync(cancellationToken);
        _car = transaction.Car;
        _created += transaction.Counts;
    }

    static bool IsNewest(Replay replay, Coverage imported) => !imported.Periods.Any(period => period.From > replay.Last);

    NewCar? NewCar() => _car is null && _identity is not null && _firstAnswer is not null
        ? new(_identity.Vin, _firstAnswer.VehicleId?.Value, _firstAnswer.Name, CarIdentification.SuspendMin(_firstAnswer, _identity.Vin))
        : null;

    /// <summary>Nothing tells whose rows these are.</summary>
    async Task RefuseAsync(int index, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await Task.Run(() => _files[index].Rows().ToList(), cancellationToken);
            var rejections = rows.OfType<HistoryRow.Rejected>()
                .Select(row => new Rejection(_files[index].Name, row.Line, row.Column, row.Reason, row.Fields)).ToList();
            _rejections.AddRange(rejections);
            if (!request.IsDryRun)
                await store.RejectAsync(_run.Id, _fingerprints[index]!, rejections, cancellationToken);
            Report(index, rows.Count == 0
                ? _reports[index] with { State = FileState.Done }
                : _reports[index] with
                {
                    Rows = rows.Count,
                    Rejected = rejections.Count,
                    Skipped = rows.Count - rejections.Count,
                    State = FileState.Failed,
                    Reason = "vehicle_data_incomplete",
                });
        }
        catch (HistoryFileException exception)
        {
            Fail(index, exception.Reason);
        }
    }

    void Skip(int index, StoredFile stored)
        => Report(index, _reports[index] with { Rows = stored.Rows, Skipped = stored.Rows, State = FileState.Skipped });

    void Fail(int index, string reason) => Report(index, new(_files[index].Name, 0, 0, 0, 0, FileState.Failed, reason));

    void Report(int index, FileReport report)
    {
        _reports[index] = report;
        ReportProgress(index, 0);
    }

    void ReportProgress(int index, int rows)
    {
        var read = _lengths.Take(index).Sum() + (rows > 0 ? Math.Min(_files[index].Position, _lengths[index]) : 0);
        progress?.Report(new(index, [.. _reports], _rowsBefore + rows, read, _lengths.Sum(), [.. _rejections.Take(100)]));
    }

    /// <summary>For a file of which nothing is to be written; what waits from before goes on waiting.</summary>
    sealed class Waiting : IPieces
    {
        public Task WriteAsync(Replay replay, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartOverAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>For a file that was written before.</summary>
    sealed class Forgetting : IPieces
    {
        public Task WriteAsync(Replay replay, CancellationToken cancellationToken)
        {
            replay.History.ClearRides();
            return Task.CompletedTask;
        }

        public Task StartOverAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    Car PlaceholderCar() => new()
    {
        Id = _car ?? new CarId(0),
        Eid = 0,
        Vid = _identity?.Vid ?? 0,
        Vin = _identity?.Vin ?? "",
        Settings = new CarSettings(),
    };
}
