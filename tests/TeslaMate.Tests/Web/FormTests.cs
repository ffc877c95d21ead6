using System.Net;
using AngleSharp.Html.Dom;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.Settings;

namespace TeslaMate.Tests.Web;

/// <summary>Every form: good input is stored, bad input gets its message and nothing is stored.</summary>
public sealed class FormTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    static readonly (string Name, string Value)[] General =
    [
        ("global_settings[unit_of_length]", "km"), ("global_settings[unit_of_temperature]", "C"), ("global_settings[unit_of_pressure]", "bar"), ("global_settings[preferred_range]", "rated"),
        ("global_settings[theme_mode]", "system"), ("global_settings[base_url]", ""), ("global_settings[grafana_url]", ""), ("global_settings[language]", "en"),
    ];

    static readonly (string Name, string Value)[] CarFields =
    [
        ("car_settings[enabled]", "true"), ("car_settings[req_not_unlocked]", "false"), ("car_settings[free_supercharging]", "false"), ("car_settings[use_streaming_api]", "true"), ("car_settings[lfp_battery]", "false"),
    ];

    static readonly (string Name, string Value)[] Fence =
    [
        ("geo_fence[name]", "Home"), ("geo_fence[latitude]", "52.5"), ("geo_fence[longitude]", "13.4"), ("geo_fence[radius]", "50"), ("geo_fence[billing_type]", "per_kwh"),
        ("geo_fence[cost_per_unit]", ""), ("geo_fence[session_fee]", ""),
    ];

    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    FakeGlobalSettings Global => (FakeGlobalSettings)_pages.Services.GetRequiredService<IGlobalSettings>();

    FakeCars Cars => (FakeCars)_pages.Services.GetRequiredService<ICars>();

    FakeGeofences Geofences => (FakeGeofences)_pages.Services.GetRequiredService<IGeofences>();

    public async Task InitializeAsync()
    {
        Global.Current = new();
        Global.Answer = null;
        Global.Geocoder = null;
        Cars.All.Clear();
        Cars.All.Add(FakeVehicles.Car().Car);
        Geofences.All.Clear();
        Geofences.WithoutCost = 0;
        _pages.Account.Answer = null;
        _pages.Account.Status = new AccountStatus(SignIn.SignedIn, Generation: 1);
        await _pages.Database.ExecuteAsync("update charging_processes set cost = null, charge_energy_added = 8, charge_energy_used = 10, duration_min = 15");
    }

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("unit_of_length", "mi")]
    [InlineData("unit_of_temperature", "F")]
    [InlineData("unit_of_pressure", "psi")]
    [InlineData("preferred_range", "ideal")]
    [InlineData("theme_mode", "dark")]
    public async Task A_setting_is_stored_and_selected(string field, string value)
    {
        (await PostAsync("/settings", "/settings", With(General, $"global_settings[{field}]", value))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var page = await _browser.PageAsync("/settings");
        ((IHtmlSelectElement)page.QuerySelector($"#global_settings_{field}")!).Value.ShouldBe(value);
    }

    [Theory]
    [InlineData("unit_of_length", "ell", "is invalid")]
    [InlineData("unit_of_temperature", "", "can't be blank")]
    [InlineData("preferred_range", "typical", "is invalid")]
    [InlineData("theme_mode", "pink", "is invalid")]
    [InlineData("language", "tlh", "is not supported")]
    [InlineData("base_url", "ftp://example", "invalid scheme")]
    [InlineData("base_url", "example.com", "is missing a scheme (e.g. https)")]
    [InlineData("grafana_url", "https://", "is missing a host")]
    [InlineData("grafana_url", "javascript:alert(1)", "invalid scheme")]
    public async Task A_setting_that_cannot_be_is_explained_and_nothing_is_stored(string field, string value, string problem)
    {
        var before = Global.Current;
        using var response = await PostAsync("/settings", "/settings", With(With(General, "global_settings[unit_of_pressure]", "psi"), $"global_settings[{field}]", value));
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Browser.ParseAsync(response)).Text($"#global_settings_{field}-problem").ShouldBe(problem);
        Global.Current.ShouldBe(before);
    }

    [Theory]
    [InlineData(" https://example.com/  ", "https://example.com", null)]
    [InlineData("     ", null, null)]
    [InlineData("/", null, null)]
    [InlineData("  http://example.com/foo// ", "http://example.com/foo", null)]
    [InlineData("example.com:80", null, "invalid scheme")]
    [InlineData("udp://10.0.0.1", null, "invalid scheme")]
    [InlineData("HTTPS://Example.com", "HTTPS://Example.com", null)]
    [InlineData("https://exa mple.com", null, "is missing a host")]
    public void An_address_is_cleaned_or_refused(string text, string? address, string? problem)
    {
        var (cleaned, why) = FormValues.AddressOf(text);
        why.ShouldBe(problem);
        if (problem is null)
            cleaned.ShouldBe(address);
    }

    [Theory]
    [InlineData("http://grafana.example.com/d/xyz/12", "http://grafana.example.com")]
    [InlineData("http://example.com:9090/grafana/d/xyz/12?orgId=1", "http://example.com:9090/grafana")]
    [InlineData("https://example.com/a/b/d/xyz/12", "https://example.com/a/b")]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("example.com", null)]
    [InlineData("http://example.com", null)]
    [InlineData("http://example.com/", null)]
    [InlineData("android-app://com.example/d/xyz/12", null)]
    public void The_dashboards_address_is_found_in_a_referrer(string? referrer, string? url) => Discovery.GrafanaUrl(referrer).ShouldBe(url);

    [Theory]
    [InlineData(null, "http://example.com ", "http://example.com")]
    [InlineData("https://example.com", "http://foo.bar/", "https://example.com")]
    [InlineData(null, "", null)]
    [InlineData(null, "example.com", null)]
    [InlineData(null, "udp://10.0.0.1", null)]
    public async Task The_pages_own_address_is_learned_once(string? known, string origin, string? stored)
    {
        Global.Current = new() { BaseUrl = known };
        (await PostAsync("/settings/base_url", "/settings", [("origin", origin)])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Global.Current.BaseUrl.ShouldBe(stored);
    }

    [Fact]
    public async Task A_new_language_of_the_addresses_takes_its_time_and_a_failure_is_told_once()
    {
        Global.Geocoder = new();
        (await PostAsync("/settings", "/settings", With(General, "global_settings[language]", "de"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var waiting = await _browser.PageAsync("/settings");
        waiting.QuerySelector(".select.is-loading #global_settings_language").ShouldNotBeNull().HasAttribute("disabled").ShouldBeTrue();
        waiting.QuerySelector("[hx-get='/settings/general']").ShouldNotBeNull();
        // Other settings do not wait for the geocoder.
        (await PostAsync("/settings", "/settings", [.. With(General, "global_settings[unit_of_length]", "mi").Where(field => !field.Name.Contains("language", StringComparison.Ordinal))])).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Global.Current.UnitOfLength.ShouldBe(UnitOfLength.Mi);
        Global.Geocoder.SetResult(new SettingsAnswer.GeocoderFailed("busy"));
        var failed = await _browser.PageAsync("/settings/general");
        failed.Text("#global_settings_language-problem")!.ShouldStartWith("There was a problem retrieving data from OpenStreetMap.");
        ((IHtmlSelectElement)failed.QuerySelector("#global_settings_language")!).Value.ShouldBe("en");
        failed.QuerySelector("#global_settings_language")!.HasAttribute("disabled").ShouldBeFalse();
        (await _browser.PageAsync("/settings/general")).QuerySelector("#global_settings_language-problem").ShouldBeNull();
    }

    [Fact]
    public async Task A_new_language_of_the_addresses_is_selected_once_they_are_there()
    {
        Global.Geocoder = new();
        await PostAsync("/settings", "/settings", With(General, "global_settings[language]", "de"));
        ((IHtmlSelectElement)(await _browser.PageAsync("/settings/general")).QuerySelector("#global_settings_language")!).Value.ShouldBe("en");
        Global.Geocoder.SetResult(new SettingsAnswer.Changed(new GlobalSettings { Language = "de" }));
        var page = await _browser.PageAsync("/settings/general");
        ((IHtmlSelectElement)page.QuerySelector("#global_settings_language")!).Value.ShouldBe("de");
        page.QuerySelector("#global_settings_language-problem").ShouldBeNull();
    }

    [Fact]
    public async Task A_cars_settings_are_stored()
    {
        (await PostAsync("/settings/car/1", "/settings", With(With(CarFields, "car_settings[use_streaming_api]", "false"), "car_settings[suspend_min]", "30"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Cars.All[0].Settings.ShouldBe(new CarSettings { UseStreamingApi = false, SuspendMin = 30 });
        var page = await _browser.PageAsync("/settings?car=1");
        ((IHtmlSelectElement)page.QuerySelector("#car_settings_1_suspend_min")!).Value.ShouldBe("30");
        ((IHtmlSelectElement)page.QuerySelector("#car_settings_1_suspend_after_idle_min")!).Value.ShouldBe("15");
    }

    [Fact]
    public async Task A_stored_value_that_is_no_choice_is_offered_too()
    {
        Cars.All[0] = Cars.All[0] with { Settings = new CarSettings { UseStreamingApi = false, SuspendMin = 20 } };
        ((IHtmlSelectElement)(await _browser.PageAsync("/settings")).QuerySelector("#car_settings_1_suspend_min")!).Value.ShouldBe("20");
    }

    [Fact]
    public async Task While_a_car_streams_its_sleep_times_are_hidden()
        => (await _browser.PageAsync("/settings")).QuerySelector("#car_settings_1_suspend_min").ShouldBeNull();

    [Theory]
    [InlineData("suspend_min", "soon", "is invalid")]
    [InlineData("suspend_min", "", "can't be blank")]
    [InlineData("suspend_after_idle_min", "-3", "is invalid")]
    [InlineData("enabled", "", "can't be blank")]
    [InlineData("lfp_battery", "perhaps", "is invalid")]
    public async Task A_cars_settings_are_checked(string field, string value, string problem)
    {
        using var response = await PostAsync("/settings/car/1", "/settings", With(With(CarFields, "car_settings[use_streaming_api]", "false"), $"car_settings[{field}]", value));
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Browser.ParseAsync(response)).Text($"#car_settings_1_{field}-problem").ShouldBe(problem);
        Cars.All[0].Settings.ShouldBe(new CarSettings());
    }

    [Fact]
    public async Task Each_car_has_its_tab()
    {
        Cars.All.Add(FakeVehicles.Car(2, name: null).Car);
        var page = await _browser.PageAsync("/settings?car=2");
        page.Texts(".tabs a").ShouldBe(["Model Y", "???"]);
        page.QuerySelector("#car_settings_2_enabled").ShouldNotBeNull();
        page.QuerySelector("#car_settings_1_enabled").ShouldBeNull();
        (await _browser.PageAsync("/settings?car=nonsense")).QuerySelector("#car_settings_1_enabled").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("name", "", "can't be blank")]
    [InlineData("latitude", "wat", "is invalid")]
    [InlineData("longitude", "181", "is invalid")]
    [InlineData("radius", "wat", "is invalid")]
    [InlineData("cost_per_unit", "wat", "is invalid")]
    [InlineData("session_fee", "1e3", "is invalid")]
    public async Task A_geofence_is_checked_and_the_typed_text_kept(string field, string value, string problem)
    {
        using var response = await PostAsync("/geo-fences", "/geo-fences/new", With(Fence, $"geo_fence[{field}]", value));
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var page = await Browser.ParseAsync(response);
        page.Text($"#geo_fence_{field}-problem").ShouldBe(problem);
        ((IHtmlInputElement)page.QuerySelector($"#geo_fence_{field}")!).Value.ShouldBe(value);
        Geofences.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_geofence_is_announced_on_the_list()
    {
        (await PostAsync("/geo-fences", "/geo-fences/new", Fence)).Headers.Location!.ToString().ShouldBe("/geo-fences");
        var page = await _browser.PageAsync("/geo-fences");
        page.Text("[role=status]").ShouldBe("Geo-fence \"Home\" created");
        page.Text("td.name").ShouldBe("Home");
        (await _browser.PageAsync("/geo-fences")).Text(".notification.is-success").ShouldBeNull();
    }

    [Fact]
    public async Task Charges_without_cost_are_asked_about_before_a_geofence_is_saved()
    {
        Geofences.WithoutCost = 3;
        using var response = await PostAsync("/geo-fences", "/geo-fences/new", With(Fence, "geo_fence[cost_per_unit]", "0.33"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var page = await Browser.ParseAsync(response);
        page.Text("dialog p")!.ShouldContain("3 charging sessions");
        ((IHtmlInputElement)page.QuerySelector("#geo_fence_cost_per_unit")!).Value.ShouldBe("0.33");
        Geofences.All.ShouldBeEmpty();
        (await PostAsync("/geo-fences", "/geo-fences/new", With(Fence, "costs", "add"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Geofences.All.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_geofence_is_deleted()
    {
        Geofences.All.Add(new Geofence(new GeofenceId(1), "Home", 1, 1, 20, BillingType.PerKwh, null, null));
        (await PostAsync("/geo-fences/1/delete", "/geo-fences", [])).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Geofences.All.ShouldBeEmpty();
        (await PostAsync("/geo-fences/1/delete", "/geo-fences", [])).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("total", "42.12", "42.12")]
    [InlineData("total", "-3", "-3.00")]
    [InlineData("total", "", null)]
    [InlineData("per_kwh", "0.12", "1.20")]
    [InlineData("per_kwh", "-0.029", "-0.29")]
    [InlineData("per_kwh", ".5", "5.00")]
    [InlineData("per_minute", "0.10", "1.50")]
    public async Task A_charges_cost_is_stored(string mode, string entered, string? stored)
    {
        using var response = await PostAsync("/charge-cost/1", "/charge-cost/1", [("charging_process[mode]", mode), ("charging_process[cost]", entered)]);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var page = await Browser.ParseAsync(response);
        page.Text("button[type=submit].is-success").ShouldBe("Saved!");
        ((IHtmlSelectElement)page.QuerySelector("select")!).Value.ShouldBe("total");
        (page.QuerySelector("#cost")!.GetAttribute("value") ?? "").ShouldBe(stored ?? "");
        (await _pages.Database.ScalarAsync<string>("select cost::text from charging_processes")).ShouldBe(stored);
    }

    [Theory]
    [InlineData("total", "wat", "is invalid")]
    [InlineData("total", "NaN", "is invalid")]
    [InlineData("total", "1000000000000", "is too large")]
    [InlineData("per_kwh", "999999999999", "is too large")]
    [InlineData("per_mile", "1", "is invalid")]
    public async Task A_cost_that_is_none_is_refused(string mode, string entered, string problem)
    {
        using var response = await PostAsync("/charge-cost/1", "/charge-cost/1", [("charging_process[mode]", mode), ("charging_process[cost]", entered)]);
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Browser.ParseAsync(response)).Text("#cost-problem").ShouldBe(problem);
        (await _pages.Database.ScalarAsync<string>("select cost::text from charging_processes")).ShouldBeNull();
    }

    [Fact]
    public async Task A_price_per_unit_of_an_unknown_amount_is_refused()
    {
        await _pages.Database.ExecuteAsync("update charging_processes set charge_energy_added = null, charge_energy_used = null, duration_min = null");
        (await PostAsync("/charge-cost/1", "/charge-cost/1", [("charging_process[mode]", "per_kwh"), ("charging_process[cost]", "1")])).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await PostAsync("/charge-cost/1", "/charge-cost/1", [("charging_process[mode]", "per_minute"), ("charging_process[cost]", "1")])).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_charge_is_described_by_tags()
        => (await _browser.PageAsync("/charge-cost/1")).Texts(".tag").ShouldBe(["2024-05-01, 09:00 – 09:15", "Model Y", "10.00 kWh", "15 min", "Beelitz Supercharger, Beelitz"]);

    [Theory]
    [InlineData("http://grafana.example.com/d/x", "http://grafana.example.com/d/x")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData(null, "/")]
    public async Task Back_leads_to_where_the_visitor_came_from(string? referrer, string back)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/charge-cost/1");
        if (referrer is not null)
            request.Headers.TryAddWithoutValidation("Referer", referrer);
        using var response = await _browser.SendAsync(request);
        (await Browser.ParseAsync(response)).QuerySelector(".buttons a")!.GetAttribute("href").ShouldBe(back);
    }

    [Fact]
    public async Task Tokens_are_handed_over()
    {
        _pages.Account.Status = new AccountStatus(SignIn.SignedOut, Generation: 1);
        using var response = await PostAsync("/sign_in", "/sign_in", [("tokens[access]", " $access "), ("tokens[refresh]", "$refresh")]);
        response.Headers.Location!.ToString().ShouldBe("/");
        _pages.Account.Given.ShouldBe(("$access", "$refresh"));
        (await _browser.PageAsync("/")).Text("[role=status]").ShouldBe("Signed in successfully");
    }

    [Fact]
    public async Task Tokens_that_do_not_work_are_refused()
    {
        _pages.Account.Answer = new ApiError.Timeout();
        using var response = await PostAsync("/sign_in", "/sign_in", [("tokens[access]", "a"), ("tokens[refresh]", "b")]);
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Browser.ParseAsync(response)).Text("[role=alert].is-danger:not([hidden])").ShouldBe("Error: no answer in time");
        (await PostAsync("/sign_in", "/sign_in", [("tokens[access]", ""), ("tokens[refresh]", "b")])).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Signing_out_leads_to_the_tokens()
    {
        (await PostAsync("/sign_out", "/settings", [])).Headers.Location!.ToString().ShouldBe("/");
        (await _browser.GetAsync("/")).Headers.Location!.ToString().ShouldBe("/sign_in");
    }

    [Fact]
    public async Task A_refusal_to_sleep_is_told_on_the_card()
    {
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { ClimateKeeperMode = "off" });
        _pages.Vehicles.Suspending = new TeslaMate.Vehicles.SuspendAnswer.InUse("doors_open");
        _browser.Headers.Add("HX-Request", "true");
        using var response = await PostAsync("/cars/1/suspend", "/settings", []);
        (await Browser.ParseAsync(response)).Text("button[disabled]").ShouldBe("Doors are open");
        _pages.Vehicles.Suspending = null;
        using var done = await PostAsync("/cars/1/suspend", "/settings", []);
        var card = await Browser.ParseAsync(done);
        card.Text("form button").ShouldBe("cancel sleep attempt");
        card.Text("td")!.ShouldStartWith("falling asleep");
    }

    async Task<HttpResponseMessage> PostAsync(string path, string from, (string Name, string Value)[] fields) => await _browser.PostAsync(path, from, fields);

    static (string Name, string Value)[] With((string Name, string Value)[] fields, string name, string value)
        => [.. fields.Where(field => field.Name != name), (name, value)];
}
