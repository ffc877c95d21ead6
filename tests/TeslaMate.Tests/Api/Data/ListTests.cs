using System.Net;
using System.Text;
using System.Text.Json;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Lists, pages, formats and errors (spec api 2.1, 6).</summary>
public sealed class ListTests(DataUnderTest data) : IClassFixture<DataUnderTest>
{
    const string Example =
        "/data/v1/drives?car=1&from=2026-07-04&to=2026-07-05&tz=Europe/Zurich&order=start"
        + "&fields=id,start.at,start.place,end.at,distance_km,energy_net_kwh,tags";

    [Fact]
    public async Task The_worked_example_as_json()
    {
        var text = await data.TextAsync(Example + "&limit=1");
        text[..text.IndexOf(",\"next\"", StringComparison.Ordinal)].ShouldBe("""
            {"data":[{"id":7,"start":{"at":"2026-07-04T08:00:00.250Z","place":"Home"},"end":{"at":"2026-07-04T08:30:40.000Z"},"distance_km":25.5,"energy_net_kwh":4.148,"tags":[]}]
            """.Trim());
        JsonDocument.Parse(text).RootElement.GetProperty("next").GetString()!.Split('.')[0].ShouldBe("MjAyNi0wNy0wNFQwODowMDowMC4yNTAwMDBafDc");
    }

    [Fact]
    public async Task The_worked_example_as_csv()
    {
        await data.Database.ExecuteAsync("""update geofences set name = '=HYPERLINK("x")' where id = 2""");
        var text = await data.TextAsync(Example, "text/csv");
        await data.Database.ExecuteAsync("update geofences set name = 'Home' where id = 2");
        text.ShouldBe("""
            id,start.at,start.at_local,start.place,end.at,end.at_local,distance_km,energy_net_kwh,tags
            7,2026-07-04T08:00:00.250Z,2026-07-04 10:00:00,"'=HYPERLINK(""x"")",2026-07-04T08:30:40.000Z,2026-07-04 10:30:40,25.5,4.148,""
            8,2026-07-04T09:00:00.000Z,2026-07-04 11:00:00,,2026-07-04T09:00:50.000Z,2026-07-04 11:00:50,,,""

            """.ReplaceLineEndings("\r\n"));
    }

    [Fact]
    public async Task What_is_not_known_is_null_and_never_left_out()
    {
        var drive = await data.JsonAsync("/data/v1/drives/8");
        drive.GetProperty("distance_km").ValueKind.ShouldBe(JsonValueKind.Null);
        drive.GetProperty("end").GetProperty("battery_pct").ValueKind.ShouldBe(JsonValueKind.Null);
        drive.GetProperty("start").GetProperty("battery_pct").GetInt32().ShouldBe(74);
        drive.GetProperty("is_open").GetBoolean().ShouldBeFalse();
        drive.GetProperty("duration_s").GetDouble().ShouldBe(50);
    }

    [Fact]
    public async Task A_row_comes_bare()
    {
        var drive = await data.JsonAsync("/data/v1/drives/7");
        drive.GetProperty("id").GetInt32().ShouldBe(7);
        drive.GetProperty("start").GetProperty("position_id").GetInt32().ShouldBe(101);
        drive.GetProperty("start").GetProperty("latitude").GetDecimal().ShouldBe(47.376901m);
        drive.GetProperty("start").GetProperty("rated_range_km").GetDecimal().ShouldBe(380);
        drive.GetProperty("end").GetProperty("place").GetString().ShouldBe("Seestrasse 12, Zug");
        drive.GetProperty("is_range_reduced").GetBoolean().ShouldBeTrue();
        drive.GetProperty("speed_avg_kmh").GetDouble().ShouldBe(25.5 / 1839.75 * 3600, 1e-9);
    }

