using System.Globalization;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Clocks;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// Three cars stream while the program is killed again and again and PostgreSQL is stopped: every record that was acknowledged is stored, every row is there
/// once, no drive and no charge stays open. With <c>TESLAMATE_TEST_KILLS</c> so many kills, and a PostgreSQL that stops for each tenth, in a week.
/// </summary>
[Collection(SilenceCollection.Name)]
public sealed class HardStreamTests : IAsyncDisposable
{
    static readonly DateTimeOffset Start = World.Start;

    readonly Random _random = new(4711);
    readonly string _folder = Directory.CreateTempSubdirectory("tm-stream-").FullName;
    readonly int _kills = int.TryParse(System.Environment.GetEnvironmentVariable("TESLAMATE_TEST_KILLS"), out var kills) ? kills : 20;
    readonly List<TelemetryCar> _cars = [];
    readonly IReadOnlyList<Life> _lives;
    readonly SteppedTime _time;
    readonly Quietness _quiet;
    readonly TeslaCloud _cloud;
    readonly ClockLine _line;
    readonly CarAuthority _authority = new(Start);
    readonly int _port = StreamedDayTests.FreePort();
    PrivateCluster _cluster = null!;
    ProgramProcess? _program;

    public HardStreamTests()
    {
        _lives = _kills > 20
            ? World.Lives(7)
            : [SomeHours(1, CarModel.Model3, City.Berlin(), 8), SomeHours(2, CarModel.ModelY, City.SanFrancisco(), 21), SomeHours(3, CarModel.ModelS, City.Zurich(), 34)];
        TeslaCloud? cloud = null;
        _quiet = new Quietness(() => 0, () => cloud!.StreamMessages).Start();
        _time = new SteppedTime(Start, () => _quiet.Holds() && _cars.All(car => car.IsSettled));
        cloud = _cloud = new TeslaCloud(_lives, _time);
        _line = new ClockLine(_time, Path.Combine(_folder, "clock"), () => _cloud.WaitingOnPurpose);
    }

    [Fact]
    public Task Nothing_is_lost_or_doubled_whenever_the_program_is_killed() => SilenceCollection.RunAsync(async () =>
    {
        _cluster = await PrivateCluster.StartAsync(settings: ["full_page_writes = off", "synchronous_commit = on", "fsync = off"]);
        await _cloud.StartAsync();
        await House.PrepareAsync(_cluster.ConnectionString(), _cloud, World.Cars(_lives) + "insert into teslamate.telemetry_cars (car_id) values (1), (2), (3);");
        await StartProgramAsync();
        _cars.AddRange(_lives.Select(life => new TelemetryCar(
            life, new EndpointRoute(new Uri($"wss://127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}/"), _authority), _time)
        { Pace = TimeSpan.FromSeconds(5), IdlePace = TimeSpan.FromSeconds(20) }));
        using var stop = new CancellationTokenSource();
        var driving = _cars.Select(car => Task.Run(() => car.RunAsync(stop.Token))).ToList();
        var end = _lives.Max(life => life.End);
        foreach (var (at, trouble) in Troubles(end))
        {
            if (at > _time.GetUtcNow())
                await _time.AdvanceToAsync(at);
            await trouble();
        }

        await _time.AdvanceToAsync(end.AddHours(1));
        await stop.CancelAsync();
        await Task.WhenAll(driving);
        await JudgeAsync();
    });

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
        _line.Dispose();
        await _cloud.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _quiet.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    async Task JudgeAsync()
    {
        await using var source = NpgsqlDataSource.Create(_cluster.ConnectionString() + ";Pooling=false");
        var log = await File.ReadAllTextAsync(Path.Combine(_folder, "program.log"));
        foreach (var (car, number) in _cars.Zip(Enumerable.Range(1, 3)))
        {
            car.Acked.Count.ShouldBeGreaterThan(100);
            await using var command = source.CreateCommand("""
                select count(*) from unnest($1::timestamp[]) as acked (at)
                where not exists (select from teslamate.telemetry_inbox where car_id = $2 and car_time = acked.at)
                """);
            command.Parameters.Add(new NpgsqlParameter<DateTime[]>
            {
                TypedValue = [.. car.Acked.Select(at => DateTime.SpecifyKind(at.UtcDateTime, DateTimeKind.Unspecified))],
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Timestamp,
            });
            command.Parameters.AddWithValue((short)number);
            // The inbox keeps a week.
            if (_kills <= 20)
                (await command.ExecuteScalarAsync()).ShouldBe(0L, $"car {number}: acknowledged and not stored");
        }

        (await ScalarAsync(source, "select count(*) from teslamate.telemetry_inbox where not is_applied")).ShouldBe(0, log);
        (await ScalarAsync(source, "select count(*) - count(distinct (car_id, date)) from positions where drive_id is not null")).ShouldBe(0);
        (await ScalarAsync(source, "select count(*) - count(distinct (charging_process_id, date)) from charges")).ShouldBe(0);
        (await ScalarAsync(source, "select count(*) from drives where end_date is null")).ShouldBe(0);
        (await ScalarAsync(source, "select count(*) from charging_processes where end_date is null")).ShouldBe(0);
        var logged = await Logged.ReadAsync(source);
        foreach (var (life, car) in _lives.Zip(Enumerable.Range(1, 3)))
        {
            var drives = logged.Drives.Where(drive => drive.CarId == car).ToList();
            drives.Count.ShouldBe(life.Drives.Count(), $"car {car}\n{string.Join('\n', drives)}");
            foreach (var (truth, drive) in life.Drives.Zip(drives))
                drive.Distance!.Value.ShouldBe(truth.DistanceKm, 0.3, drive.ToString());
            logged.Processes.Count(process => process.CarId == car).ShouldBe(life.Charges.Count(), $"car {car}\n{string.Join('\n', logged.Processes)}");
        }

        foreach (var (_, states) in logged.States.GroupBy(state => state.CarId).Select(group => (group.Key, group.ToList())))
        {
            foreach (var (before, after) in states.Zip(states.Skip(1)))
                before.EndDate.ShouldBe(after.StartDate);
        }
    }

