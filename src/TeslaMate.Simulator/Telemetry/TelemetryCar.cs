using System.Globalization;
using TeslaMate.Configuration;
using TeslaMate.Simulator.Lives;
using TeslaMate.Telemetry.Records;
using Field = TeslaMate.Telemetry.Wire.Generated.Field;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>What happens to a car's telemetry besides the life of the car.</summary>
sealed record TelemetryTroubles
{
    /// <summary>How often it changes its network: the new connection opens before the old one ends.</summary>
    public TimeSpan? HopEvery { get; init; }

    /// <summary>Each so-manyth record is sent twice.</summary>
    public int? DoubleEach { get; init; }

    /// <summary>Each so-manyth record comes with a flood of this many copies of nothing new.</summary>
    public (int Each, int Copies)? Flood { get; init; }
}

/// <summary>
/// A car that sends its life by telemetry: what changes, over a connection that ends when it sleeps and breaks where there is no reception. It keeps
/// what it could not send, and sends what was not acknowledged again, merged into one record (spec fleet-telemetry 1.3).
/// </summary>
sealed class TelemetryCar(Life life, ITelemetryRoute route, TimeProvider time, string profile = "standard", TelemetryTroubles? troubles = null)
{
    const int MostKept = 5_000;

    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromSeconds(30));

    // Beyond this nobody who steps the clock waits for an acknowledgement.
    static readonly TimeSpan AckTimeout = TimeSpan.FromSeconds(5);

    readonly Lock _lock = new();
    readonly SignalSender _sender = new(profile);
    readonly Queue<TelemetryRecord.Data> _kept = new();
    readonly SortedDictionary<string, TelemetryRecord.Data> _unacked = new(StringComparer.Ordinal);
    readonly HashSet<string> _acked = new(StringComparer.Ordinal);
    readonly string _run = $"{life.Car.Id:x}"[^8..];
    ITelemetryConnection? _connection;
    int _refusedConnections;
    DateTimeOffset _retryAt;
    DateTimeOffset _hopAt = DateTimeOffset.MaxValue;
    volatile bool _isBusy;
    bool _isAwake;
    bool _isCellular;
    long _sentAt;
    int _number;

    /// <summary>How often it looks at itself while it drives.</summary>
    public TimeSpan DrivingInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often it looks at itself while it charges, installs or stands awake.</summary>
    public TimeSpan IdleInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Records that were sent, without repetitions.</summary>
    public int Sent { get; private set; }

    /// <summary>Values in them, which is what Tesla bills.</summary>
    public long Datums { get; private set; }

    /// <summary>The car's clock in records that were acknowledged.</summary>
    public IReadOnlyList<DateTimeOffset> Acked
    {
        get
        {
            lock (_lock)
                return [.. _ackedTimes];
        }
    }

    /// <summary>It has a connection that the other side has not ended.</summary>
    public bool IsConnected => _connection is { IsOpen: true };

    /// <summary>It waits for the clock, and nothing is under way that is worth waiting for.</summary>
    public bool IsSettled => !_isBusy
        && (_connection is not { IsOpen: true, Unanswered: > 0 } || TimeProvider.System.GetElapsedTime(_sentAt) > AckTimeout);

    readonly List<DateTimeOffset> _ackedTimes = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                _isBusy = true;
                var now = time.GetUtcNow();
                var moment = life.At(now, DateTimeOffset.MinValue);
                await LiveAsync(moment, now, cancellationToken);
                if (Next(moment, now) is not { } next)
                    return;
                // A delay is cut to whole milliseconds; less than one would be none, over and over.
                var rest = Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling((next - now).TotalMilliseconds)), time, cancellationToken);
                _isBusy = false;
                await rest;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The simulation has ended.
        }
        finally
        {
            _isBusy = false;
            if (_connection is not null)
                await _connection.DisposeAsync();
        }
    }

    async Task LiveAsync(Moment moment, DateTimeOffset now, CancellationToken cancellationToken)
    {
        TakeAcks();
        switch (moment.Reach)
        {
            case Reach.Online:
                _isAwake = true;
                Keep(moment, now);
                if (await ConnectAsync(now, cancellationToken))
                    await SendAsync(cancellationToken);
                break;
            case Reach.Offline:
                // It goes on without a network, and keeps what it would say.
                _connection?.Cut();
                await CloseAsync();
                if (moment.Doing != Doing.Parked)
                    Keep(moment, now);
                break;
            default:
                if (_isAwake && _connection is not null)
                {
                    Keep(new TelemetryRecord.Data(life.Car.Vin, now, false, [new Datum((int)Field.Gear, TelemetryValue.Invalid.Instance)]));
                    await SendAsync(cancellationToken);
                }

                _isAwake = false;
                _sender.Forget();
                await CloseAsync();
                break;
        }
    }

    void Keep(Moment moment, DateTimeOffset now)
    {
        var due = _sender.Take(CarSignals.Of(life, moment), now);
        if (due.Count > 0)
            Keep(new TelemetryRecord.Data(life.Car.Vin, now, false, due));
    }

    void Keep(TelemetryRecord.Data record)
    {
        _kept.Enqueue(record);
        if (_kept.Count > MostKept)
            _kept.Dequeue();
    }

    async Task<bool> ConnectAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_connection is { IsOpen: true } && now < _hopAt)
            return true;
        if (_connection is { IsOpen: true } old)
        {
            _isCellular = !_isCellular;
            if (await route.ConnectAsync(life.Car, Network, cancellationToken) is { } other)
            {
                _connection = other;
                await old.DisposeAsync();
            }

            _hopAt = now + troubles!.HopEvery!.Value;
            Repeat();
            return true;
        }

        if (now < _retryAt)
            return false;
        await CloseAsync();
        _connection = await route.ConnectAsync(life.Car, Network, cancellationToken);
        if (_connection is null)
        {
            _retryAt = now + Retries.Pause(_refusedConnections++);
            return false;
        }

        (_refusedConnections, _hopAt) = (0, troubles?.HopEvery is { } every ? now + every : DateTimeOffset.MaxValue);
        Repeat();
        return true;
    }

    string Network => _isCellular ? "cellular" : "wifi";

    /// <summary>What was not acknowledged comes again: of each field the newest value, in one record before all others.</summary>
    void Repeat()
    {
        lock (_lock)
        {
            if (_unacked.Count == 0)
                return;
            var newest = _unacked.Values.Max(record => record.CreatedAt);
            var values = _unacked.Values.OrderBy(record => record.CreatedAt).SelectMany(record => record.Values).GroupBy(datum => datum.Field)
                .Select(group => group.Last());
            var rest = _kept.ToList();
            _kept.Clear();
            _kept.Enqueue(new TelemetryRecord.Data(life.Car.Vin, newest, true, [.. values]));
            rest.ForEach(_kept.Enqueue);
            _unacked.Clear();
        }
    }

    async Task SendAsync(CancellationToken cancellationToken)
    {
        while (_connection is { } connection && _kept.TryPeek(out var record))
        {
            var txid = string.Create(CultureInfo.InvariantCulture, $"{_run}{life.Start.ToUnixTimeSeconds():x8}-{++_number:000000000}");
            lock (_lock)
                _unacked[txid] = record;
            Volatile.Write(ref _sentAt, TimeProvider.System.GetTimestamp());
            if (!await connection.SendAsync(record, txid, cancellationToken))
            {
                // It is among the unacknowledged now.
                _kept.Dequeue();
                await CloseAsync();
                return;
            }

            _kept.Dequeue();
            Sent++;
            Datums += record.Values.Count;
            if (troubles?.DoubleEach is { } each && Sent % each == 0)
                await connection.SendAsync(record, txid, cancellationToken);
            if (troubles?.Flood is { } flood && Sent % flood.Each == 0)
            {
                for (var copy = 0; copy < flood.Copies; copy++)
                    await connection.SendAsync(record, txid, cancellationToken);
            }
        }
    }

    void TakeAcks()
    {
        lock (_lock)
        {
            foreach (var txid in _connection?.TakeAcks() ?? [])
            {
                if (_unacked.Remove(txid, out var record) && record.CreatedAt is { } at && _acked.Add(txid))
                    _ackedTimes.Add(at);
            }
        }
    }

    async Task CloseAsync()
    {
        if (_connection is not { } connection)
            return;
        TakeAcks();
        _connection = null;
        await connection.DisposeAsync();
    }

    DateTimeOffset? Next(Moment moment, DateTimeOffset now)
    {
        var change = life.NextChange(now);
        var pace = moment switch
        {
            { Doing: Doing.Driving } => DrivingInterval,
            { Reach: Reach.Online } or { Doing: Doing.Charging or Doing.Updating } => IdleInterval,
            _ => (TimeSpan?)null,
        };
        return pace is { } step ? now + step < change || change is null ? now + step : change : change;
    }
}
