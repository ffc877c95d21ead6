using System.Globalization;
using System.Text.Json.Nodes;
using TeslaMate.Configuration.Health;
using TeslaMate.Vehicles;

namespace TeslaMate.Health;

/// <summary>Each car: what it does and how old its last good answer is.</summary>
sealed class CarsHealth(IVehicles vehicles, TimeProvider time) : IHealthReport
{
    public string Name => "cars";

    public bool IsPersonal => true;

    public ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var cars = vehicles.Health;
        var now = time.GetUtcNow();
        var details = new JsonArray();
        var measures = new List<Measure>
        {
            new("teslamate_cars", "Cars that are logged.", cars.Count),
        };
        foreach (var car in cars)
        {
            var age = car.LastGoodAnswer is { } answered ? (now - answered).TotalSeconds : (double?)null;
            details.Add(new JsonObject
            {
                ["id"] = car.Car.Value,
                ["state"] = car.State.Word,
                ["healthy"] = car.Healthy,
                ["last_good_answer_age_seconds"] = age is { } seconds ? Math.Round(seconds) : null,
                ["errors_in_a_row"] = car.ErrorsInARow,
                ["last_error"] = car.LastError,
                ["stream_connected"] = car.StreamConnected,
                ["restarts"] = car.Restarts,
            });
            (string, string)[] label = [("car", car.Car.Value.ToString(CultureInfo.InvariantCulture))];
            measures.Add(new Measure("teslamate_car_healthy", "1 while the car's data flows.", car.Healthy ? 1 : 0) { Labels = label });
            measures.Add(new Measure("teslamate_car_state", "Always 1; the state is a label.", 1) { Labels = [.. label, ("state", car.State.Word)] });
            measures.Add(new Measure("teslamate_car_errors_in_a_row", "Failed requests since the last good answer.", car.ErrorsInARow) { Labels = label });
            measures.Add(new Measure("teslamate_car_stream_connected", "1 while the streaming connection exists.", car.StreamConnected ? 1 : 0) { Labels = label });
            measures.Add(new Measure("teslamate_car_restarts_total", "How often the car's loop failed and was started again.", car.Restarts)
            {
                Labels = label,
                IsCounter = true,
            });
            if (age is { } lastAnswer)
                measures.Add(new Measure("teslamate_car_last_answer_age_seconds", "Time since the car's last good answer.", lastAnswer) { Labels = label });
        }

        return ValueTask.FromResult(new HealthFacts(cars.All(car => car.Healthy), details) { Phrase = Phrase(cars), Measures = measures });
    }

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
            .Select(group => $"{group.Count()} {(group.Key is VehicleStateName.Start or VehicleStateName.Unavailable ? "not seen yet" : group.Key.Word)}");
        var unhealthy = cars.Count(car => !car.Healthy);
        return $"{cars.Count} {(cars.Count == 1 ? "car" : "cars")}: {string.Join(", ", states)}" + (unhealthy > 0 ? $" ({unhealthy} without data)" : "");
    }
}
