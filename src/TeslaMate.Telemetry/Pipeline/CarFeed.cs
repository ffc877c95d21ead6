using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook.Cars;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>
/// One car's records on their way from the inbox to the machine (spec fleet-telemetry 4.1): put in order, laid upon the snapshot, and handed over as
/// readings. Only the instance that logs the car runs one, whichever instance took the records in.
/// </summary>
sealed partial class CarFeed : IAsyncDisposable
{
    // Whoever takes records in says so; this is for what was said while nobody listened.
    static readonly TimeSpan Look = TimeSpan.FromSeconds(30);

    const int MostSeen = 2_000;

    static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(60);

    static readonly TimeSpan SaveAgain = TimeSpan.FromSeconds(2);

    // From the arrival of a record until it is in the inbox; what is applied twice changes nothing.
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    // Further away from a late change of gear nobody looks for its neighbours.
    static readonly TimeSpan Around = TimeSpan.FromHours(12);

    readonly CancellationTokenSource _stop = new();
    readonly Car _car;
    readonly ITelemetryReceiver _receiver;
    readonly InboxTable _inbox;
    readonly InboxSignal _signal;
    readonly ValueTable _values;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly TimeZoneInfo _zone;
    readonly OrderQueue _queue = new();
    readonly HashSet<long> _seen = [];
    readonly Task _run;
    Snapshot _snapshot = new();
    Snapshot _shown = new();
    ContactTracker _contacts = new(hasConnectivity: false);
    long _newest;
    DateTimeOffset? _lastReceived;
    DateTimeOffset _saveDue;
    Contact? _told;
    bool _isChanged;

    public CarFeed(Car car, ITelemetryReceiver receiver, InboxTable inbox, InboxSignal signal, ValueTable values, TimeProvider time, ILogger logger)
    {
        (_car, _receiver, _inbox, _signal, _values, _time, _logger) = (car, receiver, inbox, signal, values, time, logger);
        _zone = time.LocalTimeZone;
        _run = Job.KeepRunningAsync(RunAsync, time, logger, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        try
        {
            if (_isChanged)
                await TrySaveAsync(_time.GetUtcNow(), CancellationToken.None);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            Log.NotSaved(_logger, _car.Id.Value, exception.Message);
        }

        _stop.Dispose();
    }

    async Task RunAsync(CancellationToken cancellationToken)
    {
        await RestoreAsync(cancellationToken);
        while (true)
        {
            var pending = await _inbox.PendingAsync(_car.Id, _newest, _seen, cancellationToken);
            await TakeAsync(pending, cancellationToken);
            // Before more is handed over: what was handed over last has mostly been applied by now.
            await SaveAsync(cancellationToken);
            await ReleaseAsync(cancellationToken);
            await PostContactAsync(cancellationToken);
            if (pending.Count > 0)
                continue;
            var now = _time.GetUtcNow();
            var next = new[] { now + Look, _queue.Due, _contacts.Due(now), _isChanged ? _saveDue : null }.Min()!.Value;
            var due = next - now;
            await _signal.WaitAsync(_car.Id, due > TimeSpan.Zero ? due : TimeSpan.FromMilliseconds(10), _time, cancellationToken);
        }
    }

    async Task RestoreAsync(CancellationToken cancellationToken)
    {
        // What is half restored is never saved.
        (_snapshot, _shown, _newest, _told, _isChanged) = (new(), new(), 0, null, false);
        _contacts = new(await _inbox.HasConnectivityAsync(_car.Id, cancellationToken));
        _seen.Clear();
        while (_queue.Release(DateTimeOffset.MaxValue).Count > 0)
        {
            // What waited is in the inbox still.
        }

        DateTimeOffset? savedAt = null;
        if (await _inbox.SnapshotAsync(_car.Id, cancellationToken) is var (saved, at))
        {
            _snapshot.Restore(saved);
            _shown.Restore(saved);
            savedAt = at;
        }

        // The time without this program is a loss as any other.
        _lastReceived = savedAt;
        // A snapshot is saved now and then, and a run that was killed has applied more. A car does not say again what has not changed.
        foreach (var record in await _inbox.AppliedAsync(_car.Id, savedAt - LongestWait, cancellationToken))
        {
            if (record.Record is not TelemetryRecord.Data { Values.Count: <= PayloadShape.MostDatums } data)
                continue;
            _snapshot.Apply(data, record.CarTime, record.ReceivedAt);
            _shown.Apply(data, record.CarTime, record.ReceivedAt);
            _isChanged = true;
            _lastReceived = _lastReceived > record.ReceivedAt ? _lastReceived : record.ReceivedAt;
        }

        foreach (var connection in await _inbox.ConnectionsAsync(_car.Id, cancellationToken))
            _contacts.OnConnectivity(connection.ConnectionId, connection.Status, connection.CreatedAt ?? _time.GetUtcNow());
        _saveDue = _time.GetUtcNow() + SaveInterval;
    }

    async Task TakeAsync(IReadOnlyList<PendingRecord> pending, CancellationToken cancellationToken)
    {
        List<long> done = [];
        var isShown = false;
        foreach (var record in pending)
        {
            _newest = Math.Max(_newest, record.Id);
            switch (record.Record)
            {
                case TelemetryRecord.Data data when record.Path == IntakePath.Mqtt && data.IsResend:
                    // Values without a time of their own, perhaps old: they tell what is, and make no rows.
                    _shown.Apply(data, record.CarTime, record.ReceivedAt);
                    _snapshot.Apply(data, record.CarTime, record.ReceivedAt);
                    (isShown, _isChanged) = (true, true);
                    done.Add(record.Id);
                    break;
                case TelemetryRecord.Data data:
                    _seen.Add(record.Id);
                    NoticeLoss(record.ReceivedAt);
                    _contacts.OnData(record.ReceivedAt, record.CarTime, record.Path == IntakePath.Endpoint);
                    _shown.Apply(data, record.CarTime, record.ReceivedAt);
                    isShown = true;
                    _queue.Add(new QueuedRecord(record.Id, record.CarTime, record.ReceivedAt, data));
                    break;
                case TelemetryRecord.Alerts alerts:
                    _contacts.OnData(record.ReceivedAt, record.CarTime, record.Path == IntakePath.Endpoint);
                    await _inbox.SaveAlertsAsync(_car.Id, alerts, cancellationToken);
                    done.Add(record.Id);
                    break;
                case TelemetryRecord.Errors errors:
                    foreach (var error in errors.Items)
                        await _inbox.SaveErrorAsync(_car.Id, error, cancellationToken);
                    done.Add(record.Id);
                    break;
                case TelemetryRecord.Connectivity connectivity:
                    if (connectivity.Status == ConnectionStatus.Connected)
                        NoticeLoss(record.CarTime, isData: false);
                    _contacts.OnConnectivity(connectivity.ConnectionId, connectivity.Status, record.CarTime);
                    done.Add(record.Id);
                    break;
                default:
                    done.Add(record.Id);
                    break;
            }
        }

        if (done.Count > 0)
            await _inbox.ApplyAsync(done, cancellationToken);
        if (isShown)
            await _receiver.ShowAsync(Projection.Shown(_shown, _time.GetUtcNow(), _zone), cancellationToken);
    }

    /// <summary>After half a minute without data in a drive or a charge, the car's buffer comes first.</summary>
    void NoticeLoss(DateTimeOffset at, bool isData = true)
    {
        if (_receiver.IsBusy && at - _lastReceived > Snapshot.LongestGap)
            _queue.HoldFrom(at);
        if (isData)
            _lastReceived = _lastReceived > at ? _lastReceived : at;
    }

    async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        var leaving = _queue.Release(_time.GetUtcNow());
        // A long backlog is written in portions, each a transaction.
        foreach (var portion in leaving.Chunk(200))
        {
            List<TelemetryReading> readings = [];
            var ignored = _snapshot.Ignored;
            foreach (var record in portion)
            {
                var isLate = record.CarTime < _snapshot.LastCarTime;
                var changed = _snapshot.Apply(record.Record, record.CarTime, record.QueuedAt);
                readings.Add(Projection.Of(_snapshot, record.Record, record.CarTime, changed, isLate, _zone) with
                {
                    Inbox = [record.Id],
                    Segments = isLate && Segmentation.IsTold(record.Record) ? await SegmentsAsync(record, cancellationToken) : null,
                });
            }

            await _receiver.ArriveAsync(readings, cancellationToken);
            await _values.AddAsync(_car.Id, portion, cancellationToken);
            if (_snapshot.Ignored > ignored)
                await _inbox.CountIgnoredAsync(_car.Id, portion[^1].QueuedAt, _snapshot.Ignored - ignored, cancellationToken);
            _isChanged = true;
        }
    }

