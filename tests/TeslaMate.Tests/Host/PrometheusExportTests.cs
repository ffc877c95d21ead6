using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Health;
using TeslaMate.Logbook;
using TeslaMate.Tests.Time;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Host;

public sealed class PrometheusExportTests : IDisposable
{
    readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Samples_of_one_name_stand_together_below_its_help_and_type()
    {
        var meter = Meters.Of("Test");
        meter.CreateObservableGauge("cars", () => 2, unit: null, "Cars that are logged.");
        meter.CreateObservableCounter(
            "errors_total",
            () => new Measurement<long>[] { new(3, new KeyValuePair<string, object?>("car", "1")),
                new(4, new KeyValuePair<string, object?>("car", "a\"b\\c\nd")) },
            unit: null,
            "Failed requests.");
        meter.CreateObservableGauge("age_seconds", () => 0.1, unit: null, "Age.");
        meter.CreateObservableGauge("unknown", () => HealthParts.Known(null), unit: null, "Has no value.");
        (await LinesAsync()).ShouldBe(
        [
            "# HELP age_seconds Age.", "# TYPE age_seconds gauge", "age_seconds 0.1",
            "# HELP cars Cars that are logged.", "# TYPE cars gauge", "cars 2",
            "# HELP errors_total Failed requests.", "# TYPE errors_total counter", "errors_total{car=\"1\"} 3",
            "errors_total{car=\"a\\\"b\\\\c\\nd\"} 4",
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task An_instrument_that_fails_takes_no_other_with_it()
    {
        var meter = Meters.Of("Test");
        meter.CreateObservableGauge("broken", Fail);
        meter.CreateObservableGauge("whole", () => 1);
        (await LinesAsync()).ShouldContain("whole 1");

        static long Fail() => throw new InvalidOperationException();
    }

    [Fact]
    public async Task Another_program_in_the_process_and_the_framework_are_not_exported()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Of("Test").CreateObservableGauge("theirs", () => 1);
        Meters.Create("Microsoft.AspNetCore.Hosting").CreateObservableGauge("frameworks", () => 1);
        (await LinesAsync()).ShouldBeEmpty();
    }

    /// <summary>The names and labels are a contract with dashboards and alerts.</summary>
    [Fact]
    public async Task What_a_car_does_now_is_exported_and_what_it_did_before_is_not()
    {
        var time = new ManualTime();
        var vehicles = new Changing
        {
            Cars = [Car(1, VehicleStateName.Driving, time.GetUtcNow()),
            Car(2, VehicleStateName.Unavailable, answered: null)]
        };
        _ = new CarsHealth(vehicles, time, Meters);
        time.Advance(TimeSpan.FromSeconds(7));
        (await LinesAsync()).Where(line => line[0] != '#').ShouldBe(
        [
            "teslamate_cars 2",
            "teslamate_car_healthy{car=\"1\"} 1", "teslamate_car_healthy{car=\"2\"} 1",
            "teslamate_car_state{car=\"1\",state=\"driving\"} 1", "teslamate_car_state{car=\"2\",state=\"unavailable\"} 1",
            "teslamate_car_errors_in_a_row{car=\"1\"} 3", "teslamate_car_errors_in_a_row{car=\"2\"} 3",
            "teslamate_car_stream_connected{car=\"1\"} 1", "teslamate_car_stream_connected{car=\"2\"} 1",
            "teslamate_car_restarts_total{car=\"1\"} 5", "teslamate_car_restarts_total{car=\"2\"} 5",
            "teslamate_car_last_answer_age_seconds{car=\"1\"} 7",
        ], ignoreOrder: true);

        vehicles.Cars = [Car(1, VehicleStateName.Online, time.GetUtcNow())];
        (await LinesAsync()).Where(line => line.Contains("car_state{", StringComparison.Ordinal))
            .ShouldBe(["teslamate_car_state{car=\"1\",state=\"online\"} 1"]);
        (await LinesAsync(mayKnowAll: false)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_check_that_waits_for_ever_or_breaks_is_reported_in_time_beside_the_others()
    {
        var time = new ManualTime();
        await using var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(time)
            .AddHealthPart<Waits>("waits", isVital: true).AddHealthPart<Breaks>("breaks").AddHealthPart<Works>("works").BuildServiceProvider();
        var checking = services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        while (!checking.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.WhenAny(checking, Task.Delay(10));
        }

        var report = await checking;
        report.Entries.Select(part => $"{part.Key} {part.Value.Status} {((JsonNode)part.Value.Data[part.Key]).ToJsonString()}").ShouldBe(
        [
            """waits Unhealthy {"error":"no answer in time"}""", """breaks Degraded {"error":"FormatException"}""", "works Healthy {}",
        ]);
    }

    static VehicleHealth Car(short id, VehicleStateName state, DateTimeOffset? answered)
        => new(new CarId(id), state, Healthy: true, answered, answered, ErrorsInARow: 3, LastError: null, StreamConnected: true, Restarts: 5);

    async Task<string[]> LinesAsync(bool mayKnowAll = true)
    {
        using var output = new MemoryStream();
        await PrometheusExport.WriteAsync(Meters, mayKnowAll, output, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    sealed class Changing : HealthOnly
    {
        public IReadOnlyList<VehicleHealth> Cars { get; set; } = [];

        public override IReadOnlyList<VehicleHealth> Health => Cars;
    }

    sealed class Waits : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => new TaskCompletionSource<HealthCheckResult>().Task;
    }

    sealed class Breaks : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => throw new FormatException();
    }

    sealed class Works : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(context.Result(isWell: true, new JsonObject()));
    }
}
