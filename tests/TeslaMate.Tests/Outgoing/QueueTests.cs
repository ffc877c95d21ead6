using Npgsql;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Events;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Outgoing;

/// <summary>The queues: nothing is lost by a restart or an outage, nothing is sent by two, nothing grows without end (spec api 4.2).</summary>
public sealed class QueueTests : ReceiverTests
{
    [Fact]
    public async Task A_restart_between_storing_and_sending_loses_nothing()
    {
        await using (var first = new OutgoingUnderTest(Database.DataSource))
        {
            await first.WebhookAsync(Receiver.Url);
            await first.Deliveries.StoreAsync(first.Happened(), first.Time.GetUtcNow(), TimeZoneInfo.Utc, default);
        }

        Receiver.Requests.ShouldBeEmpty();
        await using var second = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        await second.UntilAsync(() => Receiver.Requests.Count == 1);
    }

    [Fact]
    public async Task What_is_handed_over_just_before_a_stop_is_stored()
    {
        await using (var first = new OutgoingUnderTest(Database.DataSource))
        {
            await first.WebhookAsync(Receiver.Url, draft => draft with { Name = "hook" });
            first.Events.Publish(first.Happened());
            await first.StopAsync();
        }

        (await Database.ScalarAsync<long>("select count(*) from teslamate.outgoing_deliveries")).ShouldBe(1);
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_an_attempt_sends_it_again()
    {
        var never = new TaskCompletionSource();
        Receiver.Then(http => never.Task.WaitAsync(http.RequestAborted));
        await using (var first = await new OutgoingUnderTest(Database.DataSource).StartAsync())
        {
            await first.WebhookAsync(Receiver.Url);
            first.Events.Publish(first.Happened());
            await first.UntilAsync(() => Receiver.Requests.Count == 1);
            await first.StopAsync();
        }

        await using var second = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        await second.UntilAsync(() => Receiver.Requests.Count == 2);
        Receiver.Requests.Select(request => request.Id).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_instance_that_dies_with_its_turn_is_followed_when_the_lease_has_run_out()
    {
        await using var dead = new OutgoingUnderTest(Database.DataSource);
        await dead.WebhookAsync(Receiver.Url);
        await dead.Deliveries.StoreAsync(dead.Happened(), dead.Time.GetUtcNow(), TimeZoneInfo.Utc, default);
        (await dead.Deliveries.ClaimAsync([TeslaMate.Outgoing.Targets.TargetKind.Webhook], 1, dead.Time.GetUtcNow(), default)).Count.ShouldBe(1);
        (await dead.Deliveries.ClaimAsync([TeslaMate.Outgoing.Targets.TargetKind.Webhook], 1, dead.Time.GetUtcNow(), default)).ShouldBeEmpty();
        await using var other = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        await other.UntilAsync(() => Receiver.Requests.Count == 1, TimeSpan.FromSeconds(10));
        (other.Time.GetUtcNow() - dead.Time.GetUtcNow()).ShouldBeGreaterThanOrEqualTo(DeliveryTable.LeaseTime);
    }

    [Fact]
    public async Task Two_instances_send_each_event_once_and_in_order()
    {
        const int Events = 30;
        var time = new ManualTime(new DateTimeOffset(2026, 7, 4, 8, 0, 0, TimeSpan.Zero));
        await using var first = await new OutgoingUnderTest(Database.DataSource, time).StartAsync();
        await using var second = await new OutgoingUnderTest(Database.DataSource, time).StartAsync();
        await first.WebhookAsync(Receiver.Url);
        for (var number = 0; number < Events; number++)
        {
            // One stores all of them, so that there is an order; the other learns of them by looking.
            first.Events.Publish(first.Happened(number));
        }

        await first.UntilAsync(() => Receiver.Requests.Count >= Events, TimeSpan.FromSeconds(1));
        await first.UntilAsync(async () => await Database.ScalarAsync<long>(
            "select count(*) from teslamate.outgoing_deliveries where state <> 'delivered'") == 0, TimeSpan.FromSeconds(1));
        Receiver.Requests.Select(request => request.Id).ShouldBe(Enumerable.Range(0, Events).Select(number => $"evt_{number:0000}"));
        // The same news from both is one.
        first.Events.Publish(first.Happened(3));
        second.Events.Publish(second.Happened(Events));
        await first.UntilAsync(() => Receiver.Requests.Count == Events + 1, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_outage_of_theReceiver_keeps_the_order()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, _) = await outgoing.WebhookAsync(Receiver.Url);
        Receiver.Then(500).Then(502).ThenReset();
        for (var number = 0; number < 5; number++)
            outgoing.Events.Publish(outgoing.Happened(number));
        await outgoing.UntilAsync(() => Receiver.Requests.Count == 8, TimeSpan.FromMinutes(1));
        Receiver.Requests.Select(request =>
            request.Id).ShouldBe(["evt_0000", "evt_0000", "evt_0000", "evt_0000", "evt_0001", "evt_0002", "evt_0003", "evt_0004"]);
        await outgoing.UntilAsync(async () => (await outgoing.Targets.FindAsync(id, default))!.Waiting == 0);
    }

    [Fact]
    public async Task An_event_that_is_never_taken_lets_the_others_pass()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        await outgoing.WebhookAsync(Receiver.Url);
        Receiver.Then(500).Then(500).Then(500).Then(500);
        outgoing.Events.Publish(outgoing.Happened(1));
        outgoing.Events.Publish(outgoing.Happened(2));
        await outgoing.UntilAsync(() => Receiver.Requests.Any(request => request.Id == "evt_0002"), TimeSpan.FromMinutes(1));
        Receiver.Requests.Count(request => request.Id == "evt_0001").ShouldBeGreaterThanOrEqualTo(4);
        // And since the receiver is back, the other one comes at once.
        await outgoing.UntilAsync(() => Receiver.Requests.Count == 6);
    }

    [Fact]
    public async Task Five_days_without_a_success_turn_a_target_off()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, _) = await outgoing.WebhookAsync(Receiver.Url);
        Receiver.Otherwise = http =>
        {
            http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        outgoing.Events.Publish(outgoing.Happened(1));
        await outgoing.UntilAsync(() => Receiver.Requests.Count == 1);
        await outgoing.AttemptsAsync(id, 1);
        outgoing.Time.Advance(TimeSpan.FromDays(5) + TimeSpan.FromSeconds(1));
        await outgoing.UntilAsync(async () => !(await outgoing.Targets.FindAsync(id, default))!.IsEnabled, TimeSpan.FromMinutes(1));
        (await outgoing.Targets.FindAsync(id, default))!.OffReason.ShouldBe("no success for 5 days: HTTP 500");
    }

