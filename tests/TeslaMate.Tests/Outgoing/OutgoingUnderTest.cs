using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Logbook;
using TeslaMate.Outgoing;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Outgoing;

/// <summary>
/// One instance of what tells others, as the program composes it; receivers on this machine are allowed unless the test says otherwise.
/// </summary>
sealed class OutgoingUnderTest : IAsyncDisposable
{
    public const string EncryptionKeyText = "a key for tests, long enough";

    static readonly DateTimeOffset Start = new(2026, 7, 4, 8, 30, 40, TimeSpan.Zero);

    readonly ServiceProvider _services;
    readonly List<IHostedService> _jobs;

    public OutgoingUnderTest(
        NpgsqlDataSource database, ManualTime? time = null, string allowed = "127.0.0.0/8", string key = EncryptionKeyText,
        Action<IServiceCollection>? configure = null)
    {
        Time = time ?? new ManualTime(Start);
        var settings = OutgoingSettings.Read(new Variables(new Dictionary<string, string> { ["OUTGOING_ALLOWED_NETWORKS"] = allowed }));
        var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace))
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton(KeyOf(key))
            // Given as an instance, so that the container leaves its disposal to the test.
            .AddKeyedSingleton(OutgoingDatabase.Key, database)
            .AddOutgoing(settings);
        configure?.Invoke(services);
        _services = services.BuildServiceProvider();
        _jobs = [.. _services.GetServices<IHostedService>()];
    }

    public ManualTime Time { get; }

    public RecordedLog Log { get; } = new();

    public TargetTable Targets => Get<TargetTable>();

    public DeliveryTable Deliveries => Get<DeliveryTable>();

    public IOutgoingEvents Events => Get<IOutgoingEvents>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static EncryptionKey KeyOf(string text) => EncryptionKey.Find(new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = text }));

    public async Task<OutgoingUnderTest> StartAsync()
    {
        foreach (var job in _jobs)
            await job.StartAsync(default);
        return this;
    }

    public async Task StopAsync()
    {
        foreach (var job in _jobs)
            await job.StopAsync(default);
    }

    /// <summary>A webhook with everything as usual.</summary>
    public async Task<(int Id, Secret Key)> WebhookAsync(string url, Func<TargetDraft, TargetDraft>? change = null)
    {
        var draft = new TargetDraft { Kind = TargetKind.Webhook, Name = "hook", Fields = new Dictionary<string, string?> { ["url"] = url } };
        var (input, errors) = TargetInput.Check(change?.Invoke(draft) ?? draft, new HashSet<string>(), Get<AddressGuard>());
        errors.ShouldBeEmpty();
        var (target, key) = await Targets.CreateAsync(input!, default);
        return (target.Id, key.ShouldNotBeNull());
    }

    public OutgoingEvent Happened(int number = 7, EventType? type = null, double distance = 25.5) => new(
        string.Create(CultureInfo.InvariantCulture, $"evt_{number:0000}"), type ?? EventType.DriveEnded, Time.GetUtcNow(),
            new EventCar(new CarId(1), "Blue"),
        new JsonObject { ["drive_id"] = number, ["distance_km"] = distance });

    /// <summary>Waits, moving the clock on if told to, until something holds.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds, TimeSpan step = default)
    {
        for (var attempt = 0; attempt < 1500; attempt++)
        {
            if (await holds())
                return;
            await Task.Delay(20);
            if (step > TimeSpan.Zero && attempt % 10 == 9)
                Time.Advance(step);
        }

        throw new TimeoutException(Log.Everything);
    }

    public Task UntilAsync(Func<bool> holds, TimeSpan step = default) => UntilAsync(() => Task.FromResult(holds()), step);

    public async Task<DeliveryRecord> OnlyDeliveryAsync(int target) => (await Deliveries.RecentAsync(target, 10, default)).ShouldHaveSingleItem();

    /// <summary>
    /// Waits until the only delivery to a target has been attempted so often; the clock goes on by seconds where the worker may have begun to wait
    /// only after the test moved it.
    /// </summary>
    public async Task<DeliveryRecord> AttemptsAsync(int target, int attempts)
    {
        await UntilAsync(async () => (await OnlyDeliveryAsync(target)).Attempts == attempts,
            attempts > 1 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        return await OnlyDeliveryAsync(target);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
    }
}
