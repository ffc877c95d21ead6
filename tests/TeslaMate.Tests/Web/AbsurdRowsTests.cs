using System.Globalization;
using System.Net;

namespace TeslaMate.Tests.Web;

/// <summary>Rows as other programs and hands write them: infinite and ancient dates, NaN, numbers beyond all cars.</summary>
public sealed class AbsurdRowsTests
{
    [Fact]
    public async Task No_answer_fails_on_them()
    {
        (string Start, string End)[] periods =
        [
            ("infinity", "infinity"), ("-infinity", "-infinity"), ("-infinity", "infinity"), ("2024-05-01", "infinity"), ("2024-05-01", "-infinity"),
            ("4000-01-01 BC", "2024-05-01"), ("2024-05-01", "200000-01-01"),
        ];
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Database.ExecuteAsync("""
            set search_path = public;
            with settings as (insert into car_settings default values returning id)
            insert into cars (id, eid, vid, vin, model, name, settings_id, inserted_at, updated_at)
            select 7, 7, 7, '5YJ3E7EA0KF000007', '3', 'Zoe', id, now(), now() from settings;
            insert into drives (id, car_id, start_date, end_date, distance, duration_min, start_km, end_km)
            values (8, 7, '2024-05-02', '2024-05-03', 1e308, 1, 1, 1e300);
            insert into positions (id, date, latitude, longitude, car_id, odometer, drive_id) values (8, '2024-05-02 01:00', 52, 13, 7, 1e308, 8);
            insert into states (car_id, state, start_date, end_date) values (7, 'asleep', '-infinity', 'infinity');
            insert into addresses (id, osm_id, osm_type, display_name, latitude, longitude, raw, inserted_at, updated_at)
            values (7, 7, 'way', 'x', 'NaN', 'NaN', '[]', 'infinity', '-infinity');
            """);
        for (var i = 0; i < periods.Length; i++)
        {
            var (id, (start, end)) = (10 + i, periods[i]);
            await pages.Database.ExecuteAsync($"""
                set search_path = public;
                insert into drives (id, car_id, start_date, end_date, distance, duration_min, start_km, end_km)
                values ({id}, 7, '{start}', '{end}', 'NaN', 32767, 'Infinity', 'NaN');
                insert into positions (id, date, latitude, longitude, car_id, odometer, drive_id)
                values ({id}, '{start}', 'NaN', 'NaN', 7, 'Infinity', {id});
                insert into charging_processes (id, car_id, start_date, end_date, charge_energy_added, charge_energy_used, cost, position_id)
                values ({id}, 7, '{start}', '{end}', 'NaN', 'NaN', 'NaN', {id});
                insert into charges (date, charging_process_id, charge_energy_added, charger_power, ideal_battery_range_km)
                values ('{start}', {id}, 'NaN', 32767, 'NaN');
                insert into updates (car_id, version, start_date, end_date)
                select 7, '2024.8', '{start}', '{end}' where timestamp '{end}' >= timestamp '{start}';
                """);
        }

        string[] rows = ["/drive/{0}", "/drive/{0}/gpx", "/charge/{0}", "/charge-cost/{0}", "/history/drive/{0}", "/history/charge/{0}",
            "/data/v1/drives/{0}/positions.gpx", "/data/v1/charging-processes/{0}/charges"];
        using var client = new HttpClient { BaseAddress = pages.Address, Timeout = TimeSpan.FromSeconds(30) };
        List<string> failed = [];
        foreach (var path in (IEnumerable<string>)
        [
            "/drives", "/drive/8", "/charges", "/history", "/statistics", "/statistics?period=day", "/statistics.csv", "/driving", "/mileage",
            "/trips",
            "/timeline", "/review", "/data/v1/drives", "/data/v1/drives.csv", "/data/v1/drives.geojson", "/data/v1/charging-processes",
            "/data/v1/charging-stops", "/data/v1/cars/7/positions", "/data/v1/cars/7/states", "/data/v1/cars/7/updates", "/data/v1/cars/7/timeline",
            "/data/v1/cars/7/idle", "/data/v1/cars/7/statistics", "/data/v1/cars/7/battery", "/data/v1/addresses", "/api/v1/cars",
            "/api/v1/cars/7/drives", "/api/v1/cars/7/charges", "/api/v1/cars/7/updates",
            .. periods.SelectMany((_, i) => rows.Select(row => string.Format(CultureInfo.InvariantCulture, row, 10 + i))),
        ])
        {
            try
            {
                using var response = await client.GetAsync(path);
                await response.Content.ReadAsByteArrayAsync();
                if (response.StatusCode >= HttpStatusCode.InternalServerError)
                    failed.Add($"{path}: {response.StatusCode}");
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                failed.Add($"{path}: {exception.Message}");
            }
        }

        failed.ShouldBeEmpty(string.Join('\n', pages.Log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal))));
    }
}
