using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Endpoint;

namespace TeslaMate.Telemetry;

/// <summary>What cars send by themselves: the endpoint's counters, and each car's month with its price.</summary>
sealed class TelemetryHealth : IHealthCheck
{
    readonly CarEndpoint _endpoint;
    readonly EndpointCounters _counters;
    readonly TelemetryCars _cars;

    public TelemetryHealth(CarEndpoint endpoint, EndpointCounters counters, TelemetryCars cars, IMeterFactory meters)
    {
        (_endpoint, _counters, _cars) = (endpoint, counters, cars);
        var meter = meters.Of("Telemetry");
        meter.CreateObservableGauge("teslamate_telemetry_connections", () => endpoint.Connections, unit: null,
            "Connections that cars hold to the endpoint.");
        Counter("teslamate_telemetry_records_total", () => counters.Records, "Records that cars sent to the endpoint.");
        Counter("teslamate_telemetry_unreadable_total", () => counters.Unreadable, "Messages to the endpoint that were no envelopes.");
        Counter("teslamate_telemetry_unparsed_total", () => counters.Unparsed, "Records whose payload could not be parsed; they are kept.");
        Counter("teslamate_telemetry_without_sink_total", () => counters.WithoutSink, "Messages that nobody has a use for; they are acknowledged.");
        Counter("teslamate_telemetry_other_vin_total", () => counters.OtherVin, "Records that name another car than their certificate.");
        Counter("teslamate_telemetry_strangers_total", () => counters.Strangers, "Requests of cars that do not stream here.");
        var personal = meters.Of("TelemetryCars", isPersonal: true);
        Month("teslamate_telemetry_month_messages", "Records of a car in this month.", month => month.Records);
        Month("teslamate_telemetry_month_signals", "Values of a car in this month, as Tesla bills them.", month => month.Datums);
        Month("teslamate_telemetry_month_requests", "Billed requests to Tesla for a streaming car in this month.", month => month.Requests);
        Month("teslamate_telemetry_month_cost_usd", "What a streaming car costs in this month, before the free credit.", month => month.PriceUsd);
        Month("teslamate_telemetry_month_forecast_usd", "What the whole month will cost if it goes on like this.", month => month.ForecastUsd);

        void Counter(string name, Func<long> value, string help) => meter.CreateObservableCounter(name, value, unit: null, help);

        void Month(string name, string help, Func<MonthOfCar, double> value) => personal.CreateObservableGauge(
            name,
            () => _cars.Months.Select(month => new Measurement<double>(value(month),
                new KeyValuePair<string, object?>("car", month.Car.Value.ToString(CultureInfo.InvariantCulture)))),
            unit: null,
            help);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(context.Result(
        isWell: true,
        new JsonObject
        {
            ["cars"] = _cars.Count,
            ["connections"] = _endpoint.Connections,
            ["records"] = _counters.Records,
            ["unreadable"] = _counters.Unreadable
        }));
}
