using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Leases;
using TeslaMate.Vehicles.Life;
using TeslaMate.Vehicles.Loop;

namespace TeslaMate.Vehicles.Supervision;

/// <summary>
/// Keeps the loop of one car going: takes the car's lease, begins where the logbook ends, and begins again after a failure. Other cars notice
/// nothing.
/// </summary>
sealed partial class CarRunner(Car car, VehicleSettings settings, VehicleLoopParts parts, ICarLeases leases, Action rediscover, Func<double> random)
    : IAsyncDisposable
{
    // With the 20 s of a lease this is what a takeover takes at most.
    static readonly TimeSpan LeasePause = TimeSpan.FromSeconds(3);
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromMinutes(1));

    // A loop that went well for so long has put the failure before it behind itself.
    static readonly TimeSpan Recovered = TimeSpan.FromMinutes(10);

    readonly CancellationTokenSource _stop = new();
    Task _run = Task.CompletedTask;
    volatile Car _car = car;
    volatile VehicleLoop? _loop;
    volatile bool _isStandby;
    int _restarts;

    public Car Car => _loop?.Vehicle.Car ?? _car;

    /// <summary>The loop, while there is one.</summary>
    public VehicleLoop? Loop => _loop;

    public int Restarts => _restarts;

    /// <summary>Another instance logs the car.</summary>
    public bool IsStandby => _isStandby;

    public Summary Summary => _loop?.Summary ?? new Summary { Car = _car, State = VehicleStateName.Unavailable, Healthy = true };

    /// <summary>Call once.</summary>
    public void Start() => _run = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        parts.Hub.Remove(_car.Id);
        _stop.Dispose();
    }

    public async Task PostChangeAsync(Car changed, CancellationToken cancellationToken)
    {
        _car = changed;
        if (_loop is { } loop)
            await OrGoneAsync(loop.PostChangeAsync(changed, cancellationToken));
    }

    public async Task PostSignInAsync(CancellationToken cancellationToken)
    {
        if (_loop is { } loop)
            await OrGoneAsync(loop.PostSignInAsync(cancellationToken));
    }

    /// <summary>A loop that has ended since needs no telling: the next one starts afresh.</summary>
    static async Task OrGoneAsync(ValueTask telling)
    {
        try
        {
            await telling;
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
        }
    }

    async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = parts.Time.GetUtcNow();
            TimeSpan pause;
            try
            {
                if (await leases.TryAcquireAsync(_car.Id, cancellationToken) is { } lease)
                {
                    _isStandby = false;
                    await using (lease)
                        await RunOnceAsync(lease, cancellationToken);
                    (failures, pause) = (0, LeasePause);
                }
                else
                {
                    if (!_isStandby)
                        Log.LoggedElsewhere(parts.Logger, _car.Id.Value);
                    (_isStandby, pause) = (true, LeasePause);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException { IsTransient: true } or SocketException)
            {
                // Before anybody else takes the car: what waits on disk belongs to its holder.
                pause = LeasePause;
                Log.DatabaseAway(parts.Logger, _car.Id.Value, pause.TotalSeconds, exception.Message);
            }
            catch (Exception exception)
            {
                failures = parts.Time.GetUtcNow() - began > Recovered ? 0 : failures;
                pause = Retries.Pause(failures++, random());
                Interlocked.Increment(ref _restarts);
                Log.LoopFailed(parts.Logger, _car.Id.Value, pause.TotalSeconds, exception);
            }

            try
            {
                await Task.Delay(pause, parts.Time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    async Task RunOnceAsync(CarLease lease, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        var open = await parts.Logbook.OpenEntriesAsync(_car.Id, either.Token);
        var isStreaming = parts.Telemetry is { } feeds && await feeds.IsConfiguredAsync(_car, either.Token);
        await using var loop = new VehicleLoop(
            Vehicle.Begin(_car, settings, open, parts.Time.GetUtcNow()) with
            {
                Telemetry = TelemetryState.None with { IsConfigured = isStreaming },
            },
            parts,
            rediscover);
        _loop = loop;
        try
        {
            if (await loop.RunAsync(either.Token) == LoopEnd.NotOurs || lease.Lost.IsCancellationRequested)
            {
                // From here on the other instance knows the car better.
                parts.Hub.Remove(_car.Id);
                Log.TakenOver(parts.Logger, _car.Id.Value);
            }
        }
        finally
        {
            _car = loop.Vehicle.Car;
            _loop = null;
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is logged by another instance; this one takes over when that one ends")]
        public static partial void LoggedElsewhere(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} was taken over by another instance")]
        public static partial void TakenOver(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: the database is away, so logging begins again in {PauseS:0} s at the "
            + "earliest: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, short carId, double pauseS, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: logging failed and starts again in {PauseS:0.0} s")]
        public static partial void LoopFailed(ILogger logger, short carId, double pauseS, Exception exception);
    }
}
