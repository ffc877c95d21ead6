using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Leases;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Vehicles.Loop;

namespace TeslaMate.Vehicles.Supervision;

/// <summary>
/// Starts and stops the cars' loops (spec vehicle 2): at the start, after a sign-in, when settings change, and when the account's list of cars does.
/// One inbox, one reader, as for a car; only the reader starts and stops.
/// </summary>
sealed partial class Supervisor(
    CarDiscovery discovery, ICars cars, ICarLeases leases, ITeslaAccount account, VehicleSettings settings, VehicleLoopParts parts,
    ILogger<Supervisor> logger)
    : BackgroundService
{
    // A car should not wait for a list that does not come.
    static readonly TimeSpan ListTimeout = TimeSpan.FromSeconds(5);
    static readonly RetryPolicy ListRetries = new(First: TimeSpan.FromSeconds(30), Longest: TimeSpan.FromMinutes(10));

    // After a fault of this program, which the next attempt may not meet.
    static readonly RetryPolicy FaultRetries = new(First: TimeSpan.FromSeconds(2), Longest: TimeSpan.FromMinutes(10));

    // Cars are bought rarely; the list is light for cars that are known.
    static readonly TimeSpan ListAgain = TimeSpan.FromHours(1);

    // Where every car streams, the list is the only request that nothing causes (spec fleet-telemetry 4.9).
    static readonly TimeSpan ListStreamingAgain = TimeSpan.FromDays(1);

    readonly Channel<Wish> _inbox = Channel.CreateBounded<Wish>(64);
    readonly ConcurrentDictionary<CarId, CarRunner> _runners = new();
    bool _hasListed;
    int? _listedGeneration;
    int _failures;
    DateTimeOffset _listAt;

    /// <summary>How many sign-ins it was told of; what a test waits for.</summary>
    internal int SignIns { get; private set; }

    /// <summary>Wishes that have come and are not looked at yet.</summary>
    internal int Waiting => _inbox.Reader.Count;

    public ICollection<CarRunner> Runners => _runners.Values;

    public CarRunner? Runner(CarId car) => _runners.GetValueOrDefault(car);

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inbox.Writer.WriteAsync(new Wish.Restart(done), cancellationToken);
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watches = Task.WhenAll(
            Job.KeepRunningAsync(WatchAccountAsync, parts.Time, logger, stoppingToken),
            Job.KeepRunningAsync(WatchCarsAsync, parts.Time, logger, stoppingToken));
        await Job.KeepRunningAsync(SuperviseAsync, parts.Time, logger, stoppingToken);
        _inbox.Writer.TryComplete();
        await watches;
        await StopAllAsync();
    }

    async Task SuperviseAsync(CancellationToken cancellationToken)
    {
        TimeSpan? pause = await DiscoverAsync(isOtherAccount: false, cancellationToken);
        while (true)
        {
            var wish = await NextAsync(pause, cancellationToken);
            pause = null;
            switch (wish)
            {
                case null:
                    pause = await DiscoverAsync(isOtherAccount: false, cancellationToken);
                    break;
                case Wish.Rediscover(var car):
                    pause = await DiscoverAsync(isOtherAccount: false, cancellationToken, notFound: car);
                    break;
                case Wish.SignedIn:
                    SignIns++;
                    foreach (var runner in _runners.Values)
                        await runner.PostSignInAsync(cancellationToken);
                    // At the start the list may have waited for these very tokens.
                    if (_listedGeneration != account.Status.Generation)
                        pause = await DiscoverAsync(isOtherAccount: true, cancellationToken);
                    break;
                case Wish.Restart(var done):
                    await StopAllAsync();
                    pause = await DiscoverAsync(isOtherAccount: true, cancellationToken);
                    done.TrySetResult();
                    break;
                case Wish.Changed(var car):
                    await FollowAsync(car, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>The next wish; null when it is time to list the cars again.</summary>
    async Task<Wish?> NextAsync(TimeSpan? pause, CancellationToken cancellationToken)
    {
        // Before anything else: a wish that waits must not make the list due again.
        _listAt = pause is { } after ? parts.Time.GetUtcNow() + after : _listAt;
        if (_inbox.Reader.TryRead(out var waiting))
            return waiting;
        using var timeout = new CancellationTokenSource(Max(_listAt - parts.Time.GetUtcNow(), TimeSpan.Zero), parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _inbox.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    /// <summary>Lists the account's cars and makes the running ones match.</summary>
    /// <param name="isOtherAccount">Cars that are not listed belong to nobody any more; otherwise a missing car is Tesla's mistake.</param>
    /// <param name="notFound">A running car that Tesla does not know: if it is not listed either, that is no mistake. Should it come back, a later
    /// list tells.</param>
    /// <returns>When to list again.</returns>
    async Task<TimeSpan> DiscoverAsync(bool isOtherAccount, CancellationToken cancellationToken, CarId? notFound = null)
    {
        // The stored cars stand in for a list, but once there was one they would only bring back those that are in the account no more.
        var needsStored = !_hasListed || isOtherAccount;
        var before = account.Status;
        try
        {
            var reason = notFound is not null ? "a car was not found" : needsStored ? "start or sign-in" : "regular look";
            var finding = discovery.FindAsync(reason, cancellationToken);
            using (var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                if (await Task.WhenAny(finding, Task.Delay(ListTimeout, parts.Time, timeout.Token)) != finding && needsStored)
                    await MatchAsync(new DiscoveredCars(await discovery.StoredAsync(cancellationToken), IsListed: false), isComplete: false,
                        cancellationToken);
                await timeout.CancelAsync();
            }

            var found = await finding;
            if (found.IsListed || needsStored)
                await MatchAsync(found, isComplete: found.IsListed && needsStored, cancellationToken);
            if (found.IsListed && notFound is { } gone && found.Cars.All(car => car.Id != gone))
            {
                Log.Gone(logger, gone.Value);
                await StopAsync(gone);
            }

            if (found.IsListed)
                await StopDeletedAsync(cancellationToken);
            _hasListed |= found.IsListed;
            if (found.IsListed)
                _listedGeneration = before.SignIn == SignIn.Starting ? account.Status.Generation : before.Generation;
            _failures = found.IsListed ? 0 : _failures + 1;
            var again = found.IsListed && await discovery.AreStreamingAsync(found.Cars, cancellationToken) ? ListStreamingAgain : ListAgain;
            var retry = ListRetries.Pause(_failures - 1, Random.Shared.NextDouble());
            return found.IsListed ? again : retry > found.NotBefore ? retry : found.NotBefore;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var pause = FaultRetries.Pause(_failures++, Random.Shared.NextDouble());
            Log.DiscoveryFailed(logger, pause.TotalSeconds, exception);
            return pause;
        }
    }

    async Task MatchAsync(DiscoveredCars found, bool isComplete, CancellationToken cancellationToken)
    {
        foreach (var car in found.Cars)
            await FollowAsync(car, cancellationToken);
        if (!isComplete)
            return;
        foreach (var id in _runners.Keys.Except(found.Cars.Select(car => car.Id)))
            await StopAsync(id);
    }

    /// <summary>Stops the cars that somebody has deleted from the database; one that is still in the account has another number by now.</summary>
    async Task StopDeletedAsync(CancellationToken cancellationToken)
    {
        var stored = (await discovery.StoredAsync(cancellationToken)).Select(car => car.Id).ToHashSet();
        foreach (var id in _runners.Keys.Where(id => !stored.Contains(id)))
        {
            Log.Deleted(logger, id.Value);
            await StopAsync(id);
        }
    }

    /// <summary>Starts, stops or tells the one car that is as it is now.</summary>
    async Task FollowAsync(Car car, CancellationToken cancellationToken)
    {
        switch (Runner(car.Id), car.Settings.Enabled)
        {
            case (null, true):
                var runner = new CarRunner(car, settings, parts, leases, () => _inbox.Writer.TryWrite(new Wish.Rediscover(car.Id)),
                    Random.Shared.NextDouble);
                _runners[car.Id] = runner;
                runner.Start();
                break;
            case (not null, false):
                await StopAsync(car.Id);
                break;
            case ({ } running, true) when running.Car.Settings != car.Settings || running.Car.Eid != car.Eid || running.Car.Vid != car.Vid
                || running.Car.DisplayPriority != car.DisplayPriority || running.Car.Efficiency != car.Efficiency:
                await running.PostChangeAsync(car, cancellationToken);
                break;
        }
    }

    async Task StopAsync(CarId car)
    {
        if (_runners.TryRemove(car, out var runner))
            await runner.DisposeAsync();
    }

    Task StopAllAsync() => Task.WhenAll(_runners.Keys.Select(StopAsync));

    async Task WatchAccountAsync(CancellationToken cancellationToken)
    {
        var known = account.Status;
        while (true)
        {
            var now = await account.ChangedAsync(known, cancellationToken);
            if (now.SignIn == SignIn.SignedIn && (known.SignIn != SignIn.SignedIn || now.Generation != known.Generation))
                await _inbox.Writer.WriteAsync(new Wish.SignedIn(), cancellationToken);
            known = now;
        }
    }

    async Task WatchCarsAsync(CancellationToken cancellationToken)
    {
        await foreach (var car in cars.WatchAsync(cancellationToken))
            await _inbox.Writer.WriteAsync(new Wish.Changed(car), cancellationToken);
    }

    /// <summary>What the supervisor is asked for. Closed.</summary>
    abstract record Wish
    {
        Wish()
        {
        }

        /// <summary>Tesla does not know a car any more.</summary>
        public sealed record Rediscover(CarId Car) : Wish;

        public sealed record SignedIn : Wish;

        public sealed record Restart(TaskCompletionSource Done) : Wish;

        public sealed record Changed(Car Car) : Wish;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} is not in the account any more and is logged no more")]
        public static partial void Gone(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} was deleted from the database and is logged no more")]
        public static partial void Deleted(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Error, Message = "The cars cannot be found out; next try in {PauseS:0} s")]
        public static partial void DiscoveryFailed(ILogger logger, double pauseS, Exception exception);
    }
}