    [Fact]
    public async Task A_charging_process_has_its_kind_and_place()
    {
        var process = await data.JsonAsync("/data/v1/charging-processes/3");
        process.GetProperty("energy_added_kwh").GetDecimal().ShouldBe(24.30m);
        process.GetProperty("efficiency_pct").GetDouble().ShouldBe(24.30 / 26.18 * 100, 1e-9);
        process.GetProperty("place").GetString().ShouldBe("Seestrasse 12, Zug");
        process.GetProperty("cost").ValueKind.ShouldBe(JsonValueKind.Null);
        process.GetProperty("start").GetProperty("battery_pct").GetInt32().ShouldBe(60);
        (await data.JsonAsync("/data/v1/charging-processes?open=true")).GetProperty("data")[0].GetProperty("kind").GetString().ShouldBe("dc");
        (await data.JsonAsync("/data/v1/charging-processes?kind=dc")).GetProperty("data").GetArrayLength().ShouldBe(2);
        (await data.JsonAsync("/data/v1/charging-processes?kind=ac")).GetProperty("data").GetArrayLength().ShouldBe(0);
        (await data.JsonAsync("/data/v1/charging-processes/3/charges")).GetProperty("data").GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData("/data/v1/drives", 2)]
    [InlineData("/data/v1/drives?place=zug", 1)]
    [InlineData("/data/v1/drives?place=%25", 0)]
    [InlineData("/data/v1/drives?place=_", 0)]
    [InlineData("/data/v1/drives?min_distance_km=15", 1)]
    [InlineData("/data/v1/drives?max_distance_km=15", 0)]
    [InlineData("/data/v1/drives?min_duration_s=60", 1)]
    [InlineData("/data/v1/drives?geofence=2", 1)]
    [InlineData("/data/v1/drives?geofence=2&geofence=3", 1)]
    [InlineData("/data/v1/drives?car=2", 0)]
    [InlineData("/data/v1/drives?car=1&car=2", 2)]
    [InlineData("/data/v1/drives?open=true", 0)]
    [InlineData("/data/v1/drives?tag=x", 0)]
    [InlineData("/data/v1/drives?from=2026-07-04T08:00:00.25Z", 2)]
    [InlineData("/data/v1/drives?from=2026-07-04T08:00:00.26Z", 1)]
    [InlineData("/data/v1/drives?to=2026-07-04T09:00:00Z", 1)]
    [InlineData("/data/v1/drives?from=2026-07-04T11:00:00%2B02:00", 1)]
    [InlineData("/data/v1/drives?from=2026-07-04T11:00:00+02:00", 1)]
    [InlineData("/data/v1/cars", 2)]
    [InlineData("/data/v1/geofences", 1)]
    [InlineData("/data/v1/addresses", 1)]
    [InlineData("/data/v1/charging-stops", 1)]
    [InlineData("/data/v1/cars/1/states", 2)]
    [InlineData("/data/v1/cars/1/updates", 1)]
    [InlineData("/data/v1/cars/1/positions?from=2026-07-01&to=2026-07-30", 4)]
    [InlineData("/data/v1/cars/1/positions?from=2026-07-01&to=2026-07-30&complete=true", 3)]
    [InlineData("/data/v1/drives/7/positions", 3)]
    [InlineData("/data/v1/drives/7/positions?every_s=1000", 2)]
    [InlineData("/data/v1/drives/7/positions?complete=true", 2)]
    public async Task Filters_choose_rows(string path, int rows) => (await data.JsonAsync(path)).GetProperty("data").GetArrayLength().ShouldBe(rows);

    [Fact]
    public async Task Pages_have_every_row_once_while_rows_arrive()
    {
        await data.Database.ExecuteAsync("""
            insert into drives (id, car_id, start_date, end_date, distance) select 1000 + n, 2,
                '2026-05-01'::timestamp + n / 3 * interval '1 minute', '2026-05-02', 1
            from generate_series(1, 25) as n
            """);
        foreach (var order in (string[])["start", "-start"])
        {
            var ids = new List<int>();
            string? next = null;
            do
            {
                var page = await data.JsonAsync($"/data/v1/drives?car=2&limit=4&count=true&order={order}{(next is null ? "" : "&cursor=" + next)}");
                ids.AddRange(page.GetProperty("data").EnumerateArray().Select(drive => drive.GetProperty("id").GetInt32()));
                page.GetProperty("total").GetInt64().ShouldBeGreaterThanOrEqualTo(25);
                next = page.GetProperty("next").GetString();
                // Before the place where the next page begins, in one order or the other.
                await data.Database.ExecuteAsync("insert into drives (car_id, start_date, end_date) values (2, '2026-04-01', '2026-04-01'), (2, "
                    + "'2026-06-01', '2026-06-01')");
            }
            while (next is not null && ids.Count < 200);
            ids.Where(id => id is > 1000 and < 1100).ShouldBe(order == "start" ? Enumerable.Range(1001, 25) : Enumerable.Range(1001, 25).Reverse());
            ids.Distinct().Count().ShouldBe(ids.Count);
        }

        await data.Database.ExecuteAsync("delete from drives where car_id = 2");
    }

