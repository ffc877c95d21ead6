using AngleSharp.Html.Dom;
using TeslaMate.Tests.Database.Measures;

namespace TeslaMate.Tests.Web;

/// <summary>
/// The figures of pages with statistics against the log itself (spec charts 5.1): what a page shows is asked of the tables in another form than
/// that of the functions.
/// </summary>
public sealed class FiguresOfPagesTests : IAsyncLifetime
{
    const string Window = "from=2026-01-01&to=2026-04-30&time_zone=UTC";
    const string During = "start_date >= '2026-01-01' and start_date < '2026-05-01' and car_id = 1";
    const string Counted = $"{During} and end_date is not null and charge_energy_added > 0.01";

    PagesUnderTest _pages = null!;
    Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync();
        await LogRows.FillAsync(_pages.Database, SeededLog.Fill);
        _pages.Time.Advance(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero) - _pages.Time.GetUtcNow());
        _browser = _pages.Visit();
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _pages.DisposeAsync();
    }

    [Fact]
    public async Task Charging_has_the_energy_and_the_price_of_what_is_priced()
    {
        var expected = await OneAsync($"""
            select format('%s|%s|%s|%s|%s',
                count(*), round(sum(charge_energy_added), 1), round(sum(greatest(charge_energy_added, charge_energy_used)), 1), round(sum(cost), 2),
                round(sum(cost) / sum(greatest(charge_energy_added, charge_energy_used)) filter (where cost is not null), 3))
            from charging_processes where {Counted}
            """);
        var page = await _browser.PageAsync($"/charging?{Window}");
        string[] facts =
            [page.Fact("Charges"), page.Fact("Energy added"), page.Fact("Energy used"), page.Fact("Cost"), page.Fact("Price per kWh")];
        string.Join('|', facts.Select(fact => fact.Split(' ')[0])).ShouldBe(expected);
        page.Text("dl.facts")!.ShouldContain("% of the energy is priced");
        // Its places have all of it.
        var places = page.QuerySelectorAll("#places tbody tr");
        places.Sum(row => Number(row.Children[2].TextContent)).ShouldBe(Number(expected.Split('|')[1]), 0.06 * places.Length);
        Cells(page, "#energy-table tbody tr", 1).Sum(Number).ShouldBe(Number(expected.Split('|')[0]));
    }

    [Fact]
    public async Task Charges_without_a_drive_between_them_are_one_stop()
    {
        // Two more processes on an evening that has one.
        await _pages.Database.ExecuteAsync("""
            insert into charging_processes (id, car_id, start_date, end_date, duration_min, position_id, address_id, geofence_id,
                charge_energy_added, charge_energy_used, cost, start_battery_level, end_battery_level)
            select 5000 + step, car_id, end_date + make_interval(mins => 10 * step), end_date + make_interval(mins => 10 * step + 5), 5, position_id,
                address_id, geofence_id, 1, 1.25, null, 85, 86
            from charging_processes, generate_series(1, 2) as step
            where car_id = 1 and start_date = '2026-03-05 18:00'
            """);
        var stops = await OneAsync($"""
            select count(distinct (select count(*) from drives where car_id = 1 and drives.start_date < charging_processes.start_date))
            from charging_processes where {Counted}
            """);
        var page = await _browser.PageAsync($"/charging-stops?{Window}");
        page.QuerySelectorAll("#stops tbody tr").Length.ShouldBe((int)Number(stops));
        var three = page.QuerySelectorAll("#stops tbody tr").Single(row => row.TextContent.Contains("2026-03-05", StringComparison.Ordinal));
        three.Children[3].TextContent.ShouldBe("3");
        // It leads to all three.
        var trip = await _browser.PageAsync(three.QuerySelector("a")!.GetAttribute("href")!);
        trip.QuerySelectorAll("#charges tbody tr").Length.ShouldBe(3);
        // Open and empty ones are there for who asks.
        var all = await _browser.PageAsync($"/charging-stops?{Window}&show=all");
        all.QuerySelectorAll("#stops tbody tr").Length.ShouldBeGreaterThan((int)Number(stops));
    }

    [Fact]
    public async Task The_charge_curve_is_the_median_of_the_sessions_and_not_of_their_rows()
    {
        var expected = await _pages.Database.LinesAsync($"""
            select format('%s|%s', battery_level, round(percentile_cont(0.5) within group (order by mean)::numeric, 1))
            from (
                select c.charging_process_id, c.battery_level, avg(c.charger_power) as mean
                from charges as c
                where c.charging_process_id in (select id from charging_processes where {Counted}) and c.fast_charger_present and c.charger_power > 0
                group by 1, 2
            ) as sessions
            group by battery_level order by battery_level
            """);
        expected.Count.ShouldBeGreaterThan(3);
        var page = await _browser.PageAsync($"/charge-curve?{Window}");
        var rows = page.QuerySelectorAll("#curve-table tbody tr").Select(row => $"{row.Children[0].TextContent}|{row.Children[1].TextContent}");
        rows.ShouldBe(expected);
        var nowhere = await _browser.PageAsync($"/charge-curve?{Window}&place=no such place");
        nowhere.QuerySelectorAll("#sessions tbody tr").ShouldBeEmpty();
        nowhere.Text("main")!.ShouldContain("Needs a charge at a DC charger.");
    }

    [Fact]
    public async Task The_battery_has_the_median_of_its_newest_five_samples()
    {
        var expected = await OneAsync($"""
            select round(percentile_cont(0.5) within group (order by capacity)::numeric, 1) || ' kWh'
            from (
                select p.charge_energy_added / (p.end_rated_range_km - p.start_rated_range_km) * last.rated_battery_range_km * 100
                    / last.usable_battery_level as capacity
                from (select * from charging_processes where {Counted}) as p
                cross join lateral (
                    select * from charges as c where c.charging_process_id = p.id order by c.date desc limit 1
                ) as last
                where p.charge_energy_added >= 10 and p.end_rated_range_km - p.start_rated_range_km >= 60
                    and last.usable_battery_level >= 50
                order by p.end_date desc limit 5
            ) as newest
            """);
        var page = await _browser.PageAsync($"/battery?{Window}");
        page.Fact("Capacity now").ShouldBe(expected);
        page.Fact("Health").ShouldContain("%");
        page.QuerySelectorAll("#capacity-table tbody tr").Length.ShouldBe((int)Number(await OneAsync($"""
            select count(*) from charging_processes where {Counted} and charge_energy_added >= 10 and end_rated_range_km - start_rated_range_km >= 60
            """)));
        Cells(page, "#levels-table tbody tr", 2).Sum(Number).ShouldBe(100, 5);
    }

    [Fact]
    public async Task Parked_time_and_loss_are_those_between_drives_and_charges()
    {
        // From the end of a drive to the charge of the evening: 10.5 h, a fifth of them asleep.
        await _pages.Database.ExecuteAsync("""
            insert into states (car_id, state, start_date, end_date) values (1, 'asleep', '2026-03-05 09:00', '2026-03-05 11:06')
            """);
        var page = await _browser.PageAsync("/parked?from=2026-03-05&to=2026-03-06&time_zone=UTC&hours=0");
        var day = page.QuerySelectorAll("#idles tbody tr").Single(row => row.TextContent.Contains("2026-03-05 07:30", StringComparison.Ordinal));
        day.TextContent.ShouldContain("10 h 30 min");
        var expected = await OneAsync("""
            select round((d.end_rated_range_km - c.start_rated_range_km) * 0.15, 2)
            from charging_processes as c, drives as d
            where c.start_date = '2026-03-05 18:00' and d.start_date = '2026-03-05 07:00' and c.car_id = 1 and d.car_id = 1
            """);
        day.QuerySelector("[data-label^='Energy lost']")!.TextContent.ShouldStartWith(expected);
        day.QuerySelector("[data-label^='Asleep']")!.TextContent.ShouldBe("20");
        day.QuerySelector("[data-label='Place']")!.TextContent.ShouldStartWith("100% _ 🚗");
        page.QuerySelectorAll("#places tbody tr").Length.ShouldBeGreaterThan(0);
        // Shorter ones are left out where that is wished.
        var longOnes = await _browser.PageAsync("/parked?from=2026-03-05&to=2026-03-06&time_zone=UTC&hours=12");
        longOnes.QuerySelectorAll("#idles tbody tr").ShouldBeEmpty();
    }

    [Fact]
    public async Task Pressures_are_the_means_of_what_was_measured_while_driving()
    {
        var expected = await OneAsync("""
            select format('%s|%s', round(avg(tpms_pressure_fl), 2),
                round((avg(tpms_pressure_rl) + 1.01325) * 293.15 / (273.15 + avg(outside_temp)) - 1.01325, 2))
            from positions where drive_id is not null and car_id = 1 and date >= '2026-03-20' and date < '2026-03-21' and tpms_pressure_fl is not null
            """);
        var page = await _browser.PageAsync($"/tyres?{Window}&period=day");
        page.Fact("Front left").ShouldBe($"{expected.Split('|')[0]} bar");
        page.FactNote("Rear left").ShouldBe($"{expected.Split('|')[1]} bar at 20 °C");
        page.QuerySelectorAll("#pressures tbody tr").Length.ShouldBe(20);
        await _pages.Database.ExecuteAsync("update settings set unit_of_pressure = 'psi'");
        (await _browser.PageAsync($"/tyres?{Window}&period=day")).Fact("Front left").ShouldBe("42.06 psi");
    }

    [Fact]
    public async Task A_version_has_the_drives_until_the_next()
    {
        var expected = await _pages.Database.LinesAsync("""
            select format('%s|%s', coalesce(split_part(version, ' ', 1), 'unknown'), (
                select count(*) from drives as d
                where d.car_id = 1 and d.end_date is not null and d.distance is not null and d.start_date >= u.start_date and d.start_date < coalesce(
                    (select min(n.start_date) from updates as n where n.car_id = 1 and n.start_date > u.start_date), 'infinity')))
            from updates as u where car_id = 1 order by start_date desc
            """);
        var file = await (await _browser.GetAsync($"/software.csv?{Window}&table=versions")).Content.ReadAsStringAsync();
        file.Split("\r\n")[1..^1].Select(line => line.Split(',')).Select(cells => $"{cells[0]}|{cells[5]}").ShouldBe(expected);
        var page = await _browser.PageAsync($"/software?{Window}");
        page.QuerySelector("#versions a[href^='https:']")!.GetAttribute("href")!.ShouldContain("2026.1");
    }

    [Fact]
    public async Task Countries_have_the_drives_that_ended_in_them()
    {
        var expected = await OneAsync($"""
            select format('%s|%s', count(*), round(sum(distance)::numeric)) from drives join addresses on addresses.id = end_address_id
            where {During} and end_date is not null and country = 'Germany'
            """);
        var page = await _browser.PageAsync($"/visited?{Window}");
        var germany = page.QuerySelectorAll("#countries tbody tr").Single(row => row.Children[0].TextContent == "Germany");
        $"{germany.Children[1].TextContent}|{germany.Children[2].TextContent}".ShouldBe(expected);
        // Text is taken literally.
        (await _browser.PageAsync($"/visited?{Window}&text=100%25%20_")).QuerySelectorAll("#places tbody tr").Length.ShouldBeGreaterThan(0);
        (await _browser.PageAsync($"/visited?{Window}&text=1%25_")).QuerySelectorAll("#places tbody tr").ShouldBeEmpty();
        // The ways are drawn where the window is short.
        page.QuerySelector("[data-routes]")!.GetAttribute("data-routes")!.ShouldContain("\"lines\":[]");
        (await _browser.PageAsync("/visited?from=2026-03-05&to=2026-03-06&time_zone=UTC"))
            .QuerySelector("[data-routes]")!.GetAttribute("data-routes")!.ShouldContain("/drive/");
    }

    [Fact]
    public async Task All_cars_stand_side_by_side_and_one_can_be_hidden()
    {
        await _pages.Database.ExecuteAsync("""
            insert into drives (id, car_id, start_date, end_date, distance, duration_min, start_km, end_km)
            values (2000, 2, '2026-03-03 10:00', '2026-03-03 11:00', 55.5, 60, 100, 155.5)
            """);
        var page = await _browser.PageAsync($"/all-cars?{Window}&period=month");
        var expected = await _pages.Database.LinesAsync($"""
            select round(sum(distance)::numeric, 1)::text from drives
            where {During.Replace("car_id = 1", "end_date is not null", StringComparison.Ordinal)} group by car_id order by car_id
            """);
        Cells(page, "#cars tbody tr", 1).ShouldBe(expected, ignoreOrder: true);
        var other = page.QuerySelectorAll("#cars tbody a").Single(link => link.TextContent == "O'Hare");
        other.GetAttribute("href")!.ShouldContain("/statistics?car=2");
        var march = page.QuerySelectorAll("#cars-over-time-table tbody tr").Single(row => row.Children[0].TextContent == "2026-03");
        march.TextContent.ShouldContain("55.5");
        (await _browser.PageAsync($"/all-cars?{Window}&hide=2")).QuerySelector("#cars")!.TextContent.ShouldNotContain("O'Hare");
        (await _browser.PageAsync($"/all-cars?{Window}&hide=1&hide=2")).Text("#cars")!.ShouldContain("All cars are hidden.");
    }

    [Fact]
    public async Task Stored_data_lists_what_no_sum_counts_with_the_way_to_mend_it()
    {
        var expected = await _pages.Database.LinesAsync("""
            select '/history/drive/' || id from drives where car_id = 1 and (end_date is null or distance is null)
            union all
            select '/history/charge/' || id from charging_processes
            where car_id = 1 and (end_date is null or not coalesce(charge_energy_added > 0.01, false))
            """);
        var page = await _browser.PageAsync($"/stored?{Window}");
        page.QuerySelectorAll("#incomplete tbody a").Select(link => link.GetAttribute("href")!).ShouldBe(expected, ignoreOrder: true);
        page.QuerySelectorAll("#log tbody tr").Length.ShouldBe((int)Number(await OneAsync($"select count(*) from drives where {During}")));
        page.Text("#tables")!.ShouldContain("public.positions");
    }

    async Task<string> OneAsync(string sql) => (await _pages.Database.LinesAsync(sql)).ShouldHaveSingleItem();

    static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    static IEnumerable<string> Cells(IHtmlDocument page, string rows, int column)
        => page.QuerySelectorAll(rows).Select(row => row.Children[column].TextContent);
}