    static async Task<long> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    List<(DateTimeOffset At, Func<Task> Trouble)> Troubles(DateTimeOffset end)
    {
        var busy = _lives.SelectMany(life => life.Episodes).Where(episode => episode is Episode.Driving or Episode.Charging).ToList();
        List<(DateTimeOffset, Func<Task>)> troubles =
        [
            .. Enumerable.Range(0, _kills).Select(i => (Moment(i), (Func<Task>)KillAsync)),
            .. Enumerable.Range(0, Math.Max(2, _kills / 10)).Select(i => (Moment(i), (Func<Task>)StopDatabaseAsync)),
        ];
        return [.. troubles.OrderBy(trouble => trouble.Item1)];

        // Most of them where something is to be lost.
        DateTimeOffset Moment(int i)
        {
            var (from, until) = i % 4 == 0 ? (Start.AddMinutes(5), end) : busy[_random.Next(busy.Count)] is var episode ? (episode.Start, episode.End) : default;
            return from + ((until - from) * _random.NextDouble());
        }
    }

    async Task KillAsync()
    {
        await _program!.KillAsync();
        await _time.AdvanceAsync(Seconds(1, 20));
        await StartProgramAsync();
    }

    async Task StopDatabaseAsync()
    {
        await _cluster.StopServerAsync(immediately: true);
        await _time.AdvanceAsync(Seconds(3, 120));
        await _cluster.StartServerAsync();
    }

    TimeSpan Seconds(int least, int most) => TimeSpan.FromSeconds(least + ((most - least) * _random.NextDouble()));

    async Task StartProgramAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
        var environment = House.Environment(_cluster.ConnectionString(), _cloud, _folder);
        foreach (var (name, value) in StreamedDayTests.Endpoint(_folder, _authority, _port))
            environment[name] = value;
        _program = ProgramProcess.Start(environment, Path.Combine(_folder, "program.log"), "demo", "--follow-clock", _line.Path);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await _line.JoinAsync(patience.Token);
    }

    static Life SomeHours(int number, CarModel model, City city, int minutes)
        => new LifeScript(CarIdentity.Number(number, $"Car {number}"), model, city.Home, Start, seed: number, level: 50)
            .Park(TimeSpan.FromMinutes(minutes)).Drive(city.ToShop).Park(TimeSpan.FromMinutes(15)).Drive(city.ToShop.Reversed())
            .Park(TimeSpan.FromMinutes(2)).Charge(Charger.Wallbox, 54).Park(TimeSpan.FromMinutes(10)).Drive(city.ToShop)
            .Park(TimeSpan.FromMinutes(20)).Build();
}
