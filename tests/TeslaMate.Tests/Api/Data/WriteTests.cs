using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using TeslaMate.Configuration;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Changes by programs (spec api 2.6): what each does to the rows, what is refused and in which words, and the way back.</summary>
public sealed class WriteTests : IAsyncLifetime
{
    const string Password = "correct horse battery staple";

    // A second charge with readings enough to be divided, an hour after the first.
    const string MoreRows = """
        update charging_processes set end_date = '2026-07-07 18:00:00', start_battery_level = 61, end_battery_level = 70, charge_energy_added = 8,
            charge_energy_used = 9, duration_min = 60 where id = 4;
        insert into charges (charging_process_id, date, battery_level, charge_energy_added, charger_power, ideal_battery_range_km)
        select 4, timestamp '2026-07-07 17:00:20' + n * interval '10 minutes', 61 + n, n * 1.2, 7, 355 + n from generate_series(1, 5) as n;
        select setval('charges_id_seq', 10000), setval('charging_processes_id_seq', 10000), setval('geofences_id_seq', 10000);
        """;

    readonly DataUnderTest _data = new();
    HttpClient _client = null!;

    PagesUnderTest Pages => _data.Pages;

    public async Task InitializeAsync()
    {
        await _data.InitializeAsync();
        await _data.Database.ExecuteAsync(MoreRows);
        await Pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        _client = _data.Client(await Pages.TokenAsync("write"));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task Every_route_that_writes_does_what_its_description_says()
    {
        var document = await DataUnderTest.JsonAsync(_client, "/data/openapi/v1.json");
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()
                .Select(operation => (Method: operation.Name.ToUpperInvariant(), Path: path.Name, operation.Value)))
            .Where(operation => operation.Value.GetProperty("description").GetString() == "Needs scope `write`.").ToList();
        var before = await RowsAsync();
        var called = new List<(string, string)>();
        foreach (var (method, template, path, body) in ((string, string, string, string?)[])[
            ("PUT", "/drives/{id}/tags", "/drives/7/tags", """{"tags":["work","zug"]}"""),
            ("PUT", "/drives/{id}/geofence", "/drives/7/geofence", """{"end":"end","geofence_id":2}"""),
            ("POST", "/drives/{id}/split", "/drives/7/split", """{"position_id":102}"""),
            ("POST", "/drives/merge", "/drives/merge", """{"ids":[7,10001]}"""),
            ("POST", "/drives/{id}/trim", "/drives/7/trim", """{"from":"2026-07-04T08:10:00Z"}"""),
            ("DELETE", "/drives/{id}", "/drives/8", null),
            ("PUT", "/charging-processes/{id}/tags", "/charging-processes/3/tags", """{"tags":["cheap"]}"""),
            ("PUT", "/charging-processes/{id}/geofence", "/charging-processes/3/geofence", """{"geofence_id":2}"""),
            ("PUT", "/charging-processes/{id}/cost", "/charging-processes/3/cost", """{"mode":"per_kwh","value":0.30}"""),
            ("POST", "/charging-processes/{id}/trim", "/charging-processes/4/trim", """{"to":"2026-07-07T17:45:00Z"}"""),
            ("POST", "/charging-processes/{id}/split", "/charging-processes/4/split", """{"charge_id":43}"""),
            ("POST", "/charging-processes/merge", "/charging-processes/merge", """{"ids":[4,10001]}"""),
            ("DELETE", "/charging-processes/{id}", "/charging-processes/3", null)])
        {
            await ChangeAsync(method, path, await FillAsync(path, body));
            called.Add((method, $"/data/v1{template}"));
        }

        (await _data.Database.ScalarAsync<decimal?>("select cost from charging_processes where id = 4")).ShouldBeNull();
        var changes = await DataUnderTest.JsonAsync(_client, "/data/v1/changes");
        changes.GetProperty("data").GetArrayLength().ShouldBe(13);
        foreach (var change in changes.GetProperty("data").EnumerateArray())
        {
            var id = change.GetProperty("id").GetInt64();
            change.GetProperty("author").GetString().ShouldBe("token for write");
            (await DataUnderTest.JsonAsync(_client, $"/data/v1/changes/{id}")).GetProperty("edit").GetProperty("do").GetString().ShouldNotBeNull();
            (await ChangeAsync("POST", $"/changes/{id}/undo", null)).GetProperty("undone_by").GetString().ShouldBe("token for write");
        }

        (await RowsAsync()).ShouldBe(before);
        called.AddRange([("GET", "/data/v1/changes"), ("GET", "/data/v1/changes/{id}"), ("POST", "/data/v1/changes/{id}/undo")]);
        described.Where(operation => !operation.Path.Contains("/geofences", StringComparison.Ordinal))
            .Select(operation => (operation.Method, operation.Path)).ShouldBe(called, ignoreOrder: true);
    }

