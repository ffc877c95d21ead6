using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry.Records;
using Xunit.Abstractions;
using Field = TeslaMate.Telemetry.Wire.Generated.Field;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// The program as a process of its own is killed while a car sends its records, and loses its database: in the end the rows are those of a run that
/// nobody disturbed. What is not acknowledged comes again as it was, and so does some of what was, as from a broker that goes back.
/// </summary>
public sealed class HardStreamTests(ITestOutputHelper output)
{
    const int Kills = 5;

    // Records that are sent before the first of them is acknowledged.
    const int Window = 40;

    // Records that come again although they were acknowledged.
    const int Again = 60;

    static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(120);

    // The long run has as many as that of polled cars.
    static readonly int KillsOfThree = Month.Days == 1 ? 3 : 200;

    // Older records are kept and make no rows.
    static readonly TimeSpan Longest = TimeSpan.FromDays(6.75);

    [Fact]
    public async Task Kills_a_lost_database_and_garbage_leave_the_rows_of_an_undisturbed_run()
    {
        var start = TimeProvider.System.GetUtcNow().AddHours(-2);
        var city = City.Berlin();
        var life = new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, city.Home, start, seed: 7, level: 61)
            .Park(TimeSpan.FromMinutes(3)).Drive(city.ToShop).Park(TimeSpan.FromMinutes(4)).Drive(city.ToShop.Reversed())
            .Park(TimeSpan.FromMinutes(2)).Charge(Charger.Wallbox, 64).Park(TimeSpan.FromMinutes(3)).Build();
        var records = Records(life);

        await using var calm = await Run.StartAsync([life]);
        await calm.SendAsync([records]);
        var expected = await calm.EndAsync();
        await using var hard = await Run.StartAsync([life]);
        var random = new Random(4711);
        var troubles = Enumerable.Range(0, Kills + 1).Select(_ => random.Next(1, records.Count)).Order().ToList();
        var databaseLoss = troubles[Kills / 2];
        var sent = 0;
        foreach (var until in troubles)
        {
            await hard.SendAsync([Slice(records, sent, until)], isComplete: false);
            await hard.SendAsync([[Garbage(life, records[until - 1].CreatedAt!.Value)]], isComplete: false);
            sent = until;
            if (until == databaseLoss)
            {
                await hard.LoseDatabaseAsync();
                continue;
            }

            await Task.Delay(random.Next(1500));
            await hard.KillAsync();
        }

        await hard.SendAsync([Slice(records, sent, records.Count)]);
        var logged = await hard.EndAsync();

