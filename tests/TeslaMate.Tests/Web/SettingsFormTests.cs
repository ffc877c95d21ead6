using System.Net;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.Settings;

namespace TeslaMate.Tests.Web;

/// <summary>The settings page and its forms on real rows (spec web 6.3 and 12).</summary>
public sealed class SettingsFormTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    static readonly (string Name, string Value)[] General =
    [
        ("global_settings[unit_of_length]", "km"), ("global_settings[unit_of_temperature]", "C"), ("global_settings[unit_of_pressure]", "bar"),
        ("global_settings[preferred_range]", "rated"),
        ("global_settings[theme_mode]", "system"), ("global_settings[base_url]", ""), ("global_settings[grafana_url]", ""),
        ("global_settings[language]", "en"),
    ];

    static readonly (string Name, string Value)[] CarFields =
    [
        ("car_settings[enabled]", "true"), ("car_settings[req_not_unlocked]", "false"), ("car_settings[free_supercharging]", "false"),
        ("car_settings[use_streaming_api]", "true"),
        ("car_settings[lfp_battery]", "false"),
    ];

    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    public async Task InitializeAsync()
    {
        _pages.Geocoder.LookUp = _ => (500, "");
        _pages.Geocoder.AnswerAfter = Task.CompletedTask;
        (_pages.Releases.Newer, _pages.Releases.Page) = (null, null);
        _pages.Account.Status = new AccountStatus(SignIn.SignedIn, Generation: 1);
        await _pages.Database.ExecuteAsync("""
            update settings
            set unit_of_length = 'km', unit_of_temperature = 'C', unit_of_pressure = 'bar', preferred_range = 'rated', theme_mode = 'system',
                base_url = null, grafana_url = null, language = 'en';
            delete from cars where id > 1;
            delete from car_settings where id > 1;
            update car_settings
            set suspend_min = 21, suspend_after_idle_min = 15, req_not_unlocked = false, free_supercharging = false, use_streaming_api = true,
                enabled = true, lfp_battery = false;
            update addresses set name = 'Beelitz Supercharger', country = 'Germany'
            """);
    }

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_new_installation_has_its_defaults_selected()
    {
        var page = await _browser.PageAsync("/settings");
        new[] { "unit_of_length", "unit_of_temperature", "unit_of_pressure", "preferred_range", "theme_mode", "language", "ui_language", "base_url",
            "grafana_url" }
            .Select(field => page.Value($"#global_settings_{field}")).ShouldBe(["km", "C", "bar", "rated", "system", "en", "en", "", ""]);
    }

    [Theory]
    [InlineData("unit_of_length", "mi")]
    [InlineData("unit_of_temperature", "F")]
    [InlineData("unit_of_pressure", "psi")]
    [InlineData("preferred_range", "ideal")]
    [InlineData("theme_mode", "dark")]
    [InlineData("theme_mode", "light")]
    public async Task A_setting_is_stored_at_once_and_selected(string field, string value)
    {
        (await PostAsync("/settings", With(General, $"global_settings[{field}]", value))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await _pages.Database.ScalarAsync<string>($"select {field}::text from settings")).ShouldBe(value);
        (await _browser.PageAsync("/settings")).Value($"#global_settings_{field}").ShouldBe(value);
    }

    [Theory]
    [InlineData("unit_of_length", "ell", "is invalid")]
    [InlineData("unit_of_temperature", "", "can't be blank")]
    [InlineData("unit_of_pressure", "atm", "is invalid")]
    [InlineData("preferred_range", "typical", "is invalid")]
    [InlineData("theme_mode", "pink", "is invalid")]
    [InlineData("language", "tlh", "is not supported")]
    [InlineData("base_url", "ftp://example", "invalid scheme")]
    [InlineData("base_url", "example.com", "is missing a scheme (e.g. https)")]
    [InlineData("base_url", "https://", "is missing a host")]
    [InlineData("grafana_url", "ftp://example", "invalid scheme")]
    [InlineData("grafana_url", "example.com", "is missing a scheme (e.g. https)")]
    [InlineData("grafana_url", "https://", "is missing a host")]
    [InlineData("grafana_url", "javascript:alert(1)", "invalid scheme")]
    public async Task A_setting_that_cannot_be_is_explained_and_nothing_is_stored(string field, string value, string problem)
    {
        var page = await _pages.RefusedAsync(_browser, "/settings", "/settings",
            With(With(General, "global_settings[unit_of_pressure]", "psi"), $"global_settings[{field}]", value));
        page.Text($"#global_settings_{field}-problem").ShouldBe(problem);
        if (field.EndsWith("url", StringComparison.Ordinal))
            page.Value($"#global_settings_{field}").ShouldBe(value);
    }

    [Fact]
    public async Task An_address_that_the_column_cannot_hold_is_refused()
        => (await _pages.RefusedAsync(_browser, "/settings", "/settings",
            With(General, "global_settings[base_url]", "https://example.com/" + new string('a', 250))))
            .Text("#global_settings_base_url-problem").ShouldBe("should be at most 255 character(s)");

    [Theory]
    [InlineData("base_url")]
    [InlineData("grafana_url")]
    public async Task An_address_is_stored_without_its_frills_and_cleared_again(string field)
    {
        (await PostAsync("/settings", With(General, $"global_settings[{field}]", " https://example.com/  "))).StatusCode.ShouldBe(
            HttpStatusCode.Redirect);
        (await _browser.PageAsync("/settings")).Value($"#global_settings_{field}").ShouldBe("https://example.com");
        (await _pages.Database.ScalarAsync<string>($"select {field} from settings")).ShouldBe("https://example.com");
        (await PostAsync("/settings", With(General, $"global_settings[{field}]", "     "))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await _pages.Database.ScalarAsync<string>($"select {field} from settings")).ShouldBeNull();
    }

    [Theory]
    [InlineData("http://grafana.example.com/d/xyz/12", "http://grafana.example.com")]
    [InlineData("http://example.com:9090/grafana/d/xyz/12", "http://example.com:9090/grafana")]
    [InlineData("http://example.com:9090/grafana/d/xyz/12?orgId=1", "http://example.com:9090/grafana")]
    [InlineData("https://example.com/a/b/d/xyz/12", "https://example.com/a/b")]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("example.com", null)]
    [InlineData("http://example.com", null)]
    [InlineData("http://example.com/", null)]
    [InlineData("android-app://com.example/d/xyz/12", null)]
    public async Task The_dashboards_address_is_learned_from_a_referrer(string? referrer, string? url)
    {
        (await PostAsync("/settings/grafana_url", referrer is null ? [] : [("referrer", referrer)])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _pages.Database.ScalarAsync<string>("select grafana_url from settings")).ShouldBe(url);
        // Once it is known, no visitor changes it.
        await _pages.Database.ExecuteAsync("update settings set grafana_url = 'https://known.example.com'");
        await PostAsync("/settings/grafana_url", referrer is null ? [] : [("referrer", referrer)]);
        (await _pages.Database.ScalarAsync<string>("select grafana_url from settings")).ShouldBe("https://known.example.com");
    }

    [Theory]
    [InlineData("/geo-fences/new?lat=52.5&lng=13.4", "https://evil.example.com/d/xyz/12", "https://evil.example.com")]
    [InlineData("/geo-fences/new?lat=52.5&lng=13.4", "https://evil.example.com/", null)]
    [InlineData("/geo-fences/new", "https://evil.example.com/d/xyz/12", null)]
    public async Task Nothing_is_stored_because_of_a_referrer_before_the_owner_was_asked(string path, string referrer, string? asked)
    {
        _browser.Headers.Referrer = new Uri(referrer);
        var page = await _browser.PageAsync(path);
        // No script sends anything by itself.
        page.QuerySelector("[data-discover]").ShouldBeNull();
        var question = page.QuerySelector("form[action='/settings/grafana_url']");
        (question is not null).ShouldBe(asked is not null);
        if (asked is not null)
            question!.TextContent.ShouldContain(asked);
        (await _pages.Database.ScalarAsync<string?>("select grafana_url from settings")).ShouldBeNull();
        await _pages.Database.ExecuteAsync("update settings set grafana_url = 'https://known.example.com'");
        (await _browser.PageAsync(path)).QuerySelector("form[action='/settings/grafana_url']").ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "http://example.com ", "http://example.com")]
    [InlineData("https://example.com", "http://foo.bar/", "https://example.com")]
    [InlineData(null, null, null)]
    [InlineData(null, "", null)]
    [InlineData(null, "example.com", null)]
    [InlineData(null, "udp://10.0.0.1", null)]
    public async Task The_pages_own_address_is_learned_once(string? known, string? origin, string? stored)
    {
        await _pages.Database.ExecuteAsync($"update settings set base_url = {(known is null ? "null" : $"'{known}'")}");
        (await PostAsync("/settings/base_url", origin is null ? [] : [("origin", origin)])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _pages.Database.ScalarAsync<string>("select base_url from settings")).ShouldBe(stored);
        (await _browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void The_pages_own_address_ends_with_the_prefix_of_the_proxy()
    => RevealedAddresses.BaseUrl("https://example.com", "/tm").ShouldBe("https://example.com/tm");

    [Fact]
    public async Task A_new_language_of_the_addresses_is_selected_once_they_are_there()
    {
        var answer = new TaskCompletionSource();
        _pages.Geocoder.AnswerAfter = answer.Task;
        _pages.Geocoder.LookUp =
            _ => (200, """[{"osm_id": 1, "osm_type": "node", "display_name": "Lader", "name": "Lader", "lat": "52.5", "lon": "13.3", "address": {"country": "Deutschland"}}]""");
        (await PostAsync("/settings", With(General, "global_settings[language]", "de"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var waiting = await _browser.PageAsync("/settings");
        waiting.Value(".select.is-loading #global_settings_language").ShouldBe("en");
        waiting.QuerySelector("#global_settings_language")!.HasAttribute("disabled").ShouldBeTrue();
        waiting.QuerySelector("[hx-get='/settings/general']").ShouldNotBeNull();
        // Other settings do not wait for the geocoder.
        (await PostAsync("/settings", [.. With(General, "global_settings[unit_of_length]", "mi")
            .Where(field => !field.Name.Contains("language", StringComparison.Ordinal))])).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await _pages.Database.ScalarAsync<string>("select unit_of_length || language from settings")).ShouldBe("mien");
        answer.SetResult();
        var page = await RefreshedAsync();
        page.Value("#global_settings_language").ShouldBe("de");
        page.QuerySelector("#global_settings_language-problem").ShouldBeNull();
        (await _pages.Database.ScalarAsync<string>("select language || unit_of_length || country from settings, addresses")).ShouldBe(
            "demiDeutschland");
    }

    [Fact]
    public async Task A_language_that_the_geocoder_does_not_answer_in_is_not_stored_and_that_is_told_once()
    {
        var before = await _pages.RowsAsync();
        (await PostAsync("/settings", With(General, "global_settings[language]", "de"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var failed = await RefreshedAsync();
        failed.Text("#global_settings_language-problem")!.ShouldBe("There was a problem retrieving data from OpenStreetMap. Please try again later.");
        failed.Value("#global_settings_language").ShouldBe("en");
        failed.QuerySelector("#global_settings_language")!.HasAttribute("disabled").ShouldBeFalse();
        (await _pages.RowsAsync()).ShouldBe(before);
        (await _browser.PageAsync("/settings/general")).QuerySelector("#global_settings_language-problem").ShouldBeNull();
    }

    [Theory]
    [InlineData("update drives set start_address_id = null")]
    [InlineData("update drives set end_address_id = null")]
    [InlineData("update charging_processes set address_id = null")]
    public async Task While_an_address_is_missing_the_language_cannot_be_changed(string loss)
    {
        await _pages.Database.ExecuteAsync($"update drives set start_position_id = 1, end_position_id = 4; {loss}");
        (await _browser.PageAsync("/settings")).QuerySelector("#global_settings_language")!.HasAttribute("disabled").ShouldBeTrue();
        await _pages.Database.ExecuteAsync("update drives set start_address_id = 1, end_address_id = 1; update charging_processes set address_id "
            + "= 1");
        (await _browser.PageAsync("/settings")).QuerySelector("#global_settings_language")!.HasAttribute("disabled").ShouldBeFalse();
    }

    [Fact]
    public async Task The_languages_of_addresses_are_those_of_the_list()
        => (await _browser.PageAsync("/settings")).Texts("#global_settings_language option").ShouldBe(
            """
            Albanian, Arabic, Armenian, Azerbaijani, Belarusian, Bosnian, Breton, Bulgarian, Catalan, Chinese, Croatian, Czech, Danish, Dutch, English, Estonian, Finnish, French, Georgian,
            German, Greek, Hebrew, Hungarian, Icelandic, Irish, Italian, Japanese, Japanese (Kana), Japanese (Latin), Kannada, Kazakh, Korean, Korean (Latin), Latin, Latvian, Lithuanian,
            Luxembourgish, Macedonian, Maltese, Norwegian, Polish, Portuguese, Romania, Romansh, Russian, Scottish Gaelic, Serbian (Cyrillic), Serbian (Latin), Slovak, Slovene, Spanish,
            Swedish, Thai, Turkish, Ukrainian, Welsh, Western Frisian
            """.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public async Task The_language_of_the_pages_is_changed_by_loading_them_again()
    {
        var page = await _browser.PageAsync("/settings");
        var select = page.QuerySelector("form[action='/settings'][method=get] select[name=locale]").ShouldNotBeNull();
        select.QuerySelectorAll("option").Select(option => $"{option.TextContent} {option.GetAttribute("value")}").ShouldBe(
        [
            "Catalan ca", "Chinese (simplified) zh_Hans", "Chinese (traditional) zh_Hant", "Danish da", "Dutch nl", "English en", "Finnish fi",
            "French fr", "German de", "Hungarian hu",
            "Italian it", "Japanese ja", "Korean ko", "Norwegian nb", "Spanish es", "Swedish sv", "Thai th", "Turkish tr", "Ukrainian uk",
        ]);
        var before = await _pages.RowsAsync();
        (await _browser.PageAsync("/settings?locale=de")).Value("#global_settings_ui_language").ShouldBe("de");
        (await _browser.PageAsync("/settings")).Value("#global_settings_ui_language").ShouldBe("de");
        (await _pages.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_cars_settings_are_stored()
    {
        (await PostAsync("/settings/car/1", With(With(CarFields, "car_settings[use_streaming_api]", "false"), "car_settings[suspend_min]",
            "30"))).Headers.Location!.ToString().ShouldBe("/settings?car=1");
        (await CarRowAsync()).ShouldBe("30 15 false false false true false");
        var page = await _browser.PageAsync("/settings?car=1");
        page.Value("#car_settings_1_suspend_min").ShouldBe("30");
        page.Value("#car_settings_1_suspend_after_idle_min").ShouldBe("15");
    }

    [Theory]
    [InlineData("enabled", "false", "21 15 false false true false false")]
    [InlineData("req_not_unlocked", "true", "21 15 true false true true false")]
    [InlineData("free_supercharging", "true", "21 15 false true true true false")]
    [InlineData("use_streaming_api", "false", "21 15 false false false true false")]
    [InlineData("lfp_battery", "true", "21 15 false false true true true")]
    public async Task A_switch_changes_its_own_column(string field, string value, string row)
    {
        (await PostAsync("/settings/car/1", With(CarFields, $"car_settings[{field}]", value))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await CarRowAsync()).ShouldBe(row);
        (await _browser.PageAsync("/settings")).QuerySelector($"#car_settings_1_{field}")!.HasAttribute("checked").ShouldBe(value == "true");
    }

    [Theory]
    [InlineData("suspend_min", "soon", "is invalid")]
    [InlineData("suspend_min", "", "can't be blank")]
    [InlineData("suspend_min", "0", "is invalid")]
    [InlineData("suspend_after_idle_min", "-3", "is invalid")]
    [InlineData("suspend_after_idle_min", "99999999999", "is invalid")]
    [InlineData("enabled", "", "can't be blank")]
    [InlineData("req_not_unlocked", "1", "is invalid")]
    [InlineData("free_supercharging", "yes", "is invalid")]
    [InlineData("lfp_battery", "perhaps", "is invalid")]
    public async Task A_cars_settings_that_cannot_be_are_explained_and_nothing_is_stored(string field, string value, string problem)
    {
        var page = await _pages.RefusedAsync(_browser, "/settings/car/1", "/settings",
            With(With(CarFields, "car_settings[use_streaming_api]", "false"), $"car_settings[{field}]", value));
        page.Text($"#car_settings_1_{field}-problem").ShouldBe(problem);
    }

    [Fact]
    public async Task While_a_car_streams_its_sleep_times_are_hidden()
    {
        (await _browser.PageAsync("/settings")).QuerySelector("#car_settings_1_suspend_min, #car_settings_1_suspend_after_idle_min").ShouldBeNull();
        await _pages.Database.ExecuteAsync("update car_settings set use_streaming_api = false");
        var page = await _browser.PageAsync("/settings");
        page.Value("#car_settings_1_suspend_min").ShouldBe("21");
        page.Value("#car_settings_1_suspend_after_idle_min").ShouldBe("15");
        page.Texts("#car_settings_1_suspend_min option").ShouldBe(
            ["12 min", "15 min", "18 min", "21 min", "24 min", "27 min", "30 min", "35 min", "40 min", "45 min", "50 min", "55 min", "60 min",
                "65 min", "70 min", "75 min", "80 min", "85 min", "90 min"]);
        page.Texts("#car_settings_1_suspend_after_idle_min option").ShouldBe(
            ["3 min", "5 min", "10 min", "15 min", "20 min", "25 min", "30 min", "35 min", "40 min", "45 min", "50 min", "55 min", "60 min"]);
    }

    [Fact]
    public async Task A_stored_value_that_is_no_choice_is_offered_too()
    {
        await _pages.Database.ExecuteAsync("update car_settings set use_streaming_api = false, suspend_min = 20");
        (await _browser.PageAsync("/settings")).Value("#car_settings_1_suspend_min").ShouldBe("20");
    }

    [Fact]
    public async Task Each_car_has_its_tab_and_its_values()
    {
        (await _browser.PageAsync("/settings")).QuerySelector(".tabs").ShouldBeNull();
        await _pages.Database.ExecuteAsync("""
            insert into car_settings (id, use_streaming_api, suspend_min) values (2, false, 60);
            insert into cars (id, eid, vid, vin, settings_id, display_priority, inserted_at, updated_at) values (2, 2, 2, 'VIN2', 2, 0, now(), now())
            """);
        var page = await _browser.PageAsync("/settings?car=2");
        page.Texts(".tabs a").ShouldBe(["Model Y", "???"]);
        page.QuerySelectorAll(".tabs a").Select(tab => tab.GetAttribute("href")).ShouldBe(["/settings?car=1", "/settings?car=2"]);
        page.Text(".tabs .is-active").ShouldBe("???");
        page.Value("#car_settings_2_suspend_min").ShouldBe("60");
        page.QuerySelector("#car_settings_1_enabled").ShouldBeNull();
        await PostAsync("/settings/car/2", With(CarFields, "car_settings[lfp_battery]", "true"));
        (await CarRowAsync()).ShouldBe("21 15 false false true true false");
        (await CarRowAsync(2)).ShouldBe("60 15 false false true true true");
        foreach (var other in new[] { "", "?car=nonsense", "?car=3", "?car=" })
            (await _browser.PageAsync($"/settings{other}")).QuerySelector("#car_settings_1_enabled").ShouldNotBeNull();
        (await PostAsync("/settings/car/3", CarFields)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_newer_release_is_told_beside_the_version_and_at_the_foot_of_every_page()
    {
        (await _browser.PageAsync("/settings")).QuerySelector("footer").ShouldBeNull();
        _pages.Releases.Newer = "1.1.3";
        var page = await _browser.PageAsync("/settings");
        page.Texts("table td")[0].ShouldBe($"{typeof(SettingsPages).Assembly.GetName().Version!.ToString(3)} (Update available: 1.1.3)");
        foreach (var path in new[] { "/settings", "/", "/geo-fences", "/sign_in" })
            (await _browser.PageAsync(path)).Text("footer").ShouldBe("Update available: 1.1.3");
        _pages.Releases.Page = new("https://example.com/releases/1.1.3");
        foreach (var link in (await _browser.PageAsync("/settings")).QuerySelectorAll("footer a, td a[href*=releases]"))
        {
            new[] { "href", "target", "rel" }.Select(link.GetAttribute)
                .ShouldBe(["https://example.com/releases/1.1.3", "_blank", "noopener noreferrer"]);
            link.TextContent.Trim().ShouldBe("Update available: 1.1.3");
        }
    }

    [Fact]
    public async Task Signing_out_leads_to_the_tokens()
    {
        (await PostAsync("/sign_out", [])).Headers.Location!.ToString().ShouldBe("/");
        _pages.Account.Status.SignIn.ShouldBe(SignIn.SignedOut);
        (await _browser.GetAsync("/")).Headers.Location!.ToString().ShouldBe("/sign_in");
        (await _browser.PageAsync("/settings")).QuerySelector("form[action='/sign_out']").ShouldBeNull();
    }

    async Task<HttpResponseMessage> PostAsync(string path, (string Name, string Value)[] fields)
        => await _browser.PostAsync(path, from: "/settings", fields);

    async Task<AngleSharp.Html.Dom.IHtmlDocument> RefreshedAsync()
    {
        while (_pages.Get<AddressRefresh>().IsRunning)
            await Task.Delay(20);
        return await _browser.PageAsync("/settings/general");
    }

    Task<string?> CarRowAsync(int car = 1) => _pages.Database.ScalarAsync<string>($"""
        select concat_ws(' ', suspend_min, suspend_after_idle_min, req_not_unlocked::text, free_supercharging::text, use_streaming_api::text,
            enabled::text, lfp_battery::text)
        from car_settings
        where id = {car}
        """);

    static (string Name, string Value)[] With((string Name, string Value)[] fields, string name, string value)
        => [.. fields.Where(field => field.Name != name), (name, value)];
}
