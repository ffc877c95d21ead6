using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Events;
using TeslaMate.Tests.Logbook;

namespace TeslaMate.Tests.Outgoing.Deliveries;

/// <summary>That the database is away is told without it (spec api 4.2).</summary>
public sealed class DirectDeliveryTests : IAsyncLifetime
{
    LogbookDatabase _database = null!;
    Receiver _receiver = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateMigratedAsync();
        _receiver = await Receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>A webhook that wants everything and one that wants drives alone, known from before the database went away.</summary>
    async Task<OutgoingUnderTest> WithoutDatabaseAsync()
    {
        var outgoing = new OutgoingUnderTest(_database.DataSource, configure: services => services.AddSingleton<DirectDelivery>());
        await outgoing.WebhookAsync(_receiver.Url);
        await outgoing.WebhookAsync(_receiver.Url, draft => draft with { Events = ["drive.ended"] });
        await outgoing.Get<DirectDelivery>().RefreshAsync(default);
        await _database.ExecuteAsync("alter table teslamate.outgoing_targets rename to gone");
        await Should.ThrowAsync<PostgresException>(() => outgoing.Get<DirectDelivery>().RefreshAsync(default));
        return outgoing;
    }

    static async Task<string> SendAsync(OutgoingUnderTest outgoing, TimeSpan step)
    {
        var sending = outgoing.Get<DirectDelivery>().SendAsync(outgoing.Happened(type: EventType.DatabaseAway), default);
        await outgoing.UntilAsync(() => sending.IsCompleted, step);
        await sending;
        return outgoing.Log.Everything;
    }

    [Fact]
    public async Task Who_wants_it_is_told_as_known_before_and_again_after_a_failure()
    {
        await using var outgoing = await WithoutDatabaseAsync();
        _receiver.Then(500);
        var log = await SendAsync(outgoing, TimeSpan.FromSeconds(1));
        log.ShouldContain("Attempt 1 to tell hook that the database is away failed: HTTP 500");
        log.ShouldNotContain("Attempt 2");
        _receiver.Requests.Select(request => request.Id).ShouldBe(["evt_0007", "evt_0007"]);
    }

    [Fact]
    public async Task A_receiver_that_goes_on_failing_is_given_up_after_four_attempts()
    {
        await using var outgoing = await WithoutDatabaseAsync();
        _receiver.Otherwise = http =>
        {
            http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        var log = await SendAsync(outgoing, TimeSpan.FromSeconds(20));
        log.ShouldContain("Attempt 4 to tell hook");
        log.ShouldNotContain("Attempt 5");
    }
}