    [Fact]
    public async Task Geofences_are_made_changed_and_deleted_by_the_rules_of_the_form()
    {
        const string Zug = """{"name":" Zug ","latitude":47.1661,"longitude":8.5154,"radius_m":50,"cost_per_unit":0.5,"session_fee":null}""";
        var made = await ChangeAsync("POST", "/geofences?price_past=true", Zug);
        made.GetProperty("name").GetString().ShouldBe("Zug");
        made.GetProperty("counts").GetProperty("charging_processes").GetInt32().ShouldBe(2);
        (await _data.Database.ScalarAsync<decimal>("select cost from charging_processes where id = 3")).ShouldBe(13.09m);
        var id = made.GetProperty("id").GetInt32();
        var changed = await ChangeAsync("PUT", $"/geofences/{id}", Zug.Replace("50,", "60,", StringComparison.Ordinal));
        changed.GetProperty("radius_m").GetInt32().ShouldBe(60);
        (await ChangeAsync("DELETE", $"/geofences/{id}", null)).GetProperty("id").GetInt32().ShouldBe(id);
        (await _data.ProblemAsync($"/data/v1/geofences/{id}", HttpStatusCode.NotFound, await Pages.TokenAsync("read"))).Slug.ShouldBe("not-found");

        var (slug, problem) = await RefusedAsync(
            "POST", "/geofences", """{"name":"","latitude":91,"longitude":8,"radius_m":0.5}""", HttpStatusCode.UnprocessableEntity);
        slug.ShouldBe("invalid-parameter");
        problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString())
            .ShouldBe(["/name", "/latitude", "/radius_m"], ignoreOrder: true);
        (await RefusedAsync("PUT", "/geofences/2", Zug, HttpStatusCode.PreconditionRequired, condition: null)).Slug.ShouldBe("precondition-required");
        (await RefusedAsync("PUT", "/geofences/2", Zug, HttpStatusCode.PreconditionFailed, "\"of another time\"")).Slug
            .ShouldBe("precondition-failed");
        var before = await RowsAsync();
        using var preview = await SendAsync("PUT", "/geofences/2?preview=true", Zug, condition: null);
        var told = await JsonAsync(preview);
        (told.GetProperty("is_preview").GetBoolean(), told.GetProperty("car_id").ValueKind).ShouldBe((true, JsonValueKind.Null));
        (await RowsAsync()).ShouldBe(before);
        await ChangeAsync("PUT", "/geofences/2", Zug, condition: preview.Headers.ETag!.Tag);
        var change = (await DataUnderTest.JsonAsync(_client, "/data/v1/changes")).GetProperty("data")[0];
        change.GetProperty("edit").GetProperty("do").GetString().ShouldBe("save_geofence");
        await ChangeAsync("POST", $"/changes/{change.GetProperty("id").GetInt64()}/undo", null);
        (await RowsAsync()).ShouldBe(before);

