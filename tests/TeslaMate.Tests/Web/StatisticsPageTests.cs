using System.Net;
using System.Text.RegularExpressions;
using TeslaMate.Web.Statistics;

namespace TeslaMate.Tests.Web;

/// <summary>The pages with statistics (spec charts 5.2): windows, tables and their files, and what is said where there is nothing.</summary>
public sealed partial class StatisticsPageTests : IAsyncLifetime
{
    const string Window = "from=2024-05-01&to=2024-05-31&time_zone=Europe/Berlin";

    PagesUnderTest _pages = null!;
    Browser _browser = null!;

    public static TheoryData<string> Paths => [.. StatisticsPages.All.Select(page => page.Path), "/trip"];

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(_pages.Database);
        _browser = _pages.Visit();
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _pages.DisposeAsync();
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Every_table_of_a_page_is_a_file_too(string path)
    {
        var page = await _browser.PageAsync($"{path}?{Window}");
        var links = page.QuerySelectorAll("a.csv").Select(link => link.GetAttribute("href")!).ToList();
        links.ShouldNotBeEmpty();
        links.Count.ShouldBeGreaterThanOrEqualTo(page.QuerySelectorAll("table").Length);
        foreach (var link in links)
        {
            using var response = await _browser.GetAsync(link);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, link);
            response.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8");
            response.Content.Headers.GetValues("Content-Disposition").Single().ShouldMatch("^attachment; filename=\"[a-z-]+\\.csv\"$");
            var lines = (await response.Content.ReadAsStringAsync()).Split("\r\n");
            lines.Length.ShouldBeGreaterThanOrEqualTo(2, link);
            lines[0].ShouldNotBeEmpty();
        }