    [Fact]
    public async Task Too_many_that_wait_drop_the_oldest()
    {
        await using var outgoing = new OutgoingUnderTest(Database.DataSource);
        var (id, _) = await outgoing.WebhookAsync(Receiver.Url);
        await Database.ExecuteAsync($$"""
            insert into teslamate.outgoing_events (id, type, occurred_at, body)
            select 'old_' || n, 'drive.ended', '2026-07-01', '{}' from generate_series(1, {{DeliveryTable.MostWaiting}}) n;
            insert into teslamate.outgoing_deliveries (target_id, event_id, next_at, created_at)
            select {{id}}, 'old_' || n, '2026-07-01', '2026-07-01' from generate_series(1, {{DeliveryTable.MostWaiting}}) n
            """);
        for (var number = 0; number < 3; number++)
            await outgoing.Deliveries.StoreAsync(outgoing.Happened(number), outgoing.Time.GetUtcNow(), TimeZoneInfo.Utc, default);
        (await Database.RowsAsync("select event_id from teslamate.outgoing_deliveries where state = 'dropped' order by id")).ShouldBe(["old_1",
            "old_2", "old_3"]);
        (await outgoing.Targets.FindAsync(id, default))!.Waiting.ShouldBe(DeliveryTable.MostWaiting);
        // What has ended goes, too, but for the newest, and its events with it.
        await Database.ExecuteAsync("update teslamate.outgoing_deliveries set state = 'delivered', next_at = null, finished_at = '2026-07-04'");
        await outgoing.Deliveries.TidyAsync(outgoing.Time.GetUtcNow(), default);
        (await Database.ScalarAsync<long>("select count(*) from teslamate.outgoing_events")).ShouldBe(DeliveryTable.MostEnded);
        await outgoing.Deliveries.TidyAsync(outgoing.Time.GetUtcNow().AddDays(31), default);
        (await Database.ScalarAsync<long>("select count(*) from teslamate.outgoing_events")).ShouldBe(0);
    }