    /// <summary>Rare, so the records around are read only then.</summary>
    async Task<TelemetrySegments?> SegmentsAsync(QueuedRecord late, CancellationToken cancellationToken) => Segmentation.Of(
        await _inbox.DataAsync(_car.Id, late.CarTime - Around, late.CarTime + Around, cancellationToken), late.CarTime, _zone);

    async Task PostContactAsync(CancellationToken cancellationToken)
    {
        var contact = _contacts.At(_time.GetUtcNow());
        if (_told is { } told && told.IsUp == contact.IsUp)
            return;
        _told = contact;
        await _receiver.ContactAsync(contact.IsUp, contact.Since, isTold: _contacts.HasConnectivity, cancellationToken);
    }

    async Task SaveAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (!_isChanged || now < _saveDue)
            return;
        if (!await TrySaveAsync(now, cancellationToken))
        {
            _saveDue = now + SaveAgain;
            return;
        }

        (_saveDue, _isChanged) = (now + SaveInterval, false);
        if (_seen.Count > MostSeen)
            _seen.IntersectWith(await _inbox.UnappliedAsync(_car.Id, cancellationToken));
    }

    /// <summary>
    /// Saves the snapshot, unless it knows of records that are handed over and not applied yet: should this run end before they are, they come again,
    /// and beside a snapshot that is newer they would be late and make no rows.
    /// </summary>
    async Task<bool> TrySaveAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var unapplied = await _inbox.UnappliedAsync(_car.Id, cancellationToken);
        if (unapplied.Any(id => _seen.Contains(id) && !_queue.Contains(id)))
            return false;
        await _inbox.SaveAsync(_car.Id, _snapshot.Save(), now, cancellationToken);
        return true;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: what it said last could not be saved: {Reason}")]
        public static partial void NotSaved(ILogger logger, short carId, string reason);
    }
}
