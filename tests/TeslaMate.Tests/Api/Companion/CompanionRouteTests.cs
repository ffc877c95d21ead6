using System.Net;
using System.Text;
using System.Text.Json;
using TeslaMate.Api.Companion;
using TeslaMate.Configuration;
using TeslaMate.Tests.Web;
using TeslaMate.Vehicles;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Api.Companion;

/// <summary>The rules of spec api 1, beyond its worked examples.</summary>
public sealed class CompanionRouteTests(CompanionUnderTest api) : IClassFixture<CompanionUnderTest>
{
    PagesUnderTest Pages => api.Pages;

    [Theory]
    [InlineData("/api", """{"message":"TeslaMateApi container running..","path":"/api"}""")]
    [InlineData("/api/v1", """{"message":"TeslaMateApi v1 running..","path":"/api/v1"}""")]
    [InlineData("/api/v1/", """{"message":"TeslaMateApi v1 running..","path":"/api/v1"}""")]
    [InlineData("/api/ping", """{"message":"pong"}""")]
    [InlineData("/api/ping/", """{"message":"pong"}""")]
    [InlineData("/api/healthz", """{"status":"OK"}""")]
    [InlineData("/api/readyz", """{"status":"OK"}""")]
    [InlineData("/api/v1/cars/1/logging", """{"enabled_commands":["/logging/resume","/logging/suspend"]}""")]
    [InlineData("/api/v1/cars/9", """{"data":{"cars":[]}}""")]
    [InlineData("/api/v1/cars/abc", """{"data":{"cars":[]}}""")]
    [InlineData("/api/v1/cars/1/updates", """{"data":{"car":{"car_id":1,"car_name":"Blue"},"updates":[]}}""")]
    [InlineData("/api/v1/cars/9/drives",
        """{"data":{"car":{"car_id":9,"car_name":""},"drives":[],"units":{"unit_of_length":"km","unit_of_temperature":"C"}}}""")]
    [InlineData("/api/v1/cars/1099511627776/charges",
        """{"data":{"car":{"car_id":1099511627776,"car_name":""},"charges":[],"units":{"unit_of_length":"km","unit_of_temperature":"C"}}}""")]
    [InlineData("/api/v1/cars/1/drives/9", """{"error":"No rows were returned!"}""")]
    [InlineData("/api/v1/cars/2/drives/7", """{"error":"No rows were returned!"}""")]
    [InlineData("/api/v1/cars/1/drives/abc", """{"error":"No rows were returned!"}""")]
    [InlineData("/api/v1/cars/1/charges/4", """{"error":"No rows were returned!"}""")]
    [InlineData("/api/v1/cars/9/status", """{"error":"no info on this car ID"}""")]
    [InlineData("/api/v1/cars/9/battery-health", """{"error":"Unable to load battery health data."}""")]
    [InlineData("/api/v1/cars/1/drives?startDate=soon", """{"error":"Invalid date format."}""")]
    public async Task A_route_answers(string path, string expected) => (await CompanionUnderTest.GetAsync(Pages, path)).ShouldBe(expected);

    [Theory]
    [InlineData("", "8 7")]
    [InlineData("page=0", "8 7")]
    [InlineData("page=-1", "8 7")]
    [InlineData("page=abc", "8 7")]
    [InlineData("page=2", "")]
    [InlineData("show=1", "8")]
    [InlineData("show=1&page=2", "7")]
    [InlineData("show=0", "")]
    [InlineData("show=-5", "")]
    [InlineData("show=abc", "")]
    [InlineData("show=50000&page=9223372036854775807", "")]
    [InlineData("startDate=2026-07-04T09:00:00Z", "8")]
    [InlineData("startDate=2026-07-04T11:00:00+02:00", "8")]
    [InlineData("startDate=2026-07-04T11:00:00%2B02:00", "8")]
    [InlineData("startDate=2026-07-04%2010:30:00", "8")]
    [InlineData("startDate=2026-07-04T10:30:00", "8")]
    [InlineData("startDate=2026-07-04T08:00:00.9Z", "8 7")]
    [InlineData("startDate=2026-07-05", "")]
    [InlineData("endDate=2026-07-04", "8 7")]
    [InlineData("endDate=2026-07-04T08:30:39Z", "")]
    [InlineData("endDate=2026-07-04T08:30:40Z", "7")]
    [InlineData("minDistance=-1", "8 7")]
    [InlineData("minDistance=x", "8 7")]
    [InlineData("minDistance=25", "7")]
    [InlineData("maxDistance=25", "")]
    [InlineData("location=HOME", "7")]
    [InlineData("location=strasse%2012", "7")]
    [InlineData("location=%25", "")]
    [InlineData("location=_", "")]
    [InlineData("location='", "")]
    public async Task A_list_has_what_was_asked_for(string query, string ids)
        => string.Join(' ', (await CompanionUnderTest.DataAsync(Pages, $"/api/v1/cars/1/drives?{query}")).GetProperty("drives").EnumerateArray()
            .Select(drive => drive.GetProperty("drive_id").GetInt32())).ShouldBe(ids);

