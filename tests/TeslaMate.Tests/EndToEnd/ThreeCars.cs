using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>The three cars of the end-to-end tests: one with the stream, one without, and one on hills.</summary>
static class ThreeCars
{
    /// <summary>A Monday.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<Life> Lives(int days) =>
    [
        RandomLife.Of(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, City.Berlin(), new Habits(Charger.Wallbox, Charger.Socket), Midnight, days,
            seed: 101),
        RandomLife.Of(CarIdentity.Number(2, "Juniper"), CarModel.ModelY, City.SanFrancisco(), new Habits(Charger.OnePhase), Midnight, days,
            seed: 202),
        RandomLife.Of(CarIdentity.Number(3, "Säntis"), CarModel.ModelS, City.Zurich(), new Habits(Charger.TwoPhases, Garage: true), Midnight, days,
            seed: 303),
    ];

    static DateTimeOffset Midnight => Start.AddHours(12);

    /// <summary>Prices at home, a fee at the fast charger, minutes at work; one fence lies inside another.</summary>
    public static readonly string Geofences = Fence("Home", City.Berlin().Home, 60, "per_kwh", "0.31", "null")
        + Fence("Neighbourhood", City.Berlin().Home, 400, "per_kwh", "9.99", "null", shiftDegrees: 0.0005)
        + Fence("Office", City.Berlin().Work, 150, "per_minute", "0.02", "1.50")
        + Fence("Supercharger", City.SanFrancisco().Charger, 120, "per_kwh", "0.48", "2")
        + Fence("Castro", City.SanFrancisco().Home, 100, "per_kwh", "-0.05", "null")
        + Fence("Zuhause", City.Zurich().Home, 100, "per_kwh", "null", "null");

    /// <summary>The cars as they were discovered before; the second one does not use the stream.</summary>
    public static string Cars(IEnumerable<Life> lives) => string.Concat(lives.Select((life, index) => $"""
        insert into car_settings (id, suspend_min, suspend_after_idle_min, use_streaming_api)
            values ({index + 1}, 12, 3, {(index == 1 ? "false" : "true")});
        insert into cars (id, eid, vid, vin, name, settings_id, inserted_at, updated_at)
        values ({index + 1}, {life.Car.Id}, {life.Car.VehicleId}, '{life.Car.Vin}', '{life.Car.Name}', {index + 1}, '2026-01-01', '2026-01-01');
        """)) + """
        select setval('cars_id_seq', 10);
        select setval('car_settings_id_seq', 10);
        """;

    static string Fence(string name, Place place, int radius, string billing, string price, string fee, double shiftDegrees = 0)
        => FormattableString.Invariant($"""
        insert into geofences (name, latitude, longitude, radius, billing_type, cost_per_unit, session_fee, inserted_at, updated_at)
        values ('{name}', {place.Point.Latitude + shiftDegrees}, {place.Point.Longitude}, {radius}, '{billing}', {price}, {fee}, '2026-01-01',
            '2026-01-01');
        """);
}
