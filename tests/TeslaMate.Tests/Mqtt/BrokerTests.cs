using TeslaMate.Logbook;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The whole publisher against a real broker.</summary>
public sealed class BrokerTests
{
    [SkippableFact]
    public async Task Every_value_of_a_summary_is_on_the_broker()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher = await Publisher.StartAsync(server);
        var summary = ASummary.Online() with { Geofence = new SummaryGeofence(1, "Home") };
        publisher.Hub.Publish(summary);
        await publisher.SettledAsync();

        var retained = await server.RetainedAsync();
        retained["teslamate/availability"].ShouldBe("online");
        retained["teslamate/cars/1/geofence"].ShouldBe("Home");
        retained["teslamate/cars/1/odometer"].ShouldBe("42000.0");
        retained.ShouldNotContainKey("teslamate/cars/1/healthy");
        retained.Keys.ShouldNotContain(topic => topic.StartsWith("homeassistant", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_retained_health_of_old_versions_is_removed_before_the_first_one()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("teslamate/cars/1/healthy", "false", retain: true);
        await using var listener = await server.ListenAsync("teslamate/cars/1/healthy");
        await using var publisher = await Publisher.StartAsync(server);
        publisher.Hub.Publish(ASummary.Online());
        var messages = await listener.UntilAsync(message => message.Payload == "true");
        messages.Select(message => message.Payload).ShouldBe(["false", "", "true"]);
        (await server.RetainedAsync("teslamate/cars/1/healthy")).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_car_that_appears_later_is_published_without_a_restart()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher = await Publisher.StartAsync(server);
        publisher.Hub.Publish(ASummary.Online());
        await publisher.SettledAsync();
        publisher.Hub.Publish(ASummary.Online(2));
        await publisher.SettledAsync();
        (await server.RetainedAsync())["teslamate/cars/2/state"].ShouldBe("online");
    }

    [SkippableFact]
    public async Task Values_of_a_car_that_another_instance_took_over_stay_and_are_not_sent_again()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher = await Publisher.StartAsync(server);
        publisher.Hub.Publish(ASummary.Online());
        publisher.Hub.Publish(ASummary.Online(2));
        await publisher.SettledAsync();
        publisher.Hub.Remove(new CarId(1));
        await publisher.UntilAsync(() => publisher.Remembers(topic => topic.StartsWith("teslamate/cars/1/", StringComparison.Ordinal)) == 0);
        publisher.Remembers(topic => topic.StartsWith("teslamate/cars/2/", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
        (await server.RetainedAsync())["teslamate/cars/1/state"].ShouldBe("online");
        // And back.
        publisher.Hub.Publish(ASummary.Online() with { State = VehicleStateName.Asleep });
        await publisher.SettledAsync();
        (await server.RetainedAsync())["teslamate/cars/1/state"].ShouldBe("asleep");
    }

    [SkippableFact]
    public async Task The_last_values_and_a_farewell_arrive_before_the_stop()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using (var publisher = await Publisher.StartAsync(server))
        {
            await publisher.SettledAsync();
            for (short car = 1; car <= 20; car++)
                publisher.Hub.Publish(ASummary.Online(car) with { State = VehicleStateName.Asleep });
        }

        var retained = await server.RetainedAsync();
        retained["teslamate/availability"].ShouldBe("offline");
        retained.Count(entry => entry.Key.EndsWith("/state", StringComparison.Ordinal) && entry.Value == "asleep").ShouldBe(20);
    }

    [SkippableFact]
    public async Task A_password_is_needed_and_used()
    {
        await using var server = await MosquittoServer.WithPasswordAsync("teslamate", "right");
        await using (var refused = await Publisher.StartAsync(server, ("MQTT_USERNAME", "teslamate"), ("MQTT_PASSWORD", "wrong")))
        {
            await refused.FailsWithAsync("not authori");
            refused.Log.ShouldNotContain("wrong");
        }

        await using var publisher = await Publisher.StartAsync(server, ("MQTT_USERNAME", "teslamate"), ("MQTT_PASSWORD", "right"));
        publisher.Hub.Publish(ASummary.Online());
        await publisher.SettledAsync();
        (await server.RetainedAsync("#", "-u", "teslamate", "-P", "right"))["teslamate/cars/1/state"].ShouldBe("online");
    }

    [SkippableFact]
    public async Task A_certificate_is_verified_unless_told_otherwise()
    {
        await using var server = await MosquittoServer.WithTlsAsync();
        await using (var strange = await Publisher.StartAsync(server, ("MQTT_HOST", "localhost"), ("MQTT_TLS", "true")))
            await strange.FailsWithAsync("certificate");

        var authority = ("MQTT_TLS_CA_CERT_FILE", Path.Combine(server.Folder, "ca.pem"));
        await using (var otherName = await Publisher.StartAsync(server, ("MQTT_HOST", "127.0.0.1"), ("MQTT_TLS", "true"), authority))
            await otherName.FailsWithAsync("certificate");

        await using (var trusting =
            await Publisher.StartAsync(server, ("MQTT_HOST", "127.0.0.1"), ("MQTT_TLS", "true"), ("MQTT_TLS_ACCEPT_INVALID_CERTS", "true")))
            await trusting.SettledAsync();

        await using var verified = await Publisher.StartAsync(server, ("MQTT_HOST", "localhost"), ("MQTT_TLS", "true"), authority);
        verified.Hub.Publish(ASummary.Online());
        await verified.SettledAsync();
        (await server.RetainedAsync("#", "-h", "localhost", "--cafile", authority.Item2))["teslamate/cars/1/state"].ShouldBe("online");
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_certificate_of_the_program_is_shown_to_a_broker_that_asks_for_one(bool withAuthority)
    {
        await using var server = await MosquittoServer.WithTlsAsync("require_certificate true\nuse_identity_as_username true");
        // Without an authority of its own the program has the system's, which this certificate is not of.
        (string, string)[] settings =
        [
            ("MQTT_HOST", "localhost"), ("MQTT_TLS", "true"),
            withAuthority ? ("MQTT_TLS_CA_CERT_FILE", Path.Combine(server.Folder, "ca.pem")) : ("MQTT_TLS_ACCEPT_INVALID_CERTS", "true"),
        ];
        await using (var unknown = await Publisher.StartAsync(server, settings))
            await server.LoggedAsync(1, "peer did not return a certificate", atLeast: true);

        await using var known = await Publisher.StartAsync(
            server, [.. settings, ("MQTT_TLS_CERT_FILE", Path.Combine(server.Folder, "client.pem")),
                ("MQTT_TLS_KEY_FILE", Path.Combine(server.Folder, "client.key"))]);
        await known.SettledAsync();
        await server.LoggedAsync(1, "as TESLAMATE_[0-9A-F]+ .*u'teslamate'");
    }

    [SkippableFact]
    public async Task The_certificates_between_the_programs_and_its_authority_are_shown_as_well()
    {
        await using var server = await MosquittoServer.WithTlsAsync("require_certificate true\nuse_identity_as_username true");
        await using var publisher = await Publisher.StartAsync(
            server, ("MQTT_HOST", "localhost"), ("MQTT_TLS", "true"), ("MQTT_TLS_CA_CERT_FILE", Path.Combine(server.Folder, "ca.pem")),
            ("MQTT_TLS_CERT_FILE", Path.Combine(server.Folder, "far-client.pem")),
            ("MQTT_TLS_KEY_FILE", Path.Combine(server.Folder, "far-client.key")));
        await publisher.SettledAsync();
        await server.LoggedAsync(1, "as TESLAMATE_[0-9A-F]+ .*u'teslamate'");
    }

    [SkippableFact]
    public async Task With_IPv6_only_a_broker_is_reached_over_nothing_else()
    {
        Skip.IfNot(System.Net.Sockets.Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var server = await MosquittoServer.StartAsync("allow_anonymous true\nlistener {port} ::1\nallow_anonymous true");
        await using (var other = await Publisher.StartAsync(server, ("MQTT_HOST", "127.0.0.1"), ("MQTT_IPV6", "true")))
            await other.UntilAsync(() => other.Log.Contains("cannot be used", StringComparison.Ordinal));
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_HOST", "::1"), ("MQTT_IPV6", "true"));
        await publisher.SettledAsync();
        await server.LoggedAsync(1, "connected from ::1:[0-9]+ as TESLAMATE");
    }

    [SkippableFact]
    public async Task Home_Assistant_is_told_once_and_again_when_it_starts()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var listener = await server.ListenAsync("homeassistant/#");
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        var first = await listener.UntilAsync(message => message.Topic == "homeassistant/device/teslamate_1/config");
        first.Count.ShouldBe(1);
        publisher.Hub.Publish(ASummary.Online() with { Speed = 77 });
        await publisher.SettledAsync();
        (await listener.NextAsync(TimeSpan.FromMilliseconds(500))).ShouldBeNull();

        await server.PublishAsync("homeassistant/status", "online", retain: false);
        (await listener.UntilAsync(message => message.Topic == "homeassistant/device/teslamate_1/config")).Count.ShouldBe(2);

        publisher.Hub.Publish(ASummary.Online() with { SunRoofInstalled = false, UpdateAvailable = true });
        var car = ASummary.Online().Car with { Model = "3" };
        (Summary Summary, string Said)[] changes =
        [
            (ASummary.Online() with { Version = "2026.1" }, "\"sw_version\":\"2026.1\""),
            (ASummary.Online() with { Car = car }, "\"model\":\"Model 3\""),
            (ASummary.Online() with { Car = car with { ExteriorColor = "DeepBlue" } }, "\"model\":\"Model 3 (Deep Blue)\""),
            (ASummary.Online() with { Car = car with { MarketingName = "LR AWD" } }, "\"model\":\"Model 3 LR AWD\""),
            (ASummary.Online() with { Car = car, SunRoofInstalled = true }, "\"model\":\"Model 3 (Sunroof)\""),
        ];
        foreach (var (summary, said) in changes)
        {
            publisher.Hub.Publish(summary);
            (await listener.UntilAsync(message => message.Payload.Contains(said, StringComparison.Ordinal))).Count.ShouldBe(1, said);
        }
    }

    /// <summary>Started while Tesla cannot be reached: what nobody has heard yet is not nowhere, not unplugged and not without a roof.</summary>
    [SkippableTheory]
    [InlineData("Somewhere")]
    [InlineData("")]
    public async Task What_the_broker_knows_of_a_car_stays_until_the_car_has_said_something(string defaultGeofence)
    {
        await using var server = await MosquittoServer.StartAsync();
        const string Device = "homeassistant/device/teslamate_1/config";
        var before = new Dictionary<string, string>
        {
            [Device] = """{"device":{"model":"Model S (Sunroof)"}}""",
            ["teslamate/cars/1/geofence"] = "Home",
            ["teslamate/cars/1/shift_state"] = "P",
            ["teslamate/cars/1/charger_power"] = "11",
            ["teslamate/cars/1/charger_voltage"] = "230",
            ["teslamate/cars/1/charger_phases"] = "3",
            ["teslamate/cars/1/charger_actual_current"] = "16",
            ["teslamate/cars/1/charge_energy_added"] = "7.5",
            ["teslamate/cars/1/time_to_full_charge"] = "1.5",
            ["teslamate/cars/1/scheduled_charging_start_time"] = "2026-11-29T22:00:00Z",
            ["teslamate/cars/1/active_route_destination"] = "Work",
            ["teslamate/cars/1/plugged_in"] = "true",
        };
        foreach (var (topic, payload) in before)
            await server.PublishAsync(topic, payload, retain: true);
        await using var publisher =
            await Publisher.StartAsync(server, ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"), ("DEFAULT_GEOFENCE", defaultGeofence));
        publisher.Hub.Publish(ASummary.Silent() with { IsRestored = true });
        await publisher.UntilAsync(() => publisher.Remembers(topic => topic == "teslamate/cars/1/state") == 1);
        await publisher.SettledAsync();
        await server.PublishAsync("homeassistant/status", "online", retain: false);
        await publisher.SettledAsync();
        var retained = await server.RetainedAsync();
        foreach (var (topic, payload) in before)
            retained.GetValueOrDefault(topic).ShouldBe(payload, topic);
        retained["teslamate/cars/1/state"].ShouldBe("unavailable");

        await using var listener = await server.ListenAsync(Device);
        publisher.Hub.Publish(ASummary.Online());
        await listener.UntilAsync(message => !message.Retained);
        await publisher.SettledAsync();
        retained = await server.RetainedAsync();
        retained.GetValueOrDefault("teslamate/cars/1/geofence", "").ShouldBe(defaultGeofence);
        retained.ShouldNotContainKey("teslamate/cars/1/charger_voltage");
    }

    [SkippableFact]
    public async Task Home_Assistant_says_where_it_always_does_that_it_starts_whatever_the_prefix()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var listener = await server.ListenAsync("custom/#");
        await using var publisher = await Publisher.StartAsync(
            server, ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"), ("MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", "custom"));
        publisher.Hub.Publish(ASummary.Online());
        await listener.UntilAsync(message => message.Topic == "custom/device/teslamate_1/config");
        await publisher.SettledAsync();
        foreach (var topic in new[] { "homeassistant/status", "custom/status" })
        {
            await server.PublishAsync(topic, "online", retain: false);
            await listener.UntilAsync(message => message.Topic == "custom/device/teslamate_1/config");
        }
    }

    [SkippableFact]
    public async Task Announcements_of_old_versions_are_moved_once_and_in_order()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("homeassistant/sensor/teslamate_1/speed/config", "{}", retain: true);
        await server.PublishAsync("homeassistant/sensor/teslamate_1/tpms_pressure_fl_psi/config", "{}", retain: true);
        await server.PublishAsync("homeassistant/sensor/another_1/speed/config", "{}", retain: true);
        await using var listener = await server.ListenAsync("homeassistant/#");
        await using (var publisher = await Publisher.StartAsync(server, ("MQTT_HOME_ASSISTANT_DISCOVERY", "true")))
        {
            publisher.Hub.Publish(ASummary.Online());
            var messages = await listener.UntilAsync(message => message.Payload.Contains("\"display_name\"", StringComparison.Ordinal));
            messages.Skip(3).Select(message => $"{message.Topic[14..]} {(message.Payload.Length > 100 ? "document" : message.Payload)}").ShouldBe([
                """sensor/teslamate_1/speed/config {"migrate_discovery":true}""",
                "device/teslamate_1/config document",
                "sensor/teslamate_1/speed/config ",
                "sensor/teslamate_1/tpms_pressure_fl_psi/config ",
                "device/teslamate_1/config document",
            ]);
        }

        (await server.RetainedAsync("homeassistant/#")).Keys.ShouldBe(["homeassistant/device/teslamate_1/config",
            "homeassistant/sensor/another_1/speed/config"], ignoreOrder: true);

        // The next start finds nothing old and says no more than the device.
        await using var later = await server.ListenAsync("homeassistant/#", MosquittoListener.AsPublished);
        var retained = (await server.RetainedAsync("homeassistant/#")).Count;
        await using (var publisher = await Publisher.StartAsync(server, ("MQTT_HOME_ASSISTANT_DISCOVERY", "true")))
        {
            publisher.Hub.Publish(ASummary.Online());
            await publisher.UntilAsync(() => publisher.Remembers(topic => topic.EndsWith("/config", StringComparison.Ordinal)) == 1);
            await publisher.SettledAsync();
        }

        await server.PublishAsync("homeassistant/end", "", retain: false);
        (await later.UntilAsync(message => message.Topic == "homeassistant/end")).Skip(retained).SkipLast(1).Select(message => message.Topic)
            .ShouldBe(["homeassistant/device/teslamate_1/config"]);
    }

    [SkippableFact]
    public async Task Without_discovery_only_what_was_announced_is_cleared()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("homeassistant/device/teslamate_1/config", "{}", retain: true);
        await server.PublishAsync("homeassistant/binary_sensor/teslamate_1/locked/config", "{}", retain: true);
        await server.PublishAsync("homeassistant/binary_sensor/teslamate_1/update_available/config", "{}", retain: true);
        await server.PublishAsync("homeassistant/device/teslamate_2/config", "{}", retain: true);
        await using var listener = await server.ListenAsync("homeassistant/#");
        await using var publisher = await Publisher.StartAsync(server);
        publisher.Hub.Publish(ASummary.Online());
        var messages = await listener.UntilAsync(
            message => message is { Topic: "homeassistant/binary_sensor/teslamate_1/update_available/config", Payload: "" });
        messages.Skip(4).ShouldAllBe(message => message.Payload.Length == 0);
        messages.Skip(4).Select(message => message.Topic[14..])
            .ShouldBe(["device/teslamate_1/config", "binary_sensor/teslamate_1/locked/config", "binary_sensor/teslamate_1/update_available/config"]);
        (await server.RetainedAsync("homeassistant/#")).Keys.ShouldBe(["homeassistant/device/teslamate_2/config"]);
    }

    [SkippableFact]
    public async Task A_broker_that_is_not_there_is_reported_once_and_found_when_it_comes()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.KillAsync();
        await using var publisher = await Publisher.StartAsync(server);
        publisher.Hub.Publish(ASummary.Online());
        await publisher.FailsWithAsync("refused");
        await Task.Delay(TimeSpan.FromSeconds(1));
        publisher.Log.Split('\n').Count(line => line.Contains("cannot be used", StringComparison.Ordinal)).ShouldBe(1);
        await server.StartAgainAsync();
        await publisher.SettledAsync();
        (await server.RetainedAsync())["teslamate/cars/1/state"].ShouldBe("online");
    }
}
