using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace TeslaMate.SystemTests.Browser;

/// <summary>With scripts switched off every page shows its data, and its forms, filters and links work.</summary>
[Collection(BrowserTests.Name)]
public sealed class WithoutScriptTests(ProgramInBrowser family, NewProgramInBrowser newcomer) : IAsyncLifetime
{
    static readonly Dictionary<string, string[]> Data = new()
    {
        ["/"] = ["Nimbus", "Juniper", Household.LongName, "Range (rated)", "Mileage", "The map needs JavaScript."],
        ["/drives"] = ["42.1 km", "Straße der Vereinten Nationen 123 a, Schwäbisch Gmünd", "Page 1 of 2"],
        ["/drives?page=2"] = ["738.0 km", "Page 2 of 2"],
        ["/drives?place=nowhere"] = ["No drive fits this filter."],
        ["/drive/9001"] = ["42.1 km", "51 min", "100 km/h", "310 m", "The map needs JavaScript.", "Speed: 20 … 100 km/h — The plot needs JavaScript.",
            "Power: ", "Elevation: "],
        ["/drive/9002"] = ["No positions were recorded on this drive."],
        ["/charges"] = ["50.63 kWh", "99.00", "Ladepark am Autobahnkreuz Frankfurt-Nordwest", "Page 1 of 2"],
        ["/charge/9001"] = ["50.63 kWh", "1 h 00 min", "20 – 80%", "The map needs JavaScript.", "Voltage: 400 … 400 V — The plot needs JavaScript."],
        ["/charge-cost/9001"] = ["50.63 kWh", "60 min", "The map needs JavaScript."],
        ["/geo-fences"] = ["Zuhause", "Ladepark am Autobahnkreuz"],
        ["/geo-fences/9002/edit"] = ["Latitude", "Session fee", "The map needs JavaScript."],
        ["/settings"] = ["Nimbus", "Preferred Range", "0.1.0"],
    };

    public async Task InitializeAsync()
    {
        await family.PrepareAsync();
        await newcomer.PrepareAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(360)]
    [InlineData(1200)]
    public async Task Every_page_shows_its_data_and_its_links_lead_somewhere(int width)
    {
        await using var visit = await family.VisitAsync(width, scripts: false);
        var page = visit.Page;
        var links = new HashSet<string>();
        foreach (var (path, texts) in Data)
        {
            await page.GotoAsync(path);
            var shown = await page.Locator("main").InnerTextAsync();
            foreach (var text in texts)
                shown.ShouldContain(text, customMessage: path);
            await Expect(page.Locator(".navbar-burger")).ToBeHiddenAsync();
            await Expect(page.Locator("#menu a", new() { HasText = "Drives" })).ToBeVisibleAsync();
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, path);
            await page.ScreenshotAsync(new()
            {
                Path = Path.Combine(ProgramInBrowser.Artifacts,
                $"without-script{path.Replace('/', '-').Replace('?', '-')}-{width}.png"),
                FullPage = true
            });
            links.UnionWith(
                await page.EvaluateAsync<string[]>("[...document.querySelectorAll('a[href]')].filter(link => link.origin === location.origin && "
                    + "!link.pathname.match(/\\/\\d{3}\\d/)).map(link => link.pathname + link.search)"));
        }

        links.Count.ShouldBeGreaterThan(10);
        foreach (var link in links)
            (await page.APIRequest.GetAsync(link)).Status.ShouldBe(200, link);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_is_filtered_and_turned_over()
    {
        await using var visit = await family.VisitAsync(scripts: false);
        var page = visit.Page;
        await page.GotoAsync("/drives");
        await page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
        await Expect(page.GetByText("Page 2 of 2")).ToBeVisibleAsync();
        await page.GetByLabel("Place").FillAsync("zuhause");
        await page.GetByLabel("Distance from").FillAsync("500");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(7);
        await page.GetByRole(AriaRole.Link, new() { Name = "Reset" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(50);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Forms_are_stored_and_refused()
    {
        await using var visit = await family.VisitAsync(scripts: false);
        var page = visit.Page;
        await page.GotoAsync("/settings");
        await page.Locator("#global_settings_unit_of_length").SelectOptionAsync("mi");
        await visit.LeaveAsync(() => page.Locator("#global_settings button").ClickAsync());
        await Expect(page.Locator("#global_settings_unit_of_length")).ToHaveValueAsync("mi");
        (await family.ScalarAsync<string>("select unit_of_length::text from settings")).ShouldBe("mi");
        await page.Locator("#global_settings_unit_of_length").SelectOptionAsync("km");
        await page.Locator("#global_settings_grafana_url").FillAsync("grafana");
        await page.Locator("#global_settings button").ClickAsync();
        await Expect(page.Locator("#global_settings_grafana_url-problem")).ToHaveTextAsync("is missing a scheme (e.g. https)");
        await family.ExecuteAsync("update settings set unit_of_length = 'km', grafana_url = null");
        await page.GotoAsync("/settings");
        await page.Locator("[id$=_lfp_battery]").CheckAsync();
        await visit.LeaveAsync(() => page.Locator("form[id^=car_settings_] button").ClickAsync());
        await Expect(page.Locator("[id$=_lfp_battery]")).ToBeCheckedAsync();
        (await family.ScalarAsync<long>("select count(*) from car_settings where lfp_battery")).ShouldBe(1);
        await family.ExecuteAsync("update car_settings set lfp_battery = false");

        await page.GotoAsync("/charge-cost/9002");
        await page.Locator("#cost").FillAsync("12.5");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("#cost")).ToHaveValueAsync("12.50");
        (await family.ScalarAsync<decimal>("select cost from charging_processes where id = 9002")).ShouldBe(12.5m);
    }

    [Fact]
    public async Task A_geofence_is_made_and_deleted()
    {
        await using var visit = await family.VisitAsync(scripts: false);
        var page = visit.Page;
        await page.GotoAsync("/geo-fences/new?lat=48.1&lng=11.5");
        await page.Locator("#geo_fence_name").FillAsync("Garage");
        await page.Locator("#geo_fence_cost_per_unit").FillAsync("0.33");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("3 charging sessions");
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Geo-fence \"Garage\" created");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete Garage" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Preview · TeslaMate for .NET");
        (await family.ScalarAsync<long>("select count(*) from geofences where name = 'Garage'")).ShouldBe(1);
        await page.Locator("main form button").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete Garage" })).ToHaveCountAsync(0);
        (await family.ScalarAsync<long>("select count(*) from geofences where name = 'Garage'")).ShouldBe(0);
    }

    [Fact]
    public async Task An_owner_signs_out_and_in_again()
    {
        await using var visit = await newcomer.VisitAsync(scripts: false);
        var page = visit.Page;
        await page.GotoAsync("/settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Sign in · TeslaMate for .NET");
        var (access, refresh) = newcomer.Cloud.Accounts.SignIn();
        await page.GetByLabel("Access Token").FillAsync(access);
        await page.GetByLabel("Refresh Token").FillAsync(refresh);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Home · TeslaMate for .NET");
    }
}
