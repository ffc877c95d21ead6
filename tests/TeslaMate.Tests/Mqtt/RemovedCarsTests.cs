using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Mqtt;

/// <summary>What becomes of the messages of cars that are logged no more.</summary>
public sealed class RemovedCarsTests
{
    readonly ManualTime _time = new(TimeProvider.System.GetUtcNow());

    [SkippableTheory]
    [InlineData("", "teslamate", "teslamate_ns1", "true")]
    [InlineData("ns1", "teslamate_ns1", "teslamate", "true")]
    [InlineData("", "teslamate", "teslamate_ns1", "false")]
    public async Task The_announcements_of_a_car_that_is_logged_no_more_are_cleared_and_those_of_strangers_are_not(string @namespace, string node,
        string strangersNode, string discovery)
    {
        await using var server = await MosquittoServer.StartAsync();
        string[] strangers = ["homeassistant/device/another_2/config", $"homeassistant/device/{node}_3/config",
            $"homeassistant/device/{strangersNode}_2/config"];
        foreach (var topic in (string[])[.. strangers, $"homeassistant/device/{node}_2/config", $"homeassistant/sensor/{node}_2/speed/config"])
            await server.PublishAsync(topic, "{}", retain: true);
        await using var publisher = await Publisher.StartAsync(
            server, _time, [ASummary.Known(1), ASummary.Known(2)], ("MQTT_HOME_ASSISTANT_DISCOVERY", discovery), ("MQTT_NAMESPACE", @namespace));
        publisher.Vehicles.Running = [1];
        publisher.Hub.Publish(ASummary.Online());
        await PassUntilAsync(server, $"homeassistant/device/{node}_2/config", isHeld: false);

        if (discovery == "true")
            await PassUntilAsync(server, $"homeassistant/device/{node}_1/config", isHeld: true);
        (await server.RetainedAsync("homeassistant/#")).Keys
            .ShouldBe(discovery == "true" ? [.. strangers, $"homeassistant/device/{node}_1/config"] : strangers, ignoreOrder: true);
    }

    /// <summary>It is in service, or its answers are cut off, or another instance leads it.</summary>
    [SkippableFact]
    public async Task A_car_that_runs_without_having_said_anything_keeps_its_announcement()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("homeassistant/device/teslamate_2/config", "{}", retain: true);
        await using var publisher =
            await Publisher.StartAsync(server, _time, [ASummary.Known(1), ASummary.Known(2)], ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        await PassMinutesAsync(5);

        await publisher.SettledAsync();
        (await server.RetainedAsync("homeassistant/#")).Keys.ShouldContain("homeassistant/device/teslamate_2/config");
    }

    [SkippableFact]
    public async Task While_no_car_runs_yet_or_the_account_is_listed_again_nothing_is_cleared()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("homeassistant/device/teslamate_1/config", "{}", retain: true);
        await using var publisher = await Publisher.StartAsync(server, _time, [ASummary.Known(1)], ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Vehicles.Running = [];
        await PassMinutesAsync(5);
        (await server.RetainedAsync("homeassistant/#")).Keys.ShouldBe(["homeassistant/device/teslamate_1/config"]);
    }

    [SkippableFact]
    public async Task A_car_whose_logging_is_switched_off_is_withdrawn_and_announced_again_when_it_returns()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher = await Publisher.StartAsync(server, _time, [ASummary.Known(1)], ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        await PassUntilAsync(server, "homeassistant/device/teslamate_1/config", isHeld: true);
        (await server.RetainedAsync("homeassistant/#")).Keys.ShouldBe(["homeassistant/device/teslamate_1/config"]);

        publisher.Cars.Stored = [ASummary.Known(1) with { Settings = new CarSettings { Enabled = false } }];
        publisher.Vehicles.Running = [];
        await PassUntilAsync(server, "homeassistant/device/teslamate_1/config", isHeld: false);
        await publisher.SettledAsync();
        (await server.RetainedAsync("homeassistant/#")).ShouldBeEmpty();
        // Its values stay, as they are of a car that the owner has.
        (await server.RetainedAsync())["teslamate/cars/1/state"].ShouldBe("online");

        publisher.Cars.Stored = [ASummary.Known(1)];
        publisher.Vehicles.Running = [1];
        publisher.Hub.Publish(ASummary.Online());
        await PassUntilAsync(server, "homeassistant/device/teslamate_1/config", isHeld: true);
        (await server.RetainedAsync("homeassistant/#")).Keys.ShouldBe(["homeassistant/device/teslamate_1/config"]);
    }

