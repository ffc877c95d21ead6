using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Endpoint;
using TeslaMate.Telemetry.Intakes;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// The same hours of a car by its own connection, by ZeroMQ and MQTT of Tesla's server, and by polling: the same drives and charges within the
/// limits of each path (spec fleet-telemetry 1). With <c>TESLAMATE_TEST_DAYS</c> so many days of a random life instead.
/// </summary>
[Collection(NonParallelCollection.Name)]
public sealed class StreamedDayTests
{
    static readonly DateTimeOffset Start = ThreeCars.Start;

    // Null for the scripted hours.
    static readonly int? Days = int.TryParse(System.Environment.GetEnvironmentVariable("TESLAMATE_TEST_DAYS"), out var days) ? days : null;

    [Fact]
    public async Task The_cars_own_connection_and_ZeroMQ_in_both_forms_give_equal_rows_at_the_cars_own_times()
    {
        var endpoint = await LiveAsync("endpoint");
        MustBeTrue(endpoint, startLate: 15, endLate: 0.1, km: 0.06, kwh: 0.7);
        Told(await LiveAsync("zmq")).ShouldBe(Told(endpoint));
        Told(await LiveAsync("zmq-json")).ShouldBe(Told(endpoint));
    }

    [SkippableFact]
    public async Task MQTT_gives_the_same_drives_and_charges_within_seconds()
    => MustBeTrue(await LiveAsync("mqtt"), startLate: 35, endLate: 6, km: 0.3, kwh: 0.7);

    [Fact]
    public async Task Polling_gives_them_within_its_intervals()
    => MustBeTrue(await LiveAsync("polling"), startLate: 130, endLate: 40, km: 0.6, kwh: 0.4, rangeAge: 0);

    [Fact]
    public async Task Hops_doubled_records_and_floods_change_nothing()
    {
        var troubled = await LiveAsync("endpoint", new TelemetryTroubles { HopEvery = TimeSpan.FromMinutes(7), DoubleEach = 5, Flood = (97, 300) });

        MustBeTrue(troubled, startLate: 15, endLate: 0.1, km: 0.06, kwh: 0.7);
        troubled.Requests.ShouldBeLessThan(12 * (Days ?? 1));
    }

    static IReadOnlyList<string> Told(Lived lived) =>
    [
        .. lived.Logged.Drives.Select(drive => (drive with { Id = 0, StartPosition = 0, EndPosition = 0 }).ToString()),
        .. lived.Logged.Processes.Select(process => (process with { Id = 0 }).ToString()),
        .. lived.Logged.Charges.Select(charge => (charge with { Process = 0 }).ToString()),
        .. lived.Logged.Positions.Where(position => position.DriveId is not null)
            .Select(position => (position with { Id = 0, DriveId = 0 }).ToString()),
        .. lived.Logged.Updates.Select(update => update.ToString()),
    ];