        // Behind each chart with values stands its table, for those without scripts.
        foreach (var chart in page.QuerySelectorAll("figure.chart:has([data-chart]):has(.chart-toggle)"))
            chart.QuerySelectorAll("table tbody tr").Length.ShouldBeGreaterThan(0);
        (await _browser.GetAsync($"{path}.csv?{Window}&table=nothing")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task A_window_without_rows_says_so_and_no_number_is_made_up(string path)
    {
        var page = await _browser.PageAsync($"{path}?from=2030-01-01&to=2030-01-02");
        page.QuerySelectorAll("main .nothing").Length.ShouldBeGreaterThan(0);
        page.QuerySelector("main")!.TextContent.ShouldNotMatch("NaN|∞|Infinity");
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task What_is_wrong_with_an_address_is_said(string path)
    {
        using var response = await _browser.GetAsync($"{path}?from=tomorrow");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Browser.ParseAsync(response)).Text("main")!.ShouldContain("from is \"tomorrow\", which is neither a day nor an instant.");
        (await _browser.GetAsync($"{path}?car=9")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _browser.GetAsync($"{path}.csv?preset=never&table=x")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Before_the_first_row_a_page_says_what_it_waits_for(string path)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();
        (await browser.PageAsync(path)).Text("main .empty")!.ShouldContain("There is no data yet.");
    }

    [Fact]
    public async Task A_period_leads_to_its_parts_and_a_day_to_what_happened_on_it()
    {
        var years = await _browser.PageAsync($"/statistics?{Window}&period=year");
        var months = await _browser.PageAsync(LinkOf("2024", years));
        months.QuerySelectorAll("#periods tbody tr").Length.ShouldBeInRange(1, 12);
        var days = await _browser.PageAsync(LinkOf("2024-05", months));
        var day = await _browser.PageAsync(LinkOf("2024-05-01", days));
        day.Title.ShouldStartWith("Timeline");
        day.QuerySelectorAll("#timeline a[href='/drive/1']").Length.ShouldBe(1);

        static string LinkOf(string period, AngleSharp.Html.Dom.IHtmlDocument page)
            => page.QuerySelectorAll("#periods tbody a").Single(link => link.TextContent == period).GetAttribute("href")!;
    }

    // What is not kept of a long history yet is not computed for every visitor.
    [Fact]
    public async Task A_page_says_how_many_drives_and_charges_are_not_in_it_yet()
    {
        // An hour apart, the older the slower; the drive and the charge of the sample rows are newer than all of them.
        await _pages.Database.ExecuteAsync("""
            insert into drives (id, start_date, end_date, car_id, distance)
            select 100 + n, timestamp '2024-04-01' - make_interval(hours => n),
                timestamp '2024-04-01' - make_interval(hours => n, mins => -20), 1, 10
            from generate_series(1, 129) as n;
            insert into positions (id, date, latitude, longitude, speed, power, tpms_pressure_fl, car_id, drive_id)
            select 1000 + 10 * n + second, timestamp '2024-04-01' - make_interval(hours => n, secs => -second), 52.5, 13.3,
                case when n <= 99 then 50 else 20 end, 10, 2.9, 1, 100 + n
            from generate_series(1, 129) as n, generate_series(0, 9) as second;
            insert into charging_processes (id, start_date, end_date, car_id, position_id, charge_energy_added)
            select 100 + n, timestamp '2024-04-01' - make_interval(hours => n, mins => -30),
                timestamp '2024-04-01' - make_interval(hours => n, mins => -40), 1, 5, 10
            from generate_series(1, 119) as n;
            insert into charges (date, charging_process_id, charge_energy_added, charger_power, battery_level, ideal_battery_range_km,
                fast_charger_present)
            select start_date, id, 10, 100, 40, 200, true from charging_processes where id > 100;
            """);
        const string All = "preset=all&time_zone=UTC";
        foreach (var path in (string[])["/driving", "/tyres"])
            (await _browser.PageAsync($"{path}?{All}")).Text("#left-out")!.ShouldEndWith(": 30 drives.");
        foreach (var path in (string[])["/charge-curve", "/charging"])
            (await _browser.PageAsync($"{path}?{All}")).Text("#left-out")!.ShouldEndWith(": 20 charges.");
        // The newest are there; a window without the rest has nothing to say.
        (await SpeedsAsync()).ShouldNotContain("20");
        (await _browser.PageAsync($"/driving?{Window}")).QuerySelector("#left-out").ShouldBeNull();

        await _pages.Database.ExecuteAsync("select teslamate.refresh_drives(1), teslamate.refresh_charges(1)");
        foreach (var path in (string[])["/driving", "/tyres", "/charge-curve", "/charging"])
            (await _browser.PageAsync($"{path}?{All}")).QuerySelector("#left-out").ShouldBeNull(path);
        (await SpeedsAsync()).ShouldContain("20");

        async Task<IReadOnlyList<string>> SpeedsAsync()
            => [.. (await _browser.PageAsync($"/driving?{All}")).QuerySelectorAll("#speeds-table tbody tr")
                .Select(row => row.Children[0].TextContent)];
    }

    [Fact]
    public async Task A_page_shows_what_the_function_says()
    {
        var page = await _browser.PageAsync($"/statistics?{Window}");
        var total = await _pages.Database.LinesAsync("""
            select distance_km || '|' || round(net_wh_per_km) || '|' || energy_used_kwh
            from teslamate.statistics(1, '2024-04-30 22:00', '2024-05-31 22:00', 'Europe/Berlin', 'total', '2030-01-01')
            """);
        total.ShouldBe(["20|150|10"]);
        var facts = page.Text("dl.facts")!;
        facts.ShouldContain("20.0 km");
        facts.ShouldContain("150 Wh/km");
        facts.ShouldContain("10.0 kWh");
        // What nobody paid for has no price, and the page says what it lacks.
        facts.ShouldContain("needs a charge with a cost");
        facts.ShouldContain("of 100 % of the distance");
    }

    [Fact]
    public async Task Miles_are_miles_and_the_window_is_the_browsers()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        await pages.Database.ExecuteAsync("update settings set unit_of_length = 'mi', unit_of_temperature = 'F'");
        using var browser = pages.Visit();
        browser.Headers.Add("Cookie", "_teslamate_zone=Pacific%2FAuckland");
        var page = await browser.PageAsync("/timeline?from=2024-05-01&to=2024-05-01");
        // 08:00 UTC.
        page.QuerySelector("#timeline")!.TextContent.ShouldContain("2024-05-01 20:00");
        page.QuerySelector("#timeline")!.TextContent.ShouldContain("12.4");
        page.QuerySelector("#timeline")!.TextContent.ShouldContain("69.8");
    }

    [Fact]
    public async Task A_place_cannot_make_a_spreadsheet_compute()
    {
        await _pages.Database.ExecuteAsync("update addresses set name = '=1+1,\"x\"', city = null");
        var file = await (await _browser.GetAsync($"/trip.csv?{Window}&table=charges")).Content.ReadAsStringAsync();
        file.ShouldContain("\"'=1+1,\"\"x\"\"\"");
    }

    [Fact]
    public async Task No_page_has_a_style_or_script_of_its_own()
    {
        foreach (var (path, _, _) in StatisticsPages.All)
        {
            var html = await (await _browser.GetAsync($"{path}?preset=all")).Content.ReadAsStringAsync();
            // No style and no script within the page: the policy would refuse them.
            Inline().Matches(html).ShouldBeEmpty(path);
        }
    }

    [GeneratedRegex("\\sstyle=|<script>|\\son[a-z]+=")]
    private static partial Regex Inline();
}
