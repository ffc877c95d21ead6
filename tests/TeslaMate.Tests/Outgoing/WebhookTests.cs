using System.Net;
using System.Text;
using TeslaMate.Configuration;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Tests.Outgoing;

/// <summary>Webhooks against a real receiver (spec api 4.2).</summary>
public sealed class WebhookTests : ReceiverTests
{
    const string Body = """{"id":"evt_7f0c","type":"drive.ended","version":1,"occurred_at":"2026-07-04T08:30:40.000Z",""" + "\""
        + """car":{"id":1,"name":"Blue"},"data":{"drive_id":7,"distance_km":25.5}}""";

    [Fact]
    public void The_signature_is_that_of_the_specification()
        => StandardWebhookSignature.Of(
            new Secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), "evt_7f0c", 1783153841,
            Encoding.UTF8.GetBytes(Body))
            .ShouldBe("v1,RC6L+gqibv/AC/5x3QguWcwytsNC+2saEXvRku/iq9Y=");

    [Fact]
    public async Task An_event_arrives_signed_with_the_body_of_the_specification()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, key) = await outgoing.WebhookAsync(Receiver.Url, draft => draft with
        {
            Fields = new Dictionary<string, string?> { ["url"] = Receiver.Url, ["header_name"] = "X-Key", ["header_value"] = "open sesame" },
        });
        outgoing.Events.Publish(outgoing.Happened() with { Id = "evt_7f0c" });
        await outgoing.UntilAsync(async () => (await outgoing.Deliveries.RecentAsync(id, 1, default)) is [{ State: DeliveryState.Delivered }]);
        var request = Receiver.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe("/hook");
        request.Body.ShouldBe(
            Body);
        request.Headers["Content-Type"].ShouldBe("application/json");
        request.Headers["X-Key"].ShouldBe("open sesame");
        request.Headers["webhook-id"].ShouldBe("evt_7f0c");
        request.Headers["webhook-timestamp"].ShouldBe("1783153840");
        request.Headers["webhook-signature"].ShouldBe(
            StandardWebhookSignature.Of(key, "evt_7f0c", 1783153840, Encoding.UTF8.GetBytes(request.Body)));
        (await outgoing.Targets.FindAsync(id, default))!.LastSuccessAt.ShouldBe(outgoing.Time.GetUtcNow());
    }

    [Fact]
    public async Task A_failure_is_tried_again_later_and_then_arrives()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, _) = await outgoing.WebhookAsync(Receiver.Then(500).ThenReset().Url);
        outgoing.Events.Publish(outgoing.Happened());
        await outgoing.UntilAsync(() => !Receiver.Requests.IsEmpty);
        var first = await outgoing.AttemptsAsync(id, 1);
        first.LastError.ShouldBe("HTTP 500");
        (first.NextAt!.Value - outgoing.Time.GetUtcNow()).TotalSeconds.ShouldBeInRange(4.5, 5.5);
        outgoing.Time.Advance(TimeSpan.FromSeconds(6));
        var second = await outgoing.AttemptsAsync(id, 2);
        second.LastError.ShouldBe("the connection was closed");
        (second.NextAt!.Value - outgoing.Time.GetUtcNow()).TotalMinutes.ShouldBeInRange(4.2, 5.5);
        (await outgoing.Targets.FindAsync(id, default))!.FailingSince.ShouldNotBeNull();
        await outgoing.UntilAsync(async () => (await outgoing.OnlyDeliveryAsync(id)).State == DeliveryState.Delivered, TimeSpan.FromSeconds(30));
        Receiver.Requests.Select(request => request.Id).Distinct().ShouldHaveSingleItem();
        var target = await outgoing.Targets.FindAsync(id, default);
        target!.FailingSince.ShouldBeNull();
        target.LastError.ShouldBe("the connection was closed");
    }

    [Fact]
    public async Task AReceiver_that_asks_for_time_gets_it()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, _) = await outgoing.WebhookAsync(Receiver.Then(429, ("Retry-After", "120")).Then(503,
            ("Retry-After", "Sat, 04 Jul 2026 10:00:00 GMT")).Url);
        outgoing.Events.Publish(outgoing.Happened());
        await outgoing.UntilAsync(() => !Receiver.Requests.IsEmpty);
        var first = await outgoing.AttemptsAsync(id, 1);
        (first.NextAt!.Value - outgoing.Time.GetUtcNow()).TotalSeconds.ShouldBeInRange(120, 132);
        outgoing.Time.Advance(TimeSpan.FromSeconds(133));
        var second = await outgoing.AttemptsAsync(id, 2);
        second.NextAt!.Value.ShouldBeGreaterThanOrEqualTo(new DateTimeOffset(2026, 7, 4, 10, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Gone_turns_it_off_drops_what_waits_and_tells_the_others()
    {
        await using var other = await Receiver.StartAsync();
        await using var outgoing = new OutgoingUnderTest(Database.DataSource);
        var (id, _) = await outgoing.WebhookAsync(Receiver.Then(410).Url);
        await outgoing.WebhookAsync(other.Url, draft => draft with { Events = ["integration.failed"] });
        foreach (var number in (int[])[1, 2, 3])
            await outgoing.Deliveries.StoreAsync(outgoing.Happened(number), outgoing.Time.GetUtcNow(), TimeZoneInfo.Utc, default);
        await outgoing.StartAsync();
        await outgoing.UntilAsync(() => !other.Requests.IsEmpty);
        Receiver.Requests.Count.ShouldBe(1);
        var target = (await outgoing.Targets.FindAsync(id, default))!;
        target.IsEnabled.ShouldBeFalse();
        target.OffReason.ShouldBe("the receiver wants nothing more (HTTP 410)");
        (await outgoing.Deliveries.RecentAsync(id, 10, default)).Select(delivery => delivery.State)
            .ShouldBe([DeliveryState.Dropped, DeliveryState.Dropped, DeliveryState.Failed]);
        other.Requests.Single().Body.ShouldContain("\"reason\":\"the receiver wants nothing more (HTTP 410)\"");
        outgoing.Log.Lines.ShouldContain(line => line.StartsWith("Warning", StringComparison.Ordinal)
            && line.Contains("is turned off", StringComparison.Ordinal));
        // Turned on again it begins anew.
        (await outgoing.Targets.SetEnabledAsync(id, isEnabled: true, default)).ShouldBeTrue();
        (await outgoing.Targets.FindAsync(id, default)).ShouldNotBeNull().ShouldSatisfyAllConditions(
            on => on.OffReason.ShouldBeNull(), on => on.FailingSince.ShouldBeNull());
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, _) = await outgoing.WebhookAsync(Receiver.Then(307, ("Location", "/elsewhere")).Url);
        outgoing.Events.Publish(outgoing.Happened());
        await outgoing.UntilAsync(() => !Receiver.Requests.IsEmpty);
        (await outgoing.AttemptsAsync(id, 1)).LastError.ShouldBe("HTTP 307: redirects are not followed");
        Receiver.Requests.ShouldHaveSingleItem().Path.ShouldBe("/hook");
    }

    [Fact]
    public async Task Who_does_not_answer_within_15_seconds_is_asked_again()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var never = new TaskCompletionSource();
        var (id, _) = await outgoing.WebhookAsync(Receiver.Then(http => never.Task.WaitAsync(http.RequestAborted)).Url);
        outgoing.Events.Publish(outgoing.Happened());
        await outgoing.UntilAsync(() => !Receiver.Requests.IsEmpty);
        outgoing.Time.Advance(TimeSpan.FromSeconds(14));
        (await outgoing.OnlyDeliveryAsync(id)).Attempts.ShouldBe(0);
        outgoing.Time.Advance(TimeSpan.FromSeconds(2));
        (await outgoing.AttemptsAsync(id, 1)).LastError.ShouldBe("no answer within 15 s");
        never.SetResult();
    }

    [Fact]
    public async Task A_slowReceiver_does_not_hold_up_another_one()
    {
        await using var other = await Receiver.StartAsync();
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var never = new TaskCompletionSource();
        await outgoing.WebhookAsync(Receiver.Then(http => never.Task.WaitAsync(http.RequestAborted)).Url);
        await outgoing.WebhookAsync(other.Url);
        foreach (var number in (int[])[1, 2, 3])
            outgoing.Events.Publish(outgoing.Happened(number));
        await outgoing.UntilAsync(() => other.Requests.Count == 3);
        Receiver.Requests.Count.ShouldBe(1);
        never.SetResult();
    }

    [Fact]
    public async Task A_changed_secret_signs_beside_the_one_before_for_a_day()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, old) = await outgoing.WebhookAsync(Receiver.Url);
        var changed = (await outgoing.Targets.RollKeyAsync(id, default)).ShouldNotBeNull();
        // What the owner changes besides leaves both in force.
        var (input, _) = TargetInput.Check(
            new TargetDraft { Kind = TargetKind.Webhook, Name = "new name", Fields = new Dictionary<string, string?> { ["url"] = Receiver.Url } },
            new HashSet<string>(), outgoing.Get<AddressGuard>());
        (await outgoing.Targets.UpdateAsync(id, input!, isExpected: _ => true, default)).ShouldBeOfType<TargetAnswer.Done>().Target.Name
            .ShouldBe("new name");
        outgoing.Events.Publish(outgoing.Happened(1));
        await outgoing.UntilAsync(() => Receiver.Requests.Count == 1);
        outgoing.Time.Advance(TimeSpan.FromHours(24));
        outgoing.Events.Publish(outgoing.Happened(2));
        await outgoing.UntilAsync(() => Receiver.Requests.Count == 2);
        Signatures(0).ShouldBe([Expected(changed, 0), Expected(old, 0)]);
        Signatures(1).ShouldBe([Expected(changed, 1)]);

        string[] Signatures(int index) => Receiver.Requests.ElementAt(index).Headers["webhook-signature"].Split(' ');
        string Expected(Secret key, int index)
        {
            var request = Receiver.Requests.ElementAt(index);
            var timestamp = long.Parse(request.Headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture);
            return StandardWebhookSignature.Of(key, request.Id, timestamp, Encoding.UTF8.GetBytes(request.Body));
        }
    }

    [Fact]
    public async Task Secrets_are_in_no_log_no_error_and_not_readable_in_theDatabase()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        var (id, key) = await outgoing.WebhookAsync(Receiver.Then(500).Url, draft => draft with
        {
            Fields = new Dictionary<string, string?> { ["url"] = Receiver.Url, ["header_name"] = "X-Key", ["header_value"] = "open sesame" },
        });
        outgoing.Events.Publish(outgoing.Happened());
        await outgoing.UntilAsync(() => !Receiver.Requests.IsEmpty);
        await outgoing.AttemptsAsync(id, 1);
        string everything = outgoing.Log.Everything + string.Join('\n', await Database.RowsAsync("select t::text from teslamate.outgoing_targets t"))
            + string.Join('\n', await Database.RowsAsync("select d::text from teslamate.outgoing_deliveries d"));
        everything.ShouldContain("header_value");
        foreach (var secret in (string[])["open sesame", key.Reveal(), key.Reveal()[6..]])
            everything.ShouldNotContain(secret);
        var listed = (await outgoing.Targets.ListAsync(default)).ShouldHaveSingleItem();
        listed.SecretNames.ShouldBe(["header_value", "key"], ignoreOrder: true);
        listed.Values.Values.ShouldNotContain("open sesame");
    }

    [Fact]
    public async Task Another_encryption_key_is_said_and_waits_for_the_old_one()
    {
        int id;
        await using (var before = new OutgoingUnderTest(Database.DataSource))
        {
            (id, _) = await before.WebhookAsync(Receiver.Url);
            await before.Deliveries.StoreAsync(before.Happened(), before.Time.GetUtcNow(), TimeZoneInfo.Utc, default);
        }

        await using (var other = await new OutgoingUnderTest(Database.DataSource, key: "another key, also long enough").StartAsync())
            (await other.AttemptsAsync(id, 1)).LastError.ShouldNotBeNull().ShouldContain("ENCRYPTION_KEY");
        Receiver.Requests.ShouldBeEmpty();
        await using var after = await new OutgoingUnderTest(Database.DataSource).StartAsync();
        after.Time.Advance(TimeSpan.FromMinutes(1));
        await after.UntilAsync(() => Receiver.Requests.Count == 1, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_private_address_is_refused_when_it_is_entered_and_when_a_name_leads_there()
    {
        await using var outgoing = await new OutgoingUnderTest(Database.DataSource, allowed: "").StartAsync();
        var guard = outgoing.Get<AddressGuard>();
        TargetInput.Check(
            new TargetDraft { Kind = TargetKind.Webhook, Name = "hook", Fields = new Dictionary<string, string?> { ["url"] = Receiver.Url } },
            new HashSet<string>(), guard).Errors.ShouldHaveSingleItem().Problem.ShouldBe(AddressGuard.Forbidden);
        // As it was stored while it was allowed, and by a name that leads to this machine.
        await using var lenient = new OutgoingUnderTest(Database.DataSource);
        var (byNumber, _) = await lenient.WebhookAsync(Receiver.Url);
        var (byName, _) = await lenient.WebhookAsync($"http://localhost:{Receiver.Address.Port}/hook");
        outgoing.Events.Publish(outgoing.Happened());
        foreach (var id in (int[])[byNumber, byName])
        {
            await outgoing.UntilAsync(async () => (await outgoing.Deliveries.RecentAsync(id, 1, default)) is [{ Attempts: 1 }]);
            (await outgoing.OnlyDeliveryAsync(id)).LastError.ShouldBe($"the address {AddressGuard.Forbidden}");
        }

        Receiver.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_used_and_does_not_get_around_the_guard()
    {
        using var http = new OutgoingHttp(new AddressGuard([]), TimeProvider.System, new WebProxy(Receiver.Address));
        using var open = new HttpRequestMessage(HttpMethod.Post, "http://203.0.114.7/hook") { Content = new StringContent("hello") };
        (await http.SendAsync(open, TimeSpan.FromSeconds(30), default)).ShouldBe(new HttpOutcome.Answered(204, null, ""));
        Receiver.Requests.ShouldHaveSingleItem().Headers["Host"].ShouldBe("203.0.114.7");
        foreach (var url in (string[])["http://10.0.0.1/", "http://localhost/", "http://[::ffff:169.254.169.254]/"])
        {
            using var inside = new HttpRequestMessage(HttpMethod.Get, url);
            (await http.SendAsync(inside, TimeSpan.FromSeconds(30),
                default)).ShouldBe(new HttpOutcome.Failed($"the address {AddressGuard.Forbidden}"));
        }

        Receiver.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_test_is_sent_at_once_and_seen_among_the_deliveries()
    {
        await using var outgoing = new OutgoingUnderTest(Database.DataSource);
        var (id, _) = await outgoing.WebhookAsync(Receiver.Then(204).Then(418).Url, draft => draft with { IsEnabled = false });
        var test = outgoing.Get<TargetTest>();
        (await test.SendAsync(id, default)).ShouldBeOfType<DeliveryResult.Delivered>();
        (await test.SendAsync(id, default)).ShouldBe(new DeliveryResult.Refused("HTTP 418"));
        (await test.SendAsync(id + 1, default)).ShouldBeNull();
        (await outgoing.Deliveries.RecentAsync(id, 10, default)).Select(delivery => (delivery.EventType, delivery.State, delivery.LastError))
            .ShouldBe([("test", DeliveryState.Failed, "HTTP 418"), ("test", DeliveryState.Delivered, null)]);
        Receiver.Requests.Count.ShouldBe(2);
    }
}
