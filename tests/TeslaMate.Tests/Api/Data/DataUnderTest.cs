using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Data;

/// <summary>The interface on a port of its own, over a database with the measures and the rows of spec api 6.</summary>
public sealed class DataUnderTest : IAsyncLifetime
{
    internal PagesUnderTest Pages { get; private set; } = null!;

    internal TestDatabase Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await Database.ExecuteAsync(WorkedExample.Rows);
        await Database.ExecuteAsync("""
            insert into teslamate.outgoing_targets (kind, name, settings, created_at)
            values ('webhook', 'Door bell', '{"url": "https://bell.example.org/hook"}', '2026-07-01');
            insert into teslamate.outgoing_events (id, type, car_id, occurred_at, body) values ('evt_1', 'drive.ended', 1, '2026-07-04', '{}');
            insert into teslamate.outgoing_deliveries (target_id, event_id, state, attempts, next_at, last_error, created_at)
            values (1, 'evt_1', 'pending', 2, '2026-07-04 08:50', 'HTTP 500', '2026-07-04')
            """);
        Pages = await StartAsync(Database);
    }

    public async Task DisposeAsync()
    {
        await Pages.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>The interface over a database that has the measures.</summary>
    internal static Task<PagesUnderTest> StartAsync(TestDatabase database, params (string Name, string Value)[] variables)
        => PagesUnderTest.StartAsync(settings => settings, _ => database.ConnectionString, variables);

    internal HttpClient Client(string? token = null) => Client(Pages, token);

    internal static HttpClient Client(PagesUnderTest pages, string? token = null)
    {
        var client = new HttpClient { BaseAddress = pages.Address };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    internal async Task<JsonElement> JsonAsync(string path, string? token = null)
    {
        using var client = Client(token);
        return await JsonAsync(client, path);
    }

    internal static async Task<JsonElement> JsonAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    internal async Task<string> TextAsync(string path, string? accept = null)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{path}: {text}");
        return text;
    }

    /// <summary>A request that is refused: the problem's slug and status.</summary>
    internal async Task<(string Slug, JsonElement Problem)> ProblemAsync(string path, HttpStatusCode status, string? token = null, string? accept =
        null)
    {
        using var client = Client(token);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, $"{path}: {text}");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(text).RootElement.Clone();
        problem.GetProperty("status").GetInt32().ShouldBe((int)status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("instance").GetString().ShouldNotBeNullOrEmpty();
        return (problem.GetProperty("type").GetString()!["/data/problems/".Length..], problem);
    }
}

/// <summary>The rows of spec api 6.</summary>
static class WorkedExample
{
    public const string Rows = """
        update settings set unit_of_length = 'km', base_url = 'https://tm.example', language = 'en';
        insert into car_settings (id) values (1), (2);
        insert into cars (id, eid, vid, vin, name, model, efficiency, trim_badging, exterior_color, settings_id, inserted_at, updated_at) values
            (1, 100200300, 1, '5YJ3E1EA7KF317000', 'Blue', '3', 0.1525, '74D', 'DeepBlue', 1, '2026-01-01', '2026-01-01'),
            (2, 100200301, 2, '5YJ3E1EA7KF317001', null, 'Y', null, null, null, 2, '2026-01-01', '2026-01-01');
        insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at) values (2, 'Home', 47.3769, 8.5417, 25,
            '2026-01-01', '2026-01-01');
        insert into addresses (id, display_name, road, house_number, city, latitude, longitude, osm_id, osm_type, raw, inserted_at, updated_at)
        values (5, 'Seestrasse 12, Zug', 'Seestrasse', '12', 'Zug', 47.1661, 8.5154, 1, 'node', '{"a":"ü"}', '2026-01-01', '2026-01-01');
        insert into drives (id, car_id, start_date, end_date, start_km, end_km, distance, duration_min, speed_max, power_max, power_min,
            start_ideal_range_km,
            end_ideal_range_km, start_rated_range_km, end_rated_range_km, outside_temp_avg, inside_temp_avg, start_geofence_id, end_address_id) values
            (7, 1, '2026-07-04 08:00:00.25', '2026-07-04 08:30:40', 12000, 12025.5, 25.5, 31, 118, 142, -61, 400, 370, 380, 352.8, 21.5, 22, 2, 5),
            (8, 1, '2026-07-04 09:00:00', '2026-07-04 09:00:50', null, null, null, 1, null, null, null, null, null, null, null, null, null, null,
                null);
        insert into positions (id, car_id, drive_id, date, latitude, longitude, speed, power, odometer, ideal_battery_range_km,
            rated_battery_range_km, battery_level,
            usable_battery_level, outside_temp, elevation) values
            (101, 1, 7, '2026-07-04 08:00:00.25', 47.376901, 8.541702, null, 3, 12000, 400, 380, 80, 79, 21.5, 408),
            (102, 1, 7, '2026-07-04 08:15:00.7', 47.25, 8.52, 112, 18, 12014.25, null, null, 77, null, null, null),
            (103, 1, 7, '2026-07-04 08:30:40', 47.1661, 8.5154, 0, -2, 12025.5, 370, 352.8, 74, 74, 22, 425),
            (104, 1, null, '2026-07-05 17:00:00', 47.1661, 8.5154, null, null, 12030, 350, 310, 60, 60, 25, 425);
        update drives set start_position_id = 101, end_position_id = 103 where id = 7;
        update drives set start_position_id = 103 where id = 8;
        insert into charging_processes (id, car_id, position_id, address_id, geofence_id, start_date, end_date, charge_energy_added,
            charge_energy_used, start_ideal_range_km,
            end_ideal_range_km, start_rated_range_km, end_rated_range_km, start_battery_level, end_battery_level, duration_min,
                outside_temp_avg) values
            (3, 1, 104, 5, null, '2026-07-05 17:00:00', '2026-07-06 18:00:00', 24.30, 26.18, 350, 470, 310, 469.5, 60, 89, 1500, 24.5),
            (4, 1, 104, 5, 2, '2026-07-07 17:00:00', null, null, null, null, null, null, null, null, null, null, null);
        insert into charges (id, charging_process_id, date, battery_level, charge_energy_added, ideal_battery_range_km, rated_battery_range_km,
            usable_battery_level,
            charger_power, fast_charger_present, fast_charger_brand, fast_charger_type, outside_temp) values
            (31, 3, '2026-07-05 17:00:10.5', 60, 0, 350, 310, 60, 11, null, null, null, null),
            (32, 3, '2026-07-06 17:59:50', 89, 24.30, 470, 469.5, 89, 11, null, null, null, null),
            (41, 4, '2026-07-07 17:00:20', 61, 0.10, 355, null, null, 120, true, 'Tesla', 'Combo', 25);
        insert into states (car_id, state, start_date, end_date) values (1, 'online', '2026-07-04 07:50', '2026-07-04 10:00'), (1, 'asleep',
            '2026-07-04 10:00', null);
        insert into updates (id, car_id, start_date, end_date, version) values (1, 1, '2026-06-01 02:00', '2026-06-01 02:25', '2026.20.1 0123abc');
        select setval('trips_id_seq', 10000), setval('positions_id_seq', 10000);
        """;
}
