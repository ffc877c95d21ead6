using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using TeslaMate.Api.Data.Live;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Tests.Web;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Live values (spec api 2.4).</summary>
public sealed class LiveTests : IAsyncLifetime
{
    PagesUnderTest _pages = null!;
    DataUnderTest _data = null!;

    public async Task InitializeAsync()
    {
        _data = new DataUnderTest();
        await _data.InitializeAsync();
        _pages = await DataUnderTest.StartAsync(_data.Database);
        await _pages.Access.SetPasswordAsync(new Secret("correct horse battery staple"), CancellationToken.None);
        await _pages.Get<LiveJournal>().StartAsync(CancellationToken.None);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 70, OdometerKm = 12030.5 });
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(2, "Other", "5YJ3E1EA7KF317001"));
        await UntilAsync(() => _pages.Get<LiveJournal>().Since(null).Cars.Count == 2);
    }

    public async Task DisposeAsync()
    {
        await _pages.Get<LiveJournal>().StopAsync(CancellationToken.None);
        await _pages.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task The_newest_values_as_json()
    {
        using var client = await ClientAsync();
        var live = await DataUnderTest.JsonAsync(client, "/data/v1/cars/1/live");
        live.GetProperty("state").GetString().ShouldBe("online");
        live.GetProperty("battery_pct").GetInt32().ShouldBe(70);
        live.GetProperty("odometer_km").GetDouble().ShouldBe(12030.5);
        live.GetProperty("speed_kmh").ValueKind.ShouldBe(JsonValueKind.Null);
        live.GetProperty("tpms_bar").GetProperty("fl").ValueKind.ShouldBe(JsonValueKind.Null);
        using var other = await client.GetAsync("/data/v1/cars/9/live");
        other.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_snapshot_of_each_car_then_what_changes()
    {
        using var client = await ClientAsync();
        await using var events = await FollowAsync(client, "/data/v1/live");
        var snapshots = new[] { await events.NextAsync(), await events.NextAsync() };
        snapshots.ShouldAllBe(item => item.EventType == "snapshot");
        snapshots.Select(item => JsonDocument.Parse(item.Data).RootElement.GetProperty("car_id").GetInt32()).Order().ShouldBe([1, 2]);
        snapshots[0].ReconnectionInterval.ShouldBe(TimeSpan.FromSeconds(3));
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 69, OdometerKm = 12030.5 });
        var change = await events.NextAsync(_pages.Time);
        change.EventType.ShouldBe("change");
        change.Data.ShouldBe("""{"car_id":1,"battery_pct":69}""");
    }

    [Fact]
    public async Task Of_events_that_come_together_the_last_has_the_number()
    {
        using var client = await ClientAsync();
        await using var events = await FollowAsync(client, "/data/v1/live");
        // An event without a number leaves the client at the one before: who goes away now begins anew.
        (await events.NextAsync()).EventId.ShouldBeNull();
        (await events.NextAsync()).EventId.ShouldBe($"{_pages.Get<LiveJournal>().Since(null).Number}");
    }

    [Fact]
    public async Task A_change_is_told_with_its_own_number_and_not_before_it_has_one()
    {
        using var client = await ClientAsync();
        await using var events = await FollowAsync(client, "/data/v1/cars/1/live");
        await events.NextAsync();
        // Nobody numbers what comes now.
        await _pages.Get<LiveJournal>().StopAsync(CancellationToken.None);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 69, OdometerKm = 12030.5 });
        (await events.NextOfAllAsync(_pages.Time)).EventType.ShouldBe("ping");
    }

    [Fact]
    public async Task The_begin_of_a_drive_is_told_with_its_number()
    {
        using var client = await ClientAsync();
        await using var events = await FollowAsync(client, "/data/v1/cars/1/live");
        (await events.NextAsync()).EventType.ShouldBe("snapshot");
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(state: VehicleStateName.Driving) with { BatteryLevel = 70, OdometerKm = 12030.5 });
        var kinds = new Dictionary<string, string>();
        while (!kinds.ContainsKey("drive"))
        {
            var item = await events.NextAsync(_pages.Time);
            kinds[item.EventType] = item.Data;
        }

        kinds["drive"].ShouldBe("""{"car_id":1,"phase":"start","id":8}""");
    }

    [Fact]
    public async Task Values_become_old_without_a_word_of_the_car()
    {
        Answered();
        using var client = await ClientAsync();
        await using var events = await FollowAsync(client, "/data/v1/cars/1/live");
        JsonDocument.Parse((await events.NextAsync()).Data).RootElement.GetProperty("is_stale").GetBoolean().ShouldBeFalse();
        (await events.NextAsync(_pages.Time)).Data.ShouldBe("""{"car_id":1,"is_stale":true}""");
        Answered();
        (await events.NextAsync(_pages.Time)).Data.ShouldBe("""{"car_id":1,"is_stale":false}""");

        void Answered() => _pages.Vehicles.HealthByCar[new CarId(1)] = new VehicleHealth(
            new CarId(1), VehicleStateName.Online, Healthy: true, _pages.Time.GetUtcNow(), null, 0, null, StreamConnected: false, Restarts: 0);
    }

    [Fact]
    public async Task A_car_that_says_the_same_again_has_no_event_and_costs_no_look_at_the_others()
    {
        var journal = _pages.Get<LiveJournal>();
        var before = journal.Since(null).Number;
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 70, OdometerKm = 12030.5 });
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(2, "Other", "5YJ3E1EA7KF317001") with { BatteryLevel = 12 });
        await UntilAsync(() => journal.Since(null).Number > before);
        journal.Since(before).Missed.ShouldNotBeNull().Select(entry => System.Text.Encoding.UTF8.GetString(entry.Json))
            .ShouldBe(["""{"car_id":2,"battery_pct":12}"""]);
        _pages.Vehicles.HealthListings.ShouldBe(0);
    }

    [Fact]
    public async Task Who_was_away_gets_what_was_missed_and_after_long_a_new_snapshot()
    {
        using var client = await ClientAsync();
        string? last;
        await using (var events = await FollowAsync(client, "/data/v1/cars/1/live"))
            last = (await events.NextAsync()).EventId;
        var journal = _pages.Get<LiveJournal>();
        var before = journal.Since(null).Number;
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 60, OdometerKm = 12030.5 });
        await UntilAsync(() => journal.Since(null).Number > before);
        await using (var events = await FollowAsync(client, "/data/v1/cars/1/live", last))
        {
            var missed = await events.NextAsync();
            (missed.EventType, missed.Data).ShouldBe(("change", """{"car_id":1,"battery_pct":60}"""));
        }

        _pages.Time.Advance(TimeSpan.FromMinutes(6));
        await using (var events = await FollowAsync(client, "/data/v1/cars/1/live", last))
            (await events.NextAsync()).EventType.ShouldBe("snapshot");
        await using (var events = await FollowAsync(client, "/data/v1/cars/1/live", "999999"))
            (await events.NextAsync()).EventType.ShouldBe("snapshot");
    }

    [Fact]
    public async Task A_ticket_counts_once_and_for_a_minute()
    {
        using var client = await ClientAsync();
        using var stranger = DataUnderTest.Client(_pages);
        (await TicketAsync(stranger)).ShouldBeNull();
        var ticket = (await TicketAsync(client))!;
        await using (var events = await FollowAsync(stranger, $"/data/v1/cars/1/live?ticket={ticket}"))
            (await events.NextAsync()).EventType.ShouldBe("snapshot");
        using (var again = await stranger.GetAsync($"/data/v1/cars/1/live?ticket={ticket}"))
            again.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var late = (await TicketAsync(client))!;
        _pages.Time.Advance(TimeSpan.FromSeconds(61));
        using (var tooLate = await stranger.GetAsync($"/data/v1/cars/1/live?ticket={late}"))
            tooLate.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        // A ticket opens the live values alone.
        using var elsewhere = await stranger.GetAsync($"/data/v1/cars?ticket={(await TicketAsync(client))!}");
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_for_one_car_follows_that_car_alone()
    {
        using var client = DataUnderTest.Client(_pages, await _pages.TokenAsync("read", 2));
        await using var events = await FollowAsync(client, "/data/v1/live");
        JsonDocument.Parse((await events.NextAsync()).Data).RootElement.GetProperty("car_id").GetInt32().ShouldBe(2);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 11 });
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(2, "Other", "5YJ3E1EA7KF317001") with { BatteryLevel = 12 });
        (await events.NextAsync(_pages.Time)).Data.ShouldBe("""{"car_id":2,"battery_pct":12}""");
    }

    [Fact]
    public async Task A_revoked_token_ends_the_stream()
    {
        using var client = await ClientAsync();
        await using var events = await FollowAsync(client, "/data/v1/cars/1/live");
        await events.NextAsync();
        foreach (var token in await _pages.Tokens.ListAsync(CancellationToken.None))
            await _pages.Tokens.RevokeAsync(token.Id, CancellationToken.None);
        await events.EndAsync(_pages.Time);
    }

    [Fact]
    public async Task Fifty_readers_get_the_same_events()
    {
        const int Readers = 50;
        using var client = await ClientAsync();
        List<Events> readers = [];
        try
        {
            for (var i = 0; i < Readers; i++)
            {
                readers.Add(await FollowAsync(client, "/data/v1/cars/1/live"));
                (await readers[i].NextAsync()).EventType.ShouldBe("snapshot");
            }

            for (var level = 69; level > 64; level--)
            {
                _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = level, OdometerKm = 12030.5 });
                List<(string Type, string Data, string? Id)> got = [];
                foreach (var reader in readers)
                {
                    var item = await reader.NextAsync(_pages.Time);
                    got.Add((item.EventType, item.Data, item.EventId));
                }

                got.Distinct().ShouldHaveSingleItem().Data.ShouldBe($$"""{"car_id":1,"battery_pct":{{level}}}""");
            }
        }
        finally
        {
            foreach (var reader in readers)
                await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_reader_that_stops_reading_stops_no_other_and_finds_the_newest_values_later()
    {
        // Far more than the buffers between the two sides hold.
        const int Rounds = 60;
        const int Long = 400_000;
        using var client = await ClientAsync();
        await using var stalled = await FollowAsync(client, "/data/v1/cars/1/live");
        await stalled.NextAsync();
        await using var reader = await FollowAsync(client, "/data/v1/cars/1/live");
        await reader.NextAsync();
        for (var round = 1; round <= Rounds; round++)
        {
            var version = $"{round}{new string('x', Long)}";
            _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { BatteryLevel = 70, OdometerKm = 12030.5, Version = version });
            (await reader.NextAsync(_pages.Time)).Data.ShouldStartWith($$"""{"car_id":1,"version":"{{round}}x""");
        }

        var events = 0;
        SseItem<string> last;
        do
        {
            last = await stalled.NextAsync(_pages.Time);
            events++;
        }
        while (!last.Data.StartsWith($$"""{"car_id":1,"version":"{{Rounds}}x""", StringComparison.Ordinal));
        events.ShouldBeLessThan(Rounds, "its own stream waited, and goes on from what is so now");
    }

    async Task<HttpClient> ClientAsync() => DataUnderTest.Client(_pages, await _pages.TokenAsync("read"));

    static async Task<string?> TicketAsync(HttpClient client)
    {
        using var response = await client.PostAsync("/data/v1/live-tickets", null);
        return response.StatusCode == HttpStatusCode.OK
            ? JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("ticket").GetString() : null;
    }

    static async Task<Events> FollowAsync(HttpClient client, string path, string? last = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        if (last is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
        return new Events(response, SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator());
    }

    static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    sealed class Events(HttpResponseMessage response, IAsyncEnumerator<SseItem<string>> items) : IAsyncDisposable
    {
        /// <summary>The next event; the clock is moved on until it comes, where there is one.</summary>
        public async Task<SseItem<string>> NextAsync(TeslaMate.Tests.Time.ManualTime? time = null)
        {
            do
                (await MoveAsync(time)).ShouldBeTrue();
            while (items.Current.EventType == "ping");
            return items.Current;
        }

        /// <summary>The next event or sign of life.</summary>
        public async Task<SseItem<string>> NextOfAllAsync(TeslaMate.Tests.Time.ManualTime time)
        {
            (await MoveAsync(time)).ShouldBeTrue();
            return items.Current;
        }

        public async Task EndAsync(TeslaMate.Tests.Time.ManualTime time)
        {
            while (await MoveAsync(time))
                items.Current.EventType.ShouldBe("ping");
        }

        async Task<bool> MoveAsync(TeslaMate.Tests.Time.ManualTime? time)
        {
            var next = items.MoveNextAsync().AsTask();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (time is not null && !next.IsCompleted)
            {
                await Task.WhenAny(next, Task.Delay(20, limit.Token));
                time.Advance(TimeSpan.FromSeconds(1));
                limit.Token.ThrowIfCancellationRequested();
            }

            return await next.WaitAsync(limit.Token);
        }

        public async ValueTask DisposeAsync()
        {
            response.Dispose();
            await ValueTask.CompletedTask;
        }
    }
}
