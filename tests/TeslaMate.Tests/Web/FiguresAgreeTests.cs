using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Grafana;

namespace TeslaMate.Tests.Web;

/// <summary>
/// Whatever the log, a figure is the same on its page, in the panel of Grafana and from its function (spec charts 5.1), in the owner's units and
/// zone: over most of a year, a month in which the clocks change, and one without anything.
/// </summary>
public sealed class FiguresAgreeTests : IAsyncLifetime
{
    const string Cents = "Money";

    /// <summary>Where a figure is shown, and what says it.</summary>
    /// <param name="Function">A column of a function, in metric units.</param>
    /// <param name="Unit">What it is converted as; null: not at all.</param>
    /// <param name="Column">Of the panel; several rows add up.</param>
    sealed record Figure(string Page, string Label, string Dashboard, string Panel, string Function, string? Unit = null, int Column = 0);

    static readonly Figure[] Figures =
    [
        new("statistics", "Drives", "drive-stats.json", "# of Drives", "drives from statistics"),
        new("statistics", "Distance", "drive-stats.json", "Total Distance logged", "distance_km from statistics", "length"),
        new("statistics", "Consumption (net)", "overview.json", "Ø Consumption (net)", "net_wh_per_km from statistics", "consumption"),
        new("statistics", "Consumption (gross)", "efficiency.json", "Ø Consumption (gross)", "gross_wh_per_km from statistics", "consumption"),
        new("statistics", "Energy charged", "visited.json", "Charges", "energy_used_kwh from statistics", Column: 1),
        new("statistics", "Cost", "visited.json", "Charging Cost", "cost from statistics"),
        new("driving", "Distance", "efficiency.json", "Logged Distance", "distance_km from drive_statistics", "length"),
        new("driving", "Median drive", "drive-stats.json", "Median distance of a drive", "median_km from drive_statistics", "length"),
        new("driving", "Ø Speed", "trip.json", "Ø Speed excl. breaks", "speed_avg_kmh from drive_statistics", "length"),
        new("driving", "Max. speed", "drive-stats.json", "Max Speed", "speed_max_kmh from drive_statistics", "length"),
        new("driving", "Consumption (net)", "drives.json", "Ø Consumption (net)", "net_wh_per_km from drive_statistics", "consumption"),
        new("mileage", "By odometer", "trip.json", "Mileage", "odometer_km from mileage_statistics", "length"),
        new("mileage", "Logged", "drives.json", "Distance", "distance_km from drive_statistics", "length"),
        new("mileage", "Per month", "drive-stats.json", "Extrapolated mileage", "per_month_km from extrapolation", "length"),
        new("mileage", "Per year", "drive-stats.json", "Extrapolated mileage", "per_year_km from extrapolation", "length", Column: 1),
        new("charging", "Charges", "charging-stats.json", "# of Charges", "charges from charge_statistics"),
        new("charging", "Energy added", "charging-stats.json", "Total Energy added", "energy_added_kwh from charge_statistics"),
        new("charging", "Energy used", "charges.json", "Total Energy used", "energy_used_kwh from charge_statistics"),
        new("charging", "Cost", "charging-stats.json", "Total Charging Cost", "cost from charge_statistics"),
        new("charging", "Price per kWh", "charging-stats.json", "Ø Cost per kWh", "price_per_kwh from charge_statistics"),
        new("charging", "Price per kWh (AC)", "charging-stats.json", "Ø Cost per kWh AC", "price_ac_per_kwh from charge_statistics"),
        new("charging", "Price per kWh (DC)", "charging-stats.json", "Ø Cost per kWh DC", "price_dc_per_kwh from charge_statistics"),
        new("charging", Cents, "charging-stats.json", "Ø Cost per 100 $length_unit", "cost_per_100_km from statistics", "consumption"),
        new("parked", "Energy lost", "vampire-drain.json", "Per month", "idle_kwh from idle_statistics", Column: 1),
    ];

