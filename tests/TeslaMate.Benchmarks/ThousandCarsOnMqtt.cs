using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Mqtt;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Systemd.Watchdog;
using TeslaMate.Vehicles;

namespace TeslaMate.Benchmarks;

/// <summary>
/// Cars that change every second, published to a real broker: messages per second, processor time, and the lag of a whole second's changes.
/// </summary>
static class ThousandCarsOnMqtt
{
    public static async Task RunAsync(int cars, int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("teslamate-mqtt-").FullName;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        await File.WriteAllTextAsync(Path.Combine(folder, "mosquitto.conf"),
            $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n");
        using var broker = Process.Start(new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", Path.Combine(folder, "mosquitto.conf")]))!;
        try
        {
            await MeasureAsync(cars, seconds, port);
        }
        finally
        {
            broker.Kill();
            await broker.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task MeasureAsync(int cars, int seconds, int port)
    {
        var settings = new MqttSettings
        {
            Host = "127.0.0.1",
            Port = port,
            HomeAssistant = new HomeAssistantSettings(Discovery: true, "homeassistant", Url: null)
        };
        await using var provider = new ServiceCollection()
            .AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton(typeof(Microsoft.Extensions.Logging.ILogger<>), typeof(NullLogger<>))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IHeartbeats, Heartbeats>()
            .AddSingleton<SummaryHub>()
            .AddSingleton<ICars, NoCars>()
            .AddSingleton<IVehicles, NoVehicles>()
            .AddMqtt(settings)
            .BuildServiceProvider();
        var hosted = provider.GetServices<IHostedService>().ToList();
        foreach (var service in hosted)
            await service.StartAsync(CancellationToken.None);
        var hub = provider.GetRequiredService<SummaryHub>();
        var outbox = provider.GetRequiredService<Outbox>();
        var link = provider.GetRequiredService<BrokerLink>();

        // The first round also announces every car to Home Assistant; it is not what is measured.
        Publish(hub, cars, second: 0);
        await DrainedAsync(link, outbox);
        await Task.Delay(TimeSpan.FromSeconds(3));
        await DrainedAsync(link, outbox);

        var delivered = link.Delivered;
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var lags = new List<double>();
        for (var second = 1; second <= seconds; second++)
        {
            var start = clock.Elapsed;
            Publish(hub, cars, second);
            await DrainedAsync(link, outbox);
            lags.Add((clock.Elapsed - start).TotalMilliseconds);
            if (TimeSpan.FromSeconds(second) - clock.Elapsed is { Ticks: > 0 } rest)
                await Task.Delay(rest);
        }

        var elapsed = clock.Elapsed;
        lags.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{cars} cars for {elapsed.TotalSeconds:0} s: {(link.Delivered - delivered) / elapsed.TotalSeconds:0} acknowledged messages per second, "
            + $"{(Process.GetCurrentProcess().TotalProcessorTime - processor) / elapsed:0.00} cores, "
            + $"a second's changes acknowledged after {lags[lags.Count / 2]:0} ms (median), {lags[^1]:0} ms (worst); "
            + $"{outbox.Topics.Count} topics, {Process.GetCurrentProcess().WorkingSet64 / 1048576.0:0} MB resident"));
        await Task.WhenAll(hosted.Select(service => service.StopAsync(CancellationToken.None)));
    }

    static void Publish(SummaryHub hub, int cars, int second)
    {
        for (short car = 1; car <= cars; car++)
            hub.Publish(new Summary
            {
                Car = new Car { Id = new CarId(car), Eid = car, Vid = car, Vin = $"5YJ3E1EA1NF{car:000000}", Settings = new CarSettings() },
                State = VehicleStateName.Driving,
                Healthy = true,
                DisplayName = $"Car {car}",
                Latitude = 52.5 + second * 1e-4,
                Longitude = 13.4 + second * 1e-4,
                Speed = 80 + second % 20,
                Power = 15 + second % 7,
                Heading = second % 360,
                OdometerKm = 42000 + second * 0.02,
                BatteryLevel = 80 - second / 60,
                ShiftState = "D",
            });
    }

    static async Task DrainedAsync(BrokerLink link, Outbox outbox)
    {
        // The hub hands over on another thread; two quiet looks mean that nothing is under way.
        for (var quiet = 0; quiet < 2;)
        {
            await Task.Delay(5);
            quiet = link.ConnectedSince is not null && outbox.Pending == 0 ? quiet + 1 : 0;
        }
    }

    sealed class NoVehicles : IVehicles
    {
        public IReadOnlyList<VehicleHealth> Health => [];

        public VehicleHealth? HealthOf(CarId car) => null;

        public Task<IReadOnlyList<Summary>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Summary>>([]);

        public Task<Summary?> SummaryAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult<Summary?>(null);

        public bool IsBusy(CarId car) => false;

        public IAsyncEnumerable<bool> WatchBusyAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> ResumeLoggingAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<SuspendAnswer> SuspendLoggingAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RestartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    sealed class NoCars : ICars
    {
        public Task<IReadOnlyList<Car>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Car>>([]);

        public Task<Car?> FindAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult<Car?>(null);

        public Task<CarAnswer> DiscoverAsync(DiscoveredVehicle vehicle, int newSuspendMin, CancellationToken cancellationToken)
            => throw new NotSupportedException();

        public Task<Car?> ChangeSettingsAsync(CarId car, CarSettings settings, CancellationToken cancellationToken)
            => throw new NotSupportedException();

        public IAsyncEnumerable<Car> WatchAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
