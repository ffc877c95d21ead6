using System.Net;
using AngleSharp.Html.Dom;

namespace TeslaMate.Tests.Web;

/// <summary>The list of geofences and their form on real rows (spec web 6.4, 6.5 and 12).</summary>
public sealed class GeofenceFormTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    static readonly (string Name, string Value)[] Fence =
    [
        ("geo_fence[name]", "Home"), ("geo_fence[latitude]", "52.5"), ("geo_fence[longitude]", "13.4"), ("geo_fence[radius]", "50"),
        ("geo_fence[billing_type]", "per_kwh"),
        ("geo_fence[cost_per_unit]", ""), ("geo_fence[session_fee]", ""),
    ];

    // The place of the charges of the dialog's examples.
    static readonly (string Name, string Value)[] Charger =
        With(With(With(Fence, "geo_fence[latitude]", "47.814441"), "geo_fence[longitude]", "12.367768"), "geo_fence[radius]", "30");

    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    public Task InitializeAsync() => _pages.Database.ExecuteAsync("""
        update drives set start_geofence_id = null, end_geofence_id = null;
        update charging_processes set geofence_id = null;
        delete from charging_processes where id > 1;
        delete from positions where id > 5;
        delete from geofences;
        select setval('geofences_id_seq', 1, false);
        update settings set unit_of_length = 'km'
        """);

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Geofences_are_listed_by_name_with_place_and_radius()
    {
        await _pages.Database.ExecuteAsync("""
            insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values
                ('Work', 52.5, 13.4, 15, now(), now()), ('ähnlich', -0.5, 180, 20, now(), now()), ('Home', 52.514521, 13.350144, 100, now(), now())
            """);
        (await RowsAsync()).ShouldBe(["Home | 52.514521, 13.350144 | 100 m", "Work | 52.500000, 13.400000 | 15 m",
            "ähnlich | -0.500000, 180.000000 | 20 m"]);
        await _pages.Database.ExecuteAsync("update settings set unit_of_length = 'mi'");
        (await RowsAsync()).ShouldBe(["Home | 52.514521, 13.350144 | 328 ft", "Work | 52.500000, 13.400000 | 49 ft",
            "ähnlich | -0.500000, 180.000000 | 66 ft"]);
        var page = await _browser.PageAsync("/geo-fences");
        page.QuerySelector("tbody a")!.GetAttribute("href").ShouldBe("/geo-fences/3/edit");
        page.QuerySelector("tbody form")!.GetAttribute("hx-confirm").ShouldBe("Delete 'Home'?");
        page.QuerySelector("tbody form")!.GetAttribute("action").ShouldBe("/geo-fences/3/delete");
        page.QuerySelector("a[href='/geo-fences/new']").ShouldNotBeNull();

        async Task<IReadOnlyList<string>> RowsAsync()
            => [.. (await _browser.PageAsync("/geo-fences")).QuerySelectorAll("tbody tr").Select(row => string.Join(" | ", row.Texts("td").Take(3)))];
    }

    Task ChargeInHomeWithinAroundAsync() => _pages.Database.ExecuteAsync("""
        insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at)
            values ('Home', 52.5, 13.3, 20, now(), now()), ('Around', 52.501, 13.3, 1000, now(), now());
        update charging_processes set geofence_id = 1
        """);

    [Fact]
    public async Task A_geofence_is_deleted_after_a_dialog_of_the_browser()
    {
        await ChargeInHomeWithinAroundAsync();
        _browser.Headers.Add("HX-Request", "true");
        (await _browser.PostAsync("/geo-fences/1/delete", from: "/geo-fences")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _browser.PageAsync("/geo-fences")).Texts("td.name").ShouldBe(["Around"]);
        (await _pages.Database.ScalarAsync<int>("select geofence_id from charging_processes")).ShouldBe(2);
        (await _browser.PostAsync("/geo-fences/1/delete", from: "/geo-fences")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_geofence_is_deleted_after_a_preview_and_what_lay_in_it_goes_to_the_next()
    {
        await ChargeInHomeWithinAroundAsync();
        var before = await _pages.RowsAsync();
        using var asked = await _browser.PostAsync("/geo-fences/1/delete", from: "/geo-fences");
        asked.StatusCode.ShouldBe(HttpStatusCode.OK);
        var preview = await Browser.ParseAsync(asked);
        preview.Title.ShouldBe("Preview · TeslaMate for .NET");
        preview.Texts("tbody tr").ShouldContain(row => row.Contains("Home", StringComparison.Ordinal));
        preview.QuerySelector("main form")!.GetAttribute("action").ShouldBe("/geo-fences/1/delete");
        preview.QuerySelector("main a.button")!.GetAttribute("href").ShouldBe("/geo-fences");
        (await _pages.RowsAsync()).ShouldBe(before);

        // Another row by now: what would be done is no longer what was shown.
        var version = preview.Value("input[name=version]")!;
        await _pages.Database.ExecuteAsync("update geofences set radius = 21 where id = 1");
        (await _browser.PostAsync("/geo-fences/1/delete", "/geo-fences", ("version", version))).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        await _pages.Database.ExecuteAsync("update geofences set radius = 20 where id = 1");
        (await _browser.PostAsync("/geo-fences/1/delete", "/geo-fences", ("version", version))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var list = await _browser.PageAsync("/geo-fences");
        list.Texts("td.name").ShouldBe(["Around"]);
        list.Text("[role=status]").ShouldBe("The change is made. It can be undone for 90 days.");
        (await _pages.Database.ScalarAsync<int>("select geofence_id from charging_processes")).ShouldBe(2);
        (await _browser.PostAsync("/geo-fences/1/delete", from: "/geo-fences")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("name", "", "can't be blank")]
    [InlineData("name", " \n", "can't be blank")]
    [InlineData("radius", "", "can't be blank")]
    [InlineData("radius", "wat", "is invalid")]
    [InlineData("radius", "10.5", "is invalid")]
    [InlineData("radius", "0", "must be greater than 0")]
    [InlineData("radius", "5000", "must be less than 5000")]
    [InlineData("latitude", "wat", "is invalid")]
    [InlineData("latitude", "", "can't be blank")]
    [InlineData("latitude", "91", "is invalid")]
    [InlineData("longitude", "wat", "is invalid")]
    [InlineData("longitude", "181", "is invalid")]
    [InlineData("cost_per_unit", "wat", "is invalid")]
    [InlineData("cost_per_unit", "100000", "is invalid")]
    [InlineData("session_fee", "1e3", "is invalid")]
    [InlineData("session_fee", "-0.01", "must be greater than or equal to 0")]
    [InlineData("session_fee", "1000000000000", "is invalid")]
    [InlineData("billing_type", "per_hour", "is invalid")]
    public async Task A_geofence_that_cannot_be_is_explained_and_nothing_is_stored(string field, string value, string problem)
    {
        await _pages.Database.ExecuteAsync("insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', "
            + "52.5, 13.4, 50, now(), now())");
        foreach (var (path, from) in new[] { ("/geo-fences", "/geo-fences/new"), ("/geo-fences/1", "/geo-fences/1/edit") })
        {
            var page = await _pages.RefusedAsync(_browser, path, from,
                With(With(Fence, "geo_fence[cost_per_unit]", "1"), $"geo_fence[{field}]", value));
            page.Text($"#geo_fence_{field}-problem").ShouldBe(problem);
            if (field != "billing_type")
                page.Value($"#geo_fence_{field}").ShouldBe(value);
        }
    }

    [Fact]
    public async Task All_mistakes_of_a_geofence_are_told_at_once()
    {
        var page = await _pages.RefusedAsync(_browser, "/geo-fences", "/geo-fences/new", With(With(With(With(With(Fence,
            "geo_fence[name]", ""), "geo_fence[radius]", ""), "geo_fence[latitude]", "wat"), "geo_fence[cost_per_unit]", "wat"),
            "geo_fence[session_fee]", "-0.01"));
        page.Text("#geo_fence_name-problem").ShouldBe("can't be blank");
        page.Text("#geo_fence_radius-problem").ShouldBe("can't be blank");
        page.Text("#geo_fence_latitude-problem").ShouldBe("is invalid");
        page.Text("#geo_fence_cost_per_unit-problem").ShouldBe("is invalid");
        page.Text("#geo_fence_session_fee-problem").ShouldBe("must be greater than or equal to 0");
    }

    [Fact]
    public async Task A_name_that_the_column_cannot_hold_is_refused()
        => (await _pages.RefusedAsync(_browser, "/geo-fences", "/geo-fences/new", With(Fence, "geo_fence[name]", new string('ü', 256))))
            .Text("#geo_fence_name-problem").ShouldBe("should be at most 255 character(s)");

    [Fact]
    public async Task A_geofence_is_stored_as_it_was_entered_and_announced_on_the_list()
    {
        (await SaveAsync("/geo-fences", With(With(With(With(Fence, "geo_fence[name]", "  foo  \n"), "geo_fence[cost_per_unit]", "99999.9999"),
            "geo_fence[session_fee]", "999999.99"), "geo_fence[billing_type]", "per_minute")))
            .ShouldBe("/geo-fences");
        (await _pages.Database.ScalarAsync<string>("select concat_ws('|', name, latitude, longitude, radius, billing_type, cost_per_unit, "
            + "session_fee) from geofences"))
            .ShouldBe("foo|52.500000|13.400000|50|per_minute|99999.9999|999999.99");
        var page = await _browser.PageAsync("/geo-fences");
        page.Text("[role=status]").ShouldBe("Geo-fence \"foo\" created");
        page.Text("td.name").ShouldBe("foo");
        (await _browser.PageAsync("/geo-fences")).Text(".notification.is-success").ShouldBeNull();

        var form = await _browser.PageAsync("/geo-fences/1/edit");
        form.Title.ShouldBe("foo · TeslaMate for .NET");
        form.Texts(".breadcrumb li").ShouldBe(["Home", "Geo-Fences", "foo"]);
        new[] { "name", "latitude", "longitude", "radius", "billing_type", "cost_per_unit",
            "session_fee" }.Select(field => form.Value($"#geo_fence_{field}"))
            .ShouldBe(["foo", "52.500000", "13.400000", "50", "per_minute", "99999.9999", "999999.99"]);
        (await SaveAsync("/geo-fences/1", With(Fence, "geo_fence[name]", "bar"))).ShouldBe("/geo-fences");
        (await _browser.PageAsync("/geo-fences")).Text("[role=status]").ShouldBe("Geo-fence \"bar\" updated");
        (await _browser.PostAsync("/geo-fences/2", from: "/geo-fences", Fence)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("", "48.067612", "12.862226")]
    [InlineData("?lat=52.5&lng=13.4", "52.500000", "13.400000")]
    [InlineData("?lat=52.5", "48.067612", "12.862226")]
    [InlineData("?lat=wat&lng=13.4", "48.067612", "12.862226")]
    [InlineData("?lat=95&lng=13.4", "48.067612", "12.862226")]
    public async Task A_new_geofence_begins_where_the_link_or_the_last_position_says(string query, string latitude, string longitude)
    {
        await _pages.Database.ExecuteAsync("insert into positions (id, car_id, date, latitude, longitude) values (6, 1, '2024-01-01', 48.067612, "
            + "12.862226)");
        var page = await _browser.PageAsync($"/geo-fences/new{query}");
        page.Value("#geo_fence_latitude").ShouldBe(latitude);
        page.Value("#geo_fence_longitude").ShouldBe(longitude);
        page.Value("#geo_fence_radius").ShouldBe("20");
        page.Texts(".breadcrumb li").ShouldBe(["Home", "Geo-Fences", "…"]);
    }

    [Fact]
    public async Task Who_measures_in_miles_reads_the_radius_in_feet_too()
    {
        (await _browser.PageAsync("/geo-fences/new")).QuerySelector("output").ShouldBeNull();
        await _pages.Database.ExecuteAsync("update settings set unit_of_length = 'mi'");
        var page = await _browser.PageAsync("/geo-fences/new");
        page.Text("output[for=geo_fence_radius]").ShouldBe("66 ft");
        page.Value("#geo_fence_radius").ShouldBe("20");
    }

    [Fact]
    public async Task Where_no_car_has_been_a_new_geofence_begins_at_zero()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();
        var page = await browser.PageAsync("/geo-fences/new");
        page.Value("#geo_fence_latitude").ShouldBe("0.000000");
        page.Value("#geo_fence_longitude").ShouldBe("0.000000");
    }

    [Fact]
    public async Task Where_nothing_was_charged_a_price_is_simply_stored()
    {
        (await SaveAsync("/geo-fences", With(Charger, "geo_fence[cost_per_unit]", "0.33"))).ShouldBe("/geo-fences");
        (await _pages.Database.ScalarAsync<decimal>("select cost_per_unit from geofences")).ShouldBe(0.33m);
    }

    [Theory]
    [InlineData("", "", "cost_per_unit", "0.33")]
    [InlineData("", "", "session_fee", "5.00")]
    [InlineData("0.33", "", "cost_per_unit", "0.34")]
    [InlineData("0.33", "", "billing_type", "per_minute")]
    [InlineData("0.33", "", "latitude", "47.814442")]
    [InlineData("", "5.00", "longitude", "12.367769")]
    [InlineData("", "5.00", "radius", "31")]
    public async Task Charges_without_a_cost_are_asked_about_before_a_change_is_saved(string costPerUnit, string sessionFee, string field,
        string value)
    {
        var form = With(With(Charger, "geo_fence[cost_per_unit]", costPerUnit), "geo_fence[session_fee]", sessionFee);
        (await SaveAsync("/geo-fences", form)).ShouldBe("/geo-fences");
        await AddChargesAsync();
        // Another name changes no cost.
        (await SaveAsync("/geo-fences/1", With(form, "geo_fence[name]", "Elsewhere"))).ShouldBe("/geo-fences");

        var before = await _pages.RowsAsync();
        var dialog = await AskedAsync("/geo-fences/1", "/geo-fences/1/edit", With(form, $"geo_fence[{field}]", value));
        dialog.Text("dialog h2").ShouldBe("Charging Costs");
        dialog.Text("dialog p")!.ShouldContain("3 charging sessions");
        dialog.Texts("dialog .buttons button").ShouldBe(["Continue", "Add costs retroactively"]);
        dialog.Value($"#geo_fence_{field}").ShouldBe(value);
        (await _pages.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task One_charge_is_asked_about_in_the_singular()
    {
        await AddChargesAsync();
        await _pages.Database.ExecuteAsync("update charging_processes set cost = 1 where position_id = 6 and charge_energy_added > 5");
        (await AskedAsync("/geo-fences", "/geo-fences/new", With(Charger, "geo_fence[cost_per_unit]", "0.33"))).Text("dialog p")!.ShouldContain(
            "1 charging session ");
    }

    [Theory]
    [InlineData("add", "4.57 1 6.51, 4.57 - -, 11.82 1 8.90, 11.82 - -, 50.63 1 99.00, 50.63 - 99.00, 52.10 1 22.19, 52.10 - -")]
    [InlineData("keep", "4.57 1 -, 4.57 - -, 11.82 1 -, 11.82 - -, 50.63 1 99.00, 50.63 - 99.00, 52.10 1 -, 52.10 - -")]
    public async Task The_answer_decides_about_the_costs_of_the_past(string answer, string rows)
    {
        await AddChargesAsync();
        var form = With(With(Charger, "geo_fence[cost_per_unit]", "0.33"), "geo_fence[session_fee]", "5.00");
        (await AskedAsync("/geo-fences", "/geo-fences/new", form)).Text("dialog p")!.ShouldContain("3 charging sessions");
        (await SaveAsync("/geo-fences", With(form, "costs", answer))).ShouldBe("/geo-fences");
        (await _pages.Database.ScalarAsync<string>("""
            select string_agg(concat_ws(' ', charge_energy_added, coalesce(geofence_id::text, '-'), coalesce(cost::text, '-')), ', '
                order by charge_energy_added, position_id)
            from charging_processes
            where id > 1
            """)).ShouldBe(rows);
    }

    [Fact]
    public async Task A_price_of_many_digits_is_multiplied_exactly()
    {
        await AddChargesAsync();
        await _pages.Database.ExecuteAsync("update charging_processes set charge_energy_added = 0.31, cost = null where id = 2");
        await SaveAsync("/geo-fences", With(With(Charger, "geo_fence[cost_per_unit]", "99999.9999"), "costs", "add"));
        (await _pages.Database.ScalarAsync<decimal>("select cost from charging_processes where id = 2")).ShouldBe(31000.00m);
    }

    [Fact]
    public async Task Only_charges_that_the_answer_would_price_are_counted()
    {
        await AddChargesAsync();
        // A fence whose centre is nearer holds them all; the wide one around it would get none.
        await SaveAsync("/geo-fences", With(Charger, "geo_fence[longitude]", "12.367612"));
        var wide = With(With(With(Charger, "geo_fence[name]", "Wide"), "geo_fence[radius]", "500"), "geo_fence[cost_per_unit]", "0.33");
        (await SaveAsync("/geo-fences", wide)).ShouldBe("/geo-fences");
        (await _pages.Database.ScalarAsync<long>("select count(*) from charging_processes where geofence_id = 1")).ShouldBe(4);
        // Without the near one it would get them.
        await _pages.Database.ExecuteAsync("update charging_processes set geofence_id = null; delete from geofences where id = 1");
        (await AskedAsync("/geo-fences/2", "/geo-fences/2/edit", With(wide, "geo_fence[cost_per_unit]", "0.34"))).Text("dialog p")!.ShouldContain(
            "3 charging sessions");
    }

    /// <summary>Four charges in the fence, one of them with a cost, and four elsewhere.</summary>
    Task AddChargesAsync() => _pages.Database.ExecuteAsync("""
        insert into positions (id, car_id, date, latitude, longitude) values (6, 1, '2024-01-01', 47.814441, 12.367612), (7, 1, '2024-01-01', 42, 69);
        insert into charging_processes (id, car_id, position_id, start_date, charge_energy_added, cost)
        select 1 + row_number() over (order by place, added), 1, place, '2024-01-01', added, case when added = 50.63 then 99 end
        from unnest(array[6, 7]) place, unnest(array[50.63, 4.57, 11.82, 52.10]) added
        """);

    /// <summary>Where a saved form leads.</summary>
    async Task<string> SaveAsync(string path, (string Name, string Value)[] fields)
    {
        using var response = await _browser.PostAsync(path, from: "/geo-fences/new", fields);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync());
        return response.Headers.Location!.ToString();
    }

    async Task<IHtmlDocument> AskedAsync(string path, string from, (string Name, string Value)[] fields)
    {
        using var response = await _browser.PostAsync(path, from, fields);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await Browser.ParseAsync(response);
    }

    static (string Name, string Value)[] With((string Name, string Value)[] fields, string name, string value)
        => [.. fields.Where(field => field.Name != name), (name, value)];
}
