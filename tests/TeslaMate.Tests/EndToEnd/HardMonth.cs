using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Faults;
using TeslaMate.Simulator.Lives;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>The same month, with the program killed 200 times, the database and the cloud stopped 20 times each, and every fault there is.</summary>
sealed class HardMonth : IAsyncDisposable
{
    readonly Random _random = new(4711);
    readonly string _folder;
    readonly PrivateCluster _cluster;
    readonly SteppedTime _time;
    readonly IdleDetector _idle;
    readonly TeslaCloud _cloud;
    readonly ClockLine _line;
    ProgramProcess? _program;

    HardMonth(int days, string folder, PrivateCluster cluster)
    {
        (_folder, _cluster) = (folder, cluster);
        Lives = ThreeCars.Lives(days);
        TeslaCloud? cloud = null;
        _idle = new IdleDetector(() => 0, () => cloud!.StreamMessages).Start();
        _time = new SteppedTime(ThreeCars.Start, _idle.IsIdle);
        cloud = _cloud = new TeslaCloud(Lives, _time) { StreamInterval = TimeSpan.FromSeconds(5) };
        _line = new ClockLine(_time, Path.Combine(folder, "clock"), () => _cloud.WaitingOnPurpose);
    }

    public IReadOnlyList<Life> Lives { get; }

    public DateTimeOffset End => _time.GetUtcNow();

    /// <summary>When nothing could be logged: the program or the cloud was away.</summary>
    public List<(DateTimeOffset From, DateTimeOffset Until)> Away { get; } = [];

    public FaultPlan Faults => _cloud.Faults;

    public int Kills { get; private set; }

    public int DatabaseStops { get; private set; }

    public int CloudStops { get; private set; }

    /// <summary>Everything that the program said, all its runs one after the other.</summary>
    public string ProgramLog => File.ReadAllText(Path.Combine(_folder, "program.log"));

    public static async Task<HardMonth> PrepareAsync(int days)
    {
        var folder = Directory.CreateTempSubdirectory("tm-hard-").FullName;
        var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off", "full_page_writes = off"]);
        var month = new HardMonth(days, folder, cluster);
        await month._cloud.StartAsync();
        await ProgramUnderTest.PrepareAsync(month.Database, month._cloud, ThreeCars.Cars(month.Lives) + ThreeCars.Geofences);
        return month;
    }

    string Database => _cluster.ConnectionString();

