using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Terrain;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Tests.Time;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Loop;
using TeslaMate.Vehicles.Supervision;

namespace TeslaMate.Tests.Vehicles.Loop;

/// <summary>The world around the cars' loops, in memory and on a clock of its own.</summary>
sealed class World
{
    public World(ITelemetryFeeds? telemetry = null)
    {
        Parts = new VehicleLoopParts(Tesla, Streams, Logbook, new OneGeofence(), new FlatTerrain(), Hub, Busy, Time, NullLogger.Instance)
        {
            Telemetry = telemetry,
        };
        Supervisor = new Supervisor(
            new CarDiscovery(Tesla, Cars, NullLogger<CarDiscovery>.Instance, telemetry), Cars, Leases, Account, new VehicleSettings(), Parts,
            NullLogger<Supervisor>.Instance);
        Vehicles = new RunningVehicles(Supervisor, Busy, Time);
    }

    public ManualTime Time { get; } = new(ACar.T);

    public FakeTesla Tesla { get; } = new();

    public FakeStreams Streams { get; } = new();

    public RecordingLogbook Logbook { get; } = new();

    public FakeCars Cars { get; } = new();

    public FakeLeases Leases { get; } = new();

    public FakeAccount Account { get; } = new();

    public SummaryHub Hub { get; } = new();

    public BusyBoard Busy { get; } = new();

    public VehicleLoopParts Parts { get; }

    public Supervisor Supervisor { get; }

    public RunningVehicles Vehicles { get; }

    /// <summary>Lets the clock run in small steps until something is so.</summary>
    public async Task UntilAsync(Func<bool> isSo, TimeSpan? step = null)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!isSo())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30), "it never happened");
            Time.Advance(step ?? TimeSpan.FromMilliseconds(500));
            await Task.Delay(1);
        }
    }
}

sealed class FakeTesla : ITeslaApi
{
    readonly ConcurrentDictionary<long, Func<bool, Task<ApiAnswer<VehicleData>>>> _cars = new();

    public ApiAnswer<IReadOnlyList<VehicleListing>> Listing { get; set; } = new ApiAnswer<IReadOnlyList<VehicleListing>>.Ok([]);

    public int Lists;

    /// <summary>Until this has ended, no list is answered.</summary>
    public Task ListHeldBy { get; set; } = Task.CompletedTask;

    public ConcurrentQueue<(long Car, bool IsFull)> Requests { get; } = new();

    /// <summary>How a car answers; the argument tells a full request from a light one.</summary>
    public void Car(long eid, Func<bool, ApiAnswer<VehicleData>> answer) => _cars[eid] = isFull => Task.FromResult(answer(isFull));

    public void Car(long eid, Func<bool, Task<ApiAnswer<VehicleData>>> answer) => _cars[eid] = answer;

    /// <summary>The car answers these one after the other, then the last one for ever.</summary>
    public void Car(long eid, params VehicleData[] answers)
    {
        var next = -1;
        Car(eid, _ => new ApiAnswer<VehicleData>.Ok(answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)]));
    }

    public async Task<ApiAnswer<IReadOnlyList<VehicleListing>>> ListAsync(
        Func<VehicleListing, bool> wantsState, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Lists);
        await ListHeldBy.WaitAsync(cancellationToken);
        return Listing;
    }

    public Task<ApiAnswer<VehicleData>> GetAsync(Eid car, CancellationToken cancellationToken) => Ask(car, isFull: false, cancellationToken);

    public Task<ApiAnswer<VehicleData>> GetWithStateAsync(Eid car, CancellationToken cancellationToken) => Ask(car, isFull: true, cancellationToken);

    Task<ApiAnswer<VehicleData>> Ask(Eid car, bool isFull, CancellationToken cancellationToken)
    {
        Requests.Enqueue((car.Value, isFull));
        return _cars.TryGetValue(car.Value, out var answer)
            ? answer(isFull).WaitAsync(cancellationToken)
            : Task.FromResult<ApiAnswer<VehicleData>>(new ApiError.VehicleNotFound());
    }
}

