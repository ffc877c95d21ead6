namespace TeslaMate.Tests.Mqtt;

/// <summary>The topic that tells whether any program publishes, with one program and with two.</summary>
public sealed class AvailabilityTests
{
    const string Topic = "teslamate/availability";

    [SkippableFact]
    public async Task The_broker_says_offline_when_the_program_vanishes_and_online_when_it_returns()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var line = new FaultyLine(server.Port);
        await using var listener = await server.ListenAsync(Topic);
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_PORT", $"{line.Port}"));
        await listener.UntilAsync(message => message.Payload == "online");
        line.Cut();
        (await listener.UntilAsync(message => message.Payload == "online")).Select(message => message.Payload).ShouldBe(["offline", "online"]);
    }

    [SkippableFact]
    public async Task While_another_instance_goes_on_a_stop_leaves_the_cars_available()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var listener = await server.ListenAsync(Topic);
        await using var staying = await Publisher.StartAsync(server);
        await staying.SettledAsync();
        await using (var stopping = await Publisher.StartAsync(server))
            await stopping.SettledAsync();

        (await listener.UntilAsync(message => message.Payload == "offline")).Select(message => message.Payload)
            .ShouldBe(["online", "online", "offline"]);
        (await listener.UntilAsync(message => true)).ShouldHaveSingleItem().Payload.ShouldBe("online");
        (await server.RetainedAsync(Topic))[Topic].ShouldBe("online");
        await staying.DisposeAsync();
        (await server.RetainedAsync(Topic))[Topic].ShouldBe("offline");
    }

    [SkippableFact]
    public async Task While_another_instance_goes_on_a_crash_leaves_the_cars_available()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var line = new FaultyLine(server.Port);
        await using var listener = await server.ListenAsync(Topic);
        await using var staying = await Publisher.StartAsync(server);
        await using var crashing = await Publisher.StartAsync(server, ("MQTT_PORT", $"{line.Port}"));
        await staying.SettledAsync();
        await crashing.SettledAsync();
        // It is cut off for good; the broker sees what it sees when a process is killed.
        line.Decide = _ => Fate.Cuts;
        line.Cut();

        (await listener.UntilAsync(message => message.Payload == "offline")).Count.ShouldBe(3);
        (await listener.UntilAsync(message => true)).ShouldHaveSingleItem().Payload.ShouldBe("online");
        (await server.RetainedAsync(Topic))[Topic].ShouldBe("online");
    }

    /// <summary>Two that stop at the same time must not answer each other for ever, nor leave a word of life behind.</summary>
    [SkippableFact]
    public async Task Two_instances_that_stop_together_leave_offline_behind()
    {
        await using var server = await MosquittoServer.StartAsync();
        for (var round = 0; round < 5; round++)
        {
            await using var first = await Publisher.StartAsync(server);
            await using var second = await Publisher.StartAsync(server);
            await first.SettledAsync();
            await second.SettledAsync();
            await Task.WhenAll(first.DisposeAsync().AsTask(), second.DisposeAsync().AsTask());
            (await server.RetainedAsync(Topic))[Topic].ShouldBe("offline");
        }
    }
}
