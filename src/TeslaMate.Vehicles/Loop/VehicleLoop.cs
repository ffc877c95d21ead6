using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Terrain;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Vehicles.Loop;

/// <summary>What a loop needs of the rest of the program.</summary>
sealed record VehicleLoopParts(
    ITeslaApi Api, IVehicleStreams Streams, ILogbook Logbook, IGeofences Geofences, ITerrain Terrain, SummaryHub Hub, BusyBoard Busy,
    TimeProvider Time, ILogger Logger)
{
    /// <summary>Where loops report that they turn; null where nobody watches.</summary>
    public IHeartbeats? Heartbeats { get; init; }

    /// <summary>What cars send by themselves; null where none can.</summary>
    public ITelemetryFeeds? Telemetry { get; init; }
}

/// <summary>Why a loop ended of its own accord.</summary>
enum LoopEnd
{
    /// <summary>It was asked to stop.</summary>
    Stopped,

    /// <summary>Another instance logs the car.</summary>
    NotOurs,
}

/// <summary>
/// One car, one inbox, one reader: the shell around <see cref="Vehicle.Transition"/>. It stamps events with the time, carries out effects in their
/// order, and decides nothing about cars.
/// </summary>
/// <param name="rediscover">Asks for the account's cars to be listed again.</param>
sealed class VehicleLoop(Vehicle start, VehicleLoopParts parts, Action rediscover) : ITelemetryReceiver, IAsyncDisposable
{
    // Only the stream can fill this, and it waits.
    const int InboxSize = 64;

    // Writing waits for the database or the disk; both give up long before.
    static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(5);

    // A day's budget begins anew at midnight.
    static readonly TimeSpan LongestBudgetPause = TimeSpan.FromDays(1);

    static readonly TimeSpan FullInboxPause = TimeSpan.FromMilliseconds(100);

    readonly Channel<VehicleEvent> _inbox = Channel.CreateBounded<VehicleEvent>(new BoundedChannelOptions(InboxSize) { SingleReader = true });
    readonly ConcurrentDictionary<long, TaskCompletionSource<SuspendAnswer>> _waiting = new();
    readonly CancellationTokenSource _stop = new();
    readonly TaskSet _tasks = new();
    OpenStream? _stream;
    IAsyncDisposable? _telemetry;
    ITimer? _pollTimer;
    ITimer? _positionTimer;
    long _armedPoll;
    long _lastTicket;
    volatile Vehicle _vehicle = start;

    /// <summary>The car as it was after the last event; immutable.</summary>
    public Vehicle Vehicle => _vehicle;

    public Summary Summary => SummaryBuilder.ToPublish(_vehicle, parts.Time.GetUtcNow());