/// <summary>Cars that are told to stream and say nothing; requests are written down in memory.</summary>
sealed class SilentFeeds(params short[] cars) : ITelemetryFeeds
{
    /// <summary>Why the account's cars were listed, and how that ended.</summary>
    public ConcurrentQueue<string> Lists { get; } = new();

    public ConcurrentQueue<int> Statuses { get; } = new();

    public ValueTask<bool> IsConfiguredAsync(Car car, CancellationToken cancellationToken) => new(cars.Contains(car.Id.Value));

    public IAsyncDisposable Open(Car car, ITelemetryReceiver receiver) => new Nothing();

    /// <summary>How many requests for single cars are allowed.</summary>
    public int Budget { get; set; }

    /// <summary>Those that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public ValueTask<long?> MaySendAsync(CarId car, TelemetryRequest request, string reason, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"{request}, {reason}");
        return new(Asked.Count <= Budget ? Asked.Count : null);
    }

    public ValueTask<long?> AskingAsync(AccountRequest request, string reason, CancellationToken cancellationToken)
    {
        Lists.Enqueue(reason);
        return new(Lists.Count);
    }

    public ValueTask AnsweredAsync(long request, int status, CancellationToken cancellationToken)
    {
        Statuses.Enqueue(status);
        return default;
    }

    sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => default;
    }
}

sealed class FakeStreams : IVehicleStreams
{
    public ConcurrentQueue<FakeStream> Opened { get; } = new();

    public IVehicleStream Open(Vid vehicleId, string? vin, Func<StreamEvent, CancellationToken, ValueTask> receive)
    {
        var stream = new FakeStream(new StreamId(Opened.Count + 1), receive);
        Opened.Enqueue(stream);
        return stream;
    }
}

sealed class FakeStream(StreamId id, Func<StreamEvent, CancellationToken, ValueTask> receive) : IVehicleStream
{
    public StreamId Id => id;

    public bool IsAlive { get; private set; } = true;

    public ValueTask SayAsync(StreamReading reading) => receive(new StreamEvent.Data(id, reading), CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        IsAlive = false;
        return ValueTask.CompletedTask;
    }
}

sealed class RecordingLogbook : ILogbook
{
    readonly Lock _lock = new();
    readonly List<(CarId Car, LogbookEntry Entry)> _entries = [];

    public Func<CarId, IReadOnlyList<LogbookEntry>, WriteResult> Result { get; set; } = (_, _) => WriteResult.Stored;

    public Func<CarId, OpenEntries> Open { get; set; } = _ => new OpenEntries(null, null, null, null, null, null);

    public IReadOnlyList<LogbookEntry> Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries.Select(entry => entry.Entry)];
        }
    }

    public IReadOnlyList<string> Rows(short car = 1)
    {
        lock (_lock)
            return [.. _entries.Where(entry => entry.Car.Value == car).Select(entry => Scene.Text(entry.Entry)).OfType<string>()];
    }

    public Task<WriteResult> WriteAsync(CarId car, IReadOnlyList<LogbookEntry> entries, CancellationToken cancellationToken)
    {
        var result = Result(car, entries);
        lock (_lock)
            _entries.AddRange(entries.Select(entry => (car, entry)));
        return Task.FromResult(result);
    }

    public Task<OpenEntries> OpenEntriesAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult(Open(car));
}

sealed class FakeCars : ICars
{
    readonly Channel<Car> _changes = Channel.CreateUnbounded<Car>();
    readonly ConcurrentDictionary<short, Car> _cars = new();

    public Func<DiscoveredVehicle, bool> Refuses { get; set; } = _ => false;

    public void Has(params ReadOnlySpan<Car> cars)
    {
        foreach (var car in cars)
            _cars[car.Id.Value] = car;
    }

    public void Lacks(short car) => _cars.TryRemove(car, out _);

    public Task<IReadOnlyList<Car>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Car>>([.. _cars.Values.OrderBy(car => car.Id.Value)]);

    public Task<Car?> FindAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult(_cars.GetValueOrDefault(car.Value));

