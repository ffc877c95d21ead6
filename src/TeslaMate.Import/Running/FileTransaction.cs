using TeslaMate.Logbook;
using TeslaMate.Logbook.History;
using TeslaMate.Logbook.Terrain;

namespace TeslaMate.Import.Running;

/// <summary>A car that nobody knew until its history came.</summary>
/// <param name="Vid">Null when the files have none.</param>
/// <param name="SuspendMin">Of its settings.</param>
sealed record NewCar(string Vin, long? Vid, string? Name, int SuspendMin);

/// <summary>
/// What a file brings, on its way into the database: one transaction that begins with the first piece, however many pieces there are. In a rehearsal
/// it is a savepoint of the transaction around everything, so that one bad file costs a rehearsal no more than it costs an import.
/// </summary>
/// <param name="car">Null when <paramref name="newCar"/> has to be added first, if there is anything to write.</param>
sealed class FileTransaction(
    ImportStore store, NpgsqlConnection connection, HistoryNumbers numbers, Elevations terrain, long run, CarId? car, NewCar? newCar,
    bool isRehearsal)
    : IPieces, IAsyncDisposable
{
    readonly CarId? _known = car;
    DrivenKilometres? _driven;
    HistoryWriter _writer = new(connection, numbers);
    NpgsqlTransaction? _transaction;
    bool _isOpen;

    /// <summary>The car, once it is known.</summary>
    public CarId? Car { get; private set; } = car;

    /// <summary>What was written.</summary>
    public HistoryCounts Counts { get; private set; } = HistoryCounts.None;

    public async Task WriteAsync(Replay replay, CancellationToken cancellationToken)
    {
        // Tiles may have to be fetched, so that is done before the transaction where that can be.
        if (!isRehearsal)
            await replay.History.ElevateAsync(terrain, cancellationToken);
        await BeginAsync(cancellationToken);
        await DropWhatLiveCarDroveAsync(replay, cancellationToken);
        Counts += await _writer.WriteRidesAsync(await CarAsync(cancellationToken), run, replay.History, cancellationToken);
        replay.History.ClearRides();
    }

    public async Task StartOverAsync(CancellationToken cancellationToken)
    {
        await RollBackAsync(cancellationToken);
        (Car, Counts, _writer) = (_known, HistoryCounts.None, new HistoryWriter(connection, numbers));
    }

    /// <summary>Writes what has ended and is not written yet, and which periods were read.</summary>
    /// <param name="isKnown">The car is logged live, or newer rows of it were imported: what is known of it stays.</param>
    public async Task FinishAsync(Replay replay, bool isKnown, CancellationToken cancellationToken)
    {
        if (!isRehearsal)
            await replay.History.ElevateAsync(terrain, cancellationToken);
        await BeginAsync(cancellationToken);
        if (replay.Last is not { } last)
            return;
        await DropWhatLiveCarDroveAsync(replay, cancellationToken);
        var owner = await CarAsync(cancellationToken);
        Counts += await _writer.WriteAsync(owner, run, replay.History, isKnown, last, isRehearsal, cancellationToken);
        if (!isRehearsal)
            await store.CoverAsync(owner, run, replay.Read.Copy().Take(replay.History.OpenSince), cancellationToken);
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not null)
            await _transaction.CommitAsync(cancellationToken);
        else
            await store.ExecuteAsync("release savepoint file", cancellationToken);
        _isOpen = false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOpen && connection.State == System.Data.ConnectionState.Open)
            await RollBackAsync(CancellationToken.None);
        if (_transaction is not null)
            await _transaction.DisposeAsync();
    }

    async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_isOpen)
            return;
        if (isRehearsal)
            await store.ExecuteAsync("savepoint file", cancellationToken);
        else
            _transaction = await store.BeginAsync(cancellationToken);
        _isOpen = true;
    }

    async Task RollBackAsync(CancellationToken cancellationToken)
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        if (_transaction is null)
        {
            await store.ExecuteAsync("rollback to savepoint file", cancellationToken);
            return;
        }

        await _transaction.RollbackAsync(cancellationToken);
        await _transaction.DisposeAsync();
        _transaction = null;
    }

    /// <summary>Drops what need not be written. What the live car drives meanwhile is looked at again before the end.</summary>
    async Task DropWhatLiveCarDroveAsync(Replay replay, CancellationToken cancellationToken)
    {
        if (_known is null || replay.History.Drives.Count == 0)
            return;
        _driven ??= await DrivenKilometres.ReadAsync(connection, _known.Value, cancellationToken);
        replay.History.DropDrives(_driven);
    }

    async Task<CarId> CarAsync(CancellationToken cancellationToken)
    {
        if (Car is { } known)
            return known;
        var added = await store.AddCarAsync(run, newCar!.Vin, newCar.Vid, newCar.Name, newCar.SuspendMin, isRehearsal, cancellationToken);
        if (!isRehearsal)
            await store.SetCarAsync(run, added, cancellationToken);
        Car = added;
        return added;
    }
}
