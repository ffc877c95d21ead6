using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using Xunit.Abstractions;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>Programs behind a balancer that share a database, in real time: whoever is left goes on with the car that streams.</summary>
public sealed class StreamedInstancesTests(ITestOutputHelper output) : IAsyncLifetime
{
    static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(120);

    static readonly TimeSpan LongestTakeover = TimeSpan.FromSeconds(30);
    static readonly TimeSpan LongestLight = TimeSpan.FromSeconds(24);

    readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow();
    readonly string _folder = Directory.CreateTempSubdirectory("tm-streamed-").FullName;
    readonly CarAuthority _authority = new(TimeProvider.System.GetUtcNow());
    Life _life = null!;
    TeslaCloud _cloud = null!;
    PrivateCluster _cluster = null!;
    NpgsqlDataSource _database = null!;
    Dictionary<string, string> _endpoint = null!;

    public async Task InitializeAsync()
    {
        // At a red light a car has nothing to say, and after half a minute of that its rows wait for another one (spec fleet-telemetry 4.1): here
        // only the takeover may take time.
        _life = Enumerable.Range(1, 1_000).Select(Drive).First(life => LongestSilence(life) < LongestLight);
        _cloud = new TeslaCloud([_life], TimeProvider.System);
        await _cloud.StartAsync();
        _cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        _database = NpgsqlDataSource.Create(_cluster.ConnectionString());
        await ProgramUnderTest.PrepareAsync(_cluster.ConnectionString(), _cloud,
            ThreeCars.Cars([_life]) + "insert into teslamate.telemetry_cars (car_id) values (1);");
        _endpoint = StreamedDayTests.Endpoint(_folder, _authority, 0);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _cluster.DisposeAsync();
        await _cloud.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_car_that_streams_is_taken_over_within_half_a_minute_of_a_kill_and_of_a_stop_and_no_row_is_lost_or_doubled()
    {
        int[] ports = [StreamedDayTests.FreePort(), StreamedDayTests.FreePort(), StreamedDayTests.FreePort()];
        await using var balancer = new TcpBalancer(ports);
        await using var first = Serve("first", ports[0]);
        await ReadyAsync("first");
        using var stop = new CancellationTokenSource();
        var car = new TelemetryCar(_life,
            new EndpointRoute(new Uri($"wss://127.0.0.1:{balancer.Port.ToString(CultureInfo.InvariantCulture)}/"), _authority), TimeProvider.System);
        var driving = Task.Run(() => car.RunAsync(stop.Token));
        try
        {
            await UntilLoggedAfterAsync(_start);
            await using var second = Serve("second", ports[1]);
            await ReadyAsync("second");
            await StandsByAsync("second");
            (await ScalarAsync<long>("select count(distinct instance) from teslamate.car_leases")).ShouldBe(1);

            var killed = TimeProvider.System.GetUtcNow();
            await first.KillAsync();
            var afterKill = await UntilLoggedAfterAsync(killed.AddSeconds(1));

            await using var third = Serve("third", ports[2]);
            await ReadyAsync("third");
            await StandsByAsync("third");
            var stopped = TimeProvider.System.GetUtcNow();
            var stopping = second.StopAsync();
            var afterStop = await UntilLoggedAfterAsync(stopped.AddSeconds(1));
            await stopping;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"rows again {afterKill.TotalSeconds:0.0} s after a kill, {afterStop.TotalSeconds:0.0} s after a stop"));
            afterKill.ShouldBeLessThan(LongestTakeover);
            afterStop.ShouldBeLessThan(LongestTakeover);

            await stop.CancelAsync();
            await driving;
            await UntilAsync(async () => await ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied") == 0,
                "all records are applied");
            (await ScalarAsync<long>("select count(*) from drives")).ShouldBe(1);
            (await ScalarAsync<long>("select count(*) from (select 1 from positions group by car_id, date, drive_id having count(*) > 1) doubled"))
                .ShouldBe(0);
            // A kill costs what the car merges because it was not acknowledged; everything else it sends itself.
            (await ScalarAsync<double>("""
                select max(gap) from (
                    select extract(epoch from date - lag(date) over (order by date))::float8 as gap from positions where drive_id is not null) gaps
                """)).ShouldBeLessThan(15);
            var stored = await TimesAsync("select car_time from teslamate.telemetry_inbox where type = 0");
            car.Acked.Select(Microseconds).Except(stored).ShouldBeEmpty();
        }
        finally
        {
            await stop.CancelAsync();
            await driving;
        }
    }

    Life Drive(int seed) => new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, City.Berlin().Home, _start.AddSeconds(-90), seed: seed)
        .Park(TimeSpan.FromSeconds(60)).Drive(City.Berlin().ToCharger).Park(TimeSpan.FromHours(1)).Build();

    /// <summary>Between two records of the drive.</summary>
    static TimeSpan LongestSilence(Life life)
    {
        var sender = new SignalSender("standard");
        var (longest, last) = (TimeSpan.Zero, life.Start);
        for (var now = life.Start; now < life.Start + TimeSpan.FromMinutes(20); now += TimeSpan.FromSeconds(1))
        {
            var moment = life.At(now, DateTimeOffset.MinValue);
            if (moment.Doing != Doing.Driving || sender.Take(CarSignals.Of(life, moment), now).Count > 0)
                last = now;
            longest = now - last > longest ? now - last : longest;
        }

        return longest;
    }

    ProgramProcess Serve(string name, int port)
    {
        var environment = ProgramUnderTest.Environment(_cluster.ConnectionString(), _cloud, _folder);
        foreach (var (variable, value) in _endpoint)
            environment[variable] = value;
        environment["TELEMETRY_LISTEN"] = $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
        environment["HTTP_BINDING_ADDRESS"] = Path.Combine(_folder, name);
        return ProgramProcess.Start(environment, Log(name), "serve");
    }

    string Log(string name) => Path.Combine(_folder, $"{name}.log");

    Task ReadyAsync(string name) => UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_folder, name))), $"the {name} instance is ready");

    Task StandsByAsync(string name) => UntilAsync(
        async () => (await File.ReadAllTextAsync(Log(name))).Contains("is logged by another instance", StringComparison.Ordinal),
        $"the {name} instance stands by");

    /// <summary>How long it took from a moment until a row of the drive tells of the time after it.</summary>
    async Task<TimeSpan> UntilLoggedAfterAsync(DateTimeOffset moment)
    {
        await UntilAsync(
            async () => await ScalarAsync<bool>("select exists (select from positions where drive_id is not null and date > "
                + $"'{moment:yyyy-MM-dd HH:mm:ss.fff}')"),
            $"the drive is logged after {moment:T}");
        return TimeProvider.System.GetUtcNow() - moment;
    }

    async Task<HashSet<DateTime>> TimesAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        HashSet<DateTime> times = [];
        while (await reader.ReadAsync())
            times.Add(reader.GetDateTime(0));
        return times;
    }

    static DateTime Microseconds(DateTimeOffset time)
        => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Unspecified);

    async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(began) > WaitTimeout)
                throw new TimeoutException($"Not within {WaitTimeout.TotalSeconds} s: {what}.\n{await LogsAsync()}");
            await Task.Delay(100);
        }
    }

    async Task<string> LogsAsync() => string.Join('\n', await Task.WhenAll(
        Directory.GetFiles(_folder, "*.log").Select(async file => $"{file}:\n{await File.ReadAllTextAsync(file)}")));
}
