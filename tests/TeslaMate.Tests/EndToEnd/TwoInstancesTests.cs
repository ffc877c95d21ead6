using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Tests.Mqtt;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>Two programs on one database and in one state folder, in real time.</summary>
public sealed class TwoInstancesTests : IAsyncLifetime
{
    static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(120);

    readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow();
    readonly string _folder = Directory.CreateTempSubdirectory("tm-two-").FullName;
    TeslaCloud _cloud = null!;
    PrivateCluster _cluster = null!;
    NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        Life[] lives = [ADrive(1, City.Berlin()), ADrive(2, City.SanFrancisco())];
        _cloud = new TeslaCloud(lives, TimeProvider.System);
        await _cloud.StartAsync();
        _cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        _database = NpgsqlDataSource.Create(_cluster.ConnectionString());
        await ProgramUnderTest.PrepareAsync(_cluster.ConnectionString(), _cloud, ThreeCars.Cars(lives));
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _cluster.DisposeAsync();
        await _cloud.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Each_car_is_logged_by_one_instance_and_taken_over_with_all_it_did_within_half_a_minute_of_a_kill()
    {
        await using var first = Serve("first");
        await UntilBothAreLoggedSinceAsync(_start);
        await using var second = Serve("second");
        await UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_folder, "spool", "2", "instance"))), "the second instance is ready");
        await Task.Delay(TimeSpan.FromSeconds(10));
        (await ScalarAsync<long>("select count(distinct instance) from teslamate.car_leases")).ShouldBe(1);

        await first.KillAsync();
        var killed = TimeProvider.System.GetUtcNow();
        await UntilBothAreLoggedSinceAsync(killed.AddSeconds(1));
        (await LongestGapAsync(_start)).ShouldBeLessThan(30);

        // Now the one that takes over has what the killed one could not write, because the database was away.
        await using var third = Serve("third");
        await UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_folder, "third"))), "the third instance is ready");
        await _cluster.StopServerAsync(immediately: true);
        var away = TimeProvider.System.GetUtcNow();
        await UntilAsync(() => Task.FromResult(
            Directory.GetFiles(Path.Combine(_folder, "spool", "2"), "*.spool").Count(file => new FileInfo(file).Length > 4000) == 2),
            "both cars wait on disk");
        await second.KillAsync();
        killed = TimeProvider.System.GetUtcNow();
        await _cluster.StartServerAsync();
        await UntilBothAreLoggedSinceAsync(killed.AddSeconds(1));

        (await ScalarAsync<long>($"select count(distinct car_id) from positions where date between '{away.AddSeconds(1):yyyy-MM-dd HH:mm:ss}' and "
            + $"'{killed:yyyy-MM-dd HH:mm:ss}'")).ShouldBe(2);
        // The server's recovery comes on top of the take-over.
        (await LongestGapAsync(_start)).ShouldBeLessThan(90);
        (await ScalarAsync<long>("select count(*) from drives")).ShouldBe(2);
        (await ScalarAsync<long>("select count(*) from positions where drive_id is null and date > (select min(start_date) + interval '30 "
            + "seconds' from drives)")).ShouldBe(0);
        Directory.GetFiles(_folder, "*.abandoned", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task The_cars_stay_available_at_the_broker_while_one_instance_is_left()
    {
        const string Topic = "teslamate/availability";
        await using var broker = await MosquittoServer.StartAsync();
        (string, string)[] settings = [("DISABLE_MQTT", ""), ("MQTT_HOST", "127.0.0.1"), ("MQTT_PORT", $"{broker.Port}")];
        await using var first = Serve("first", settings);
        await ConnectedAsync(1);
        await using var second = Serve("second", settings);
        await ConnectedAsync(2);

        await first.KillAsync();
        await UntilAsync(() => Task.FromResult(Regex.IsMatch(broker.Log, "TESLAMATE_[0-9A-F]+ closed its connection")), "the broker sees the crash");
        await UntilAvailabilityIsAsync("online");
        await using var third = Serve("third", settings);
        await ConnectedAsync(3);
        await second.StopAsync();
        await UntilAsync(() => Task.FromResult(Regex.IsMatch(broker.Log, "TESLAMATE_[0-9A-F]+ disconnected")), "the broker sees the stop");
        await UntilAvailabilityIsAsync("online");
        await third.StopAsync();
        await UntilAvailabilityIsAsync("offline");

        Task ConnectedAsync(int times)
            => UntilAsync(() => Task.FromResult(Regex.Count(broker.Log, " as TESLAMATE_") == times), $"{times} instances have connected");

        Task UntilAvailabilityIsAsync(string word)
            => UntilAsync(async () => (await broker.RetainedAsync(Topic)).GetValueOrDefault(Topic) == word, $"the cars are {word}");
    }

    ProgramProcess Serve(string name, params IEnumerable<(string Name, string Value)> settings)
    {
        var environment = ProgramUnderTest.Environment(_cluster.ConnectionString(), _cloud, _folder);
        foreach (var (variable, value) in settings)
            environment[variable] = value;
        environment["HTTP_BINDING_ADDRESS"] = Path.Combine(_folder, name);
        return ProgramProcess.Start(environment, Path.Combine(_folder, $"{name}.log"), "serve");
    }

    Life ADrive(int number, City city)
        => new LifeScript(CarIdentity.Number(number, $"Car {number}"), CarModel.Model3, city.Home, _start).Drive(city.ToCharger)
            .Park(TimeSpan.FromHours(1)).Build();

    Task UntilBothAreLoggedSinceAsync(DateTimeOffset since) => UntilAsync(
        async () => await ScalarAsync<long>($"select count(distinct car_id) from positions where drive_id is not null and date > "
            + $"'{since:yyyy-MM-dd HH:mm:ss.fff}'") == 2,
        $"both cars are logged since {since:T}");

    // Between positions of a drive, in seconds.
    Task<double> LongestGapAsync(DateTimeOffset since) => ScalarAsync<double>($"""
        select max(gap) from (
            select extract(epoch from date - lag(date) over (partition by car_id order by date))::float8 gap
            from positions where drive_id is not null and date > '{since:yyyy-MM-dd HH:mm:ss.fff}') gaps
        """);

    async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (NpgsqlException)
            {
                // The server was started again; the connections of the pool are not yet.
            }

            if (TimeProvider.System.GetElapsedTime(began) > WaitTimeout)
                throw new TimeoutException($"Not within {WaitTimeout.TotalSeconds} s: {what}.\n{await LogsAsync()}");
            await Task.Delay(200);
        }
    }

    async Task<string> LogsAsync()
        => string.Join('\n', await Task.WhenAll(
            Directory.GetFiles(_folder, "*.log").Select(async file => $"{file}:\n{await File.ReadAllTextAsync(file)}")));
}