    public async Task<LoopEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        using var heartbeat = parts.Heartbeats?.Start($"car {_vehicle.Car.Id}", LongestTurn);
        try
        {
            if (await HandleAsync(new VehicleEvent.Started(default)) is { } early)
                return early;
            _telemetry = parts.Telemetry?.Open(_vehicle.Car, this);
            // A car may be silent for as long as it likes; only the handling of an event has a limit.
            heartbeat?.Beat(TimeSpan.MaxValue);
            await foreach (var @event in _inbox.Reader.ReadAllAsync(stop.Token))
            {
                heartbeat?.Beat(LongestTurn);
                if (await HandleAsync(@event) is { } end)
                    return end;
                heartbeat?.Beat(TimeSpan.MaxValue);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        return LoopEnd.Stopped;
    }

    /// <inheritdoc/>
    bool ITelemetryReceiver.IsBusy => _vehicle.Phase is VehiclePhase.Driving or VehiclePhase.Charging
        || _vehicle.Unfinished is { Drive: not null } or { Charging: not null };

    /// <inheritdoc/>
    ValueTask ITelemetryReceiver.ContactAsync(bool isUp, DateTimeOffset since, bool isTold, CancellationToken cancellationToken) =>
        _inbox.Writer.WriteAsync(new VehicleEvent.TelemetryContact(default, isUp, since) { IsTold = isTold }, cancellationToken);

    /// <inheritdoc/>
    ValueTask ITelemetryReceiver.CutAsync(string? error, CancellationToken cancellationToken) =>
        _inbox.Writer.WriteAsync(new VehicleEvent.TelemetryCut(default, error), cancellationToken);

    /// <inheritdoc/>
    ValueTask ITelemetryReceiver.ArriveAsync(IReadOnlyList<TelemetryReading> readings, CancellationToken cancellationToken)
        => _inbox.Writer.WriteAsync(
        new VehicleEvent.TelemetryArrived(default, [.. readings.Select(reading => new PlacedReading(reading, Surroundings.Unknown))]),
        cancellationToken);

    /// <inheritdoc/>
    ValueTask ITelemetryReceiver.ShowAsync(VehicleData snapshot, CancellationToken cancellationToken) =>
        _inbox.Writer.WriteAsync(new VehicleEvent.TelemetryShown(default, snapshot), cancellationToken);

    public ValueTask ResumeAsync(CancellationToken cancellationToken)
        => _inbox.Writer.WriteAsync(new VehicleEvent.ResumeAsked(default), cancellationToken);

    public async Task<SuspendAnswer> SuspendAsync(CancellationToken cancellationToken)
    {
        var ticket = Interlocked.Increment(ref _lastTicket);
        var reply = new TaskCompletionSource<SuspendAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[ticket] = reply;
        try
        {
            await _inbox.Writer.WriteAsync(new VehicleEvent.SuspendAsked(default, ticket), cancellationToken);
            return await reply.Task.WaitAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return new SuspendAnswer.NotRunning();
        }
        finally
        {
            _waiting.TryRemove(ticket, out _);
        }
    }

    public ValueTask PostChangeAsync(Car changed, CancellationToken cancellationToken) =>
        _inbox.Writer.WriteAsync(new VehicleEvent.CarChanged(default, changed), cancellationToken);

    public ValueTask PostSignInAsync(CancellationToken cancellationToken) =>
        _inbox.Writer.WriteAsync(new VehicleEvent.SignedIn(default), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _inbox.Writer.TryComplete();
        if (_pollTimer is not null)
            await _pollTimer.DisposeAsync();
        if (_positionTimer is not null)
            await _positionTimer.DisposeAsync();
        if (_stream is not null)
            await _stream.DisposeAsync();
        if (_telemetry is not null)
            await _telemetry.DisposeAsync();
        await _tasks.WhenAllAsync();
        foreach (var reply in _waiting.Values)
            reply.TrySetResult(new SuspendAnswer.NotRunning());
        parts.Busy.Set(_vehicle.Car.Id, isBusy: false);
        _stop.Dispose();
    }

    async Task<LoopEnd?> HandleAsync(VehicleEvent @event)
    {
        var vehicle = _vehicle;
        var (next, effects) = Vehicle.Transition(vehicle, await SurroundAsync(vehicle, @event with { At = parts.Time.GetUtcNow() }));
        _vehicle = next;
        parts.Busy.Set(next.Car.Id, next.Request is not null);
        foreach (var effect in effects)
        {
            if (await CarryOutAsync(effect) is { } end)
                return end;
        }

        return null;
    }

    async Task<LoopEnd?> CarryOutAsync(Effect effect)
    {
        var car = _vehicle.Car;
        switch (effect)
        {
            case Effect.Write(var entries):
                // What was decided is written even if the program is asked to stop meanwhile.
                return await parts.Logbook.WriteAsync(car.Id, entries, CancellationToken.None) == WriteResult.NotOurs ? LoopEnd.NotOurs : null;
            case Effect.Publish(var summary):
                parts.Hub.Publish(summary);
                break;
            case Effect.Poll(var number, var after):
                Interlocked.Exchange(ref _armedPoll, number);
                _pollTimer ??= parts.Time.CreateTimer(_ => OnPollTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _pollTimer.Change(after, Timeout.InfiniteTimeSpan);
                break;
            case Effect.ArmPositionTimer(var after):
                _positionTimer ??= parts.Time.CreateTimer(_ => OnPositionTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _positionTimer.Change(after, Timeout.InfiniteTimeSpan);
                break;
            case Effect.Fetch(var request, var plan):
                Ask(token => AskAsync(new Eid(car.Eid), plan, token),
                    answer => answer is null
                        ? new VehicleEvent.NotAsked(default, request)
                        : new VehicleEvent.Answered(default, request, answer, Surroundings.Unknown));
                break;
            case Effect.AvailabilityProbe:
                Ask(token => VehicleAsync(new Eid(car.Eid), "the stream is silent", token),
                    answer => answer is null ? null : new VehicleEvent.AvailabilityProbed(default, answer, Surroundings.Unknown));
                break;
            case Effect.CheckForSuspend(var ticket):
                Ask(
                    token => VehicleDataAsync(new Eid(car.Eid), "the owner wants it left alone", token),
                    answer => new VehicleEvent.SuspendChecked(
                        default, ticket, answer ?? new ApiError.RateLimited(LongestBudgetPause), Surroundings.Unknown));
                break;
            case Effect.CheckTelemetry(var request, var reason):
                _tasks.Add(CheckTelemetryAsync(new Eid(car.Eid), request, reason));
                break;
            case Effect.Reply(var ticket, var answer):
                if (_waiting.TryGetValue(ticket, out var reply))
                    reply.TrySetResult(answer);
                break;
            case Effect.ConnectStream(var connection):
                _stream = new OpenStream(parts.Streams, car, connection, _inbox.Writer);
                break;
            case Effect.DisconnectStream:
                if (_stream is { } stream)
                    _tasks.Add(stream.DisposeAsync().AsTask());
                _stream = null;
                break;
            case Effect.Rediscover:
                rediscover();
                break;
            case Effect.Log(var note):
                VehicleJournal.Write(parts.Logger, car.Id, note);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"no way to carry out {effect}");
        }

        return null;
    }

    /// <summary>Adds what is known about the place of a reading, within 100 ms.</summary>
    async ValueTask<VehicleEvent> SurroundAsync(Vehicle vehicle, VehicleEvent @event) => @event switch
    {
        VehicleEvent.Started started when vehicle.StoredPlace is { } place => started with { Around = new Surroundings(Fence(place), null) },
        VehicleEvent.Answered { Answer: ApiAnswer<VehicleData>.Ok(var data) } answered => answered with { Around = await AroundAsync(vehicle, data) },
        VehicleEvent.AvailabilityProbed { Answer: ApiAnswer<VehicleData>.Ok(var data) } probed
            => probed with { Around = await AroundAsync(vehicle, data) },
        VehicleEvent.SuspendChecked { Answer: ApiAnswer<VehicleData>.Ok(var data) } check => check with { Around = await AroundAsync(vehicle, data) },
        VehicleEvent.TelemetryArrived arrived => arrived with { Readings = await AroundAsync(vehicle, arrived.Readings) },
        VehicleEvent.Streamed { Said: StreamEvent.Data { Reading: { EstLat: { } latitude, EstLng: { } longitude } } } streamed =>
            streamed with { Around = new Surroundings(Fence(new Coordinates(latitude, longitude)), null) },
        _ => @event,
    };

    async ValueTask<Surroundings> AroundAsync(Vehicle vehicle, VehicleData data)
    {
        if (vehicle.PlaceOf(data) is not { } place)
            return Surroundings.Unknown;
        // A car with a stream tells its own elevation.
        var elevation = data.IsFull && !vehicle.Car.Settings.UseStreamingApi
            ? await parts.Terrain.ElevationAsync(place.Latitude, place.Longitude, _stop.Token)
            : null;
        return new Surroundings(Fence(place), elevation);
    }

    async ValueTask<IReadOnlyList<PlacedReading>> AroundAsync(Vehicle vehicle, IReadOnlyList<PlacedReading> readings)
    {
        List<PlacedReading> placed = new(readings.Count);
        foreach (var (reading, _) in readings)
        {
            var around = Surroundings.Unknown;
            // Telemetry tells no elevation.
            if (vehicle.PlaceOf(reading.Data) is { } place)
                around = new Surroundings(Fence(place), await parts.Terrain.ElevationAsync(place.Latitude, place.Longitude, _stop.Token));
            placed.Add(new PlacedReading(reading, around));
        }

        return placed;
    }

    async Task CheckTelemetryAsync(Eid car, TelemetryRequest request, string reason)
    {
        ApiAnswer<VehicleData>? answer = null;
        try
        {
            if (parts.Telemetry is { } telemetry && await telemetry.MaySendAsync(_vehicle.Car.Id, request, reason, _stop.Token) is { } entry)
            {
                answer = request == TelemetryRequest.Vehicle
                    ? await parts.Api.GetAsync(car, _stop.Token) : await parts.Api.GetWithStateAsync(car, _stop.Token);
                await telemetry.AnsweredAsync(entry, answer.HttpStatus, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            VehicleJournal.RequestBroke(parts.Logger, _vehicle.Car.Id.Value, exception);
        }

        try
        {
            await _inbox.Writer.WriteAsync(new VehicleEvent.TelemetryChecked(default, request, answer), _stop.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            // The loop has ended; the next one asks again.
        }
    }

    SummaryGeofence? Fence(Coordinates place) =>
        parts.Geofences.Find(place.Latitude, place.Longitude) is { } fence ? new SummaryGeofence(fence.Id.Value, fence.Name) : null;

    void OnPollTimer()
    {
        if (!_inbox.Writer.TryWrite(new VehicleEvent.PollDue(default, Interlocked.Read(ref _armedPoll))) && !_stop.IsCancellationRequested)
            _pollTimer?.Change(FullInboxPause, Timeout.InfiniteTimeSpan);
    }

    void OnPositionTimer()
    {
        if (!_inbox.Writer.TryWrite(new VehicleEvent.PositionDue(default)) && !_stop.IsCancellationRequested)
            _positionTimer?.Change(FullInboxPause, Timeout.InfiniteTimeSpan);
    }

    /// <returns>Null when the budget allows no request.</returns>
    async Task<ApiAnswer<VehicleData>?> AskAsync(Eid car, FetchPlan plan, CancellationToken cancellationToken)
    {
        if (plan == FetchPlan.VehicleDataElseVehicle)
        {
            var full = await VehicleDataAsync(car, "polled", cancellationToken);
            return full is ApiAnswer<VehicleData>.Failed(ApiError.VehicleUnavailable)
                ? await VehicleAsync(car, "polled", cancellationToken) ?? full : full;
        }

        var light = await VehicleAsync(car, "polled", cancellationToken);
        return plan == FetchPlan.VehicleThenVehicleData && light is ApiAnswer<VehicleData>.Ok({ IsBare: true })
            ? await VehicleDataAsync(car, "polled", cancellationToken) ?? light : light;
    }

    Task<ApiAnswer<VehicleData>?> VehicleAsync(Eid car, string why, CancellationToken cancellationToken) =>
        InLedgerAsync($"{why}: light", token => parts.Api.GetAsync(car, token), cancellationToken);

    Task<ApiAnswer<VehicleData>?> VehicleDataAsync(Eid car, string why, CancellationToken cancellationToken) =>
        InLedgerAsync($"{why}: full", token => parts.Api.GetWithStateAsync(car, token), cancellationToken);

    /// <summary>Sends a request; that of a car that should send its data by itself is written down, and only sent if the budget allows it.</summary>
    async Task<ApiAnswer<VehicleData>?> InLedgerAsync(
        string reason, Func<CancellationToken, Task<ApiAnswer<VehicleData>>> send, CancellationToken cancellationToken)
    {
        if (parts.Telemetry is not { } telemetry || !_vehicle.Telemetry.IsBroken)
            return await send(cancellationToken);
        if (await telemetry.MaySendAsync(_vehicle.Car.Id, TelemetryRequest.Poll, reason, cancellationToken) is not { } entry)
            return null;
        var answer = await send(cancellationToken);
        await telemetry.AnsweredAsync(entry, answer.HttpStatus, cancellationToken);
        return answer;
    }

    /// <summary>
    /// Starts a request whose end comes back as an event, whatever the end is: a car that waits for an answer for ever would be lost.
    /// </summary>
    /// <param name="ask">Null when the budget allows no request.</param>
    /// <param name="end">Null when that is nothing to tell.</param>
    void Ask(Func<CancellationToken, Task<ApiAnswer<VehicleData>?>> ask, Func<ApiAnswer<VehicleData>?, VehicleEvent?> end)
    {
        var token = _stop.Token;
        _tasks.Add(AskAndPostAsync());

        async Task AskAndPostAsync()
        {
            ApiAnswer<VehicleData>? answer;
            try
            {
                answer = await ask(token);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                VehicleJournal.RequestBroke(parts.Logger, _vehicle.Car.Id.Value, exception);
                answer = new ApiError.Failed(exception.GetType().Name);
            }

            try
            {
                if (end(answer) is { } @event)
                    await _inbox.Writer.WriteAsync(@event, token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
            {
                // The loop has ended; the next one asks again.
            }
        }
    }
}