    [Fact]
    public async Task Events_wait_for_theDatabase_without_holding_up_who_hands_them_over()
    {
        await using var proxy = new LossyProxy(Database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(proxy.ConnectionString);
        await using var outgoing = await new OutgoingUnderTest(source).StartAsync();
        // Only the last one is sent, which is quicker than a thousand.
        await outgoing.WebhookAsync(Receiver.Url, draft => draft with { Events = ["drive.ended"] });
        proxy.SwallowAnswers = true;
        proxy.Cut();
        var started = TimeProvider.System.GetTimestamp();
        for (var number = 0; number < 1200; number++)
            outgoing.Events.Publish(outgoing.Happened(number, number == 1199 ? EventType.DriveEnded : EventType.StateChanged));
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        proxy.SwallowAnswers = false;
        await outgoing.UntilAsync(() => Receiver.Requests.Any(request => request.Id == "evt_1199"), TimeSpan.FromMinutes(1));
        outgoing.Get<OutgoingCounters>().LostCount.ShouldBeInRange(1, 200);
    }

    [Fact]
    public void The_pauses_are_those_of_the_specification()
    {
        double[] seconds = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];
        for (var failed = 1; failed <= seconds.Length; failed++)
        {
            RetrySchedule.Pause(failed, null, () => 0.5)!.Value.TotalSeconds.ShouldBe(seconds[failed - 1], 0.001);
            RetrySchedule.Pause(failed, null, () => 0)!.Value.TotalSeconds.ShouldBe(seconds[failed - 1] * 0.9, 0.001);
            RetrySchedule.Pause(failed, null, () => 1)!.Value.TotalSeconds.ShouldBe(seconds[failed - 1] * 1.1, 0.001);
        }

        RetrySchedule.Pause(10, null, () => 0).ShouldBeNull();
        RetrySchedule.Pause(3, TimeSpan.FromSeconds(60), () => 0).ShouldBe(TimeSpan.FromSeconds(60));
        RetrySchedule.Pause(1, TimeSpan.FromDays(30), () => 0).ShouldBe(TimeSpan.FromDays(1));
        RetrySchedule.Pause(1, TimeSpan.FromSeconds(-3), () => 0).ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void The_last_attempt_is_followed_by_none()
    {
        var delivery = new ClaimedDelivery(1, "", 1, "", null, "", Attempts: 9, FailingSince: null);
        Verdict.Of(delivery, new DeliveryResult.TryAgain(null, "HTTP 500"), default, () => 0.5)
            .ShouldBe(new Verdict(DeliveryState.Failed, null, "HTTP 500", null));
        Verdict.Of(delivery, new DeliveryResult.Refused("no such chat"), default, () => 0.5)
            .ShouldBe(new Verdict(DeliveryState.Failed, null, "no such chat", null));
        Verdict.Of(delivery, new DeliveryResult.Delivered(), default, () => 0.5).ShouldBe(new Verdict(DeliveryState.Delivered, null, null, null));
    }
}
