using System.Net;
using AngleSharp.Html.Dom;

namespace TeslaMate.Tests.Web;

/// <summary>Changing what was logged by the pages (spec api 2.6).</summary>
public sealed class HistoryPageTests : IAsyncLifetime
{
    PagesUnderTest _pages = null!;
    Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(_pages.Database);
        // A second drive right after the first, of three kilometres.
        await _pages.Database.ExecuteAsync("""
            update positions set odometer = 100 + id, ideal_battery_range_km = 300 - id where drive_id = 1;
            update drives set start_km = 101, end_km = 104 where id = 1;
            insert into drives (id, car_id, start_date, end_date, start_km, end_km, distance)
                values (2, 1, '2024-05-01 08:30', '2024-05-01 08:40', 110, 113, 3);
            insert into positions (id, car_id, drive_id, date, latitude, longitude, odometer, ideal_battery_range_km)
            values (21, 1, 2, '2024-05-01 08:30', 52.5, 13.3, 110, 290), (22, 1, 2, '2024-05-01 08:40', 52.6, 13.3, 113, 285);
            select setval('trips_id_seq', 10), setval('positions_id_seq', 100)
            """);
        _browser = _pages.Visit();
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _pages.DisposeAsync();
    }

    [Fact]
    public async Task Chosen_drives_are_merged_after_a_preview_and_the_change_is_undone()
    {
        (await _browser.PageAsync("/history")).Texts(".empty p").ShouldBe(["Nothing was changed in the last 90 days."]);
        var list = await _browser.PageAsync("/drives");
        list.QuerySelectorAll("input[type=checkbox][name=id][form=chosen]").Length.ShouldBe(2);
        var preview = await PreviewAsync("/drives", ("do", "merge"), ("kind", "Drive"), ("id", "1"), ("id", "2"), ("mode", "Add"), ("tags", ""));
        preview.Title.ShouldBe("Preview · TeslaMate for .NET");
        (await _pages.Database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(2);

        (await SendAsync(preview)).ShouldBe(HttpStatusCode.Found);
        (await _pages.Database.ScalarAsync<double>("select distance from drives")).ShouldBe(12);
        var changes = await _browser.PageAsync("/history");
        changes.Texts(".notification").ShouldContain(text => text.Contains("90 days", StringComparison.Ordinal));
        changes.Texts("tbody td:nth-child(2)").ShouldBe(["merge drives 1, 2"]);
        (await _browser.PageAsync("/history/1")).Texts("tbody td:first-child").ShouldContain("drives 2");

        using (var undone = await _browser.PostAsync("/history/1/undo", from: "/history", []))
            undone.StatusCode.ShouldBe(HttpStatusCode.Found);
        (await _pages.Database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(2);
        using var again = await _browser.PostAsync("/history/1/undo", from: "/drives", []);
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("do=split&at=2024-05-01T08:00:05", "select count(*) from drives", 3)]
    [InlineData("do=trim&from=2024-05-01T08:00:05&to=", "select count(*) from positions where drive_id = 1", 3)]
    [InlineData("do=tags&mode=Replace&tags=rain, night", "select count(*) from teslamate.drive_tags", 2)]
    [InlineData("do=delete", "select count(*) from drives", 1)]
    public async Task The_page_of_one_offers_what_can_be_done(string form, string sql, long expected)
    {
        var edit = await _browser.PageAsync("/history/drive/1");
        edit.QuerySelectorAll("form[action='/history/preview'] button").Length.ShouldBe(6);
        (string, string)[] fields =
            [("kind", "Drive"), ("id", "1"), .. form.Split('&').Select(field => field.Split('=')).Select(pair => (pair[0], pair[1]))];
        (await SendAsync(await PreviewAsync("/history/drive/1", fields))).ShouldBe(HttpStatusCode.Found);
        (await _pages.Database.ScalarAsync<long>(sql)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("do=merge&kind=Drive&id=1", HttpStatusCode.UnprocessableEntity)]
    [InlineData("do=delete&kind=Drive&id=99", HttpStatusCode.NotFound)]
    [InlineData("do=delete&kind=Boat&id=1", HttpStatusCode.UnprocessableEntity)]
    [InlineData("do=fly&kind=Drive&id=1", HttpStatusCode.UnprocessableEntity)]
    [InlineData("do=split&kind=Drive&id=1&at=noon", HttpStatusCode.UnprocessableEntity)]
    [InlineData("do=delete&kind=Drive&id=1x", HttpStatusCode.UnprocessableEntity)]
    [InlineData("do=trim&kind=Drive&id=1&from=2030-01-01T00:00", HttpStatusCode.Conflict)]
    public async Task What_cannot_be_is_said(string form, HttpStatusCode status)
    {
        using var response = await _browser.PostAsync("/history/preview", from: "/drives",
            [.. form.Split('&').Select(field => field.Split('=')).Select(pair => (pair[0], pair[1]))]);
        response.StatusCode.ShouldBe(status);
        (await Browser.ParseAsync(response)).QuerySelector("[role=alert]").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_preview_that_is_no_longer_true_changes_nothing()
    {
        var preview = await PreviewAsync("/drives", ("do", "delete"), ("kind", "Drive"), ("id", "1"));
        await _pages.Database.ExecuteAsync("update drives set distance = 19 where id = 1");
        (await SendAsync(preview)).ShouldBe(HttpStatusCode.Conflict);
        (await _pages.Database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(2);
    }

    [Fact]
    public async Task A_geofence_is_saved_after_a_preview_and_the_change_is_undone()
    {
        (string, string)[] fence =
        [
            ("geo_fence[name]", "Berlin"), ("geo_fence[latitude]", "52.6"), ("geo_fence[longitude]", "13.3"), ("geo_fence[radius]", "50"),
            ("geo_fence[billing_type]", "per_kwh"), ("geo_fence[cost_per_unit]", ""), ("geo_fence[session_fee]", ""),
        ];
        await _pages.Database.ExecuteAsync("""
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at) values (1, 'Elsewhere', 10, 10, 20, now(), now());
            select setval('geofences_id_seq', 1);
            update drives set end_position_id = 22 where id = 2
            """);
        var fences = await _pages.Database.ScalarAsync<long>("select count(*) from geofences");
        using var response = await _browser.PostAsync("/geo-fences", from: "/geo-fences/new", [.. fence, ("preview", "true")]);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var preview = await Browser.ParseAsync(response);
        preview.Title.ShouldBe("Preview · TeslaMate for .NET");
        preview.Texts("tbody td:first-child").ShouldContain("drive_geofences 2");
        (await _pages.Database.ScalarAsync<long>("select count(*) from geofences")).ShouldBe(fences);

        await _pages.Database.ExecuteAsync("update drives set end_geofence_id = 1 where id = 2");
        (await SendAsync(preview, "/geo-fences")).ShouldBe(HttpStatusCode.Conflict);
        await _pages.Database.ExecuteAsync("update drives set end_geofence_id = null where id = 2");
        (await SendAsync(preview, "/geo-fences")).ShouldBe(HttpStatusCode.Found);
        (await _pages.Database.ScalarAsync<long>("select count(*) from geofences")).ShouldBe(fences + 1);
        (await _browser.PageAsync("/history")).Texts("tbody td:nth-child(2)").ShouldBe(["new geofence Berlin"]);
        var change = await _pages.Database.ScalarAsync<long>("select id from teslamate.history_changes");
        using var undone = await _browser.PostAsync($"/history/{change}/undo", from: "/history", []);
        undone.StatusCode.ShouldBe(HttpStatusCode.Found);
        (await _pages.Database.ScalarAsync<long>("select count(*) from geofences")).ShouldBe(fences);
    }

    [Fact]
    public async Task What_goes_on_offers_nothing()
    {
        await _pages.Database.ExecuteAsync("update drives set end_date = null where id = 1");
        (await _browser.PageAsync("/history/drive/1")).QuerySelectorAll("main form").ShouldBeEmpty();
    }

    async Task<IHtmlDocument> PreviewAsync(string from, params (string, string)[] fields)
    {
        using var response = await _browser.PostAsync("/history/preview", from, fields);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await Browser.ParseAsync(response);
    }

    /// <summary>Presses the button of a preview.</summary>
    async Task<HttpStatusCode> SendAsync(IHtmlDocument preview, string path = "/history")
    {
        var fields = preview.QuerySelectorAll("main form input[type=hidden]").OfType<IHtmlInputElement>().Where(input => input.Name != "_csrf_token")
            .Select(input => (input.Name!, input.Value)).ToArray();
        using var response = await _browser.PostAsync(path, from: "/drives", fields);
        return response.StatusCode;
    }
}