    [SkippableFact]
    public async Task A_car_that_is_deleted_from_the_database_leaves_nothing_of_this_run_behind_until_it_is_back()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("teslamate/cars/2/somebody_elses", "stays", retain: true);
        await using var publisher =
            await Publisher.StartAsync(server, _time, [ASummary.Known(1), ASummary.Known(2)], ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        publisher.Hub.Publish(ASummary.Online(2));
        await PassUntilAsync(server, "homeassistant/device/teslamate_2/config", isHeld: true);
        publisher.Cars.Stored = [ASummary.Known(1)];
        await PassUntilAsync(server, "homeassistant/device/teslamate_2/config", isHeld: false);
        // Its loop may go on for a while.
        publisher.Hub.Publish(ASummary.Online(2) with { Speed = 99 });
        await publisher.SettledAsync();

        var retained = await server.RetainedAsync();
        retained.Keys.Where(topic => topic.Contains("/2/", StringComparison.Ordinal) || topic.Contains("_2/", StringComparison.Ordinal))
            .ShouldBe(["teslamate/cars/2/somebody_elses"]);
        retained["teslamate/cars/1/state"].ShouldBe("online");
        retained.Keys.ShouldContain("homeassistant/device/teslamate_1/config");
        publisher.Remembers(topic => topic.Contains("cars/2", StringComparison.Ordinal)).ShouldBe(0);

        // A database that was restored has it again.
        publisher.Cars.Stored = [ASummary.Known(1), ASummary.Known(2)];
        await PassMinutesAsync(2);
        publisher.Hub.Publish(ASummary.Online(2));
        await publisher.SettledAsync();
        (await server.RetainedAsync())["teslamate/cars/2/state"].ShouldBe("online");
    }

    /// <summary>Its lease is gone with its row, so its loop ends before the second look at the database.</summary>
    [SkippableFact]
    public async Task A_deleted_car_whose_loop_has_ended_leaves_nothing_behind_either()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher =
            await Publisher.StartAsync(server, _time, [ASummary.Known(1), ASummary.Known(2)], ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        publisher.Hub.Publish(ASummary.Online(2));
        await PassUntilAsync(server, "homeassistant/device/teslamate_2/config", isHeld: true);
        publisher.Cars.Stored = [ASummary.Known(1)];
        publisher.Hub.Remove(new CarId(2));
        await PassUntilAsync(server, "homeassistant/device/teslamate_2/config", isHeld: false);
        await publisher.SettledAsync();

        var retained = await server.RetainedAsync();
        retained.Keys.ShouldNotContain(topic => topic.Contains("/2/", StringComparison.Ordinal) || topic.Contains("_2/", StringComparison.Ordinal));
        retained["teslamate/cars/1/state"].ShouldBe("online");
    }

    /// <summary>Lets a minute pass after another until the broker holds, or does not hold, the message; ten of them at most.</summary>
    async Task PassUntilAsync(MosquittoServer server, string topic, bool isHeld)
    {
        for (var minute = 0; minute < 10 && (await server.RetainedAsync("homeassistant/#")).ContainsKey(topic) != isHeld; minute++)
            await PassMinutesAsync(1);
    }

    /// <summary>Lets time pass with enough pauses for what happens outside of it, on sockets and other threads.</summary>
    async Task PassMinutesAsync(int minutes)
    {
        for (var step = 0; step < minutes * 60; step++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
    }
}