    public Task<CarAnswer> DiscoverAsync(DiscoveredVehicle vehicle, int newSuspendMin, CancellationToken cancellationToken)
    {
        if (Refuses(vehicle))
            return Task.FromResult<CarAnswer>(new CarAnswer.Refused([new FieldError("vin", "has already been taken")]));
        var known = _cars.Values.FirstOrDefault(car => car.Vin == vehicle.Vin);
        var car = known is not null
            ? known with { Eid = vehicle.Eid!.Value, Vid = vehicle.Vid!.Value, Name = vehicle.Name }
            : ACar.Row(suspendMin: newSuspendMin) with
            {
                Id = new CarId((short)(_cars.Keys.DefaultIfEmpty().Max() + 1)),
                Eid = vehicle.Eid!.Value,
                Vid = vehicle.Vid!.Value,
                Vin = vehicle.Vin!,
                Name = vehicle.Name,
            };
        _cars[car.Id.Value] = car;
        return Task.FromResult<CarAnswer>(new CarAnswer.Found(car, known is null));
    }

    public async Task<Car?> ChangeSettingsAsync(CarId car, CarSettings settings, CancellationToken cancellationToken)
    {
        var changed = _cars[car.Value] with { Settings = settings };
        _cars[car.Value] = changed;
        await _changes.Writer.WriteAsync(changed, cancellationToken);
        return changed;
    }

    public IAsyncEnumerable<Car> WatchAsync(CancellationToken cancellationToken) => _changes.Reader.ReadAllAsync(cancellationToken);
}

/// <summary>As high as it is north.</summary>
sealed class FlatTerrain : ITerrain
{
    public Task<int?> ElevationAsync(double latitude, double longitude, CancellationToken cancellationToken) => Task.FromResult<int?>((int)latitude);
}

sealed class FakeLeases : ICarLeases
{
    public Func<CarId, bool> IsFree { get; set; } = _ => true;

    public ConcurrentDictionary<CarId, FakeLease> Held { get; } = new();

    public Task<CarLease?> TryAcquireAsync(CarId car, CancellationToken cancellationToken)
    {
        if (!IsFree(car))
            return Task.FromResult<CarLease?>(null);
        var lease = new FakeLease(car, () => Held.TryRemove(car, out _));
        Held.TryAdd(car, lease).ShouldBeTrue("a car is never held twice");
        return Task.FromResult<CarLease?>(lease);
    }
}

sealed class FakeLease(CarId car, Action release) : CarLease
{
    public CancellationTokenSource Loss { get; } = new();

    public override CarId Car => car;

    public override CancellationToken Lost => Loss.Token;

    public override ValueTask DisposeAsync()
    {
        release();
        return ValueTask.CompletedTask;
    }
}

sealed class FakeAccount : ITeslaAccount
{
    readonly Lock _lock = new();
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AccountStatus Status { get; private set; } = new(SignIn.SignedIn, Generation: 1);

    public bool FleetMode => false;

    public void Becomes(AccountStatus status)
    {
        lock (_lock)
        {
            Status = status;
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async Task<AccountStatus> ChangedAsync(AccountStatus known, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (Status != known)
                    return Status;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public Task<ApiError?> SignInAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ApiError?> SignOutAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>Everything north of 50 degrees is home.</summary>
sealed class OneGeofence : IGeofences
{
    public Geofence? Find(double latitude, double longitude) =>
        latitude > 50 ? new Geofence(new GeofenceId(7), "Home", 51, 0, 100, BillingType.PerKwh, null, null) : null;

    public Task<IReadOnlyList<Geofence>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Geofence?> FindAsync(GeofenceId geofence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> CountWithoutCostAsync(GeofenceId? geofence, GeofenceForm form, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<GeofenceAnswer> SaveAsync(
        GeofenceId? geofence, GeofenceForm form, bool addCosts, GeofenceOrder order, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<GeofenceAnswer> DeleteAsync(GeofenceId geofence, GeofenceOrder order, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<GeofenceAnswer> PreviewAsync(GeofenceId? geofence, GeofenceForm form, bool addCosts, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<GeofenceAnswer> PreviewDeletionAsync(GeofenceId geofence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<(double Latitude, double Longitude)?> LastPositionAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