        var first = await ChangeAsync("POST", "/geofences", Zug, key: "g");
        (await ChangeAsync("POST", "/geofences", Zug, key: "g")).GetProperty("id").GetInt32().ShouldBe(first.GetProperty("id").GetInt32());
        using var ofOneCar = _data.Client(await Pages.TokenAsync("write", 1));
        using (var hidden = await ofOneCar.GetAsync($"/data/v1/changes/{change.GetProperty("id").GetInt64()}"))
            hidden.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await RefusedAsync("POST", "/geofences", Zug, HttpStatusCode.Forbidden, client: ofOneCar)).Slug.ShouldBe("forbidden-scope");
    }

    [Fact]
    public async Task A_change_is_for_the_row_that_the_program_has_seen()
    {
        const string Tags = """{"tags":["work"]}""";
        using var read = await _client.GetAsync("/data/v1/drives/7");
        var tag = read.Headers.ETag!.Tag;
        (await RefusedAsync("PUT", "/drives/7/tags", Tags, HttpStatusCode.PreconditionRequired, condition: null)).Slug
            .ShouldBe("precondition-required");
        await ChangeAsync("PUT", "/drives/7/tags", Tags, condition: $"W/{tag}");
        (await RefusedAsync("PUT", "/drives/7/tags", """{"tags":[]}""", HttpStatusCode.PreconditionFailed, tag)).Slug.ShouldBe("precondition-failed");

        // A preview changes nothing, and its own tag stands for the rows that it was of.
        var before = await RowsAsync();
        using var preview = await SendAsync("POST", "/drives/7/split?preview=true", """{"position_id":102}""", condition: null);
        (await JsonAsync(preview)).GetProperty("is_preview").GetBoolean().ShouldBeTrue();
        (await RowsAsync()).ShouldBe(before);
        await ChangeAsync("POST", "/drives/7/split", """{"position_id":102}""", condition: preview.Headers.ETag!.Tag);
        (await RefusedAsync("POST", "/drives/merge", """{"ids":[7,8]}""", HttpStatusCode.Conflict)).Slug.ShouldBe("conflict");
        (await RefusedAsync("POST", "/drives/merge", """{"ids":[7,10001]}""", HttpStatusCode.PreconditionFailed, preview.Headers.ETag!.Tag))
            .Slug.ShouldBe("precondition-failed");
    }

    [Fact]
    public async Task A_repetition_with_the_same_key_changes_nothing_more()
    {
        const string Split = """{"position_id":102}""";
        using var read = await _client.GetAsync("/data/v1/drives/7");
        var tag = read.Headers.ETag!.Tag;
        var first = await ChangeAsync("POST", "/drives/7/split", Split, condition: tag, key: "a");
        var before = await RowsAsync();
        var second = await ChangeAsync("POST", "/drives/7/split", Split, condition: tag, key: "a");
        second.GetProperty("id").GetInt64().ShouldBe(first.GetProperty("id").GetInt64());
        (first.GetProperty("is_repeated").GetBoolean(), second.GetProperty("is_repeated").GetBoolean()).ShouldBe((false, true));
        (await RowsAsync()).ShouldBe(before);
        (await RefusedAsync("POST", "/drives/merge", """{"ids":[7,10001]}""", HttpStatusCode.Conflict, key: "a")).Slug.ShouldBe("conflict");
        Pages.Time.Advance(TimeSpan.FromHours(25));
        await ChangeAsync("POST", "/drives/merge", """{"ids":[7,10001]}""", key: "a");
    }

    [Theory]
    [InlineData("PUT", "/drives/7/tags", """{"tags":"work"}""", 400, "/tags")]
    [InlineData("PUT", "/drives/7/tags", """{"tags":[],"more":1}""", 400, "/more")]
    [InlineData("PUT", "/drives/7/tags", """{}""", 400, "/tags")]
    [InlineData("PUT", "/drives/7/tags", """{"tags":[],"tags":[]}""", 400, "")]
    [InlineData("PUT", "/drives/7/tags", """["work"]""", 400, "")]
    [InlineData("PUT", "/drives/7/tags", """{"tags":""", 400, "")]
    [InlineData("PUT", "/drives/7/tags", """{"tags":["a;b"]}""", 422, null)]
    [InlineData("PUT", "/drives/7/tags?prevue=1", """{"tags":["a"]}""", 400, null)]
    [InlineData("PUT", "/drives/77/tags", """{"tags":["a"]}""", 404, null)]
    [InlineData("PUT", "/drives/7/geofence", """{"end":"middle","geofence_id":null}""", 400, "/end")]
    [InlineData("PUT", "/drives/7/geofence", """{"end":"end","geofence_id":99}""", 422, null)]
    [InlineData("POST", "/drives/7/split", """{"position_id":101}""", 409, null)]
    [InlineData("POST", "/drives/7/split", """{"position_id":0}""", 400, "/position_id")]
    [InlineData("POST", "/drives/7/trim", """{"from":"yesterday"}""", 400, "/from")]
    [InlineData("POST", "/drives/7/trim", """{}""", 422, null)]
    [InlineData("POST", "/drives/merge", """{"ids":[7]}""", 422, null)]
    [InlineData("PUT", "/charging-processes/3/cost", """{"mode":"per_kwh","value":null}""", 422, null)]
    [InlineData("PUT", "/charging-processes/3/cost", """{"value":1e15}""", 422, null)]
    [InlineData("POST", "/changes/1/undo", null, 404, null)]
    public async Task What_cannot_be_done_is_refused_in_words(string method, string path, string? body, int status, string? member)
    {
        var before = await RowsAsync();
        var (_, problem) = await RefusedAsync(method, path, body, (HttpStatusCode)status);
        if (member is not null)
            problem.GetProperty("errors").EnumerateArray().Single().GetProperty("pointer").GetString().ShouldBe(member);
        (await RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task What_somebody_else_writes_for_long_is_refused_and_can_be_tried_again()
    {
        var before = await RowsAsync();
        await using var other = await _data.Database.TestSource.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand(
            "select from drives where id = 7 for update; select from charging_processes where id = 3 for update", other))
            await hold.ExecuteNonQueryAsync();
        var answers = await Task.WhenAll(
            RefusedAsync("POST", "/drives/7/split", """{"position_id":102}""", HttpStatusCode.Conflict),
            RefusedAsync("PUT", "/charging-processes/3/cost", """{"mode":"total","value":5}""", HttpStatusCode.Conflict),
            RefusedAsync("DELETE", "/drives/7", null, HttpStatusCode.Conflict),
            RefusedAsync("DELETE", "/geofences/2", null, HttpStatusCode.Conflict));
        answers.ShouldAllBe(answer => answer.Slug == "conflict"
            && answer.Problem.GetProperty("detail").GetString()!.EndsWith("Try again.", StringComparison.Ordinal));
        await transaction.RollbackAsync();
        (await RowsAsync()).ShouldBe(before);
        await ChangeAsync("POST", "/drives/7/split", """{"position_id":102}""");
    }

    [Fact]
    public async Task Edits_are_told_in_the_words_that_they_are_asked_with()
    {
        var cost = (await ChangeAsync("PUT", "/charging-processes/3/cost", """{"mode":"per_kwh","value":0.30}""")).GetProperty("edit");
        (cost.GetProperty("mode").GetString(), cost.GetProperty("kind").GetString()).ShouldBe(("per_kwh", "charge"));
        var place = (await ChangeAsync("PUT", "/drives/7/geofence", """{"end":"end","geofence_id":2}""")).GetProperty("edit");
        (place.GetProperty("end").GetString(), place.GetProperty("kind").GetString()).ShouldBe(("end", "drive"));
        (await DataUnderTest.JsonAsync(_client, "/data/v1/changes")).GetProperty("data").EnumerateArray()
            .Select(change => change.GetProperty("edit").GetProperty("kind").GetString()).ShouldBe(["drive", "charge"]);
    }

    [Fact]
    public async Task Who_may_not_write_changes_nothing()
    {
        var before = await RowsAsync();
        const string Body = """{"tags":["work"]}""";
        foreach (var (scopes, cars, status) in ((string, int[], HttpStatusCode)[])[("read", [], HttpStatusCode.Forbidden),
            ("logging", [], HttpStatusCode.Forbidden), ("calendar", [], HttpStatusCode.Forbidden), ("write", [2], HttpStatusCode.NotFound)])
        {
            using var client = _data.Client(await Pages.TokenAsync(scopes, cars));
            await RefusedAsync("PUT", "/drives/7/tags", Body, status, client: client);
        }

        // A body that no form of a browser can send, of a site that is not ours.
        using var plain = await SendAsync("PUT", "/drives/7/tags", Body, type: "text/plain");
        plain.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        using var long_ = await SendAsync("PUT", "/drives/7/tags", $$"""{"tags":["{{new string('x', 70_000)}}"]}""");
        long_.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        // The rest of the body is not read: the next request needs another connection, and the client has to know.
        long_.Headers.ConnectionClose.ShouldBe(true);
        await ChangeAsync("PUT", "/drives/7/tags", Body);
        using var other = _data.Client(await Pages.TokenAsync("write", 2));
        (await DataUnderTest.JsonAsync(other, "/data/v1/changes")).GetProperty("data").GetArrayLength().ShouldBe(0);
        var change = (await DataUnderTest.JsonAsync(_client, "/data/v1/changes?car=1&limit=1")).GetProperty("data")[0].GetProperty("id").GetInt64();
        await RefusedAsync("POST", $"/changes/{change}/undo", null, HttpStatusCode.NotFound, client: other);
        await ChangeAsync("POST", $"/changes/{change}/undo", null);
        (await RefusedAsync("POST", $"/changes/{change}/undo", null, HttpStatusCode.Conflict)).Slug.ShouldBe("conflict");
        (await RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_session_writes_with_the_token_of_a_form_and_not_without()
    {
        using var browser = Pages.Visit();
        (await browser.PostAsync("/log_in", from: "/log_in", ("password", Password))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var formToken = (await browser.PageAsync("/data/docs")).QuerySelector("[data-form-token]")!.GetAttribute("data-form-token");
        var before = await RowsAsync();
        foreach (var wrong in (string?[])[null, "of another time"])
        {
            using var refused = await TagAsync(browser, wrong);
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            (await refused.Content.ReadAsStringAsync()).ShouldContain("X-CSRF-Token");
        }

        using (var foreign = await TagAsync(browser, formToken, site: "cross-site"))
            foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await RowsAsync()).ShouldBe(before);
        using var done = await TagAsync(browser, formToken);
        var change = (await JsonAsync(done)).GetProperty("id").GetInt64();
        await ChangeAsync("POST", $"/changes/{change}/undo", null);
        (await RowsAsync()).ShouldBe(before);

        static async Task<HttpResponseMessage> TagAsync(Browser browser, string? formToken, string site = "same-origin")
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/data/v1/drives/7/tags");
            request.Content = new StringContent("""{"tags":["work"]}""", Encoding.UTF8, "application/json");
            request.Headers.TryAddWithoutValidation("If-Match", "*");
            request.Headers.Add("Sec-Fetch-Site", site);
            if (formToken is not null)
                request.Headers.Add("X-CSRF-Token", formToken);
            return await browser.SendAsync(request);
        }
    }

    // Numbers that a change before gave out are not known beforehand.
    async Task<string?> FillAsync(string path, string? body)
    {
        var newest = path.StartsWith("/drives", StringComparison.Ordinal) ? "select max(id) from drives" : "select max(id) from charging_processes";
        var reading = await _data.Database.ScalarAsync<int>(
            "select id from charges where charging_process_id = 4 order by date offset 2 limit 1");
        return body?.Replace("10001", (await _data.Database.ScalarAsync<int>(newest)).ToString(System.Globalization.CultureInfo.InvariantCulture),
            StringComparison.Ordinal).Replace("43", reading.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    async Task<JsonElement> ChangeAsync(
        string method, string path, string? body, string? condition = "*", string? key = null)
    {
        using var response = await SendAsync(method, path, body, condition, key);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{method} {path}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    async Task<(string Slug, JsonElement Problem)> RefusedAsync(
        string method, string path, string? body, HttpStatusCode status, string? condition = "*", string? key = null, HttpClient? client = null)
    {
        using var response = await SendAsync(method, path, body, condition, key, client);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, $"{method} {path}: {text}");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(text).RootElement.Clone();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        return (problem.GetProperty("type").GetString()!["/data/problems/".Length..], problem);
    }

    async Task<HttpResponseMessage> SendAsync(
        string method, string path, string? body, string? condition = "*", string? key = null, HttpClient? client = null,
        string type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/data/v1{path}");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type);
        if (condition is not null)
            request.Headers.TryAddWithoutValidation("If-Match", condition);
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await (client ?? _client).SendAsync(request);
    }

    static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    async Task<IReadOnlyList<string>> RowsAsync() => await _data.Database.LinesAsync("""
        select 'drive ' || to_jsonb(d)::text from public.drives as d
        union all select 'position ' || to_jsonb(p)::text from public.positions as p
        union all select 'process ' || to_jsonb(c)::text from public.charging_processes as c
        union all select 'charge ' || to_jsonb(c)::text from public.charges as c
        union all select 'tag ' || t::text from teslamate.drive_tags as t
        union all select 'tag ' || t::text from teslamate.charging_process_tags as t
        order by 1
        """);
}
