using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Endpoint;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Benchmarks.Telemetry;

/// <summary>
/// What cars send by themselves, with PostgreSQL beside it: records a second to committed rows, bytes of a stored record, the time to an
/// acknowledgement with many cars that send every ten seconds, and what a simulated month costs.
/// </summary>
static class TelemetryMeasurements
{
    const string CarsFile = "cars.pem";
    const string Ready = "ready";

    /// <summary>The cars' ends, each a process of its own.</summary>
    public const string FloodVerb = "telemetry-flood-end";

    public const string CarsVerb = "telemetry-car-end";

    const int MostAttempts = 100;

    // How closely a time to an acknowledgement is measured; more often would cost the endpoint its processor.
    static readonly TimeSpan AckLook = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Records from a few connections that never wait for their acknowledgements, and what each costs: on a machine that does other things as well,
    /// the processor time says more than the seconds.
    /// </summary>
    public static Task RunThroughputAsync(int cars, int seconds) => WithCarsAsync(FloodVerb, cars, seconds, async (house, said) =>
    {
        var (endpoint, server) = (Environment.CpuUsage.TotalTime, await house.ServerTimeAsync());
        Console.WriteLine(await said.ReadLineAsync());
        (endpoint, server) = (Environment.CpuUsage.TotalTime - endpoint, await house.ServerTimeAsync() - server);
        var stored = await house.ScalarAsync("select count(*) from teslamate.telemetry_inbox where type = 0");
        var bytes = await house.ScalarAsync("select pg_total_relation_size('teslamate.telemetry_inbox')");
        var payload = await house.ScalarAsync("select sum(octet_length(payload)) from teslamate.telemetry_inbox where type = 0");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{stored} records stored, {endpoint.TotalMicroseconds / stored:0} us of processor time each at the endpoint and "
            + $"{server.TotalMicroseconds / stored:0} us at the server; {bytes / (double)stored:0} bytes a stored record with indexes, "
            + $"{payload / (double)stored:0} bytes of payload"));
    });

    /// <summary>Many cars that send one record every ten seconds each.</summary>
    public static Task RunLatencyAsync(int cars, int seconds) => WithCarsAsync(CarsVerb, cars, seconds, async (house, said) =>
    {
        while (await said.ReadLineAsync() is { } line)
            Console.WriteLine($"{line}; {Endpoint(house)}");
        Console.WriteLine($"{await house.ScalarAsync("select count(*) from teslamate.telemetry_inbox where type = 0")} records stored");
    });

    /// <summary>
    /// The cars are a process of their own, so that each end has its own limit of open files, its own memory and its own processor time.
    /// </summary>
    static async Task WithCarsAsync(string verb, int cars, int seconds, Func<House, StreamReader, Task> measure)
    {
        var folder = Directory.CreateTempSubdirectory("tm-bench-cars-").FullName;
        List<string> command = [verb, folder, cars.ToString(CultureInfo.InvariantCulture), seconds.ToString(CultureInfo.InvariantCulture)];
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            command.Insert(0, typeof(TelemetryMeasurements).Assembly.Location);
        using var other = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        // It tells the load first, as every measurement does.
        while (await other.StandardOutput.ReadLineAsync() is { } said && said != Ready)
        {
        }

        await using (var house = await House.StartAsync(cars, await File.ReadAllTextAsync(Path.Combine(folder, CarsFile))))
        {
            Console.WriteLine(Endpoint(house));
            await other.StandardInput.WriteLineAsync(house.Port.ToString(CultureInfo.InvariantCulture));
            await measure(house, other.StandardOutput);
            Console.WriteLine($"load {(await File.ReadAllTextAsync("/proc/loadavg")).Trim()}");
        }

        await other.WaitForExitAsync();
        Directory.Delete(folder, recursive: true);
    }

    static string Endpoint(House house)
    {
        using var self = Process.GetCurrentProcess();
        return string.Create(CultureInfo.InvariantCulture, $"endpoint: {house.Connections} connections, "
            + $"{self.WorkingSet64 / 1048576.0:0} MB resident, {GC.GetTotalMemory(forceFullCollection: false) / 1048576.0:0} MB of them objects, "
            + $"{self.TotalProcessorTime.TotalSeconds:0} s of processor time");
    }

    /// <summary>The cars' end of <see cref="RunThroughputAsync"/>.</summary>
    public static async Task RunFloodAsync(string folder, int cars, int seconds)
    {
        using var authority = new CarAuthority(TimeProvider.System.GetUtcNow());
        if (await RouteAsync(authority, folder) is not { } route)
            return;
        var connections = await Task.WhenAll(Enumerable.Range(1, cars).Select(async car =>
            await route.ConnectAsync(CarIdentity.Number(car, "Car"), "wifi", default)
                ?? throw new InvalidOperationException("A car was not let in.")));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var (sent, acked, watch) = (0L, 0L, Stopwatch.StartNew());
        await Task.WhenAll(connections.Select((connection, i) => Task.Run(async () =>
        {
            var (number, answered) = (0, 0);
            var start = TimeProvider.System.GetUtcNow();
            while (!stop.IsCancellationRequested)
            {
                var at = start.AddMilliseconds(number);
                if (!await connection.SendAsync(Driving(i + 1, at, number),
                    $"c{i.ToString(CultureInfo.InvariantCulture)}-{(++number).ToString("000000000", CultureInfo.InvariantCulture)}", default))
                    break;
                // As many as the endpoint lets wait for one car.
                answered += connection.TakeAcks().Count;
                while (number - answered > 900 && !stop.IsCancellationRequested)
                {
                    await Task.Delay(1);
                    answered += connection.TakeAcks().Count;
                }
            }

            Interlocked.Add(ref sent, number);
            Interlocked.Add(ref acked, answered);
        })));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{cars} connections, {watch.Elapsed.TotalSeconds:0} s: {acked / watch.Elapsed.TotalSeconds:0} records/s committed ({sent} sent), "
            + $"{Environment.CpuUsage.TotalTime.TotalMicroseconds / sent:0} us of processor time each at the cars"));
    }

    /// <summary>Writes the cars' authority, and waits to be told the port; null when the other end has gone.</summary>
    static async Task<EndpointRoute?> RouteAsync(CarAuthority authority, string folder)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, CarsFile), authority.Pem);
        Console.WriteLine(Ready);
        return await Console.In.ReadLineAsync() is { } port ? new EndpointRoute(new Uri($"wss://127.0.0.1:{port}/"), authority) : null;
    }

    /// <summary>The cars' end of <see cref="RunLatencyAsync"/>.</summary>
    public static async Task RunCarsAsync(string folder, int cars, int seconds)
    {
        using var authority = new CarAuthority(TimeProvider.System.GetUtcNow());
        if (await RouteAsync(authority, folder) is not { } route)
            return;
        // What the cars of the world bring along is not measured.
        Parallel.For(0, cars, i => route.Prepare(CarIdentity.Number(i + 1, "Car")));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{cars} certificates made in {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of processor time"));
        ConcurrentBag<double> latencies = [];
        var connecting = Stopwatch.StartNew();
        var connections = new ITelemetryConnection[cars];
        // Fewer at once than the endpoint lets be unfinished.
        await Parallel.ForAsync(0, cars, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (i, _) =>
        {
            for (var attempt = 0; attempt < MostAttempts && connections[i] is null; attempt++)
                connections[i] = await route.ConnectAsync(CarIdentity.Number(i + 1, "Car"), "wifi", default) ?? connections[i];
            if (connections[i] is null)
                throw new InvalidOperationException("A car was not let in.");
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cars} cars connected in {connecting.Elapsed.TotalSeconds:0} s, "
            + $"{Environment.CpuUsage.TotalTime.TotalSeconds:0} s of the cars' processor time in all"));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        await Task.WhenAll(connections.Select((connection, i) => Task.Run(async () =>
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(10.0 * i / cars), stop.Token);
                for (var number = 1; !stop.IsCancellationRequested; number++)
                {
                    var began = Stopwatch.GetTimestamp();
                    await connection.SendAsync(
                        Driving(i + 1, TimeProvider.System.GetUtcNow(), number),
                        $"c{i.ToString(CultureInfo.InvariantCulture)}-{number.ToString(CultureInfo.InvariantCulture)}", stop.Token);
                    while (connection.TakeAcks().Count == 0)
                        await Task.Delay(AckLook, stop.Token);
                    latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    await Task.Delay(TimeSpan.FromSeconds(10), stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The time is over.
            }
        })));
        var sorted = latencies.Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{seconds} s: {sorted.Count} records, acknowledged in {sorted[sorted.Count / 2]:0} ms (median), "
            + $"{sorted[(int)(sorted.Count * 0.99)]:0} ms (99 %), {sorted[(int)(sorted.Count * 0.999)]:0} ms (99.9 %), {sorted[^1]:0} ms (longest); "
            + $"{connections.Count(connection => connection.IsOpen)} still connected"));
    }

    /// <summary>What a month of a simulated car costs by telemetry, with the default profile; no program takes part.</summary>
    public static void RunMonth(int days)
    {
        var start = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
        var life = RandomLife.Of(CarIdentity.Number(1, "Car"), CarModel.Model3, City.Berlin(), new Habits(Charger.Wallbox, Charger.Socket), start,
            days, seed: 101);
        foreach (var profile in TelemetryProfile.Names)
        {
            var sender = new SignalSender(profile);
            var (records, datums, wakeUps, bytes) = (0L, 0L, 0L, 0L);
            var wasAsleep = true;
            for (var now = start; now < start.AddDays(days); now = now.AddSeconds(1))
            {
                var moment = life.At(now, DateTimeOffset.MinValue);
                if (moment.Reach != Reach.Online)
                {
                    if (!wasAsleep)
                        sender.Forget();
                    wasAsleep = true;
                    if (life.NextChange(now) is not { } change)
                        break;
                    now = change > now.AddSeconds(1) ? change.AddSeconds(-1) : now;
                    continue;
                }

                wakeUps += wasAsleep ? 1 : 0;
                wasAsleep = false;
                var due = sender.Take(CarSignals.Of(life, moment), now);
                if (due.Count == 0)
                    continue;
                records++;
                datums += due.Count;
                bytes += ProtobufForm.Write(new TelemetryRecord.Data(life.Car.Vin, now, false, due)).Length;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{profile}, {days} days, {life.Drives.Sum(drive => drive.DistanceKm):0} km, {wakeUps} wake-ups: {records} records, {datums} "
                    + $"signals, {Budget.PriceUsd(datums, 0):0.00} USD, "
                + $"{bytes / (double)records:0} bytes a record"));
        }
    }

    static TelemetryRecord.Data Driving(int car, DateTimeOffset at, int number) => new(CarIdentity.Number(car, "").Vin, at, false,
    [
        new(21, new TelemetryValue.Place(52.5 + (number % 1000 / 10_000.0), 13.4 + (car / 100_000.0))),
        new(4, TelemetryValue.Number.Of(30.0 + (number % 40))),
        new(7, TelemetryValue.Number.Of(-50.0 + (number % 100))), new(5, TelemetryValue.Number.Of(12_345 + (number / 100.0))),
    ]);

    /// <summary>The endpoint and the inbox of the program, on a server of its own.</summary>
    sealed class House : IAsyncDisposable
    {
        readonly PrivateCluster _cluster;
        readonly NpgsqlDataSource _database;
        readonly string _folder;
        readonly TelemetryCars _cars;
        readonly InboxWriter _writer;
        readonly CarEndpoint _endpoint;

        House(PrivateCluster cluster, NpgsqlDataSource database, string folder, string authorityPem)
        {
            (_cluster, _database, _folder) = (cluster, database, folder);
            TelemetryFiles.MakeCertificate("localhost", folder, TimeProvider.System.GetUtcNow());
            var file = Path.Combine(folder, "cars.pem");
            File.WriteAllText(file, authorityPem);
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var settings = new TelemetrySettings
            {
                Listen = $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}",
                CertificateFile = TelemetryFiles.CertificateFile(folder),
                KeyFile = TelemetryFiles.KeyFile(folder),
                ClientAuthorityFile = file,
                MostFailedHandshakes = 1_000_000,
            };
            _cars = new TelemetryCars(database, new InboxTable(database), settings, TimeProvider.System, NullLogger<TelemetryCars>.Instance);
            _writer = new InboxWriter(database, new InboxSignal(), TimeProvider.System, NullLogger<InboxWriter>.Instance);
            _endpoint = new CarEndpoint(settings, _cars, _writer, new EndpointCounters(), TimeProvider.System, NullLoggerFactory.Instance);
        }

        public int Port => _endpoint.Port;

        public int Connections => _endpoint.Connections;

        /// <param name="authorityPem">Of the cars.</param>
        public static async Task<House> StartAsync(int cars, string authorityPem)
        {
            var cluster = await PrivateCluster.StartAsync();
            var connection = new NpgsqlConnectionStringBuilder(cluster.ConnectionString());
            var variables = new Variables(new Dictionary<string, string>
            {
                ["DATABASE_SOCKET_DIR"] = connection.Host!,
                ["DATABASE_PORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
                ["DATABASE_NAME"] = connection.Database!,
                ["DATABASE_USER"] = connection.Username!,
                ["ENCRYPTION_KEY"] = "measured",
            });
            if (await new Migrator(DatabaseSettings.Read(variables), variables, TimeProvider.System).MigrateAsync(new Progress<MigrationProgress>(),
                CancellationToken.None) is not MigrationOutcome.Done)
                throw new InvalidOperationException("The database was not migrated.");
            var database = NpgsqlDataSource.Create(cluster.ConnectionString());
            await using (var command = database.CreateCommand("""
                with settings as (insert into car_settings (use_streaming_api) select false from generate_series(1, $1) returning id),
                logged as (
                    insert into cars (eid, vid, vin, name, settings_id, inserted_at, updated_at)
                    select number, number, '5YJ3E7EB2NF' || lpad(number::text, 6, '0'), 'Car', id, now(), now()
                    from (select id, row_number() over (order by id) as number from settings) numbered
                    returning id)
                insert into teslamate.telemetry_cars (car_id) select id from logged
                """))
            {
                command.Parameters.AddWithValue(cars);
                await command.ExecuteNonQueryAsync();
            }

            var house = new House(cluster, database, Directory.CreateTempSubdirectory("tm-bench-").FullName, authorityPem);
            await house._cars.ReadAsync(default);
            await house._writer.StartAsync(default);
            await house._endpoint.StartAsync(default);
            return house;
        }

        public async Task<long> ScalarAsync(string sql)
        {
            await using var command = _database.CreateCommand(sql);
            return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        }

        /// <summary>What PostgreSQL's processes have used of the processor, those that have ended included.</summary>
        public async Task<TimeSpan> ServerTimeAsync()
        {
            var backend = await ScalarAsync("select pg_backend_pid()");
            var server = StatOf(backend.ToString(CultureInfo.InvariantCulture))![1];
            var ticks = Directory.EnumerateDirectories("/proc").Select(folder => StatOf(Path.GetFileName(folder)))
                .OfType<string[]>().Where(stat => stat[1] == server).Sum(stat => Number(stat[11]) + Number(stat[12]));
            // Those that have ended are counted at their parent.
            ticks += StatOf(server) is { } postmaster ? Number(postmaster[13]) + Number(postmaster[14]) : 0;
            return TimeSpan.FromMilliseconds(ticks * 10);

            static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
        }

        /// <summary>What proc(5) says of a process, from its state on; null when it is none.</summary>
        static string[]? StatOf(string process)
        {
            try
            {
                return char.IsAsciiDigit(process[0]) ? File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ') : null;
            }
            catch (IOException)
            {
                return null;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _endpoint.StopAsync(default);
            await _endpoint.DisposeAsync();
            await _writer.StoppedAsync(default);
            _writer.Dispose();
            _cars.Dispose();
            await _database.DisposeAsync();
            await _cluster.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