    [Theory]
    [InlineData("Europe/Zurich", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z")]
    [InlineData("Europe/Zurich", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z")]
    [InlineData("Asia/Kolkata", "2026-07-04", "2026-07-03T18:30:00Z")]
    [InlineData("America/St_Johns", "2026-07-04", "2026-07-04T02:30:00Z")]
    [InlineData("UTC", "2026-05-25T00:00:00-07:00", "2026-05-25T07:00:00Z")]
    public void A_date_means_an_instant(string zone, string text, string expected)
    {
        LocalDate.TryParse(text, TimeZoneInfo.FindSystemTimeZoneById(zone), isEnd: false, out var instant).ShouldBeTrue();
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture).ShouldBe(expected);
    }

    [Theory]
    [InlineData("UTC", "2026-07-04T08:00:00.999Z", "2026-07-04T08:00:00Z")]
    [InlineData("Europe/London", "2026-01-04T08:00:00Z", "2026-01-04T08:00:00Z")]
    [InlineData("Europe/London", "2026-07-04T08:00:00Z", "2026-07-04T09:00:00+01:00")]
    [InlineData("Asia/Kolkata", "2026-07-04T08:00:00Z", "2026-07-04T13:30:00+05:30")]
    [InlineData("America/St_Johns", "2026-07-04T08:00:00Z", "2026-07-04T05:30:00-02:30")]
    public void An_instant_is_written_as_the_clock_shows_it(string zone, string instant, string expected)
        => JsonSerializer.Serialize(
            LocalDate.Of(DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone)),
            CompanionJsonOptions.Plain)
            .ShouldBe($"\"{expected}\"");

    [Theory]
    [InlineData(12000.0, "12000")]
    [InlineData(1e20, "1E+20")]
    [InlineData(123456789012345680000.0, "1.2345678901234568E+20")]
    [InlineData(1e17, "100000000000000000")]
    [InlineData(0.00001, "0.00001")]
    [InlineData(-0.0, "0")]
    [InlineData(25.5, "25.5")]
    [InlineData(double.NaN, "null")]
    public void A_number_is_written_in_its_shortest_digits(double number, string expected)
        => JsonSerializer.Serialize(number, CompanionJsonOptions.Plain).ShouldBe(expected);

    [Fact]
    public async Task A_car_has_the_settings_of_its_own_row()
    {
        var cars = (await CompanionUnderTest.DataAsync(Pages, "/api/v1/cars")).GetProperty("cars").EnumerateArray().ToList();
        cars[0].GetRawText().ShouldBe("""
            {"car_id":1,"name":"Blue","car_details":{"eid":100200300,"vid":400,"vin":"5YJ3E1EA7KF317000","model":"3","trim_badging":"74D","efficiency":0.1525},
            "car_exterior":{"exterior_color":"DeepBlue","spoiler_type":"","wheel_type":""},
            "car_settings":{"suspend_min":21,"suspend_after_idle_min":15,"req_not_unlocked":false,"free_supercharging":false,"use_streaming_api":true},
            "teslamate_details":{"inserted_at":"2026-01-01T01:00:00+01:00","updated_at":"2026-01-01T01:00:00+01:00"},
            "teslamate_stats":{"total_charges":2,"total_drives":3,"total_updates":0}}
            """.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        cars[1].GetProperty("car_settings").GetProperty("suspend_min").GetInt32().ShouldBe(12);
        cars[1].GetProperty("name").GetString().ShouldBe("");
        cars[1].GetProperty("car_details").GetProperty("efficiency").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_drive_has_its_positions_and_a_charge_its_readings()
    {
        var drive = (await CompanionUnderTest.DataAsync(Pages, "/api/v1/cars/1/drives/7")).GetProperty("drive");
        var details = drive.GetProperty("drive_details").EnumerateArray().ToList();
        details.Select(detail => detail.GetProperty("detail_id").GetInt32()).ShouldBe([101, 102, 103]);
        details[0].GetRawText().ShouldBe("""
            {"detail_id":101,"date":"2026-07-04T10:00:00+02:00","latitude":47.376901,"longitude":8.541702,"speed":0,"power":3,"odometer":12000,"battery_level":80,
            "usable_battery_level":79,"elevation":408,"climate_info":{"inside_temp":null,"outside_temp":21.5,"is_climate_on":null,"fan_status":null,
            "driver_temp_setting":null,"passenger_temp_setting":null,"is_rear_defroster_on":null,"is_front_defroster_on":null},
            "battery_info":{"est_battery_range":null,"ideal_battery_range":400,"rated_battery_range":380,"battery_heater":null,"battery_heater_on":null,
            "battery_heater_no_power":null}}
            """.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        var charge = (await CompanionUnderTest.DataAsync(Pages, "/api/v1/cars/1/charges/3")).GetProperty("charge");
        charge.GetProperty("charge_details").EnumerateArray().Last().GetRawText().ShouldBe("""
            {"detail_id":32,"date":"2026-07-06T19:59:50+02:00","battery_level":89,"usable_battery_level":89,"charge_energy_added":24.3,"not_enough_power_to_heat":null,
            "charger_details":{"charger_actual_current":0,"charger_phases":0,"charger_pilot_current":0,"charger_power":0,"charger_voltage":0},
            "battery_info":{"ideal_battery_range":470,"rated_battery_range":469.5,"battery_heater":null,"battery_heater_on":null,"battery_heater_no_power":null},
            "conn_charge_cable":null,"fast_charger_info":{"fast_charger_present":null,"fast_charger_brand":"","fast_charger_type":null},"outside_temp":null}
            """.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_the_ideal_range_preferred_energy_is_of_that()
    {
        await using var pages = await CompanionUnderTest.StartAsync("UTC");
        await pages.Database.ExecuteAsync("update settings set preferred_range = 'ideal'; update drives set duration_min = 6001 where id = 8; "
            + "update drives set end_ideal_range_km = 401 where id = 7");
        var drives = (await CompanionUnderTest.DataAsync(pages, "/api/v1/cars/1/drives")).GetProperty("drives");
        drives[0].GetProperty("duration_str").GetString().ShouldBe("100:01");
        drives[1].GetProperty("energy_consumed_net").ValueKind.ShouldBe(JsonValueKind.Null);
        drives[1].GetProperty("consumption_net").GetDouble().ShouldBe(-0.1525 / 25.5 * 1000, 1e-9);
        drives[1].GetProperty("start_date").GetString().ShouldBe("2026-07-04T08:00:00Z");
    }

    [Theory]
    [InlineData("drives", "drives", 7)]
    [InlineData("charging_processes", "charges", 3)]
    public async Task Whatever_column_is_null_the_list_is_complete(string table, string list, int row)
    {
        await using var pages = await CompanionUnderTest.StartAsync("UTC");
        var before = (await CompanionUnderTest.DataAsync(pages, $"/api/v1/cars/1/{list}")).GetProperty(list).GetArrayLength();
        foreach (var column in await pages.Database.LinesAsync(
            $"select column_name from information_schema.columns where table_name = '{table}' and is_nullable = 'YES' and column_name <> "
                + "'end_date' order by 1"))
        {
            await pages.Database.ExecuteAsync($"update {table} set {column} = null where id = {row}");
            (await CompanionUnderTest.DataAsync(pages, $"/api/v1/cars/1/{list}")).GetProperty(list).GetArrayLength().ShouldBe(before, column);
            (await CompanionUnderTest.GetAsync(pages, $"/api/v1/cars/1/{list}/{row}")).ShouldStartWith("{\"data\"", customMessage: column);
        }
    }

    [Fact]
    public async Task The_status_is_from_memory_and_holds_no_null()
    {
        await using var pages = await CompanionUnderTest.StartAsync("Europe/Zurich");
        await pages.Database.ExecuteAsync("update settings set unit_of_pressure = 'psi'");
        pages.Vehicles.Hub.Publish(FakeVehicles.Car(name: "Blue <3 ü", state: VehicleStateName.Charging) with
        {
            Since = new DateTimeOffset(2026, 7, 4, 8, 0, 0, TimeSpan.Zero),
            ChargerPower = 120,
            ChargingState = "Charging",
            OdometerKm = 12000,
            TpmsPressureFl = 2.9,
            ActiveRouteDestination = "Zug",
            ActiveRouteMilesToArrival = 10,
            ActiveRouteMinutesToArrival = 52.0,
            ChargerPhases = null,
        });
        var text = await CompanionUnderTest.GetAsync(pages, "/api/v1/cars/1/status");
        text.ShouldNotContain("null");
        text.ShouldContain("Blue <3 ü");
        var status = JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("status");
        status.GetProperty("state").GetString().ShouldBe("charging");
        status.GetProperty("state_since").GetString().ShouldBe("2026-07-04T10:00:00+02:00");
        var charging = status.GetProperty("charging_details");
        charging.GetProperty("charging_state").GetString().ShouldBe("charging");
        charging.GetProperty("charger_phases").GetRawText().ShouldBe("0");
        charging.GetProperty("charger_power").GetRawText().ShouldBe("120");
        charging.GetProperty("scheduled_charging_start_time").GetString().ShouldBe("0001-01-01T00:00:00Z");
        status.GetProperty("tpms_details").GetProperty("tpms_pressure_fl").GetDouble().ShouldBe(2.9 * 14.503773800722, 1e-9);
        var route = status.GetProperty("driving_details").GetProperty("active_route");
        route.GetProperty("energy_at_arrival").GetRawText().ShouldBe("0");
        route.GetProperty("distance_to_arrival").GetDouble().ShouldBe(16.09344, 1e-9);
        route.GetProperty("minutes_to_arrival").GetRawText().ShouldBe("52");
    }

    [Fact]
    public async Task A_car_that_is_not_logged_has_the_status_of_its_last_rows()
    {
        await using var pages = await CompanionUnderTest.StartAsync("Europe/Zurich");
        var data = await CompanionUnderTest.DataAsync(pages, "/api/v1/cars/1/status");
        data.GetRawText().ShouldNotContain("null");
        var status = data.GetProperty("status");
        (status.GetProperty("state").GetString(),
            status.GetProperty("car_status").GetProperty("healthy").GetBoolean()).ShouldBe(("unavailable", false));
        status.GetProperty("battery_details").GetProperty("battery_level").GetInt32().ShouldBe(60);
        status.GetProperty("odometer").GetRawText().ShouldBe("12030");
        (await CompanionUnderTest.DataAsync(pages, "/api/v1/cars/2/status")).GetProperty("status").GetProperty("state").GetString()
            .ShouldBe("unavailable");
    }

    [Theory]
    [InlineData("GET", "/api/nothing", 404, """{"code":"PAGE_NOT_FOUND","message":"Page not found"}""")]
    [InlineData("POST", "/api/v1/cars", 404, """{"code":"PAGE_NOT_FOUND","message":"Page not found"}""")]
    [InlineData("DELETE", "/api/v1/cars/1/drives/7", 404, """{"code":"PAGE_NOT_FOUND","message":"Page not found"}""")]
    [InlineData("POST", "/api/v1/cars/1/wake_up", 403, """{"error":"You are not allowed to access commands"}""")]
    [InlineData("POST", "/api/v1/cars/1/command/honk_horn", 403, """{"error":"You are not allowed to access commands"}""")]
    [InlineData("GET", "/api/v1/cars/1/commands", 403, """{"error":"You are not allowed to access commands"}""")]
    [InlineData("PUT", "/api/v1/cars/0/logging/suspend", 400, """{"error":"CarID invalid"}""")]
    [InlineData("PUT", "/api/v1/cars/abc/logging/suspend", 400, """{"error":"CarID invalid"}""")]
    [InlineData("PUT", "/api/v1/cars/1/logging/resume", 204, "")]
    [InlineData("HEAD", "/api/v1/cars", 200, "")]
    public async Task Another_method_or_path_answers(string method, string path, int status, string body)
    {
        Pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        using var http = new HttpClient { BaseAddress = Pages.Address };
        using var response = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
    }

    [Fact]
    public async Task While_the_database_is_away_a_reading_fails_with_200_and_readiness_says_so()
    {
        await using var pages = await CompanionUnderTest.StartAsync("UTC");
        await pages.Database.ExecuteAsync("alter table drives rename to elsewhere");
        (await CompanionUnderTest.GetAsync(pages, "/api/v1/cars/1/drives")).ShouldBe("""{"error":"Unable to load drives."}""");
    }

    [Fact]
    public async Task With_a_password_every_reading_needs_a_token_that_reads()
    {
        await using var pages = await CompanionUnderTest.StartAsync("UTC");
        await pages.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        var routes = Route.All(pages.Services).Where(route => route is { IsForPrograms: true, Method: "GET", Policy: not null }
            && route.Path.StartsWith("/api", StringComparison.Ordinal)).ToList();
        routes.Count.ShouldBeGreaterThan(12);
        var (reads, logs, narrow) = (await pages.TokenAsync("read"), await pages.TokenAsync("logging"), await pages.TokenAsync("read", 2));
        var brief = TokenWish.Parse("brief", ["read"], [], days: "1").Wish.ShouldNotBeNull();
        var expired = (await pages.Tokens.CreateAsync(brief, CancellationToken.None)).Token.Reveal();
        pages.Time.Advance(TimeSpan.FromDays(2));
        foreach (var route in routes)
        {
            (await SendAsync(pages, route.Path, null)).ShouldBe((401, """{"error":"failed validation"}"""), route.Path);
            (await SendAsync(pages, route.Path, "Bearer")).ShouldBe((401, """{"error":"header authorization bearer token is empty"}"""), route.Path);
            (await SendAsync(pages, route.Path, "Digest x")).ShouldBe((401,
                """{"error":"header authorization bearer token is not proper formatted"}"""), route.Path);
            pages.Time.Advance(TimeSpan.FromHours(2));
            (await SendAsync(pages, route.Path, $"Bearer {expired}")).ShouldBe((401, """{"error":"header authorization bearer token invalid"}"""),
                route.Path);
            (await SendAsync(pages, route.Path, $"Bearer {logs}")).Status.ShouldBe(403, route.Path);
            if (!route.Path.Contains("command", StringComparison.Ordinal))
            {
                (await SendAsync(pages, route.Path, $"Bearer {reads}")).Status.ShouldBe(200, route.Path);
                (await SendAsync(pages, $"{route.Path}?token={reads}", null)).Status.ShouldBe(200, route.Path);
                (await SendAsync(pages, route.Path, $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"x:{reads}"))}")).Status.ShouldBe(200,
                    route.Path);
            }

            (await SendAsync(pages, route.Path, $"Bearer {narrow}")).Body.ShouldNotContain("Blue", customMessage: route.Path);
        }

        (await SendAsync(pages, "/api/v1/cars", $"Bearer {narrow}")).Body.ShouldContain("\"car_id\":2");
        (await SendAsync(pages, "/api/v1/cars/1/drives/7", $"Bearer {narrow}")).Body.ShouldBe("""{"error":"No rows were returned!"}""");
        (await SendAsync(pages, "/api/v1/cars?token=wrong", null)).ShouldBe((401, """{"error":"param token invalid"}"""));
        (await SendAsync(pages, "/api/ping", null)).Status.ShouldBe(200);
        pages.Log.Lines.ShouldAllBe(line => !line.Contains(reads));
    }

    [Fact]
    public async Task A_foreign_name_is_refused_without_a_password()
    {
        using var http = new HttpClient { BaseAddress = Pages.Address };
        http.DefaultRequestHeaders.Host = "evil.example.com";
        using var response = await http.GetAsync("/api/v1/cars");
        response.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task Answers_are_compressed_and_other_origins_read_them_only_where_the_owner_says_so()
    {
        await using var pages = await CompanionUnderTest.StartAsync("UTC", ("API_CORS_ORIGINS", "https://app.example.com"));
        using var http = new HttpClient { BaseAddress = pages.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/cars/1/drives");
        request.Headers.Add("Accept-Encoding", "gzip");
        request.Headers.Add("Origin", "https://app.example.com");
        using var response = await http.SendAsync(request);
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://app.example.com"]);
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/v1/cars/1/logging/resume");
        preflight.Headers.Add("Origin", "https://app.example.com");
        preflight.Headers.Add("Access-Control-Request-Method", "PUT");
        using var allowed = await http.SendAsync(preflight);
        allowed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/api/v1/cars");
        foreign.Headers.Add("Origin", "https://evil.example.com");
        (await http.SendAsync(foreign)).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task What_comes_too_fast_is_refused_with_429()
    {
        await using var pages = await CompanionUnderTest.StartAsync("UTC", ("API_REQUESTS_PER_SECOND", "1"), ("API_REQUEST_BURST", "5"));
        using var http = new HttpClient { BaseAddress = pages.Address };
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => http.GetAsync("/api/v1/cars/1/status", HttpCompletionOption.ResponseHeadersRead)));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBeGreaterThanOrEqualTo(5);
        var refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        (await refused.Content.ReadAsStringAsync()).ShouldBe("""{"error":"too many requests"}""");
    }

    static async Task<(int Status, string Body)> SendAsync(PagesUnderTest pages, string path, string? authorization)
    {
        using var http = new HttpClient { BaseAddress = pages.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