    /// <summary>
    /// What was logged against what really happened. A parked car is silent, so the place of a drive's first row is the first one told; an energy
    /// counter is told every half minute, and a range every minute.
    /// </summary>
    /// <param name="rangeAge">How old a range at the end of a drive may be, in seconds; it falls at most twice as fast as in the mean.</param>
    static void MustBeTrue(Lived lived, double startLate, double endLate, double km, double kwh, double rangeAge = 60)
    {
        var (drives, truths) = (lived.Logged.Drives, lived.Life.Drives.Where(drive => drive.End < lived.End).ToList());
        drives.Count.ShouldBe(truths.Count, string.Join('\n', drives));
        foreach (var (truth, drive) in truths.Zip(drives))
        {
            Late(truth.Start, drive.StartDate).ShouldBeInRange(-1, startLate, drive.ToString());
            Late(truth.End, drive.EndDate!.Value).ShouldBeInRange(-1, endLate, drive.ToString());
            drive.Distance!.Value.ShouldBe(truth.DistanceKm, km, drive.ToString());
            var lostPerSecond = Math.Max(0, (double)drive.StartRated!.Value - truth.EndRatedKm) / (truth.End - truth.Start).TotalSeconds;
            ((double)drive.EndRated!.Value).ShouldBe(truth.EndRatedKm, 0.5 + (2 * lostPerSecond * rangeAge), drive.ToString());
            drive.EndOsm.ShouldBe(truth.To.OsmId, drive.ToString());
        }

        var (processes, charges) = (lived.Logged.Processes, lived.Life.Charges.Where(charge => charge.End < lived.End).ToList());
        processes.Count.ShouldBe(charges.Count, string.Join('\n', processes));
        foreach (var (truth, process) in charges.Zip(processes))
        {
            Late(truth.Start, process.StartDate).ShouldBeInRange(-1, Math.Max(startLate, 1), process.ToString());
            Late(truth.End, process.EndDate!.Value).ShouldBeInRange(-1, Math.Max(endLate, 1), process.ToString());
            ((double)process.Added!.Value).ShouldBe(truth.AddedKwh, kwh, process.ToString());
            ((double)process.Used!.Value).ShouldBe(truth.UsedKwh, kwh + (truth.UsedKwh * 0.06), process.ToString());
            process.EndLevel.ShouldBe((short)truth.EndLevel, process.ToString());
        }

        lived.Logged.States[^1].EndDate.ShouldBeNull();
        lived.Log.ShouldNotContain(line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    static async Task<Lived> LiveAsync(string path, TelemetryTroubles? troubles = null)
    {
        Lived? result = null;
        await NonParallelCollection.RunAsync(async () =>
        {
            var life = TheLife();
            TeslaCloud? cloud = null;
            TelemetryCar? car = null;
            TeslaServer? server = null;
            using var idle = new IdleDetector(() => cloud!.WaitingOnPurpose, () => cloud!.StreamMessages).Start();
            Func<bool> hasArrived = () => true;
            var time = new SteppedTime(Start, () => (car?.IsSettled ?? true) && hasArrived() && idle.IsIdle());
            await using var running = cloud = new TeslaCloud([life], time) { StreamInterval = TimeSpan.FromSeconds(5) };
            await cloud.StartAsync();
            await using var database = await TestServer.CreateDatabaseAsync();
            var isStreaming = path != "polling";
            await ProgramUnderTest.PrepareAsync(
                database.ConnectionString, cloud,
                ThreeCars.Cars([life]) + (isStreaming ? "insert into teslamate.telemetry_cars (car_id) values (1);" : ""));
            var folder = Directory.CreateTempSubdirectory("teslamate-streamed-").FullName;
            try
            {
                await using var broker = path == "mqtt" ? await MosquittoServer.StartAsync() : null;
                await using var tesla = server = path == "endpoint" || !isStreaming ? null : new TeslaServer(time);
                using var authority = new CarAuthority(Start);
                var (variables, route) = await RouteAsync(path, folder, authority, server, broker);
                await using var program = await ProgramUnderTest.StartAsync(database.ConnectionString, cloud, time, folder, variables);
                // A message on its way is no work that the clock could see; so what was sent is compared with what has come.
                if (path == "endpoint")
                {
                    var endpoint = program.Parts.GetRequiredService<EndpointCounters>();
                    hasArrived = () => endpoint.Connections == (car?.IsConnected is true ? 1 : 0);
                }
                else if (path.StartsWith("zmq", StringComparison.Ordinal))
                {
                    var intake = program.Parts.GetRequiredService<RecordIntake>();
                    hasArrived = () => intake.Taken == server!.Published;
                    for (var i = 0; i < 600 && server!.Subscribers == 0; i++)
                        await Task.Delay(100);
                }
                else if (broker is not null)
                {
                    var intake = program.Parts.GetServices<IHostedService>().OfType<MqttIntake>().Single();
                    hasArrived = () => intake.Taken == server!.Published;
                    for (var i = 0; i < 600 && !intake.IsSubscribed; i++)
                        await Task.Delay(100);
                }

                using var stop = new CancellationTokenSource();
                car = route is null ? null : new TelemetryCar(life, route, time, troubles: troubles) { DrivingInterval = TimeSpan.FromSeconds(5) };
                var driving = car is null ? Task.CompletedTask : car.RunAsync(stop.Token);
                var end = life.End.AddHours(1);
                await time.AdvanceToAsync(end);
                await stop.CancelAsync();
                await driving;
                var requests = cloud.Cars[0].Count(RequestKind.Vehicle) + cloud.Cars[0].Count(RequestKind.VehicleData);
                result = new Lived(life, await Logged.ReadAsync(database.TestSource), end, requests, program.Log.Lines);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return result!;
    }

    static async Task<(Dictionary<string, string> Variables, ITelemetryRoute? Route)> RouteAsync(
        string path, string folder, CarAuthority authority, TeslaServer? server, MosquittoServer? broker)
    {
        switch (path)
        {
            case "endpoint":
                var port = FreePort();
                return (Endpoint(folder, authority, port),
                    new EndpointRoute(new Uri($"wss://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"), authority));
            case "zmq" or "zmq-json":
                return (new() { ["TELEMETRY_ZMQ"] = server!.BindZeroMq(path == "zmq-json") }, server);
            case "mqtt":
                return (new() { ["TELEMETRY_MQTT"] = await server!.ConnectMqttAsync(broker!.Port) }, server);
            default:
                return ([], null);
        }
    }

    /// <summary>The variables of an endpoint that lets the cars of an authority in.</summary>
    internal static Dictionary<string, string> Endpoint(string folder, CarAuthority authority, int port)
    {
        TelemetryFiles.MakeCertificate("localhost", folder, TimeProvider.System.GetUtcNow());
        var cars = Path.Combine(folder, "cars.pem");
        File.WriteAllText(cars, authority.Pem);
        return new()
        {
            ["TELEMETRY_LISTEN"] = $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}",
            ["TELEMETRY_TLS_CERT_FILE"] = TelemetryFiles.CertificateFile(folder),
            ["TELEMETRY_TLS_KEY_FILE"] = TelemetryFiles.KeyFile(folder),
            ["TELEMETRY_CLIENT_CA"] = cars,
            ["TELEMETRY_HANDSHAKES"] = "10000",
        };
    }

    internal static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    static Life TheLife()
    {
        var city = City.Berlin();
        if (Days is { } days)
            return RandomLife.Of(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, city, new Habits(Charger.Wallbox, Charger.Socket),
                Start.AddHours(12), days, seed: 101);
        var script = new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, city.Home, Start, seed: 5,
            level: 61).Park(TimeSpan.FromMinutes(20));
        // A tunnel on the way.
        script.LoseSignal(TimeSpan.FromMinutes(4), TimeSpan.FromSeconds(100)).Drive(city.ToShop);
        return script.Park(TimeSpan.FromMinutes(40)).Drive(city.ToShop.Reversed())
            .Park(TimeSpan.FromMinutes(3)).Charge(Charger.Wallbox, 64)
            .Park(TimeSpan.FromMinutes(25)).Drive(city.ToCharger)
            .Park(TimeSpan.FromMinutes(2)).Charge(Charger.Supercharger, 72)
            .Park(TimeSpan.FromMinutes(4)).Drive(city.ToCharger.Reversed())
            .Park(TimeSpan.FromMinutes(30)).Build();
    }

    static double Late(DateTimeOffset truth, DateTime logged)
        => (new DateTimeOffset(DateTime.SpecifyKind(logged, DateTimeKind.Utc)) - truth).TotalSeconds;

    sealed record Lived(Life Life, Logged Logged, DateTimeOffset End, int Requests, IReadOnlyList<string> Log);
}