    [Fact]
    public async Task A_cursor_is_for_its_own_list()
    {
        var cursor = (await data.JsonAsync("/data/v1/drives?limit=1")).GetProperty("next").GetString()!;
        (await data.JsonAsync($"/data/v1/drives?limit=5&cursor={cursor}")).GetProperty("data").GetArrayLength().ShouldBe(1);
        foreach (var path in (string[])[$"/data/v1/drives?limit=1&car=1&cursor={cursor}", $"/data/v1/drives?limit=1&order=start&cursor={cursor}",
            $"/data/v1/charging-processes?limit=1&cursor={cursor}", "/data/v1/drives?limit=1&cursor=MjAyNi0wNy0wNFQwODowMDowMC4yNTAwMDBafDc",
                "/data/v1/drives?limit=1&cursor=%F0"])
            (await data.ProblemAsync(path, HttpStatusCode.BadRequest)).Slug.ShouldBe("invalid-cursor");
    }

    [Theory]
    [InlineData("/data/v1/drives?limit=0", "limit")]
    [InlineData("/data/v1/drives?limit=1001", "limit")]
    [InlineData("/data/v1/drives?limit=abc", "limit")]
    [InlineData("/data/v1/drives?order=id", "order")]
    [InlineData("/data/v1/drives?fields=id,speed", "fields")]
    [InlineData("/data/v1/drives?from=yesterday", "from")]
    [InlineData("/data/v1/drives?from=2026-07-04T08:00:00", "from")]
    [InlineData("/data/v1/drives?from=2026-07-05&to=2026-07-04", "to")]
    [InlineData("/data/v1/drives?tz=Mars/Base", "tz")]
    [InlineData("/data/v1/drives?tz=../../etc/passwd", "tz")]
    [InlineData("/data/v1/drives?car=x", "car")]
    [InlineData("/data/v1/drives?count=maybe", "count")]
    [InlineData("/data/v1/drives?limit=1&limit=2", "limit")]
    [InlineData("/data/v1/drives?colour=red", "colour")]
    [InlineData("/data/v1/drives/7?limit=1", "limit")]
    [InlineData("/data/v1/cars/1/positions", "from")]
    [InlineData("/data/v1/cars/1/positions?from=2026-01-01&to=2026-07-01", "from")]
    [InlineData("/data/v1/cars/1/statistics?period=quarter", "period")]
    [InlineData("/data/v1/cars/1/statistics?measures=M3,M99", "measures")]
    public async Task What_cannot_be_used_is_named(string path, string parameter)
    {
        var (slug, problem) = await data.ProblemAsync(path, HttpStatusCode.BadRequest);
        slug.ShouldBe("invalid-parameter");
        problem.GetProperty("errors")[0].GetProperty("parameter").GetString().ShouldBe(parameter);
    }

    [Theory]
    [InlineData("/data/v1/drives/4711")]
    [InlineData("/data/v1/cars/99/states")]
    [InlineData("/data/v1/cars/99999/statistics")]
    [InlineData("/data/v1/drives/99999999999999999999/positions")]
    [InlineData("/data/v1/nothing")]
    public async Task What_is_not_there_is_not_found(string path)
        => (await data.ProblemAsync(path, HttpStatusCode.NotFound)).Slug.ShouldBe("not-found");

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/pdf")]
    [InlineData("application/json;q=0")]
    [InlineData("application/vnd.apache.parquet")]
    public async Task Formats_that_are_not_there_are_refused(string accept)
        => (await data.ProblemAsync("/data/v1/drives", HttpStatusCode.NotAcceptable, accept: accept)).Slug.ShouldBe("not-acceptable");