    public Task<Logged> LiveAsync(int days, int kills, int outages)
    {
        Logged? logged = null;
        return NonParallelCollection.RunAsync(async () =>
        {
            AddFaults();
            await StartProgramAsync();
            var end = ThreeCars.Start.AddDays(days + 1);
            foreach (var (at, trouble) in Troubles(end.AddHours(-6), kills, outages))
            {
                if (at > _time.GetUtcNow())
                    await _time.AdvanceToAsync(at);
                await trouble();
            }

            await _time.AdvanceToAsync(end);
            await using var source = NpgsqlDataSource.Create(Database + ";Pooling=false");
            logged = await Logged.ReadAsync(source);
        }).ContinueWith(done =>
        {
            done.GetAwaiter().GetResult();
            return logged!;
        }, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
        _line.Dispose();
        await _cloud.DisposeAsync();
        await _cluster.DisposeAsync();
        _idle.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    List<(DateTimeOffset At, Func<Task> Trouble)> Troubles(DateTimeOffset end, int kills, int outages)
    {
        List<(DateTimeOffset At, Func<Task> Trouble)> troubles =
        [
            .. Moments(kills, end).Select(at => (at, (Func<Task>)KillAsync)),
            .. Moments(outages, end).Select(at => (at, (Func<Task>)StopDatabaseAsync)),
            .. Moments(outages, end).Select(at => (at, (Func<Task>)StopCloudAsync)),
            .. Moments(10, end).Select(at => (at, (Func<Task>)ExpireTokensAsync)),
        ];
        return [.. troubles.OrderBy(entry => entry.At)];
    }

    // Half of them somewhere, half of them where something is to be lost.
    List<DateTimeOffset> Moments(int count, DateTimeOffset end)
    {
        var busy = Lives.SelectMany(life => life.Episodes)
            .Where(episode => episode is Episode.Driving or Episode.Charging or Episode.Updating && episode.End < end).ToList();
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (from, until) = i % 2 == 0
                ? (ThreeCars.Start, end) : busy[_random.Next(busy.Count)] is var episode ? (episode.Start, episode.End) : default;
            return from + (until - from) * _random.NextDouble();
        })];
    }

    async Task KillAsync()
    {
        await _program!.KillAsync();
        Kills++;
        await WhileAwayAsync(1, 20);
        await StartProgramAsync();
    }

    async Task StopDatabaseAsync()
    {
        DatabaseStops++;
        await _cluster.StopServerAsync(immediately: _random.Next(2) == 0);
        await _time.AdvanceAsync(Seconds(3, 120));
        if (_random.Next(4) == 0)
        {
            await _program!.KillAsync();
            Kills++;
            await WhileAwayAsync(1, 20);
            await _cluster.StartServerAsync();
            await StartProgramAsync();
            return;
        }

        await _cluster.StartServerAsync();
    }

    async Task StopCloudAsync()
    {
        CloudStops++;
        await _cloud.StopAsync();
        await WhileAwayAsync(3, 60);
        await _cloud.StartAsync();
    }

    Task ExpireTokensAsync()
    {
        _cloud.Accounts.ExpireAccessTokens();
        return Task.CompletedTask;
    }

    async Task WhileAwayAsync(int least, int most)
    {
        var from = _time.GetUtcNow();
        await _time.AdvanceAsync(Seconds(least, most));
        Away.Add((from, _time.GetUtcNow()));
    }

    TimeSpan Seconds(int least, int most) => TimeSpan.FromSeconds(least + (most - least) * _random.NextDouble());

    async Task StartProgramAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
        _program = ProgramProcess.Follow(ProgramUnderTest.Environment(Database, _cloud, _folder), Path.Combine(_folder, "program.log"), _line.Path);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _line.JoinAsync(timeout.Token);
    }

    void AddFaults()
    {
        RequestKind[] asking = [RequestKind.Vehicle, RequestKind.VehicleData];
        Fault[] anywhere =
        [
            Fault.Unauthorized, Fault.Forbidden, Fault.MobileAccessDisabled, Fault.RequestTimeout, Fault.Retired, Fault.TooManyRequests("42"),
            Fault.InternalError,
            Fault.BadGateway, Fault.OutOfService, Fault.GatewayTimeout, new Fault.Garbage(), new Fault.Truncated(), new Fault.Dropped(),
            new Fault.Slow(TimeSpan.FromSeconds(12)),
        ];
        foreach (var fault in anywhere)
            _cloud.Faults.Add(new FaultRule(fault, [.. asking], Chance: 0.002));
        _cloud.Faults
            .Add(new FaultRule(Fault.NotFound, [.. asking], Chance: 0.0005))
            .Add(new FaultRule(Fault.Unavailable, [RequestKind.VehicleData], Chance: 0.002))
            .Add(new FaultRule(new Fault.MissingFields(), [RequestKind.VehicleData], Chance: 0.005))
            .Add(new FaultRule(Fault.OutOfService, [RequestKind.Refresh, RequestKind.Geocoding, RequestKind.List], Chance: 0.1))
            .Add(new FaultRule(new Fault.Duplicated(), [RequestKind.StreamMessage], Chance: 0.01))
            .Add(new FaultRule(new Fault.Reordered(), [RequestKind.StreamMessage], Chance: 0.01))
            .Add(new FaultRule(new Fault.Dropped(), [RequestKind.StreamMessage], Chance: 0.003))
            .Add(new FaultRule(new Fault.Garbage(), [RequestKind.StreamMessage], Chance: 0.005))
            .Add(new FaultRule(new Fault.TokenExpired(), [RequestKind.StreamMessage], Chance: 0.001));
        // Those that forbid to ask for 5 or 15 minutes come while the car sleeps.
        foreach (var life in Lives)
            foreach (var stay in life.Episodes.OfType<Episode.Parked>().Where(stay => stay.End - stay.Start > TimeSpan.FromHours(3)))
            {
                _cloud.Faults
                    .Add(new FaultRule(Fault.TooManyRequests(), [RequestKind.Vehicle], 0.1, life.Car.Id, stay.Start.AddHours(1),
                        stay.Start.AddHours(1.5), Times: 1))
                    .Add(new FaultRule(Fault.LimitExceeded, [RequestKind.Vehicle], 0.1, life.Car.Id, stay.Start.AddHours(2), stay.Start.AddHours(2.5),
                        Times: 1));
            }
    }
}
