using System.Text;
using TeslaMate.Mqtt.Events;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Tests.Outgoing;

namespace TeslaMate.Tests.Mqtt;

/// <summary>Events for Home Assistant (spec api 4.3).</summary>
public sealed class EventTopicTests
{
    static readonly OutgoingTarget Target = new(1, "Home Assistant", new TargetSettings.HomeAssistant(), EventFilter.Everything, null);

    [Fact]
    public void The_payload_is_flat_and_named_as_home_assistant_names_events()
    {
        var payload = Encoding.UTF8.GetString(EventTopic.Payload(SampleEvents.DriveEnded));
        payload.ShouldBe($$"""
            {"event_type":"drive_ended","id":"{{SampleEvents.DriveEnded.Id}}","occurred_at":"2026-07-04T12:00:00.000Z","row_id":7,
            "start_at":"2026-07-04T08:00:00.250Z","start_place":"Home","start_battery_pct":80,"end_at":"2026-07-04T08:30:40.000Z",
            "end_place":"Seestrasse 12, Zug","end_battery_pct":74,"duration_s":1839.75,"distance_km":25.5}
            """.Replace("\n", "", StringComparison.Ordinal));
        SampleEvents.All.Where(happened => happened.Car is not null).Select(happened => EventTopic.TypeOf(happened.Type)).ShouldBe(EventTopic.Types);
    }

    [SkippableFact]
    public async Task Events_are_passing_messages_in_their_order_and_missed_while_the_broker_is_away()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var listener = await server.ListenAsync("teslamate/cars/1/event", MosquittoListener.AsPublished);
        await using var publisher = await Publisher.StartAsync(server);
        var channel = publisher.Channel(TargetKind.HomeAssistant);
        await publisher.SettledAsync();
        foreach (var happened in SampleEvents.All)
            (await channel.SendAsync(Target, happened, CancellationToken.None)).ShouldBe(new DeliveryResult.Delivered());
        var messages = await listener.UntilAsync(message => message.Payload.Contains("data_resumed", StringComparison.Ordinal));
        messages.ShouldAllBe(message => message.Qos == 1 && !message.Retained);
        messages.Count.ShouldBe(17);
        (await server.RetainedAsync("teslamate/cars/1/event")).ShouldBeEmpty();
        await server.KillAsync();
        await publisher.UntilAsync(() => channel.SendAsync(Target, SampleEvents.DriveEnded, CancellationToken.None).IsCompleted);
        (await channel.SendAsync(Target, SampleEvents.DriveEnded, CancellationToken.None)).ShouldBeOfType<DeliveryResult.Refused>();
    }
}
