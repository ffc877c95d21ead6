using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TeslaMate.Web.Layout;

namespace TeslaMate.Tests.Web;

public sealed class DriveListTests
{
    [Theory]
    [InlineData("0.15", "1", "20.0 km", "20 min", "3.00 kWh")]
    [InlineData("null", "1", "20.0 km", "20 min", "–")]
    public async Task The_totals_are_those_of_the_drives_and_what_is_unknown_is_no_zero(string efficiency, params string[] totals)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        await pages.Database.ExecuteAsync($"update cars set efficiency = {efficiency}");
        using var browser = pages.Visit();
        var page = await browser.PageAsync("/drives");
        page.QuerySelectorAll("dl.facts dd").Select(total => total.TextContent.Trim()).ShouldBe(totals);
    }

    // spec charts 5.1, M3 and M9
    [Fact]
    public async Task What_has_no_end_or_no_distance_is_listed_and_in_no_sum()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        await pages.Database.ExecuteAsync("""
            insert into car_settings (id) values (2);
            insert into cars (id, eid, vid, vin, name, efficiency, settings_id, inserted_at, updated_at)
            values (2, 2, 2, '5YJ3E1EA7KF317001', 'Other', 0.2, 2, '2024-01-01', '2024-01-01');
            insert into drives (id, start_date, end_date, car_id, distance, start_rated_range_km, end_rated_range_km) values
                (2, '2024-05-02 08:00', null, 1, 5, 300, 290),
                (3, '2024-05-02 09:00', '2024-05-02 09:30', 1, null, 300, 290),
                (4, '2024-05-02 08:30', '2024-05-02 08:40', 2, 10, 300, 310),
                (5, '2024-05-03 08:30', '2024-05-03 08:40', 2, 10, 300, 290);
            """);
        using var browser = pages.Visit();
        var page = await browser.PageAsync("/drives");
        page.QuerySelectorAll("dl.facts dd").Select(total => total.TextContent.Trim())
            .ShouldBe(["32 open or incomplete", "40.0 km", "40 min", "3.00 kWh"]);
        // Newest first; each with its own car's consumption, or none.
        page.QuerySelectorAll("tbody tr").Select(row => row.Children[^2].TextContent).ShouldBe(["200 Wh/km", "", "-200 Wh/km", "", "150 Wh/km"]);
        var other = await browser.PageAsync("/drives?car=2");
        other.QuerySelectorAll("dl.facts dd").Select(total => total.TextContent.Trim()).ShouldBe(["2", "20.0 km", "20 min", "0.00 kWh"]);
        (await browser.PageAsync("/drives?place=beelitz")).QuerySelectorAll("dl.facts dd").Select(total => total.TextContent.Trim())
            .ShouldBe(["1", "20.0 km", "20 min", "3.00 kWh"]);
    }

    [Theory]
    // The clock is put back from one to midnight: the day has two, and begins with the first.
    [InlineData("Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z")]
    // And forward from midnight to one: it has none.
    [InlineData("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z")]
    [InlineData("Europe/Berlin", "2024-10-27", "2024-10-26T22:00:00Z")]
    public async Task A_day_begins_with_its_first_moment(string zone, string day, string start)
    {
        var began = DateTimeOffset.Parse(start, CultureInfo.InvariantCulture);
        (await AskedAsync("from", day)).Start.ShouldBe(began);
        var before = DateOnly.Parse(day, CultureInfo.InvariantCulture).AddDays(-1);
        (await AskedAsync("to", before.ToString("O", CultureInfo.InvariantCulture))).End.ShouldBe(began);

        async Task<Filter> AskedAsync(string field, string value)
            => (await Filter.BindAsync(
                new DefaultHttpContext { Request = { QueryString = QueryString.Create("time_zone", zone).Add(field, value) } }))!;
    }

    [Theory]
    [InlineData("/drives?page=7")]
    [InlineData("/charges?page=999999")]
    public async Task Behind_the_last_page_there_is_a_way_back(string path)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        using var browser = pages.Visit();
        var link = (await browser.PageAsync(path)).QuerySelector("a.pagination-previous").ShouldNotBeNull();
        (await browser.PageAsync(link.GetAttribute("href")!)).QuerySelectorAll("tbody tr").Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("/drive/2", "#speed-plot")]
    [InlineData("/charge/2", "#power-plot")]
    public async Task What_was_never_closed_is_shown_as_finely_as_it_was_recorded(string path, string plot)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        await pages.Database.ExecuteAsync("""
            insert into drives (id, start_date, car_id) values (2, '2020-05-01 08:00', 1);
            insert into positions (id, date, latitude, longitude, speed, car_id, drive_id)
            select 100 + step, '2020-05-01 08:00'::timestamp + make_interval(secs => step), 52.5 + step / 10000.0, 13.3, 50, 1, 2 from generate_series(0, 1800, 10) as step;
            insert into charging_processes (id, start_date, car_id, position_id) values (2, '2020-05-01 09:00', 1, 5);
            insert into charges (id, date, charge_energy_added, charger_power, charger_voltage, battery_level, ideal_battery_range_km,
                charging_process_id)
            select 1000 + step, '2020-05-01 09:00'::timestamp + make_interval(secs => step), step / 100.0, 11, 230, 50, 200, 2 from generate_series(0, 1800, 10) as step;
            """);
        using var browser = pages.Visit();
        using var points = JsonDocument.Parse((await browser.PageAsync(path)).QuerySelector(plot)!.GetAttribute("data-chart")!);
        points.RootElement.GetProperty("x").GetArrayLength().ShouldBe(181);
    }
}
