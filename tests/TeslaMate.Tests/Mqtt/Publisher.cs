using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Mqtt;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Systemd.Watchdog;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The publisher as the program composes it.</summary>
sealed class Publisher : IAsyncDisposable
{
    readonly ServiceProvider _provider;
    readonly RecordedLog _log;
    bool _stopped;

    Publisher(ServiceProvider provider, RecordedLog log)
    {
        _provider = provider;
        _log = log;
    }

    public SummaryHub Hub => _provider.GetRequiredService<SummaryHub>();

    /// <summary>The database's cars.</summary>
    public TheseCars Cars => _provider.GetRequiredService<TheseCars>();

    /// <summary>The cars that are logged.</summary>
    public TheseVehicles Vehicles => _provider.GetRequiredService<TheseVehicles>();

    public string Log => string.Join('\n', _log.Lines);

    /// <summary>How many topics of a kind it has a value for.</summary>
    public int Remembers(Func<string, bool> kind) => _provider.GetRequiredService<Outbox>().Topics.Count(kind);

    /// <summary>The channel that the broker is for this kind of targets.</summary>
    public IChannel Channel(TeslaMate.Outgoing.Targets.TargetKind kind) => _provider.GetServices<IChannel>().Single(channel => channel.Kind == kind);

    BrokerLink Link => _provider.GetRequiredService<BrokerLink>();

    public static Task<Publisher> StartAsync(MosquittoServer server, params (string Name, string Value)[] settings)
        => StartAsync(server, TimeProvider.System, [], settings);

    /// <param name="cars">Those of the database; they all run until a test says otherwise.</param>
    public static async Task<Publisher> StartAsync(MosquittoServer server, TimeProvider time, IReadOnlyList<Car> cars,
        params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string> { ["MQTT_HOST"] = "127.0.0.1", ["MQTT_PORT"] = $"{server.Port}" };
        foreach (var (name, value) in settings)
            values[name] = value;
        var variables = new Variables(values);
        var read = MqttSettings.Read(variables);
        variables.Problems.ShouldBeEmpty();
        var log = new RecordedLog();
        var provider = new ServiceCollection()
            .AddLogging(builder => builder.AddProvider(log))
            .AddSingleton(time)
            .AddSingleton<IHeartbeats, Heartbeats>()
            .AddSingleton<SummaryHub>()
            .AddSingleton(new TheseCars(cars))
            .AddSingleton<ICars>(services => services.GetRequiredService<TheseCars>())
            .AddSingleton(new TheseVehicles([.. cars.Select(car => car.Id.Value)]))
            .AddSingleton<IVehicles>(services => services.GetRequiredService<TheseVehicles>())
            .AddMqtt(read)
            .BuildServiceProvider();
        var publisher = new Publisher(provider, log);
        foreach (var hosted in provider.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);
        return publisher;
    }

    /// <summary>Waits until the broker has acknowledged everything.</summary>
    public async Task SettledAsync()
    {
        for (var attempt = 0; attempt < 400; attempt++)
        {
            // The hub's watcher needs a moment to hand a summary over; two quiet looks in a row mean that nothing is under way.
            if (Link.ConnectedSince is not null && Pending() == 0)
            {
                await Task.Delay(50);
                if (Link.ConnectedSince is not null && Pending() == 0)
                    return;
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException($"The broker did not get everything: {Link.LastError}\n{Log}");

        int Pending() => _provider.GetRequiredService<Outbox>().Pending;
    }

    public Task FailsWithAsync(string text) => UntilAsync(() => Link.LastError?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Waits for a condition, and says what the link and the log say when it does not come.</summary>
    public async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        for (var attempt = 0; attempt < 400; attempt++)
        {
            if (condition())
                return;
            await Task.Delay(50);
        }

        throw new InvalidOperationException($"In vain: {what}\n{Link.LastError}\n{Log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        var stopping = Task.WhenAll(_provider.GetServices<IHostedService>().Select(hosted => hosted.StopAsync(CancellationToken.None)));
        // A broker that says nothing is waited for by the clock of the test.
        for (var time = _provider.GetRequiredService<TimeProvider>() as ManualTime; time is not null
            && !stopping.IsCompleted; time.Advance(TimeSpan.FromSeconds(0.1)))
            await Task.WhenAny(stopping, Task.Delay(10));
        await stopping;
        await _provider.DisposeAsync();
    }
}

sealed class TheseCars(IReadOnlyList<Car> cars) : ICars
{
    public IReadOnlyList<Car> Stored { get; set; } = cars;

    public Task<IReadOnlyList<Car>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(Stored);

    public Task<Car?> FindAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult<Car?>(null);

    public Task<CarAnswer> DiscoverAsync(DiscoveredVehicle vehicle, int newSuspendMin, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<Car?> ChangeSettingsAsync(CarId car, CarSettings settings, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<Car> WatchAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>Cars that run, whether or not they have a summary.</summary>
sealed class TheseVehicles(IReadOnlyList<short> running) : HealthOnly
{
    public IReadOnlyList<short> Running { get; set; } = running;

    public override IReadOnlyList<VehicleHealth> Health => [.. Running.Select(car =>
        new VehicleHealth(new CarId(car), VehicleStateName.Unavailable, Healthy: true, null, null, 0, null, StreamConnected: false, Restarts: 0))];
}