    PagesUnderTest _pages = null!;
    Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync();
        _pages.Time.Advance(new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero) - _pages.Time.GetUtcNow());
        _browser = _pages.Visit();
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _pages.DisposeAsync();
    }

    [Theory]
    [InlineData(11, 1, "km", "C", "bar", "Europe/Berlin"), InlineData(12, 2, "mi", "F", "psi", "America/St_Johns")]
    [InlineData(13, 1, "mi", "C", "psi", "Pacific/Apia")]
    public async Task Pages_Grafana_and_functions_show_the_same(int seed, int car, string length, string temperature, string pressure, string zone)
    {
        await LogRows.FillAsync(_pages.Database, log => RandomLog.Fill(log, seed));
        await _pages.Database.ExecuteAsync(
            $"update settings set unit_of_length = '{length}', unit_of_temperature = '{temperature}', unit_of_pressure = '{pressure}'");
        var asked = 0;
        foreach (var (from, to) in ((string, string)[])[("2026-02-10", "2026-11-20"), ("2026-03-01", "2026-03-31"), ("2026-08-01", "2026-08-31")])
        {
            var window = $"car={car}&from={from}&to={to}&time_zone={zone}";
            var (since, until) = (Begin(from), Begin(to, days: 1));
            foreach (var page in Figures.GroupBy(figure => figure.Page))
            {
                var shownPage = await _browser.PageAsync($"/{page.Key}?{window}");
                foreach (var figure in page)
                {
                    var label = figure.Label == Cents ? $"Cost per 100 {length}" : figure.Label;
                    var shown = shownPage.Fact(label).Split(' ')[0];
                    var what = $"{window}: {page.Key} / {label}, {figure.Dashboard} / {figure.Panel}";
                    // As many places as the page shows; what is not known counts as nothing.
                    var places = shown.Contains('.', StringComparison.Ordinal) ? shown.Length - shown.IndexOf('.', StringComparison.Ordinal) - 1 : 0;
                    var tolerance = (0.5 * Math.Pow(10, -places)) + 1e-9;
                    var panel = await NumberAsync($"""
                        select sum((select value from json_each_text(row_to_json(panel)) limit 1 offset {figure.Column})::double precision)
                        from ({Expand(DashboardQueries.Query(figure.Dashboard, figure.Panel))}) as panel
                        """);
                    var function = await NumberAsync($"select {Called(figure.Function)}") * (figure.Unit, length) switch
                    {
                        ("length", "mi") => 0.621371,
                        ("consumption", "mi") => 1.609344,
                        _ => 1,
                    };
                    panel.ShouldBe(shown == "–" ? 0 : double.Parse(shown, CultureInfo.InvariantCulture), tolerance, what);
                    panel.ShouldBe(function, Math.Abs(function) * 1e-6, what);
                    asked += panel == 0 ? 0 : 1;
                }
            }

            foreach (var period in (string[])["day", "week", "month", "year"])
                await SamePeriodsAsync(window, period);
            await SamePressuresAsync(window);

            string Expand(string sql, string period = "total") => DashboardQueries.Expand(sql, since, until, zone, variable => variable switch
            {
                "car_id" => car.ToString(CultureInfo.InvariantCulture),
                "length_unit" => length,
                "temp_unit" => temperature,
                "pressure_unit" => pressure,
                "geofence" => "0,1",
                "min_minutes" or "min_distance" or "min_speed" => "0",
                "kind" => "all",
                "period" => period,
                _ => "",
            });

            string Called(string function)
            {
                var (column, name) = (function.Split(" from ")[0], function.Split(" from ")[1]);
                var arguments = $"{car}, '{Utc(since)}', '{Utc(until)}'";
                var rest = name switch
                {
                    "extrapolation" => "",
                    "statistics" => $", '{zone}', 'total', '2026-11-30'",
                    "idle_statistics" => $", '2026-11-30', '{zone}', 'total'",
                    _ => $", '{zone}', 'total'",
                };
                return $"{column}::double precision from teslamate.{name}({arguments}{rest})";
            }

            // The table of periods: Grafana's against the file of the page, which has empty ones too.
            async Task SamePeriodsAsync(string address, string period)
            {
                var file = (await FileAsync($"/statistics.csv?{address}&period={period}&table=periods")).ToDictionary(row => row[0], row => row[1..]);
                var lines = await _pages.Database.LinesAsync($"""
                    select concat_ws(',', label, drives, coalesce(round(driving_s)::text, ''), coalesce(distance::text, ''),
                        coalesce(outside_temp::text, ''), coalesce(net::text, ''), coalesce(gross::text, ''), charges,
                        coalesce(energy_used_kwh::text, ''), coalesce(cost::text, ''), coalesce(price_per_kwh::text, ''),
                        coalesce(cost_per_100::text, ''))
                    from ({Expand(DashboardQueries.Query("statistics.json", "Statistics"), period)}) as panel
                    """);
                foreach (var cells in lines.Select(line => line.Split(',')))
                {
                    file.Remove(cells[0], out var shown).ShouldBeTrue($"{address}, {period}: {cells[0]}");
                    int[] columns = [0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 13];
                    foreach (var (value, column) in cells[1..].Zip(columns))
                    {
                        (value == "").ShouldBe(shown![column] == "", $"{address}, {period}: {cells[0]}, column {column}");
                        if (value != "")
                            Number(value).ShouldBe(Number(shown[column]), 1e-5, $"{address}, {period}: {cells[0]}, column {column}");
                    }
                }

                // What Grafana leaves out is empty.
                file.Values.ShouldAllBe(row => row[0] == "0" && Number(row[2]) == 0 && row[8] == "0");
                if (address.Contains("-08-", StringComparison.Ordinal))
                    lines.ShouldBeEmpty();
                else
                    lines.Count.ShouldBeGreaterThan(0);
            }

            async Task SamePressuresAsync(string address)
            {
                var rows = await FileAsync($"/tyres.csv?{address}&period=month&table=pressures");
                var bars = await _pages.Database.LinesAsync($"""
                    select concat_ws(',', to_char(period_key, 'YYYY-MM-DD'), front_left_20c_bar, front_left_bar, outside_temp_c)
                    from teslamate.tyre_pressures({car}, '{Utc(since)}', '{Utc(until)}', '{zone}', 'month') order by period_key desc
                    """);
                rows.Count.ShouldBe(bars.Count);
                var factor = pressure == "psi" ? 14.503773773 : 1;
                foreach (var (shown, bar) in rows.Zip(bars.Select(line => line.Split(','))))
                {
                    shown[0].ShouldBe(bar[0]);
                    Number(shown[1]).ShouldBe(Number(bar[1]) * factor, 1e-5);
                    Number(shown[5]).ShouldBe(Number(bar[2]) * factor, 1e-5);
                    Number(shown[10]).ShouldBe(temperature == "F" ? (Number(bar[3]) * 9 / 5) + 32 : Number(bar[3]), 1e-5);
                }
            }
        }

        // Not all of it was nothing.
        asked.ShouldBeGreaterThan(Figures.Length);

        DateTimeOffset Begin(string day, int days = 0)
            => LocalCalendar.Begin(DateOnly.Parse(day, CultureInfo.InvariantCulture).AddDays(days), LocalCalendar.FindZone(zone)!);
    }

    // What is not known counts as nothing.
    async Task<double> NumberAsync(string query)
        => await _pages.Database.LinesAsync($"select ({query})::text") is [{ Length: > 0 } text] ? Number(text) : 0;

    async Task<IReadOnlyList<string[]>> FileAsync(string address)
    {
        using var response = await _browser.GetAsync(address);
        return [.. (await response.Content.ReadAsStringAsync()).Split("\r\n")[1..^1].Select(line => line.Split(','))];
    }

    static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
