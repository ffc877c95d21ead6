using System.Net;
using System.Text.Json;

namespace TeslaMate.Tests.Web;

/// <summary>The form of the mileage budget on real rows (P21; spec charts 6.3).</summary>
public sealed class BudgetFormTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    const string Page = "/mileage?from=2024-05-01&to=2024-05-31&time_zone=UTC";
    const string PerYear = "car_preferences[budget_km_per_year]";
    const string From = "car_preferences[budget_from]";

    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    public Task InitializeAsync() => _pages.Database.ExecuteAsync("""
        delete from teslamate.car_preferences;
        insert into teslamate.car_preferences (car_id, mass_kg) values (1, 1900);
        update drives set start_km = 1000, end_km = 1020;
        update settings set unit_of_length = 'km'
        """);

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("km", "10000", "10000")]
    [InlineData("km", "10000,5", "10000.5")]
    [InlineData("mi", "10000", "16093.44")]
    public async Task A_budget_is_stored_and_drawn_beside_the_odometer(string unit, string typed, string km)
    {
        await _pages.Database.ExecuteAsync($"update settings set unit_of_length = '{unit}'");
        SeriesOf(await _browser.PageAsync(Page)).ShouldBe(["Odometer"]);
        using var response = await _browser.PostAsync(Page, from: Page, (PerYear, typed), (From, "2024-04-01"));
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await RowsAsync()).ShouldBe([$"1 {km} 2024-04-01 1900"]);
        var page = await _browser.PageAsync(response.Headers.Location!.OriginalString);
        SeriesOf(page).ShouldBe(["Odometer", "Allowance"]);
        page.Value("#car_preferences_budget_km_per_year").ShouldBe(typed.Replace(',', '.'));
        page.Value("#car_preferences_budget_from").ShouldBe("2024-04-01");
        page.Text("main")!.ShouldContain("since 2024-04-01");
        // The line begins with the odometer at the begin of the budget, and is where the allowance so far is.
        (await _pages.Database.LinesAsync("""
            select round((a.odometer_km - 1000 - b.allowed_km)::numeric, 6) || ' ' || b.driven_km
            from teslamate.mileage_budget(1, 'UTC', '2024-05-01 08:20') as b,
                teslamate.allowed_odometer(1, '{2024-03-31, 2024-05-01 08:20}', 'UTC') as a
            """)).ShouldBe(["0.000000 20"]);
    }

    [Fact]
    public async Task It_begins_with_the_local_day()
    {
        await _pages.Database.ExecuteAsync("update teslamate.car_preferences set budget_km_per_year = 36525, budget_from = '2024-04-01'");
        // 100 km a day; midnight of the first one was at 22:00 in UTC.
        (await _pages.Database.LinesAsync("""
            select concat_ws(' ', zone, round(b.allowed_km::numeric, 6)::double precision,
                (select string_agg(to_char(moment, 'DD HH24:MI'), ',' order by moment)
                from teslamate.allowed_odometer(1, '{2024-03-31 21:59, 2024-03-31 22:00, 2024-04-01}', zone)))
            from unnest(array['UTC', 'Europe/Berlin', 'America/New_York']) as zone, teslamate.mileage_budget(1, zone, '2024-04-02') as b
            """)).ShouldBe(["UTC 100 01 00:00", "Europe/Berlin 108.333333 31 22:00,01 00:00", "America/New_York 83.333333"]);
    }

    [Fact]
    public async Task Two_empty_fields_remove_it()
    {
        await _pages.Database.ExecuteAsync("update teslamate.car_preferences set budget_km_per_year = 10000, budget_from = '2024-01-01'");
        using var response = await _browser.PostAsync(Page, from: Page, (PerYear, " "), (From, ""));
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await RowsAsync()).ShouldBe(["1 none none 1900"]);
        (await _browser.PageAsync(Page)).Text("main")!.ShouldContain("No allowance is set.");
    }

    [Theory]
    [InlineData("", "2024-01-01", "budget_km_per_year", "can't be blank")]
    [InlineData("wat", "2024-01-01", "budget_km_per_year", "is invalid")]
    [InlineData("0", "2024-01-01", "budget_km_per_year", "must be greater than 0")]
    [InlineData("-1", "2024-01-01", "budget_km_per_year", "must be greater than 0")]
    [InlineData("1000001", "2024-01-01", "budget_km_per_year", "is too large")]
    [InlineData("10000", "", "budget_from", "can't be blank")]
    [InlineData("10000", "1.4.2024", "budget_from", "is invalid")]
    [InlineData("10000", "2026-01-02", "budget_from", "must not be in the future")]
    public async Task What_is_wrong_is_said_beside_its_field_and_nothing_is_stored(string perYear, string from, string field, string problem)
    {
        var page = await _pages.RefusedAsync(_browser, Page, Page, (PerYear, perYear), (From, from));
        page.Text($"#car_preferences_{field}-problem").ShouldBe(problem);
        page.QuerySelectorAll("[id^=car_preferences_][id$=-problem]").Length.ShouldBe(1);
        page.QuerySelector($"#car_preferences_{field}")!.GetAttribute("aria-describedby").ShouldBe($"car_preferences_{field}-problem");
        (page.Value("#car_preferences_budget_km_per_year"), page.Value("#car_preferences_budget_from")).ShouldBe((perYear, from));
    }

    [Fact]
    public async Task A_car_that_there_is_not_has_none()
    {
        using var response = await _browser.PostAsync("/mileage?car=9", from: Page, (PerYear, "10000"), (From, "2024-01-01"));
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await RowsAsync()).ShouldBe(["1 none none 1900"]);
    }

    Task<List<string>> RowsAsync() => _pages.Database.LinesAsync("""
        select format('%s %s %s %s', car_id, coalesce(round(budget_km_per_year::numeric, 3)::double precision::text, 'none'),
            coalesce(budget_from::text, 'none'), mass_kg)
        from teslamate.car_preferences
        """);

    static IEnumerable<string> SeriesOf(AngleSharp.Html.Dom.IHtmlDocument page)
    {
        using var chart = JsonDocument.Parse(page.QuerySelector("#odometer-plot")!.GetAttribute("data-chart")!);
        return [.. chart.RootElement.GetProperty("series").EnumerateArray()
            .Where(series => series.GetProperty("values").EnumerateArray().Any(value => value.ValueKind == JsonValueKind.Number))
            .Select(series => series.GetProperty("label").GetString()!)];
    }
}
