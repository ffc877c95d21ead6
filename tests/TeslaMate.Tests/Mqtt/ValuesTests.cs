using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Mqtt.Values;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Json;
using TeslaMate.Tests.Nix;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

public sealed class ValuesTests
{
    internal static string TestData(string file)
        => File.ReadAllText(Path.Combine(Evaluation.Root, "tests", "TeslaMate.Tests", "Mqtt", "testdata", file));

    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(-0.0, "0.0")]
    [InlineData(0.5, "0.5")]
    [InlineData(100, "100.0")]
    [InlineData(1000, "1000.0")]
    [InlineData(12300, "12300.0")]
    [InlineData(91887.73, "91887.73")]
    [InlineData(-12.5, "-12.5")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "0.00001")]
    [InlineData(-1.25e-7, "-0.000000125")]
    [InlineData(1e21, "1000000000000000000000.0")]
    [InlineData(1.5e17, "150000000000000000.0")]
    [InlineData(double.NaN, null)]
    [InlineData(double.PositiveInfinity, null)]
    public void A_number_is_plain_decimal_with_a_point(double value, string? expected) => Payload.Of(value).ShouldBe(expected);

    [Fact]
    public void Every_number_reads_back_as_itself()
        => Prop.ForAll<NormalFloat>(number =>
            double.Parse(Payload.Of((double?)number.Get)!, System.Globalization.CultureInfo.InvariantCulture) == number.Get
            && !Payload.Of((double?)number.Get)!.Contains('E')).QuickCheckThrowOnFailure();

    [Fact]
    public void The_plain_topics_and_their_null_rules_are_the_contracts()
    {
        var expected = TestData("topics.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        SummaryTopics.Plain.Select(entry => $"{entry.Topic} {NullRule(entry.Topic)}").ShouldBe(expected);

        static string NullRule(string topic)
            => topic == SummaryTopics.Healthy ? "always" : SummaryTopics.ClearedByNull.Contains(topic) ? "clear" : "skip";
    }

    [Theory]
    [InlineData("odometer", "42000.0")]
    [InlineData("speed", "40")]
    [InlineData("power", "-9")]
    [InlineData("inside_temp", "20.0")]
    [InlineData("outside_temp", "15.5")]
    [InlineData("heading", "340")]
    [InlineData("elevation", "100")]
    [InlineData("state", "online")]
    [InlineData("locked", "true")]
    [InlineData("sentry_mode", "false")]
    [InlineData("latitude", "37.889602")]
    [InlineData("longitude", "41.129182")]
    [InlineData("location", """{"latitude":37.889602,"longitude":41.129182}""")]
    [InlineData("est_battery_range_km", "220.05")]
    [InlineData("charger_power", "50")]
    [InlineData("time_to_full_charge", "2.5")]
    [InlineData("since", "2026-03-01T08:30:00.123000Z")]
    [InlineData("display_name", "Foo")]
    [InlineData("healthy", "true")]
    [InlineData("active_route_destination", "nil")]
    [InlineData("active_route_latitude", "nil")]
    [InlineData("active_route_longitude", "nil")]
    [InlineData("active_route", """{"error":"No active route available"}""")]
    [InlineData("software_update", """{"installed_version":"2019.42","latest_version":"2019.42"}""")]
    public void A_value_has_its_text(string topic, string expected) => Published(ASummary.Online())[topic].ShouldBe(expected);

    [Fact]
    public void A_start_time_has_no_fraction()
        => Published(ASummary.Silent() with
        {
            ScheduledChargingStartTime = new DateTimeOffset(2026, 3, 1, 23, 0, 0,
            TimeSpan.FromHours(1))
        })["scheduled_charging_start_time"]
            .ShouldBe("2026-03-01T22:00:00Z");

    [Fact]
    public void A_car_that_said_nothing_clears_what_would_mislead_and_touches_nothing_else()
    {
        var published = Published(ASummary.Silent());
        published.Where(entry => entry.Value.Length == 0).Select(entry => entry.Key).ShouldBe(SummaryTopics.ClearedByNull, ignoreOrder: true);
        published.Keys.Except(SummaryTopics.ClearedByNull)
            .ShouldBe(["state", "healthy", "active_route_destination", "active_route_latitude", "active_route_longitude", "active_route"],
                ignoreOrder: true);
    }

    [Fact]
    public void Restored_values_leave_alone_what_the_database_does_not_know()
    {
        var published = Published(ASummary.Silent() with
        {
            IsRestored = true,
            State = VehicleStateName.Asleep,
            Latitude = 37.889544,
            Longitude = 41.128817,
            OdometerKm = 91887.73,
            BatteryLevel = 64,
            OutsideTemp = 16.5,
        });
        published.Keys.ShouldNotContain(topic => SummaryTopics.UnknownWhenRestored.Contains(topic));
        published.Keys.ShouldNotContain("software_update");
        published["odometer"].ShouldBe("91887.73");
        published["geofence"].ShouldBe("");
        published["location"].ShouldBe("""{"latitude":37.889544,"longitude":41.128817}""");
    }

    /// <summary>An automation that opens a garage by the geofence must not see a restart as a departure.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("elsewhere")]
    public void What_nobody_has_heard_yet_is_not_published(string? defaultGeofence)
    {
        var unheard = new Scene().Fails(new TeslaMate.Tesla.ApiError.Timeout()).Summaries.ShouldHaveSingleItem();
        Published(unheard, defaultGeofence).Keys.ShouldBe(["state", "healthy", "trim_badging"], ignoreOrder: true);
    }

    [Fact]
    public void What_the_database_knows_is_published_before_the_car_is_heard()
    {
        var scene = new Scene(open: new OpenEntries(null, null, null, null, Vehicles.ACar.Stored, null));
        scene.Send(new TeslaMate.Vehicles.Life.VehicleEvent.Started(
            scene.Now, new TeslaMate.Vehicles.Life.Surroundings(new SummaryGeofence(1, "Home"), null)));
        var published = Published(scene.Fails(new TeslaMate.Tesla.ApiError.Timeout()).Summaries.ShouldHaveSingleItem(), defaultGeofence: "elsewhere");
        (published["geofence"], published["latitude"], published["battery_level"]).ShouldBe(("Home", "37.889544", "64"));
        published.Keys.ShouldNotContain(
            topic => SummaryTopics.UnknownWhenRestored.Contains(topic) || topic.StartsWith("active_route", StringComparison.Ordinal));
    }

    [Fact]
    public void A_route_is_one_document()
    {
        var published = Published(ASummary.Online() with
        {
            ActiveRouteDestination = "Home <\"1\">°",
            ActiveRouteEnergyAtArrival = 73,
            ActiveRouteMilesToArrival = 6.485299,
            ActiveRouteMinutesToArrival = 23.466667,
            ActiveRouteTrafficMinutesDelay = 0,
            ActiveRouteLatitude = 35.278131,
        });
        published["active_route"].ShouldBe(
            """{"destination":"Home <\"1\">°","energy_at_arrival":73,"miles_to_arrival":6.485299,"minutes_to_arrival":23.466667,"traffic_minutes_delay":0.0,"location":{"latitude":35.278131,"longitude":null},"error":null}""");
        published["active_route_latitude"].ShouldBe("35.278131");
        published.Keys.ShouldNotContain("active_route_longitude");
    }

    [Fact]
    public void The_default_geofence_stands_for_none()
    {
        Published(ASummary.Online(), defaultGeofence: "elsewhere")["geofence"].ShouldBe("elsewhere");
        Published(ASummary.Online() with { Geofence = new SummaryGeofence(1, "Home") }, defaultGeofence: "elsewhere")["geofence"].ShouldBe("Home");
    }

    [Fact]
    public void Only_what_changes_is_published_and_health_always()
    {
        var outbox = new Outbox();
        var car = new CarTopics("teslamate/cars/1", defaultGeofence: null, outbox);
        var home = ASummary.Online() with { Geofence = new SummaryGeofence(1, "Home"), Version = "1" };
        car.Publish(home);
        Drain(outbox);
        car.Publish(home with { Version = "2" });
        Drain(outbox).Keys.ShouldBe(["healthy", "version", "software_update"], ignoreOrder: true);
        car.Publish(home with { Geofence = new SummaryGeofence(2, "Work"), Version = "2" });
        Drain(outbox).Keys.ShouldBe(["healthy", "geofence"], ignoreOrder: true);
    }

    [Fact]
    public void A_value_that_goes_and_returns_unchanged_publishes_nothing()
    {
        var outbox = new Outbox();
        var car = new CarTopics("teslamate/cars/1", defaultGeofence: null, outbox);
        car.Publish(ASummary.Online());
        Drain(outbox);
        car.Publish(ASummary.Online() with { Speed = null });
        car.Publish(ASummary.Online());
        Drain(outbox).Keys.ShouldBe(["healthy"]);
    }

    /// <summary>Whole numbers of a topic are whole however the car writes them; the others keep the form they came in.</summary>
    [Theory]
    [InlineData("15", "15")]
    [InlineData("15.0", "15.0")]
    [InlineData("-15", "-15")]
    [InlineData("15.50", "15.5")]
    [InlineData("1.5e1", "15.0")]
    [InlineData("15e0", "15.0")]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("0.0", "0.0")]
    [InlineData("-0.0", "0.0")]
    [InlineData("0.00001", "0.00001")]
    [InlineData("-5e-7", "-0.0000005")]
    public void A_number_is_published_as_the_car_writes_it(string json, string expected)
    {
        var published = Published(Answer($$"""
            {"id": 1, "vehicle_id": 1, "vin": "5YJ3E1EA1NF000001", "state": "online",
             "drive_state": {"timestamp": 1000, "active_route_destination": "Home", "active_route_miles_to_arrival": {{json.TrimStart('-')}}, "active_route_traffic_minutes_delay": {{json}} },
             "charge_state": {"battery_level": 60.0, "charger_power": 50, "est_battery_range": 136.73, "charge_energy_added": {{json.TrimStart('-')}}, "time_to_full_charge": {{json.TrimStart('-')}} },
             "climate_state": {"inside_temp": {{json}}, "outside_temp": {{json}} },
             "vehicle_state": {"odometer": 26098, "car_version": "2019.42", "tpms_pressure_fl": {{json.TrimStart('-')}}, "tpms_pressure_rr": {{json.TrimStart('-')}} }, "vehicle_config": {} }
            """));
        string[] signed = [published["inside_temp"], published["outside_temp"]];
        signed.ShouldAllBe(payload => payload == expected);
        string[] unsigned = [published["charge_energy_added"], published["time_to_full_charge"], published["tpms_pressure_fl"],
            published["tpms_pressure_rr"]];
        unsigned.ShouldAllBe(payload => payload == expected.TrimStart('-'));
        published["active_route"].ShouldContain($"\"miles_to_arrival\":{expected.TrimStart('-')},");
        published["active_route"].ShouldContain($"\"traffic_minutes_delay\":{expected},");
        (published["battery_level"], published["charger_power"]).ShouldBe(("60", "50"));
        // What is converted has a point.
        (published["est_battery_range_km"], published["odometer"]).ShouldBe(("220.05", "42000.66"));
    }

    [Fact]
    public void A_number_of_equal_value_in_another_form_is_no_change()
    {
        var outbox = new Outbox();
        var car = new CarTopics("teslamate/cars/1", defaultGeofence: null, outbox);
        car.Publish(ASummary.Online() with { OutsideTemp = new ApiNumber(15, IsWhole: true), DisplayName = "15" });
        Drain(outbox)["outside_temp"].ShouldBe("15");
        car.Publish(ASummary.Online() with { OutsideTemp = 15.0, DisplayName = "15.0" });
        Drain(outbox).Keys.ShouldBe(["healthy", "display_name"], ignoreOrder: true);
    }

    [Fact]
    public void A_restart_while_the_car_sleeps_publishes_what_the_database_knows()
    {
        var summary = new Scene(open: new OpenEntries(null, null, null, null, Vehicles.ACar.Stored, null)).Gets(
            Vehicles.ACar.Asleep).Summaries.ShouldHaveSingleItem();
        var published = Published(summary);
        (published["latitude"], published["longitude"], published["odometer"]).ShouldBe(("37.889544", "41.128817", "91887.73"));
        (published["ideal_battery_range_km"], published["est_battery_range_km"],
            published["rated_battery_range_km"]).ShouldBe(("315.06", "268.07", "315.06"));
        (published["battery_level"], published["outside_temp"], published["inside_temp"], published["state"],
            published["healthy"]).ShouldBe(("64", "16.5", "20.1", "asleep", "true"));
        published["location"].ShouldBe("""{"latitude":37.889544,"longitude":41.128817}""");
        published["geofence"].ShouldBe("");
        published.Keys.ShouldNotContain(topic => SummaryTopics.UnknownWhenRestored.Contains(topic) || topic == "software_update");
    }

    [Theory]
    [InlineData("2026.14.1", true, "2026.20.1", """{"installed_version":"2026.14.1","latest_version":"2026.20.1"}""")]
    [InlineData("2026.14.1", true, null, null)]
    [InlineData("2026.14.1", null, "2026.20.1", null)]
    [InlineData(null, false, null, null)]
    public void The_software_update_needs_to_know_all(string? version, bool? available, string? latest, string? expected)
        => SummaryTopics.SoftwareUpdate(version, available, latest).ShouldBe(expected);

    [Fact]
    public void Health_is_a_passing_message_and_everything_else_is_retained()
    {
        var outbox = new Outbox();
        new CarTopics("teslamate/ns/cars/1", defaultGeofence: null, outbox).Publish(ASummary.Online());
        while (outbox.TryTake(out var message))
            message.Address.Retain.ShouldBe(message.Address.Topic != "teslamate/ns/cars/1/healthy");
    }

    /// <summary>The summary that a full answer leads to.</summary>
    static Summary Answer(string json)
    {
        using var answer = JsonDocument.Parse(json);
        var data = new VehicleReader(new Oddities(NullLogger<Oddities>.Instance, TimeProvider.System)).Vehicle(answer.RootElement);
        return new Scene().Gets(data).Summaries[^1];
    }

    static Dictionary<string, string> Published(Summary summary, string? defaultGeofence = null)
    {
        var outbox = new Outbox();
        new CarTopics("teslamate/cars/1", defaultGeofence, outbox).Publish(summary);
        return Drain(outbox);
    }

    static Dictionary<string, string> Drain(Outbox outbox)
    {
        var messages = new Dictionary<string, string>();
        while (outbox.TryTake(out var message))
        {
            messages[message.Address.Topic["teslamate/cars/1/".Length..]] = Encoding.UTF8.GetString(message.Payload);
            outbox.Acknowledge(message);
        }

        foreach (var (topic, payload) in messages)
            if (payload.StartsWith('{'))
                JsonDocument.Parse(payload).RootElement.ValueKind.ShouldBe(JsonValueKind.Object, topic);
        return messages;
    }
}
