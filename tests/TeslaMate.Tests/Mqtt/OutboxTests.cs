using TeslaMate.Mqtt.Publishing;

namespace TeslaMate.Tests.Mqtt;

public sealed class OutboxTests
{
    [Fact]
    public void However_long_the_broker_is_away_a_topic_holds_one_message()
    {
        var outbox = new Outbox();
        for (var i = 0; i < 100_000; i++)
            outbox.Put($"t/{i % 10}", BitConverter.GetBytes(i), retain: true);
        outbox.Topics.Count.ShouldBe(10);
        var taken = 0;
        while (outbox.TryTake(out var message))
        {
            taken++;
            BitConverter.ToInt32(message.Payload).ShouldBeGreaterThanOrEqualTo(99_990);
        }

        taken.ShouldBe(10);
    }

    [Fact]
    public void A_value_that_changes_while_it_is_under_way_is_sent_again()
    {
        var outbox = new Outbox();
        outbox.Put("t", [1], retain: true);
        outbox.TryTake(out var first).ShouldBeTrue();
        outbox.Put("t", [2], retain: true);
        outbox.Acknowledge(first!);
        outbox.TryTake(out var second).ShouldBeTrue();
        second!.Payload.ShouldBe([2]);
        outbox.Acknowledge(second);
        outbox.Pending.ShouldBe(0);
    }

    [Fact]
    public void A_new_connection_gets_everything_again_in_the_first_order()
    {
        var outbox = new Outbox();
        foreach (var topic in new[] { "a", "b", "c" })
            outbox.Put(topic, [1], retain: true);
        while (outbox.TryTake(out var message))
            outbox.Acknowledge(message);
        outbox.TryTake(out _).ShouldBeFalse();
        outbox.StartOver();
        var again = new List<string>();
        while (outbox.TryTake(out var message))
            again.Add(message.Address.Topic);
        again.ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void What_is_let_go_is_delivered_but_not_sent_again()
    {
        var outbox = new Outbox();
        outbox.Put("cars/1/a", [1], retain: true);
        outbox.TryTake(out var delivered).ShouldBeTrue();
        outbox.Acknowledge(delivered);
        outbox.Put("cars/1/b", [1], retain: true);
        outbox.Put("cars/10/a", [1], retain: true);
        outbox.Release("cars/1/");
        var sent = new List<string>();
        while (outbox.TryTake(out var message))
        {
            sent.Add(message.Address.Topic);
            outbox.Acknowledge(message);
        }

        sent.ShouldBe(["cars/1/b", "cars/10/a"]);
        outbox.Topics.ShouldBe(["cars/10/a"]);
    }

    [Fact]
    public async Task A_message_of_the_moment_waits_for_its_acknowledgement_and_is_then_forgotten()
    {
        var outbox = new Outbox();
        var sent = outbox.PutOnceAsync("t", [], retain: true);
        outbox.TryTake(out _).ShouldBeTrue();
        outbox.StartOver();
        sent.IsCompleted.ShouldBeFalse();
        outbox.TryTake(out var again).ShouldBeTrue();
        outbox.Acknowledge(again!);
        (await sent).ShouldBeTrue();
        outbox.Topics.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_newer_message_takes_the_place_of_one_of_the_moment()
    {
        var outbox = new Outbox();
        var first = outbox.PutOnceAsync("t", [1], retain: true);
        var second = outbox.PutOnceAsync("t", [2], retain: true);
        (await first).ShouldBeFalse();
        outbox.TryTake(out var message).ShouldBeTrue();
        message!.Payload.ShouldBe([2]);
        outbox.Acknowledge(message);
        (await second).ShouldBeTrue();
    }

    [Fact]
    public void The_clearing_of_a_retained_value_precedes_the_passing_message_on_the_same_topic()
    {
        var outbox = new Outbox();
        _ = outbox.PutOnceAsync("healthy", [], retain: true);
        outbox.Put("healthy", [1], retain: false);
        outbox.TryTake(out var first).ShouldBeTrue();
        outbox.TryTake(out var second).ShouldBeTrue();
        (first!.Address.Retain, second!.Address.Retain).ShouldBe((true, false));
    }
}
