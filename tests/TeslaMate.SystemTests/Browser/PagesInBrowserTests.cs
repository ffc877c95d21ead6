using System.Text.RegularExpressions;
using Microsoft.Playwright;
using TeslaMate.Configuration;
using TeslaMate.Web.LogIn;
using static Microsoft.Playwright.Assertions;

namespace TeslaMate.SystemTests.Browser;

/// <summary>What an owner does on the pages, in a real browser against the running program.</summary>
[Collection(BrowserTests.Name)]
public sealed class PagesInBrowserTests(ProgramInBrowser program) : IAsyncLifetime
{
    public Task InitializeAsync() => program.PrepareAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_card_follows_its_car_while_it_drives_and_charges()
    {
        await using var visit = await program.VisitAsync();
        await visit.Page.GotoAsync("/");
        var driving = visit.Page.Locator(".car", new() { HasText = "Nimbus" });
        var charging = visit.Page.Locator(".car", new() { HasText = "Juniper" });
        await visit.Page.EvaluateAsync("window.sameDocument = true");
        await Expect(driving).ToContainTextAsync("driving");
        await Expect(charging).ToContainTextAsync("charging");
        await Expect(charging).ToContainTextAsync("Charger Power");
        var position = driving.Locator("input[data-position]");
        var first = await position.GetAttributeAsync("value");
        await Expect(position).Not.ToHaveAttributeAsync("value", first!);
        await Expect(driving.Locator("[data-since]")).ToContainTextAsync("for ");
        var charged = charging.Locator("dl > div", new() { HasText = "Charged" }).Locator("dd");
        var energy = await charged.InnerTextAsync();
        await Expect(charged).Not.ToHaveTextAsync(energy);
        await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(ProgramInBrowser.Artifacts, "live.png"), FullPage = true });
        (await visit.Page.EvaluateAsync<bool>("window.sameDocument === true")).ShouldBeTrue("the card changed without loading the page again");
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_card_comes_and_goes_with_its_car()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/");
        var card = page.Locator(".car", new() { HasText = "Juniper" });
        await Expect(card).ToBeVisibleAsync();
        await page.EvaluateAsync("window.sameDocument = true");
        await SwitchAsync(isOn: false);
        await Expect(card).ToHaveCountAsync(0);
        await Expect(page.Locator(".car", new() { HasText = "Nimbus" })).ToBeVisibleAsync();
        await SwitchAsync(isOn: true);
        await Expect(card.Locator(".leaflet-marker-icon")).ToBeVisibleAsync();
        (await page.EvaluateAsync<bool>("window.sameDocument === true")).ShouldBeTrue();
        visit.Troubles.ShouldBeEmpty();

        async Task SwitchAsync(bool isOn)
        {
            await using var other = await program.VisitAsync();
            await other.Page.GotoAsync($"/settings?car={await program.ScalarAsync<short>("select id from cars where name = 'Juniper'")}");
            await other.Page.Locator("[id^=car_settings][id$=_enabled]").SetCheckedAsync(isOn);
            await program.WaitForAsync(isOn ? "true" : "false",
                "select enabled::text from car_settings join cars on settings_id = car_settings.id where name = 'Juniper'");
        }
    }

    [Fact]
    public async Task A_page_is_live_again_after_a_proxy_has_answered_for_the_program()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.RouteAsync("**/live/cars", route => route.FulfillAsync(new() { Status = 502 }));
        await page.GotoAsync("/");
        await Expect(page.Locator("#offline")).ToBeVisibleAsync();
        await page.UnrouteAsync("**/live/cars");
        await Expect(page.Locator("#offline")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_tab_that_nobody_looks_at_gives_its_connection_back()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        var (opened, closed) = (0, 0);
        page.Request += (_, request) => opened += request.Url.EndsWith("/live/cars", StringComparison.Ordinal) ? 1 : 0;
        page.RequestFailed += (_, request) => closed += request.Url.EndsWith("/live/cars", StringComparison.Ordinal) ? 1 : 0;
        await page.GotoAsync("/");
        await Visit.UntilAsync(() => opened == 1, "connected");
        await visit.LookAsync(isLooking: false);
        await Visit.UntilAsync(() => closed == 1, "given back");
        await visit.LookAsync(isLooking: true);
        await Visit.UntilAsync(() => opened == 2, "connected again");
        await Expect(page.Locator("#offline")).ToBeHiddenAsync();
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_map_fills_the_window_and_gives_it_back()
    {
        await using var visit = await program.VisitAsync();
        await visit.Page.GotoAsync("/");
        var button = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Maximize map" }).First;
        await button.ClickAsync();
        await Expect(visit.Page.Locator(".map-box.is-maximized")).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit.Page.Locator(".map-box.is-maximized")).ToHaveCountAsync(0);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_geofence_is_drawn_on_the_map_and_applied_to_the_past()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/geo-fences/new?lat=48.1&lng=11.5");
        var edge = page.Locator(".fence-edge");
        await Expect(edge).ToBeVisibleAsync();
        var box = (await edge.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + 120, box.Y + box.Height / 2, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await Expect(page.Locator("#geo_fence_radius")).ToHaveValueAsync(new Regex("^([3-9]\\d|\\d{3,4})$"));
        await page.GetByLabel("Name").FillAsync("Garage");
        await page.Locator("#geo_fence_cost_per_unit").FillAsync("0.33");
        await page.GetByLabel("Session fee").FillAsync("5");
        await visit.LeaveAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync());
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("3 charging sessions");
        await page.ScreenshotAsync(new() { Path = Path.Combine(ProgramInBrowser.Artifacts, "geofence-costs.png") });
        await visit.LeaveAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Add costs retroactively" }).ClickAsync());
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Geo-fence \"Garage\" created");
        (await program.ScalarAsync<string>("select string_agg(cost::text, ' ' order by charging_processes.id) from charging_processes join "
            + "geofences on geofences.id = geofence_id where name = 'Garage'"))
            .ShouldBe("99.00 6.51 8.90 22.19");
        page.Dialog += (_, dialog) => dialog.AcceptAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete Garage" }).ClickAsync();
        await Expect(page.GetByText("Garage", new() { Exact = true })).ToHaveCountAsync(0);
        (await program.ScalarAsync<long>("select count(*) from geofences where name = 'Garage'")).ShouldBe(0);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Programs_requests_are_tried_out_as_ones_own_session()
    {
        const string Password = "correct horse battery";
        await program.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/data/docs");
        await page.GetByLabel("Password").FillAsync(Password);
        await visit.LeaveAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync());
        await TryAsync("GET /data/v1/cars/{id}", _ => Task.CompletedTask, new Regex("200 application/json[\\s\\S]*Nimbus"));
        await TryAsync("GET /api/v1/cars", _ => Task.CompletedTask, new Regex("200 application/json[\\s\\S]*Nimbus"));
        await TryAsync("POST /data/v1/geofences", FillAsync("""{"name":"Trial","latitude":48.1,"longitude":11.5,"radius_m":20}"""),
            new Regex("200 application/json[\\s\\S]*Trial"));
        var fence = await program.ScalarAsync<int>("select id from geofences where name = 'Trial'");
        await TryAsync("DELETE /data/v1/geofences/{id}", async form =>
        {
            await form.Locator("[name=id]").FillAsync($"{fence}");
            await form.Locator("[name=If-Match]").FillAsync("\"of another time\"");
        }, new Regex("412 application/problem"));
        await TryAsync("DELETE /data/v1/geofences/{id}", form => form.Locator("[name=If-Match]").FillAsync("*"), new Regex("200 application/json"));
        (await program.ScalarAsync<long>("select count(*) from geofences where name = 'Trial'")).ShouldBe(0);
        await program.Access.RemovePasswordAsync(CancellationToken.None);
        visit.Troubles.ShouldAllBe(trouble => trouble.Contains("412", StringComparison.Ordinal));

        async Task TryAsync(string operation, Func<ILocator, Task> fill, Regex answer)
        {
            var details = page.Locator("details").Filter(new() { Has = page.GetByText(operation, new() { Exact = true }) });
            if (await details.GetAttributeAsync("open") is null)
                await details.Locator("summary").ClickAsync();
            await fill(details);
            await details.GetByRole(AriaRole.Button).ClickAsync();
            await Expect(details.Locator("pre")).ToContainTextAsync(answer);
        }

        static Func<ILocator, Task> FillAsync(string body) => form => form.Locator("textarea").FillAsync(body);
    }

    [Fact]
    public async Task A_charges_cost_is_set()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/charge-cost/9002");
        // What a button says for a moment is written down.
        await page.EvaluateAsync("""
            () => new MutationObserver(() => document.documentElement.dataset.said = (document.documentElement.dataset.said ?? "") + document.querySelector("main form button").textContent + " ")
                .observe(document.querySelector("main"), { childList: true, characterData: true, subtree: true })
            """);
        await page.Locator("select").SelectOptionAsync("per_kwh");
        await page.GetByLabel("Enter charge cost").FillAsync("0.5");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-said", new Regex("Saving[.]{3} .*Saved! "));
        await Expect(page.GetByLabel("Enter charge cost")).ToHaveValueAsync("2.29");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true })).ToHaveClassAsync("button is-link");
        (await program.ScalarAsync<decimal>("select cost from charging_processes where id = 9002")).ShouldBe(2.29m);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Settings_are_stored_as_soon_as_they_change()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/settings");
        await Stored("unit_of_length", "mi");
        await Stored("theme_mode", "dark");
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        var grafana = page.Locator("#global_settings_grafana_url");
        await grafana.FillAsync("grafana.example.com");
        await grafana.BlurAsync();
        await Expect(page.Locator("#global_settings_grafana_url-problem")).ToHaveTextAsync("is missing a scheme (e.g. https)");
        await grafana.FillAsync("https://grafana.example.com/");
        await grafana.BlurAsync();
        await Expect(grafana).ToHaveValueAsync("https://grafana.example.com");
        await page.Locator("[id$=_use_streaming_api]").UncheckAsync();
        await Expect(page.GetByLabel("Time to Try Sleeping")).ToBeVisibleAsync();
        await page.Locator("[id$=_use_streaming_api]").CheckAsync();
        await Expect(page.GetByLabel("Time to Try Sleeping")).ToHaveCountAsync(0);
        await Stored("unit_of_length", "km");
        await Stored("theme_mode", "system");
        await page.GetByLabel("Language", new() { Exact = true }).SelectOptionAsync("de");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Einstellungen", Exact = true })).ToBeVisibleAsync();
        await program.ExecuteAsync("update settings set grafana_url = null");
        // The refused address is told by a status that the console repeats.
        visit.Troubles.ShouldAllBe(trouble => trouble.Contains("422", StringComparison.Ordinal));

        async Task Stored(string field, string value)
        {
            await page.EvaluateAsync("document.querySelector('#global_settings').dataset.old = ''");
            await page.Locator($"#global_settings_{field}").SelectOptionAsync(value);
            await Expect(page.Locator("#global_settings:not([data-old])")).ToHaveCountAsync(1);
            await Expect(page.Locator($"#global_settings_{field}")).ToHaveValueAsync(value);
            (await program.ScalarAsync<string>($"select {field}::text from settings")).ShouldBe(value);
        }
    }

    [Fact]
    public async Task What_did_not_work_is_told_wherever_the_reader_is_until_something_does()
    {
        await using var visit = await program.VisitAsync(width: 360);
        var page = visit.Page;
        await page.GotoAsync("/settings");
        await page.RouteAsync("**/settings", route => route.FulfillAsync(new() { Status = 503 }));
        var pressure = page.Locator("#global_settings_unit_of_pressure");
        await pressure.SelectOptionAsync("psi");
        await page.EvaluateAsync("scrollTo(0, document.body.scrollHeight)");
        await Expect(page.Locator("#failure")).ToBeInViewportAsync();
        await page.UnrouteAsync("**/settings");
        await pressure.SelectOptionAsync("bar");
        await Expect(page.Locator("#failure")).ToBeHiddenAsync();
        visit.Troubles.ShouldAllBe(trouble => trouble.Contains("503", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_form_begins_where_it_is_wrong()
    {
        await using var visit = await program.VisitAsync(width: 360);
        var page = visit.Page;
        await page.GotoAsync("/geo-fences/new");
        await page.GetByLabel("Name").FillAsync("Garage");
        await page.GetByLabel("Session fee").FillAsync("wat");
        await visit.LeaveAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync());
        await Expect(page.GetByLabel("Session fee")).ToBeFocusedAsync();
        await Expect(page.Locator("#geo_fence_session_fee-problem")).ToBeInViewportAsync();
    }

    [Fact]
    public async Task Two_settings_changed_at_once_are_both_stored()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        var (held, answer) = await HoldFirstAnswerAsync(page, "**/settings");
        await page.GotoAsync("/settings");
        await page.Locator("#global_settings_unit_of_temperature").SelectOptionAsync("F");
        await held;
        await page.EvaluateAsync("document.querySelector('#global_settings').dataset.old = ''");
        await page.Locator("#global_settings_unit_of_pressure").SelectOptionAsync("psi");
        await program.WaitForAsync("F psi", "select unit_of_temperature || ' ' || unit_of_pressure from settings");
        answer();
        await Expect(page.Locator("#global_settings[data-old]")).ToHaveCountAsync(0);
        await Expect(page.Locator("#global_settings_unit_of_temperature")).ToHaveValueAsync("F");
        await Expect(page.Locator("#global_settings_unit_of_pressure")).ToHaveValueAsync("psi");
        await page.ReloadAsync();
        await Expect(page.Locator("#global_settings_unit_of_temperature")).ToHaveValueAsync("F");
        await Expect(page.Locator("#global_settings_unit_of_pressure")).ToHaveValueAsync("psi");
        await program.ExecuteAsync("update settings set unit_of_temperature = 'C', unit_of_pressure = 'bar'");
        visit.Troubles.ShouldAllBe(trouble => IsGivenUp(trouble));
    }

    [Fact]
    public async Task Two_switches_of_a_car_changed_at_once_are_both_stored()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        var (held, answer) = await HoldFirstAnswerAsync(page, "**/settings/car/*");
        await page.GotoAsync("/settings");
        var form = page.Locator("form[id^=car_settings_]");
        var car = (await form.GetAttributeAsync("id"))!.Split('_')[^1];
        await page.Locator("[id$=_free_supercharging]").CheckAsync();
        await held;
        await page.Locator("[id$=_lfp_battery]").CheckAsync();
        await program.WaitForAsync("true true", $"select free_supercharging || ' ' || lfp_battery from car_settings join cars on cars.settings_id "
            + $"= car_settings.id where cars.id = {car}");
        answer();
        await Expect(page.Locator("[id$=_free_supercharging]")).ToBeCheckedAsync();
        await Expect(page.Locator("[id$=_lfp_battery]")).ToBeCheckedAsync();
        await program.ExecuteAsync("update car_settings set free_supercharging = false, lfp_battery = false");
        visit.Troubles.ShouldAllBe(trouble => IsGivenUp(trouble));
    }

    [Fact]
    public async Task What_is_typed_while_another_setting_is_stored_stays_and_so_does_the_keyboard()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        var (held, answer) = await HoldFirstAnswerAsync(page, "**/settings");
        await page.GotoAsync("/settings");
        var pressure = page.Locator("#global_settings_unit_of_pressure");
        await pressure.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await held;
        // Two steps with the tabulator lead to the dashboards' address; the answer arrives in the middle of a word.
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("https://gra");
        await page.EvaluateAsync("document.querySelector('#global_settings').dataset.old = ''");
        answer();
        await Expect(page.Locator("#global_settings[data-old]")).ToHaveCountAsync(0);
        await Expect(page.Locator("#global_settings_grafana_url")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("fana.example.com");
        await page.Keyboard.PressAsync("Tab");
        await program.WaitForAsync("psi https://grafana.example.com", "select unit_of_pressure || ' ' || grafana_url from settings");
        await Expect(page.Locator("#global_settings_grafana_url")).ToHaveValueAsync("https://grafana.example.com");
        await program.ExecuteAsync("update settings set grafana_url = null, unit_of_pressure = 'bar'");
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Strangers_log_in_and_who_guesses_waits()
    {
        await program.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/drives");
        await Expect(page).ToHaveTitleAsync("Log in · TeslaMate for .NET");
        await LogInAsync("correct horse battery");
        await Expect(page).ToHaveTitleAsync("Drives · TeslaMate for .NET");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Log in · TeslaMate for .NET");
        for (var attempt = 0; attempt < LogInThrottle.FreeTries; attempt++)
        {
            await LogInAsync("wrong horse battery");
            await Expect(page.Locator("[role=alert] p")).ToHaveTextAsync("The password is wrong.");
        }

        await LogInAsync("correct horse battery");
        await Expect(page.Locator("[role=alert] p")).ToContainTextAsync("Too many attempts.");
        await page.ScreenshotAsync(new() { Path = Path.Combine(ProgramInBrowser.Artifacts, "throttled.png") });
        await program.Access.RemovePasswordAsync(CancellationToken.None);
        visit.Troubles.ShouldAllBe(trouble => trouble.Contains("422", StringComparison.Ordinal) || trouble.Contains("429", StringComparison.Ordinal));

        async Task LogInAsync(string password)
        {
            await page.GetByLabel("Password").FillAsync(password);
            await visit.LeaveAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync());
        }
    }

    [Fact]
    public async Task A_password_set_on_the_command_line_counts_at_once_and_ends_what_was_open()
    {
        var (code, said) = await program.RunAsync("correct horse battery", "set-password");
        code.ShouldBe(0, said);
        said.ShouldNotContain("correct horse");
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/settings");
        await Expect(page).ToHaveTitleAsync("Log in · TeslaMate for .NET");
        await page.GetByLabel("Password").FillAsync("correct horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Settings · TeslaMate for .NET");
        (await program.RunAsync("another horse battery", "set-password")).ExitCode.ShouldBe(0);
        await page.ReloadAsync();
        await Expect(page).ToHaveTitleAsync("Log in · TeslaMate for .NET");
        // Too short a password is refused, and the one before stays.
        (await program.RunAsync("short", "set-password")).ExitCode.ShouldNotBe(0);
        await page.GetByLabel("Password").FillAsync("another horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Settings · TeslaMate for .NET");
        (await program.RunAsync("", "set-password", "--remove")).ExitCode.ShouldBe(0);
        await page.GotoAsync("/drives");
        await Expect(page).ToHaveTitleAsync("Drives · TeslaMate for .NET");
        visit.Troubles.ShouldBeEmpty();
    }

    /// <summary>htmx tells the console of each request that a newer one has taken the place of.</summary>
    static bool IsGivenUp(string trouble)
        => trouble.EndsWith(" htmx:sendAbort", StringComparison.Ordinal) || trouble.EndsWith(" htmx:afterRequest", StringComparison.Ordinal);

    /// <summary>
    /// Keeps the answer to the first form sent to <paramref name="path"/>: the first value tells that the server has given it, the second lets it
    /// through.
    /// </summary>
    static async Task<(Task Held, Action Answer)> HoldFirstAnswerAsync(IPage page, string path)
    {
        var (held, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await page.RouteAsync(path, async route =>
        {
            if (route.Request.Method != "POST" || held.Task.IsCompleted)
            {
                await route.ContinueAsync();
                return;
            }

            var response = await route.FetchAsync();
            held.SetResult();
            await answer.Task;
            try
            {
                await route.FulfillAsync(new() { Response = response });
            }
            catch (PlaywrightException)
            {
                // The page has given up waiting for it.
            }
        });
        return (held.Task, answer.SetResult);
    }
}
