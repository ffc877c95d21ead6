using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Tests.Telemetry.Cost;

/// <summary>The budget of requests for streaming cars, and what they cost (spec fleet-telemetry 2.4, 4.9).</summary>
public class LedgerTests
{
    [Fact]
    public async Task Twelve_requests_a_day_are_sent_and_the_thirteenth_is_not_but_the_next_day_begins_anew()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings());
        for (var i = 0; i < 6; i++)
            (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldNotBeNull();
        // Six looks a day, whatever else is left.
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldBeNull();
        for (var i = 0; i < 6; i++)
            (await house.MaySendAsync(TelemetryRequest.VehicleData, "new version")).ShouldNotBeNull();
        (await house.MaySendAsync(TelemetryRequest.VehicleData, "new version")).ShouldBeNull();

        house.Time.Advance(TimeSpan.FromHours(16));
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldNotBeNull();
        // Another car has its own.
        (await house.Ledger.MaySendAsync(new(2), TelemetryRequest.Vehicle, "asleep", default)).ShouldNotBeNull();
    }

    /// <summary>Polling in the stead of a silent feed has a ceiling of its own (spec fleet-telemetry 4.10).</summary>
    [Fact]
    public async Task A_hundred_polls_a_day_are_sent_then_an_error_is_told_once_and_the_other_budget_is_untouched()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings { MostRequestsAMonth = 20 });
        for (var i = 0; i < 100; i++)
            await house.Ledger.AnsweredAsync((await house.MaySendAsync(TelemetryRequest.Poll, "polled: full")).ShouldNotBeNull(), 200, default);
        house.Log.Lines.ShouldBeEmpty();
        for (var i = 0; i < 3; i++)
            (await house.MaySendAsync(TelemetryRequest.Poll, "polled: full")).ShouldBeNull();
        house.Log.Lines.ShouldHaveSingleItem().ShouldStartWith("Error: Car 1 sends nothing by itself and was polled 100 times today");
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldNotBeNull();
        (await house.Ledger.MonthAsync(house.Time.GetUtcNow(), default)).Single(month => month.Car.Value == 1).PriceUsd.ShouldBe(101 / 500.0, 1e-9);

        house.Time.Advance(TimeSpan.FromHours(16));
        (await house.MaySendAsync(TelemetryRequest.Poll, "polled: full")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Where_requests_cost_nothing_they_are_written_down_without_a_price_and_only_the_kinds_have_limits()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z",
            new TelemetrySettings { MostRequestsADay = 1, MostRequestsAMonth = 1, IsPriced = false });
        for (var i = 0; i < Budget.MostLightADay; i++)
            await house.Ledger.AnsweredAsync((await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldNotBeNull(), 200, default);
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldBeNull();
        for (var i = 0; i < Budget.MostPollsADay + 1; i++)
            (await house.MaySendAsync(TelemetryRequest.Poll, "polled: light")).ShouldNotBeNull();
        await house.Ledger.AskingAsync(AccountRequest.List, "regular look", default);
        await house.Ledger.WriteDownAsync(new(1), "configuration", "check", default);

        (await house.Database.RowsAsync("select distinct is_billed from teslamate.telemetry_requests")).ShouldBe(["False"]);
        (await house.Ledger.MonthAsync(house.Time.GetUtcNow(), default)).ShouldAllBe(month => month.PriceUsd == 0);
        house.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_new_car_was_asked_is_the_accounts()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings());
        await house.Ledger.AnsweredAsync((await house.Ledger.AskingAsync(AccountRequest.NewCar, "new car", default))!.Value, 200, default);
        (await house.Database.RowsAsync("select car_id, kind, reason, status, is_billed from teslamate.telemetry_requests")).ShouldBe(
            ["-|full|new car|200|True"]);
        // It takes nothing from what a car may be asked in a week.
        (await house.MaySendAsync(TelemetryRequest.VehicleData, "first contact")).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_month_has_its_own_limit_and_the_first_of_the_next_one_begins_anew()
    {
        await using var house = await House.StartAsync("2026-06-29T23:00:00Z", new TelemetrySettings { MostRequestsAMonth = 3 });
        for (var i = 0; i < 3; i++)
            (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldNotBeNull();
        house.Time.Advance(TimeSpan.FromHours(2));
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldBeNull();
        house.Time.Advance(TimeSpan.FromHours(24));
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_car_is_asked_in_full_once_a_week_and_for_each_version()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings());
        var first = await house.MaySendAsync(TelemetryRequest.VehicleData, "first contact");
        // It was not available, so it may be asked again.
        await house.Ledger.AnsweredAsync(first!.Value, 408, default);
        var second = await house.MaySendAsync(TelemetryRequest.VehicleData, "first contact");
        await house.Ledger.AnsweredAsync(second!.Value, 200, default);
        (await house.MaySendAsync(TelemetryRequest.VehicleData, "first contact")).ShouldBeNull();
        (await house.MaySendAsync(TelemetryRequest.VehicleData, "new version")).ShouldNotBeNull();
        house.Time.Advance(TimeSpan.FromDays(7.1));
        (await house.MaySendAsync(TelemetryRequest.VehicleData, "first contact")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Every_request_is_written_down_with_why_and_how_it_ended_and_server_errors_cost_nothing()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings());
        foreach (var status in new[] { 200, 408, 503, 0 })
        {
            var request = await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep");
            await house.Ledger.AnsweredAsync(request!.Value, status, default);
        }

        await house.Ledger.WriteDownAsync(new(1), "configuration", "configure", default);
        (await house.Database.RowsAsync("select kind, reason, status, is_billed from teslamate.telemetry_requests order by id")).ShouldBe(
            ["light|asleep|200|True", "light|asleep|408|True", "light|asleep|503|False", "light|asleep|0|False", "configuration|configure|-|True"]);
        await house.Database.ExecuteAsync("insert into teslamate.telemetry_usage (car_id, day, records, datums, rejected) values (1, "
            + "'2026-06-06', 100, 150000, 1), (1, '2026-05-31', 9, 9, 9)");

        var month = (await house.Ledger.MonthAsync(house.Time.GetUtcNow(), default)).Single(month => month.Car.Value == 1);
        (month.Records, month.Datums, month.Rejected, month.Requests).ShouldBe((100, 150_000, 1, 3));
        month.PriceUsd.ShouldBe(1.006, 0.0001);
        // 4.33 days have cost this; 20.67 are left.
        month.ForecastUsd.ShouldBe(1.006 * (1 + (20.6667 / 4.3333)), 0.01);
    }

    [Fact]
    public async Task A_list_of_the_accounts_cars_is_written_down_once_and_its_price_is_shared_by_them()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings { MostRequestsAMonth = 0 });
        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldBeNull("the budget is used up");
        for (var i = 0; i < 10; i++)
        {
            var entry = await house.Ledger.AskingAsync(AccountRequest.List, "regular look", default);
            await house.Ledger.AnsweredAsync(entry!.Value, i == 9 ? 500 : 200, default);
        }

        (await house.Database.RowsAsync("select distinct car_id, kind, reason from teslamate.telemetry_requests")).ShouldBe(
            ["-|list|regular look"]);
        var months = await house.Ledger.MonthAsync(house.Time.GetUtcNow(), default);
        months.Select(month => month.Requests).ShouldBe([0, 0]);
        months.ShouldAllBe(month => Math.Abs(month.PriceUsd - (4.5 / 500)) < 1e-9);
        (await new TelemetryStatus(house.Database.DataSource).ReadAsync(house.Time.GetUtcNow(), default))
            .ShouldAllBe(status => Math.Abs(status.CostUsdMonth - 0.009) < 1e-9);
    }

    [Fact]
    public async Task Without_a_car_that_streams_there_is_no_ledger_of_lists()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings());
        await house.Database.ExecuteAsync("update teslamate.telemetry_cars set is_enabled = false");
        (await house.Ledger.AskingAsync(AccountRequest.List, "regular look", default)).ShouldBeNull();
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_requests")).ShouldBe(0);
    }

    [Theory]
    [InlineData(239_800, 0, 1.60)]
    [InlineData(0, 150, 0.30)]
    public void Prices_are_Teslas(long datums, long requests, double usd) => Budget.PriceUsd(datums, requests).ShouldBe(usd, 0.005);

    [Fact]
    public async Task What_cannot_be_written_down_is_not_sent()
    {
        await using var house = await House.StartAsync("2026-06-10T08:00:00Z", new TelemetrySettings());
        await house.Database.ExecuteAsync("alter table teslamate.telemetry_requests rename to gone");

        (await house.MaySendAsync(TelemetryRequest.Vehicle, "asleep")).ShouldBeNull();
    }

    sealed class House(LogbookDatabase database, ManualTime time, TelemetrySettings settings) : IAsyncDisposable
    {
        public LogbookDatabase Database => database;

        public ManualTime Time => time;

        public RecordedLog Log { get; } = new();

        public Ledger Ledger => field ??= new(database.DataSource, settings, time, Log.For<Ledger>());

        public static async Task<House> StartAsync(string now, TelemetrySettings settings)
        {
            var database = await LogbookDatabase.CreateAsync(2);
            await database.ExecuteAsync("insert into teslamate.telemetry_cars (car_id) values (1), (2)");
            return new House(database, new ManualTime(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)), settings);
        }

        public ValueTask<long?> MaySendAsync(TelemetryRequest request, string reason) => Ledger.MaySendAsync(new(1), request, reason, default);

        public ValueTask DisposeAsync() => database.DisposeAsync();
    }
}
