using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Vehicles;

namespace TeslaMate.Health;

/// <summary>Each car: what it does and how old its last good answer is.</summary>
sealed class CarsHealth : IHealthCheck
{
    readonly IVehicles _vehicles;
    readonly TimeProvider _time;

    public CarsHealth(IVehicles vehicles, TimeProvider time, IMeterFactory meters)
    {
        (_vehicles, _time) = (vehicles, time);
        var meter = meters.Of("Cars", isPersonal: true);
        meter.CreateObservableGauge("teslamate_cars", () => vehicles.Health.Count, unit: null, "Cars that are logged.");
        Gauge("teslamate_car_healthy", "1 while the car's data flows.", car => car.Healthy ? 1 : 0);
        meter.CreateObservableGauge(
            "teslamate_car_state", () => vehicles.Health.Select(car => new Measurement<int>(1, Label(car), new("state", car.State.Word))), unit: null,
            "Always 1; the state is a label.");
        Gauge("teslamate_car_errors_in_a_row", "Failed requests since the last good answer.", car => car.ErrorsInARow);
        Gauge("teslamate_car_stream_connected", "1 while the streaming connection exists.", car => car.StreamConnected ? 1 : 0);
        meter.CreateObservableCounter(
            "teslamate_car_restarts_total", () => vehicles.Health.Select(car => new Measurement<int>(car.Restarts, Label(car))), unit: null,
            "How often the car's loop failed and was started again.");
        Gauge("teslamate_car_last_answer_age_seconds", "Time since the car's last good answer.", LastAnswerAge);

        void Gauge(string name, string help, Func<VehicleHealth, double?> value)
            => meter.CreateObservableGauge(
                name,
                () => vehicles.Health.Select(car => (Car: car, Value: value(car))).Where(sample => sample.Value is not null)
                    .Select(sample => new Measurement<double>(sample.Value.GetValueOrDefault(), Label(sample.Car))),
                unit: null,
                help);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var cars = _vehicles.Health;
        var details = new JsonArray([.. cars.Select(car => new JsonObject
        {
            ["id"] = car.Car.Value,
            ["state"] = car.State.Word,
            ["healthy"] = car.Healthy,
            ["last_good_answer_age_seconds"] = LastAnswerAge(car) is { } seconds ? Math.Round(seconds) : null,
            ["errors_in_a_row"] = car.ErrorsInARow,
            ["last_error"] = car.LastError,
            ["stream_connected"] = car.StreamConnected,
            ["restarts"] = car.Restarts,
        })]);
        return Task.FromResult(context.Result(cars.All(car => car.Healthy), details, Phrase(cars)));
    }

    double? LastAnswerAge(VehicleHealth car) => car.LastGoodAnswer is { } answered ? (_time.GetUtcNow() - answered).TotalSeconds : null;

    static KeyValuePair<string, object?> Label(VehicleHealth car) => new("car", car.Car.Value.ToString(CultureInfo.InvariantCulture));

    /// <summary>For example <c>2 cars: 1 driving, 1 asleep</c>; the states in the order in which a person would ask for them.</summary>
    internal static string Phrase(IReadOnlyList<VehicleHealth> cars)
    {
        if (cars.Count == 0)
            return "no cars";
        VehicleStateName[] order =
        [
            VehicleStateName.Driving, VehicleStateName.Charging, VehicleStateName.Updating, VehicleStateName.Online,
            VehicleStateName.Suspended, VehicleStateName.Asleep, VehicleStateName.Offline,
        ];
        var states = cars.GroupBy(car => car.State).OrderBy(group => Array.IndexOf(order, group.Key) is >= 0 and var place ? place : order.Length)
            .Select(group =>
                $"{group.Count()} {(group.Key is VehicleStateName.Start or VehicleStateName.Unavailable ? "not seen yet" : group.Key.Word)}");
        var unhealthy = cars.Count(car => !car.Healthy);
        return $"{cars.Count} {(cars.Count == 1 ? "car" : "cars")}: {string.Join(", ", states)}"
            + (unhealthy > 0 ? $" ({unhealthy} without data)" : "");
    }
}