    [Theory]
    [InlineData("text/csv", "text/csv")]
    [InlineData("application/x-ndjson", "application/x-ndjson")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json")]
    [InlineData("text/csv;q=0.5, application/json", "application/json")]
    [InlineData("text/*", "text/csv")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/geo+json", "application/geo+json")]
    public async Task The_client_chooses_the_format(string accept, string type)
    {
        using var client = data.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/data/v1/drives");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        response.Headers.Vary.ShouldContain("Accept");
    }

    [Fact]
    public async Task Ndjson_is_one_object_a_line()
    {
        var lines = (await data.TextAsync("/data/v1/drives.ndjson?order=start")).TrimEnd('\n').Split('\n');
        lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetInt32()).ShouldBe([7, 8]);
    }

    [Fact]
    public async Task An_answer_that_the_client_has_is_not_sent_again()
    {
        using var client = data.Client();
        using var first = await client.GetAsync("/data/v1/drives/7");
        var tag = first.Headers.ETag!;
        tag.IsWeak.ShouldBeFalse();
        (first.Headers.CacheControl!.MaxAge, first.Headers.CacheControl.Private, first.Headers.CacheControl.MustRevalidate)
            .ShouldBe((TimeSpan.Zero, true, true));
        foreach (var known in (string[])[tag.Tag, "W/" + tag.Tag, "\"x\", " + tag.Tag, "*"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/data/v1/drives/7");
            request.Headers.TryAddWithoutValidation("If-None-Match", known);
            using var again = await client.SendAsync(request);
            again.StatusCode.ShouldBe(HttpStatusCode.NotModified, known);
        }

        using var other = new HttpRequestMessage(HttpMethod.Get, "/data/v1/drives/7");
        other.Headers.TryAddWithoutValidation("If-None-Match", "\"x\"");
        using var full = await client.SendAsync(other);
        full.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task Longer_answers_are_compressed(string encoding)
    {
        using var client = data.Client();
        foreach (var (path, isCompressed) in ((string, bool)[])[("/data/v1/drives", true), ("/data/v1/drives.csv", true),
            ("/data/v1/drives/7?fields=id", false)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
            using var response = await client.SendAsync(request);
            response.Content.Headers.ContentEncoding.ShouldBe(isCompressed ? [encoding] : []);
        }
    }

    [Fact]
    public async Task Head_is_answered_like_get()
    {
        using var client = data.Client();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/data/v1/drives.csv");
        using var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/data/v1/drives.csv?car=1", "drives_blue_all.csv")]
    [InlineData("/data/v1/drives.csv", "drives_all.csv")]
    [InlineData("/data/v1/drives.csv?car=1&from=2026-07-01&to=2026-08-01&tz=Europe/Zurich", "teslamate_blue_drives_20260701-20260731.csv")]
    [InlineData("/data/v1/drives/7/positions.gpx?tz=Europe/Zurich", "teslamate_blue_drive-7_20260704T1000.gpx")]
    [InlineData("/data/v1/drives/7/positions.csv?tz=Europe/Zurich", "teslamate_blue_drive-7_20260704T1000.csv")]
    [InlineData("/data/v1/drives/7/positions.ndjson?tz=Europe/Zurich&limit=1", "teslamate_blue_drive-7_20260704T1000.ndjson")]
    [InlineData("/data/v1/charging-processes/3/charges.csv?tz=Europe/Zurich", "teslamate_blue_charge-3_20260705T1900.csv")]
    [InlineData("/data/v1/cars/2/positions.csv", "positions_car-2_all.csv")]
    [InlineData("/data/v1/cars/1/states.csv?limit=1", "states_blue_all.csv")]
    [InlineData("/data/v1/drives.csv?car=1&limit=1", "drives_blue_all.csv")]
    public async Task Files_have_names(string path, string name)
    {
        using var client = data.Client();
        using var response = await client.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe(name);
    }

    [Theory]
    [InlineData("/data/v1/drives/abc", "invalid-parameter", "id")]
    [InlineData("/data/v1/drives/7.gpx", "invalid-parameter", "id")]
    [InlineData("/data/v1/cars/x/states.csv", "invalid-parameter", "id")]
    [InlineData("/data/v1/drives?cursor=x", "invalid-cursor", "cursor")]
    public async Task What_is_wrong_with_an_address_is_named(string path, string slug, string parameter)
    {
        var (found, problem) = await data.ProblemAsync(path, HttpStatusCode.BadRequest);
        found.ShouldBe(slug);
        problem.GetProperty("errors").EnumerateArray().Single().GetProperty("parameter").GetString().ShouldBe(parameter);
    }

    [Fact]
    public async Task Problems_are_read_by_people_too()
    {
        using var client = data.Client();
        using var response = await client.GetAsync("/data/v1/drives.parquet");
        (await response.Content.ReadAsStringAsync()).ShouldContain("application/geo+json (.geojson)");
    }

    [Fact]
    public async Task Csv_has_the_separator_and_decimals_that_are_asked_for()
    {
        (await data.TextAsync("/data/v1/drives.csv?fields=id,distance_km,start.rated_range_km&order=start&decimal=comma&bom=1")).ShouldBe(
            "id;start.rated_range_km;distance_km\r\n7;380,00;25,5\r\n8;;\r\n");
        using var client = data.Client();
        (await client.GetByteArrayAsync("/data/v1/drives.csv?bom=1"))[..5].ShouldBe([0xEF, 0xBB, 0xBF, (byte)'i', (byte)'d']);
        (await data.TextAsync("/data/v1/drives.csv?fields=id,distance_km&order=start&sep=tab")).ShouldBe("id\tdistance_km\r\n7\t25.5\r\n8\t\r\n");
        (await data.TextAsync("/data/v1/drives.csv?fields=id,distance_km&order=start&decimal=comma&sep=comma"))
            .ShouldBe("id,distance_km\r\n7,\"25,5\"\r\n8,\r\n");
        Encoding.UTF8.GetByteCount(await data.TextAsync("/data/v1/addresses.csv?fields=id")).ShouldBe(7);
    }

    [Fact]
    public async Task Tags_and_who_set_a_cost_are_told()
    {
        await data.Database.ExecuteAsync("""
            insert into teslamate.drive_tags values (7, 'work'), (7, 'ä;b');
            insert into teslamate.charging_process_tags values (3, 'trip');
            update charging_processes set cost = 5 where id = 3;
            insert into teslamate.charge_costs values (3, 'user', 5, now())
            """);
        (await data.JsonAsync("/data/v1/drives?tag=work")).GetProperty("data")[0].GetProperty("tags").GetRawText().ShouldBe("""["work","ä;b"]""");
        (await data.TextAsync("/data/v1/drives.csv?tag=work&fields=id,tags")).ShouldBe("id,tags\r\n7,\"work;ä;b\"\r\n");
        var process = (await data.JsonAsync("/data/v1/charging-processes?tag=trip")).GetProperty("data")[0];
        (process.GetProperty("id").GetInt32(), process.GetProperty("cost_source").GetString()).ShouldBe((3, "user"));
        await data.Database.ExecuteAsync("update charging_processes set cost = 6 where id = 3");
        (await data.JsonAsync("/data/v1/charging-processes/3")).GetProperty("cost_source").GetString().ShouldBe("other");
        await data.Database.ExecuteAsync("""
            update charging_processes set cost = null where id = 3;
            delete from teslamate.drive_tags;
            delete from teslamate.charging_process_tags;
            delete from teslamate.charge_costs
            """);
    }

    [Fact]
    public async Task The_geocoders_answer_comes_only_when_it_is_asked_for()
    {
        (await data.JsonAsync("/data/v1/addresses/5")).TryGetProperty("raw", out _).ShouldBeFalse();
        (await data.JsonAsync("/data/v1/addresses/5?include=raw")).GetProperty("raw").GetProperty("a").GetString().ShouldBe("ü");
    }
}