        output.WriteLine($"{records.Count} records, {hard.Kills} kills at {string.Join(", ", troubles)}; {expected.Drives.Count} drives, "
            + $"{expected.Charges.Count} rows of charges, {expected.Positions.Count} positions");
        expected.Drives.Count.ShouldBe(2);
        expected.Processes.Count.ShouldBe(1);
        Told(logged).ShouldBe(Told(expected), hard.ProgramLog);
    }

    /// <summary>
    /// Three cars live on, the program is killed again and again, and the server of the database restarted: every row is there once, nothing stays
    /// open, and what was acknowledged is stored.
    /// </summary>
    [Fact]
    public async Task Days_of_three_cars_survive_kills_and_restarts_of_the_database()
    {
        var now = TimeProvider.System.GetUtcNow();
        var lives = Enumerable.Range(1, 3).Select(car => RandomLife.Of(CarIdentity.Number(car, $"Car {car}"), CarModel.Model3, City.Berlin(),
            new Habits(Charger.Wallbox, Charger.TwoPhases, Garage: car == 2), now.AddDays(-Month.Days), Month.Days, seed: 100 + car)).ToList();
        var records = lives.Select(life => Living(life, now - Longest, now)).ToList();
        await using var calm = await Run.StartAsync(lives);
        var watch = Stopwatch.StartNew();
        for (var from = 0; from < records.Max(list => list.Count); from += 500)
            await calm.SendAsync([.. records.Select(list => list.Skip(from).Take(500).ToList())]);
        var expected = await calm.EndAsync();
        var calmTook = watch.Elapsed;

        await using var hard = await Run.StartAsync(lives);
        watch.Restart();
        var random = new Random(4711);
        // Three cars are at the same share of their days when something happens.
        var troubles = Enumerable.Range(0, KillsOfThree).Select(_ => random.NextDouble()).Order().ToList();
        var restartEvery = Math.Max(2, KillsOfThree / 20);
        var (share, restarts) = (0.0, 0);
        foreach (var (number, until) in troubles.Index())
        {
            await hard.SendAsync(Slices(share, until), isComplete: false);
            share = until;
            await Task.Delay(random.Next(1500));
            if (number % restartEvery == restartEvery - 1)
            {
                await hard.LoseDatabaseAsync();
                restarts++;
            }

            await hard.KillAsync();
        }

        await hard.SendAsync(Slices(share, 1));
        var logged = await hard.EndAsync();
        var others = Told(logged).Except(Told(expected)).Concat(Told(expected).Except(Told(logged))).ToList();

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Month.Days} days, {records.Sum(list => list.Count)} records of three cars: "
            + $"{calmTook.TotalSeconds:0} s undisturbed, {watch.Elapsed.TotalSeconds:0} s with {hard.Kills} kills and {restarts} restarts of the "
            + $"server; "
            + $"{expected.Drives.Count} drives, {expected.Processes.Count} charges, {expected.Charges.Count} rows of charges, "
            + $"{expected.Positions.Count} positions, {hard.Acked} acknowledged, {others.Count} rows differ"));
        expected.Drives.ShouldNotBeEmpty();
        (await hard.ScalarAsync("select count(*) from drives where end_date is null")).ShouldBe(0);
        (await hard.ScalarAsync("select count(*) from charging_processes where end_date is null")).ShouldBe(
            await calm.ScalarAsync("select count(*) from charging_processes where end_date is null"));
        (await hard.ScalarAsync("select count(*) from (select from positions where drive_id is not null group by car_id, date having count(*) > 1) "
            + "doubled")).ShouldBe(0);
        (await hard.ScalarAsync("select count(*) from (select from teslamate.telemetry_inbox where type = 0 group by car_id, txid "
            + "having count(*) > 1) doubled")).ShouldBe(0);
        (await hard.LostAsync()).ShouldBe(0, "what was acknowledged is stored");
        (await hard.ScalarAsync("select count(*) from teslamate.telemetry_inbox where type = 0")).ShouldBe(records.Sum(list => list.Count));
        // The cars' rows stand in another order, and a run begins with a row of its own in a drive or a charge, from which the next ones are counted.
        Drives(logged).ShouldBe(Drives(expected), ignoreOrder: true, hard.ProgramLog);
        others.Count.ShouldBeLessThanOrEqualTo(6 * (hard.Kills + restarts), string.Join('\n', others));

        List<List<TelemetryRecord.Data>> Slices(double from, double until) =>
            [.. records.Select(list => Slice(list, (int)(from * list.Count), (int)(until * list.Count)))];
    }

    // Some of what was acknowledged comes again.
    static List<TelemetryRecord.Data> Slice(List<TelemetryRecord.Data> records, int sent, int until)
        => records.Take(until).Skip(Math.Max(0, sent - Again)).ToList();

    // The temperature of a charge is the mean of its rows.
    static List<string> Drives(Logged logged) =>
    [
        .. Told(logged with { Processes = [], Charges = [], Positions = [] }),
        .. logged.Processes.Select(process => (process with { Id = 0, Osm = null, OutsideTemp = null }).ToString()),
    ];

    // Places are looked up by others in their own time.
    static IReadOnlyList<string> Told(Logged logged) =>
    [
        .. logged.Drives.Select(drive => (drive with
        {
            Id = 0, StartPosition = 0, EndPosition = 0, StartOsm = null, EndOsm = null, Ascent = null, Descent = null,
        }).ToString()),
        .. logged.Processes.Select(process => (process with { Id = 0, Osm = null }).ToString()),
        .. logged.Charges.Select(charge => (charge with { Process = 0 }).ToString()),
        .. logged.Positions.Where(position => position.DriveId is not null)
            .Select(position => (position with { Id = 0, DriveId = 0, Elevation = null }).ToString()),
    ];

    static List<TelemetryRecord.Data> Records(Life life)
    {
        var sender = new SignalSender("standard");
        List<TelemetryRecord.Data> records = [];
        for (var now = life.Start; now < life.End; now = now.AddSeconds(2))
        {
            var due = sender.Take(CarSignals.Of(life, life.At(now, DateTimeOffset.MinValue)), now);
            if (due.Count > 0)
                records.Add(new TelemetryRecord.Data(life.Car.Vin, now, false, due));
        }

        return records;
    }

    /// <summary>As <see cref="Records"/>, but asleep when it is.</summary>
    static List<TelemetryRecord.Data> Living(Life life, DateTimeOffset since, DateTimeOffset until)
    {
        var sender = new SignalSender("standard");
        List<TelemetryRecord.Data> records = [];
        var isAwake = false;
        for (var now = life.Start > since ? life.Start : since; now < life.End && now < until;)
        {
            var moment = life.At(now, DateTimeOffset.MinValue);
            if (moment.Reach == Reach.Online || moment.Doing != Doing.Parked)
            {
                isAwake = true;
                if (sender.Take(CarSignals.Of(life, moment), now) is { Count: > 0 } due)
                    records.Add(new TelemetryRecord.Data(life.Car.Vin, now, false, due));
            }
            else
            {
                if (isAwake)
                    records.Add(new TelemetryRecord.Data(life.Car.Vin, now, false, [new((int)Field.Gear, TelemetryValue.Invalid.Instance)]));
                sender.Forget();
                isAwake = false;
            }

            var step = now + TimeSpan.FromSeconds(moment.Doing == Doing.Driving ? 2 : isAwake ? 10 : 300);
            now = life.NextChange(now) is { } change && change < step ? change : step;
        }

        return records;
    }

    // Wrong types, impossible numbers and what nobody knows: kept, and no row of it.
    static TelemetryRecord.Data Garbage(Life life, DateTimeOffset at) => new(life.Car.Vin, at.AddMilliseconds(1), false,
    [
        new((int)Field.Location, new TelemetryValue.Text("somewhere")), new((int)Field.Odometer, TelemetryValue.Number.Of(double.NaN)),
        new((int)Field.Gear, new TelemetryValue.Code(9, 99)), new((int)Field.Soc, new TelemetryValue.Text("<invalid>")),
        new(9_999, new TelemetryValue.Text("?")),
    ]);

    /// <summary>A program with a database and a cloud of its own, and cars that send.</summary>
    sealed class Run : IAsyncDisposable
    {
        readonly string _folder = Directory.CreateTempSubdirectory("tm-hardstream-").FullName;
        readonly CarAuthority _authority = new(TimeProvider.System.GetUtcNow());
        readonly TeslaCloud _cloud;
        readonly PrivateCluster _cluster;
        readonly Dictionary<string, string> _environment;
        readonly IReadOnlyList<Sender> _senders;
        ProgramProcess _program = null!;

        Run(IReadOnlyList<Life> lives, TeslaCloud cloud, PrivateCluster cluster)
        {
            (_cloud, _cluster) = (cloud, cluster);
            var port = StreamedDayTests.FreePort();
            var route = new EndpointRoute(new Uri($"wss://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"), _authority);
            _senders = [.. lives.Select(life => new Sender(life, route, MustGoOn))];
            _environment = ProgramUnderTest.Environment(cluster.ConnectionString(), cloud, _folder);
            foreach (var (name, value) in StreamedDayTests.Endpoint(_folder, _authority, port))
                _environment[name] = value;
        }

        public int Kills { get; private set; }

        /// <summary>Records whose acknowledgement came.</summary>
        public int Acked => _senders.Sum(sender => sender.Acked.Count);

        public string ProgramLog => File.ReadAllText(Path.Combine(_folder, "program.log"));

        public static async Task<Run> StartAsync(IReadOnlyList<Life> lives)
        {
            // For Tesla the cars are online all the while.
            var now = TimeProvider.System.GetUtcNow();
            var cloud = new TeslaCloud(
                [.. lives.Select(life => new LifeScript(life.Car, CarModel.Model3, City.Berlin().Home, now).Drive(City.Berlin().ToCharger).Build())],
                TimeProvider.System);
            await cloud.StartAsync();
            var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
            await ProgramUnderTest.PrepareAsync(cluster.ConnectionString(), cloud,
                ThreeCars.Cars([.. lives]) + "insert into teslamate.telemetry_cars (car_id) select id from cars;");
            var run = new Run(lives, cloud, cluster);
            run.StartProgram();
            return run;
        }

        /// <summary>Each car sends its records in order, again and again until the program has taken them.</summary>
        /// <param name="isComplete">All are acknowledged in the end; otherwise they are only sent.</param>
        public Task SendAsync(IReadOnlyList<List<TelemetryRecord.Data>> records, bool isComplete = true) =>
            Task.WhenAll(_senders.Zip(records, (sender, list) => sender.SendAsync(list, isComplete)));

        public async Task KillAsync()
        {
            await _program.KillAsync();
            await _program.DisposeAsync();
            Kills++;
            StartProgram();
        }

        public async Task LoseDatabaseAsync()
        {
            await _cluster.StopServerAsync(immediately: true);
            await Task.Delay(TimeSpan.FromSeconds(2));
            await _cluster.StartServerAsync();
        }

        /// <summary>Waits until every record is applied, and reads what came of them.</summary>
        public async Task<Logged> EndAsync()
        {
            var last = -1L;
            // A drive that got positions late is computed again within ten seconds.
            const string Undone = """
                select (select count(*) from teslamate.telemetry_inbox where not is_applied) + (select count(*) from teslamate.late_drives)
                """;
            for (var began = Stopwatch.GetTimestamp(); await ScalarAsync(Undone) is > 0 and var left;)
            {
                (began, last) = (left == last ? began : Stopwatch.GetTimestamp(), left);
                MustGoOn(began);
                await Task.Delay(200);
            }

            await using var source = NpgsqlDataSource.Create(_cluster.ConnectionString() + ";Pooling=false");
            return await Logged.ReadAsync(source);
        }

        public async Task<long> ScalarAsync(string sql)
        {
            await using var source = NpgsqlDataSource.Create(_cluster.ConnectionString() + ";Pooling=false");
            await using var command = source.CreateCommand(sql);
            return (long)(await command.ExecuteScalarAsync())!;
        }

        /// <summary>How many acknowledged records are not in the inbox.</summary>
        public async Task<long> LostAsync()
        {
            await using var source = NpgsqlDataSource.Create(_cluster.ConnectionString() + ";Pooling=false");
            await using var command = source.CreateCommand("""
                select count(*) from unnest($1::text[]) as acked (txid)
                where not exists (select from teslamate.telemetry_inbox where telemetry_inbox.txid = convert_to(acked.txid, 'UTF8'))
                """);
            command.Parameters.AddWithValue(_senders.SelectMany(sender => sender.Acked).ToArray());
            return (long)(await command.ExecuteScalarAsync())!;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var sender in _senders)
                await sender.CloseAsync();
            await _program.DisposeAsync();
            await _cloud.DisposeAsync();
            await _cluster.DisposeAsync();
            _authority.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        void StartProgram() => _program = ProgramProcess.Start(_environment, Path.Combine(_folder, "program.log"), "serve");

        void MustGoOn(long began)
        {
            if (Stopwatch.GetElapsedTime(began) > WaitTimeout)
                throw new TimeoutException($"Not within {WaitTimeout.TotalSeconds} s.\n{ProgramLog}");
        }
    }

    /// <summary>One car's end of the line.</summary>
    sealed class Sender(Life life, EndpointRoute route, Action<long> mustGoOn)
    {
        ITelemetryConnection? _connection;

        /// <summary>The transactions of all records whose acknowledgement came.</summary>
        public HashSet<string> Acked { get; } = [];

        public async Task SendAsync(List<TelemetryRecord.Data> records, bool isComplete)
        {
            var began = Stopwatch.GetTimestamp();
            HashSet<string> acked = [];
            for (var next = 0; ;)
            {
                mustGoOn(began);
                if (_connection is not { IsOpen: true })
                {
                    await CloseAsync();
                    _connection = await route.ConnectAsync(life.Car, "wifi", default);
                    // What was not acknowledged comes again, in order.
                    next = records.TakeWhile(record => acked.Contains(TxidOf(record))).Count();
                    if (_connection is null)
                        await Task.Delay(100);
                    continue;
                }

                var news = _connection.TakeAcks();
                acked.UnionWith(news);
                Acked.UnionWith(news);
                if (next == records.Count && (!isComplete || records.All(record => acked.Contains(TxidOf(record)))))
                    return;
                if (next == records.Count || records.Take(next).Count(record => !acked.Contains(TxidOf(record))) >= Window)
                    await Task.Delay(5);
                else
                    await _connection.SendAsync(records[next], TxidOf(records[next++]), default);
            }
        }

        public async Task CloseAsync()
        {
            if (_connection is not null)
                await _connection.DisposeAsync();
            _connection = null;
        }

        string TxidOf(TelemetryRecord.Data record) => $"h{life.Car.Vin[^2..]}{record.CreatedAt!.Value.UtcTicks:x}";
    }
}
