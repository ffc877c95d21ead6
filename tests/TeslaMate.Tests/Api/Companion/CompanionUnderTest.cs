using System.Net.Http.Headers;
using System.Text.Json;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Companion;

/// <summary>The companion API with the rows of spec api 6, in the zone of its worked examples.</summary>
public sealed class CompanionUnderTest : IAsyncLifetime
{
    internal PagesUnderTest Pages { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Pages = await StartAsync("Europe/Zurich");
    }

    public async Task DisposeAsync() => await Pages.DisposeAsync();

    internal static async Task<PagesUnderTest> StartAsync(string zone, params (string Name, string Value)[] variables)
    {
        var pages = await PagesUnderTest.StartAsync([("TZ", zone), .. variables]);
        await pages.Database.ExecuteAsync(Rows);
        return pages;
    }

    /// <summary>The body of an answer, which must be JSON with status 200.</summary>
    internal static async Task<string> GetAsync(PagesUnderTest pages, string path)
    {
        using var http = new HttpClient { BaseAddress = pages.Address };
        using var response = await http.GetAsync(path);
        ((int)response.StatusCode).ShouldBe(200, $"{path}: {await response.Content.ReadAsStringAsync()} {string.Join('\n', pages.Log.Lines)}");
        response.Content.Headers.ContentType.ShouldBe(MediaTypeHeaderValue.Parse("application/json; charset=utf-8"));
        response.Headers.GetValues("API-Version").ShouldBe(["1.25.0"]);
        return await response.Content.ReadAsStringAsync();
    }

    internal static async Task<JsonElement> DataAsync(PagesUnderTest pages, string path)
        => JsonDocument.Parse(await GetAsync(pages, path)).RootElement.GetProperty("data");

    const string Rows = """
        update settings set unit_of_length = 'km', unit_of_temperature = 'C', unit_of_pressure = 'bar', preferred_range = 'rated', language = 'en',
            base_url = 'https://tm.example', grafana_url = null, inserted_at = '2026-01-01 10:00', updated_at = '2026-06-01 09:30';
        insert into car_settings (id, suspend_min) values (2, 12), (7, 21);
        insert into cars (id, eid, vid, vin, name, model, efficiency, trim_badging, exterior_color, settings_id, inserted_at, updated_at)
        values (1, 100200300, 400, '5YJ3E1EA7KF317000', 'Blue', '3', 0.1525, '74D', 'DeepBlue', 7, '2026-01-01', '2026-01-01'),
            (2, 2, 2, '5YJ3E1EA7KF317001', null, null, null, null, null, 2, '2026-01-01', '2026-01-01');
        insert into geofences (id, name, latitude, longitude, inserted_at, updated_at)
            values (2, 'Home', 47.376901, 8.541702, '2026-01-01', '2026-01-01');
        insert into addresses (id, road, house_number, city, inserted_at, updated_at)
            values (5, 'Seestrasse', '12', 'Zug', '2026-01-01', '2026-01-01');
        insert into positions (id, car_id, drive_id, date, latitude, longitude, power, speed, odometer, ideal_battery_range_km,
            rated_battery_range_km, battery_level,
            usable_battery_level, outside_temp, elevation)
        values (101, 1, null, '2026-07-04 08:00:00.25', 47.376901, 8.541702, 3, null, 12000, 400, 380, 80, 79, 21.5, 408),
            (102, 1, null, '2026-07-04 08:15:00.7', 47.25, 8.52, 18, 112, 12014.25, null, null, 77, null, null, null),
            (103, 1, null, '2026-07-04 08:30:40', 47.1661, 8.5154, -2, 0, 12025.5, 370, 352.8, 74, 74, 22, 425),
            (104, 1, null, '2026-07-05 17:00:00', 47.1661, 8.5154, null, null, 12030, 350, 310, 60, 60, 25, 425);
        insert into drives (id, car_id, start_date, end_date, start_km, end_km, distance, duration_min, speed_max, power_max, power_min,
            start_ideal_range_km,
            end_ideal_range_km, start_rated_range_km, end_rated_range_km, outside_temp_avg, inside_temp_avg, start_position_id, end_position_id,
                start_geofence_id,
            end_address_id)
        values (7, 1, '2026-07-04 08:00:00.25', '2026-07-04 08:30:40', 12000, 12025.5, 25.5, 31, 118, 142, -61, 400, 370, 380, 352.8, 21.5, 22, 101,
            103, 2, 5);
        insert into drives (id, car_id, start_date, end_date, duration_min, start_position_id)
            values (8, 1, '2026-07-04 09:00:00', '2026-07-04 09:00:50', 1, 103);
        insert into drives (id, car_id, start_date) values (9, 1, '2026-07-08 08:00');
        update positions set drive_id = 7 where id in (101, 102, 103);
        insert into charging_processes (id, car_id, start_date, end_date, charge_energy_added, charge_energy_used, start_ideal_range_km,
            end_ideal_range_km,
            start_rated_range_km, end_rated_range_km, start_battery_level, end_battery_level, duration_min, outside_temp_avg, position_id, address_id,
                geofence_id)
        values (3, 1, '2026-07-05 17:00', '2026-07-06 18:00', 24.30, 26.18, 350, 470, 310, 469.5, 60, 89, 1500, 24.5, 104, 5, null),
            (4, 1, '2026-07-07 17:00', null, null, null, null, null, null, null, null, null, null, null, 104, 5, 2);
        insert into charges (id, charging_process_id, date, battery_level, charge_energy_added, rated_battery_range_km, ideal_battery_range_km,
            usable_battery_level,
            charger_power, fast_charger_present, fast_charger_brand, fast_charger_type, outside_temp)
        values (31, 3, '2026-07-05 17:00:10.5', 60, 0, 310, 350, 60, 0, null, null, null, null),
            (32, 3, '2026-07-06 17:59:50', 89, 24.30, 469.5, 470, 89, 0, null, null, null, null),
            (41, 4, '2026-07-07 17:00:20', 61, 0.10, null, 355, null, 120, true, 'Tesla', 'Combo', 25);
        """;
}
