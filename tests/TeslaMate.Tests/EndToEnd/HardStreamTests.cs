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

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Kills_a_lost_database_and_garbage_leave_the_rows_of_an_undisturbed_run()
    {
        var start = TimeProvider.System.GetUtcNow().AddHours(-2);
        var city = City.Berlin();
        var life = new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, city.Home, start, seed: 7, level: 61)
            .Park(TimeSpan.FromMinutes(3)).Drive(city.ToShop).Park(TimeSpan.FromMinutes(4)).Drive(city.ToShop.Reversed())
            .Park(TimeSpan.FromMinutes(2)).Charge(Charger.Wallbox, 64).Park(TimeSpan.FromMinutes(3)).Build();
        var records = Records(life);

        await using var calm = await Run.StartAsync(life);
        await calm.SendAsync(records);
        var expected = await calm.EndAsync();
        await using var hard = await Run.StartAsync(life);
        var random = new Random(4711);
        var troubles = Enumerable.Range(0, Kills + 1).Select(_ => random.Next(1, records.Count)).Order().ToList();
        var databaseLoss = troubles[Kills / 2];
        var sent = 0;
        foreach (var until in troubles)
        {
            await hard.SendAsync(records.Take(until).Skip(Math.Max(0, sent - Again)).ToList(), isComplete: false);
            await hard.SendAsync([Garbage(life, records[until - 1].CreatedAt!.Value)], isComplete: false);
            sent = until;
            if (until == databaseLoss)
            {
                await hard.LoseDatabaseAsync();
                continue;
            }

            await Task.Delay(random.Next(1500));
            await hard.KillAsync();
        }

        await hard.SendAsync(records.Skip(Math.Max(0, sent - Again)).ToList());
        var logged = await hard.EndAsync();

        output.WriteLine($"{records.Count} records, {hard.Kills} kills at {string.Join(", ", troubles)}; {expected.Drives.Count} drives, "
            + $"{expected.Charges.Count} rows of charges, {expected.Positions.Count} positions");
        expected.Drives.Count.ShouldBe(2);
        expected.Processes.Count.ShouldBe(1);
        Told(logged).ShouldBe(Told(expected), hard.ProgramLog);
    }

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

    // Wrong types, impossible numbers and what nobody knows: kept, and no row of it.
    static TelemetryRecord.Data Garbage(Life life, DateTimeOffset at) => new(life.Car.Vin, at.AddMilliseconds(1), false,
    [
        new((int)Field.Location, new TelemetryValue.Text("somewhere")), new((int)Field.Odometer, TelemetryValue.Number.Of(double.NaN)),
        new((int)Field.Gear, new TelemetryValue.Code(9, 99)), new((int)Field.Soc, new TelemetryValue.Text("<invalid>")),
        new(9_999, new TelemetryValue.Text("?")),
    ]);

    /// <summary>A program with a database and a cloud of its own, and a car that sends.</summary>
    sealed class Run : IAsyncDisposable
    {
        readonly string _folder = Directory.CreateTempSubdirectory("tm-hardstream-").FullName;
        readonly CarAuthority _authority = new(TimeProvider.System.GetUtcNow());
        readonly Life _life;
        readonly TeslaCloud _cloud;
        readonly PrivateCluster _cluster;
        readonly Dictionary<string, string> _environment;
        readonly EndpointRoute _route;
        ProgramProcess _program = null!;
        ITelemetryConnection? _connection;

        Run(Life life, TeslaCloud cloud, PrivateCluster cluster)
        {
            (_life, _cloud, _cluster) = (life, cloud, cluster);
            var port = StreamedDayTests.FreePort();
            _route = new EndpointRoute(new Uri($"wss://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"), _authority);
            _environment = House.Environment(cluster.ConnectionString(), cloud, _folder);
            foreach (var (name, value) in StreamedDayTests.Endpoint(_folder, _authority, port))
                _environment[name] = value;
        }

        public int Kills { get; private set; }

        public string ProgramLog => File.ReadAllText(Path.Combine(_folder, "program.log"));

        public static async Task<Run> StartAsync(Life life)
        {
            // For Tesla the car is online all the while.
            var now = TimeProvider.System.GetUtcNow();
            var online = new LifeScript(life.Car, CarModel.Model3, City.Berlin().Home, now).Drive(City.Berlin().ToCharger).Build();
            var cloud = new TeslaCloud([online], TimeProvider.System);
            await cloud.StartAsync();
            var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
            await House.PrepareAsync(cluster.ConnectionString(), cloud,
                World.Cars([life]) + "insert into teslamate.telemetry_cars (car_id) values (1);");
            var run = new Run(life, cloud, cluster);
            run.StartProgram();
            return run;
        }

        /// <summary>Sends records in order, again and again until the program has taken them.</summary>
        /// <param name="isComplete">All are acknowledged in the end; otherwise they are only sent.</param>
        public async Task SendAsync(List<TelemetryRecord.Data> records, bool isComplete = true)
        {
            var began = Stopwatch.GetTimestamp();
            HashSet<string> acked = [];
            for (var next = 0; ;)
            {
                MustGoOn(began);
                if (_connection is not { IsOpen: true })
                {
                    await CloseAsync();
                    _connection = await _route.ConnectAsync(_life.Car, "wifi", default);
                    // What was not acknowledged comes again, in order.
                    next = records.TakeWhile(record => acked.Contains(TxidOf(record))).Count();
                    if (_connection is null)
                        await Task.Delay(100);
                    continue;
                }

                acked.UnionWith(_connection.TakeAcks());
                if (next == records.Count && (!isComplete || records.All(record => acked.Contains(TxidOf(record)))))
                    return;
                if (next == records.Count || records.Take(next).Count(record => !acked.Contains(TxidOf(record))) >= Window)
                    await Task.Delay(5);
                else
                    await _connection.SendAsync(records[next], TxidOf(records[next++]), default);
            }
        }

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
            await using var source = NpgsqlDataSource.Create(_cluster.ConnectionString() + ";Pooling=false");
            await using var waiting = source.CreateCommand("select count(*) from teslamate.telemetry_inbox where not is_applied");
            for (var began = Stopwatch.GetTimestamp(); await waiting.ExecuteScalarAsync() is not 0L;)
            {
                MustGoOn(began);
                await Task.Delay(200);
            }

            return await Logged.ReadAsync(source);
        }

        public async ValueTask DisposeAsync()
        {
            await CloseAsync();
            await _program.DisposeAsync();
            await _cloud.DisposeAsync();
            await _cluster.DisposeAsync();
            _authority.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        void StartProgram() => _program = ProgramProcess.Start(_environment, Path.Combine(_folder, "program.log"), "serve");

        void MustGoOn(long began)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"Not within {Patience.TotalSeconds} s.\n{ProgramLog}");
        }

        async Task CloseAsync()
        {
            if (_connection is not null)
                await _connection.DisposeAsync();
            _connection = null;
        }

        static string TxidOf(TelemetryRecord.Data record) => $"h{record.CreatedAt!.Value.UtcTicks:x}";
    }
}
