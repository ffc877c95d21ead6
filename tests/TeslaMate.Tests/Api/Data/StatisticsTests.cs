using System.Text.Json;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Statistics and what else measures tell (spec api 2.3), over the rows of charts 7.5 and 7.7.</summary>
public sealed class StatisticsTests : IAsyncLifetime
{
    LogRows _log = null!;
    PagesUnderTest _pages = null!;
    HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _log = await LogRows.CreateAsync(PostgresServer.Installed);
        _log.Drive("2026-02-28 23:30", 30, 2000, 2020, 400, 376, 4);
        _log.Drive("2026-03-29 00:30", 20, 2020, 2040, 370, 348, 6);
        _log.Drive("2026-03-29 01:30", 30, 2040, 2070, 346, 312, 8);
        _log.Charge("2026-03-29 12:00", 120, 2070, 310, 410, 15, 16.5, 4.95, 60, 80);
        _log.Drive("2026-03-31 21:50", 40, 2070, 2110, 408, 360, 10);
        _log.Drive("2026-03-31 22:30", 30, 2110, 2130, 360, 336, 10);
        _log.Charge("2026-04-02 18:00", 120, 2130, 330, 430, 15, 16, null, 60, 80);
        _log.Charge("2026-04-05 18:00", 10, 2130, 425, 425, 0, 0.05, 0.02, 80, 80);
        _log.Sql("insert into drives (id, car_id, start_date) values (1000, 1, '2026-03-15 10:00')");
        await _log.LinesAsync("select 1");
        _pages = await DataUnderTest.StartAsync(_log.Database);
        _client = DataUnderTest.Client(_pages);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _pages.DisposeAsync();
        await _log.DisposeAsync();
    }

    [Fact]
    public async Task Months_over_the_change_to_summer_time()
    {
        var rows = await RowsAsync("period=month&tz=Europe/Berlin&from=2026-03-01&to=2026-05-01&measures=M3,M4,M5,M6,M7,M8,M9,M10,M13,M22");
        rows.Select(row => row.GetProperty("period").GetProperty("label").GetString()).ShouldBe(["2026-03", "2026-04"]);
        var (march, april) = (rows[0], rows[1]);
        Text(march, "period", "from").ShouldBe("2026-02-28T23:00:00.000Z");
        Text(march, "period", "to").ShouldBe("2026-03-31T22:00:00.000Z");
        march.GetProperty("period").GetProperty("days_s").GetDouble().ShouldBe(743 * 3600);
        Number(march, "drives").ShouldBe(4);
        Number(march, "driving_s").ShouldBe(7200);
        Number(march, "distance_km").ShouldBe(110);
        Number(march, "charges").ShouldBe(1);
        Number(march, "charging_stops").ShouldBe(1);
        Number(march, "energy_used_kwh").ShouldBe(16.5);
        Number(march, "cost").ShouldBe(4.95);
        Number(march, "price_per_kwh").ShouldBe(0.30, 1e-9);
        Number(march, "price_coverage").ShouldBe(1);
        Number(march, "net_wh_per_km").ShouldBe(174.55, 0.01);
        Number(march, "gross_wh_per_km").ShouldBe(190.91, 0.01);
        Number(april, "net_wh_per_km").ShouldBe(180, 0.01);
        Number(april, "gross_wh_per_km").ShouldBe(262.5, 0.01);
        Number(april, "charges").ShouldBe(1);
        april.GetProperty("cost").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_day_has_23_hours_and_empty_days_are_there()
    {
        var rows = await RowsAsync("period=day&tz=Europe/Berlin&from=2026-03-28&to=2026-03-31");
        rows.Select(row => row.GetProperty("period").GetProperty("label").GetString()).ShouldBe(["2026-03-28", "2026-03-29", "2026-03-30"]);
        rows.Select(row => row.GetProperty("period").GetProperty("days_s").GetDouble() / 3600).ShouldBe([24, 23, 24]);
        rows.Select(row => Number(row, "drives")).ShouldBe([0, 2, 0]);
        rows.Select(row => Number(row, "distance_km")).ShouldBe([0, 50, 0]);
        (await RowsAsync("period=week&tz=Europe/Berlin&from=2026-03-30&to=2026-03-31"))[0].GetProperty("period").GetProperty("label").GetString()
            .ShouldBe("2026-W14");
    }

    [Fact]
    public async Task Only_the_measures_that_are_named_come()
    {
        (await RowsAsync("from=2026-03-01&to=2026-04-30"))[0].EnumerateObject().Select(member => member.Name).ShouldBe(
            ["period", "drives", "distance_km", "driving_s", "charges", "energy_added_kwh", "energy_used_kwh", "efficiency_pct", "cost",
                "price_per_kwh", "price_coverage", "net_kwh",
                "net_wh_per_km", "gross_wh_per_km", "gross_coverage"]);
        (await RowsAsync("measures=M21&from=2026-03-01&to=2026-04-30"))[0].EnumerateObject().Select(member => member.Name)
            .ShouldBe(["period", "per_month_km", "per_year_km", "is_too_short"]);
        var all = (await RowsAsync(
            "period=month&from=2026-03-01&to=2026-04-30&measures=M3,M4,M5,M6,M7,M8,M9,M10,M11,M12,M13,M15,M17,M18,M19,M21,M22"))[0];
        all.EnumerateObject().Count().ShouldBe(1 + 36);
    }

    [Theory]
    [InlineData("total")]
    [InlineData("day")]
    [InlineData("week")]
    [InlineData("month")]
    [InlineData("year")]
    public async Task They_are_those_of_the_pages(string period)
    {
        var rows = await RowsAsync($"period={period}&tz=Europe/Berlin&from=2026-02-01&to=2026-06-01");
        var lines = await _log.Database.LinesAsync($"""
            select concat_ws('|', label, drives, distance_km, charges, cost, net_wh_per_km, gross_wh_per_km)
            from teslamate.statistics(1, '2026-01-31 23:00', '2026-05-31 22:00', 'Europe/Berlin', '{period}', '2026-06-01') order by period_from
            """);
        rows.Select(row => string.Join('|', new[] { Text(row, "period",
            "label") }.Concat(((string[])["drives", "distance_km", "charges", "cost", "net_wh_per_km", "gross_wh_per_km"])
            .Select(name => row.GetProperty(name)).Where(value => value.ValueKind != JsonValueKind.Null).Select(value => value.GetRawText()))))
                .ShouldBe(lines);
    }

    [Fact]
    public async Task The_timeline_has_everything_in_order()
    {
        var rows = (await DataUnderTest.JsonAsync(_client, "/data/v1/cars/1/timeline?from=2026-03-29&to=2026-03-30&order=start&tz=UTC"))
            .GetProperty("data").EnumerateArray().ToList();
        rows.Select(row => row.GetProperty("kind").GetString()).ShouldBe(["parked", "drive", "parked", "drive", "parked", "charge", "parked"]);
        Number(rows[1], "start_range_km").ShouldBe(370);
        Number(rows[1], "end_range_km").ShouldBe(348);
        Number(rows[1], "distance_km").ShouldBe(20);
        Number(rows[1], "energy_kwh").ShouldBe(-3.3, 1e-9);
        (await DataUnderTest.JsonAsync(_client, "/data/v1/cars/1/timeline?kind=charge,update")).GetProperty("data").EnumerateArray()
            .Select(row => row.GetProperty("kind").GetString()).Distinct().ShouldBe(["charge"]);
    }

    [Fact]
    public async Task Idle_times_and_the_battery_are_told()
    {
        var idle = (await DataUnderTest.JsonAsync(_client, "/data/v1/cars/1/idle?from=2026-03-29&to=2026-04-01&order=start")).GetProperty("data")
            .EnumerateArray().ToList();
        idle.ShouldNotBeEmpty();
        Number(idle[1], "duration_s").ShouldBe(40 * 60);
        Number(idle[1], "energy_kwh").ShouldBe(0.3, 1e-9);
        Number(idle[1], "offline_s").ShouldBe(0);
        var battery = await DataUnderTest.JsonAsync(_client, "/data/v1/cars/1/battery");
        battery.GetProperty("samples").GetArrayLength().ShouldBe(0);
        battery.GetProperty("capacity_now_kwh").ValueKind.ShouldBe(JsonValueKind.Null);
        var curve = await DataUnderTest.JsonAsync(_client, "/data/v1/cars/1/charge-curve");
        curve.EnumerateObject().Select(member => member.Name).ShouldBe(["levels", "sessions"]);
    }

    [Fact]
    public async Task Health_is_per_cent_and_the_lists_of_a_document_come_as_files_too()
    {
        foreach (var (day, from, to, fromRange, toRange, added) in ((string, int, int, double, double, double)[])[
            ("2025-01-10", 30, 80, 150.00, 400.00, 37.50), ("2025-03-10", 20, 90, 99.60, 448.20, 52.29),
            ("2025-05-10", 30, 80, 148.80, 396.80, 37.20), ("2025-09-10", 40, 80, 196.00, 392.00, 29.40),
            ("2025-11-10", 50, 90, 244.00, 439.20, 29.28), ("2026-01-10", 50, 80, 243.00, 388.80, 21.87),
            ("2026-03-10", 40, 75, 193.60, 363.00, 25.41), ("2026-04-10", 40, 80, 208.80, 417.60, 29.00)])
        {
            var process = _log.Charge($"{day} 10:00", 240, 1000, fromRange, toRange, added, added, fromLevel: from, toLevel: to);
            _log.Row(process, $"{day} 10:00", from, 10, fromRange).Row(process, $"{day} 14:00", to, 10, toRange, added);
        }

        await _log.LinesAsync("select 1");
        var battery = await DataUnderTest.JsonAsync(_client, "/data/v1/cars/1/battery");
        var (now, whenNew) = (Number(battery, "capacity_now_kwh"), Number(battery, "capacity_new_kwh"));
        Number(battery, "health_pct").ShouldBe(now / whenNew * 100, 1e-9);
        Number(battery, "health_pct").ShouldBeInRange(90, 100);
        using var file = await _client.GetAsync("/data/v1/cars/1/battery.csv?tz=UTC&sep=semicolon");
        file.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldStartWith("battery_");
        var lines = (await file.Content.ReadAsStringAsync()).Split("\r\n");
        lines[0].ShouldBe("at;at_local;odometer_km;capacity_kwh;range_at_100_km;energy_added_kwh;version");
        lines.Length.ShouldBe(battery.GetProperty("samples").GetArrayLength() + 2);
        (await _client.GetStringAsync("/data/v1/cars/1/charge-curve.csv")).ShouldBe("battery_pct,power_kw,power_p10_kw,power_p90_kw,sessions\r\n");
    }

    [Fact]
    public async Task Nothing_is_a_negative_zero()
    {
        // Parked with the range that it came with: the energy is a negated 0.
        _log.Drive("2026-04-10 10:00", 30, 2130, 2150, 420, 400, 10);
        _log.Drive("2026-04-10 12:00", 30, 2150, 2170, 400, 380, 10);
        await _log.LinesAsync("select 1");
        var timeline = await _client.GetStringAsync("/data/v1/cars/1/timeline?fields=kind,energy_kwh");
        timeline.ShouldContain("\"energy_kwh\":0}");
        timeline.ShouldNotContain(":-0}");
        var lines = (await _client.GetStringAsync("/data/v1/cars/1/timeline.csv?fields=kind,energy_kwh")).Split("\r\n");
        lines.ShouldContain("parked,0");
        lines.ShouldNotContain("parked,-0");
    }

    async Task<List<JsonElement>> RowsAsync(string query)
        => [.. (await DataUnderTest.JsonAsync(_client, $"/data/v1/cars/1/statistics?{query}")).GetProperty("data").EnumerateArray()];

    static double Number(JsonElement row, string name) => row.GetProperty(name).GetDouble();

    static string? Text(JsonElement row, string parent, string name) => row.GetProperty(parent).GetProperty(name).GetString();
}
