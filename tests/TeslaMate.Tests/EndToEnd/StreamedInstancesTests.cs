using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>Two programs behind a balancer that forwards TCP, and two cars that stream, in real time.</summary>
public sealed class StreamedInstancesTests : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow();
    readonly string _folder = Directory.CreateTempSubdirectory("tm-balanced-").FullName;
    readonly CarAuthority _authority;

    public StreamedInstancesTests() => _authority = new CarAuthority(_start);

    [Fact]
    public async Task Each_car_is_logged_once_and_goes_on_within_half_a_minute_of_a_kill_and_clients_of_brokers_are_not_loaded()
    {
        Life[] lives = [ADrive(1, City.Berlin()), ADrive(2, City.SanFrancisco())];
        await using var cloud = new TeslaCloud(lives, TimeProvider.System);
        await cloud.StartAsync();
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString());
        await House.PrepareAsync(cluster.ConnectionString(), cloud, World.Cars(lives) + "insert into teslamate.telemetry_cars (car_id) values (1), (2);");
        int[] ports = [StreamedDayTests.FreePort(), StreamedDayTests.FreePort()];
        using var balancer = new TcpBalancer(ports);
        await using var first = Serve("first", ports[0]);
        await using var second = Serve("second", ports[1]);
        await UntilAsync(() => Task.FromResult(ports.All(IsListening)), "both instances listen");
        using var stop = new CancellationTokenSource();
        var address = new Uri($"wss://127.0.0.1:{balancer.Port.ToString(CultureInfo.InvariantCulture)}/");
        var driving = lives.Select(life => Task.Run(() => new TelemetryCar(life, new EndpointRoute(address, _authority), TimeProvider.System).RunAsync(stop.Token))).ToList();
        await UntilBothDriveSinceAsync(_start);
        Mapped(first.Id).ShouldNotContain("Confluent.Kafka");
        Mapped(first.Id).ShouldNotContain("librdkafka");

        // Whichever of them logs the cars: each of the two kills takes a car's connection, and one of them its logger.
        await first.KillAsync();
        var killed = TimeProvider.System.GetUtcNow();
        await UntilBothDriveSinceAsync(killed.AddSeconds(1));
        (TimeProvider.System.GetUtcNow() - killed).ShouldBeLessThan(TimeSpan.FromSeconds(45));
        await using var third = Serve("third", ports[0]);
        await UntilAsync(() => Task.FromResult(IsListening(ports[0])), "the third instance listens");
        await second.KillAsync();
        killed = TimeProvider.System.GetUtcNow();
        await UntilBothDriveSinceAsync(killed.AddSeconds(1));

        await stop.CancelAsync();
        await Task.WhenAll(driving);
        // A record is applied at most half a minute after it was taken in, and nothing twice.
        (await ScalarAsync<long>("select count(*) from drives")).ShouldBe(2);
        (await ScalarAsync<long>("select count(*) - count(distinct (car_id, date)) from positions where drive_id is not null")).ShouldBe(0);
        (await ScalarAsync<double>("""
            select coalesce(max(gap), 0) from (
                select extract(epoch from date - lag(date) over (partition by car_id order by date))::float8 gap
                from positions where drive_id is not null) gaps
            """)).ShouldBeLessThan(30);

        async Task<T> ScalarAsync<T>(string sql)
        {
            await using var command = database.CreateCommand(sql);
            return (T)(await command.ExecuteScalarAsync())!;
        }

        Task UntilBothDriveSinceAsync(DateTimeOffset since) => UntilAsync(
            async () => await ScalarAsync<long>($"select count(distinct car_id) from positions where drive_id is not null and date > '{since:yyyy-MM-dd HH:mm:ss.fff}'") == 2,
            $"both cars are logged since {since:T}");

        ProgramProcess Serve(string name, int port)
        {
            var environment = House.Environment(cluster.ConnectionString(), cloud, _folder);
            foreach (var (variable, value) in StreamedDayTests.Endpoint(_folder, _authority, port))
                environment[variable] = value;
            environment["HTTP_BINDING_ADDRESS"] = Path.Combine(_folder, name);
            return ProgramProcess.Start(environment, Path.Combine(_folder, $"{name}.log"), "serve");
        }
    }

    public ValueTask DisposeAsync()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    Life ADrive(int number, City city)
        => new LifeScript(CarIdentity.Number(number, $"Car {number}"), CarModel.Model3, city.Home, _start).Drive(city.ToCharger).Park(TimeSpan.FromHours(1)).Build();

    async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}.\n{string.Join('\n', Directory.GetFiles(_folder, "*.log").Select(File.ReadAllText))}");
            await Task.Delay(200);
        }
    }

    static string Mapped(int process) => File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/maps");

    static bool IsListening(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Forwards each connection to the next port in turn that takes it, and knows nothing of what it carries.</summary>
    sealed class TcpBalancer : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly IReadOnlyList<int> _ports;
        int _next;

        public TcpBalancer(IReadOnlyList<int> ports)
        {
            _ports = ports;
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = ForwardAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        async Task ForwardAsync(TcpClient from)
        {
            using (from)
            {
                for (var attempt = 0; attempt < _ports.Count; attempt++)
                {
                    using var to = new TcpClient();
                    try
                    {
                        await to.ConnectAsync(IPAddress.Loopback, _ports[Interlocked.Increment(ref _next) % _ports.Count]);
                    }
                    catch (SocketException)
                    {
                        continue;
                    }

                    try
                    {
                        await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream()), to.GetStream().CopyToAsync(from.GetStream()));
                    }
                    catch (IOException)
                    {
                        // One side has gone; so does the other.
                    }

                    return;
                }
            }
        }
    }
}
