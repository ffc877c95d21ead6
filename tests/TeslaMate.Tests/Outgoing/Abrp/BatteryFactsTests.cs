using TeslaMate.Logbook;
using TeslaMate.Outgoing.Abrp;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Outgoing.Abrp;

/// <summary>Capacity and health in the live data of a car (spec api 4.1).</summary>
public sealed class BatteryFactsTests : IAsyncLifetime
{
    static readonly CarId Car = new(1);

    readonly ManualTime _time = new();
    LogbookDatabase _database = null!;
    BatteryFacts _facts = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateMigratedAsync();
        _facts = new BatteryFacts(_database.DataSource, _time);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    Task AnswerAsync(int samples, double capacity, double health) => _database.ExecuteAsync(string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"""
        create or replace function teslamate.battery_health(car integer, until timestamp default null)
        returns table (samples bigint, capacity_new_kwh double precision, capacity_now_kwh double precision, is_new_given boolean,
            health double precision, degradation double precision, range_new_km double precision, range_now_km double precision, charges bigint,
            energy_added_kwh double precision, energy_used_kwh double precision, efficiency double precision, cycles double precision,
            kwh_per_level double precision, second_capacity_kwh double precision, constant_kwh_per_km double precision)
        language sql as $$ select {samples}, 78, {capacity}, false, {health}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 $$
        """));

    Task<(double? CapacityKwh, double? HealthPct)> AskAsync(double hours)
    {
        _time.Advance(TimeSpan.FromHours(hours));
        return _facts.OfAsync(Car, default);
    }

    [Fact]
    public async Task They_are_asked_for_every_six_hours_and_say_nothing_below_five_samples()
    {
        await AnswerAsync(4, 75.5, 96.8);
        (await AskAsync(0)).ShouldBe((null, null));
        await AnswerAsync(5, 75.5, 96.8);
        (await AskAsync(5.9)).ShouldBe((null, null));
        (await AskAsync(0.2)).ShouldBe((75.5, 96.8));
        await AnswerAsync(6, 75, 96);
        (await AskAsync(5)).ShouldBe((75.5, 96.8));
        (await AskAsync(1.1)).ShouldBe((75, 96));
    }

    [Fact]
    public async Task A_question_that_failed_or_was_given_up_is_asked_again_soon_and_what_was_known_stands()
    {
        await _database.ExecuteAsync("alter function teslamate.battery_health(integer, timestamp) rename to gone");
        (await AskAsync(0)).ShouldBe((null, null));
        await AnswerAsync(5, 75.5, 96.8);
        (await AskAsync(0.1)).ShouldBe((null, null));
        (await AskAsync(0.1)).ShouldBe((75.5, 96.8));

        await _database.ExecuteAsync("drop function teslamate.battery_health(integer, timestamp)");
        (await AskAsync(6)).ShouldBe((75.5, 96.8));
        _time.Advance(TimeSpan.FromHours(1));
        using var givenUp = new CancellationTokenSource();
        await givenUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => _facts.OfAsync(Car, givenUp.Token));
        await AnswerAsync(5, 75, 96);
        (await AskAsync(0.2)).ShouldBe((75, 96));
    }
}
