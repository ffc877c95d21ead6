using Microsoft.Playwright;

namespace TeslaMate.SystemTests.Browser;

/// <summary>A page in one of the states that an owner meets it in.</summary>
/// <param name="Name">Of its screenshots.</param>
/// <param name="LeadAsync">Leads a browser there.</param>
/// <param name="Refuses">The page is the answer to something that cannot be, which the browser's console repeats.</param>
sealed record EveryPage(string Name, Func<IPage, Task> LeadAsync, bool Refuses = false)
{
    /// <summary>Opens the page with all its styles and scripts. It stays as it is from then on, whatever the cars do.</summary>
    public async Task OpenAsync(Visit visit)
    {
        await LeadAsync(visit.Page);
        await visit.LoadedAsync();
        await visit.LookAsync(isLooking: false);
    }

    /// <summary>The pages of a family's program (<see cref="Household"/>).</summary>
    public static IReadOnlyList<EveryPage> OfHousehold { get; } =
    [
        At("home", "/"),
        new("home-map", async page =>
        {
            await page.GotoAsync("/");
            await page.Locator(".map-maximize").First.ClickAsync();
            await page.Locator(".map-box.is-maximized").WaitForAsync();
        }),
        At("drives", "/drives"),
        At("drives-filtered", "/drives?place=Zuhause&from=2024-01-01"),
        At("drives-none", "/drives?place=nowhere"),
        At("drive", "/drive/9001"),
        At("drive-without-positions", "/drive/9002"),
        At("charges", "/charges"),
        At("charges-none", "/charges?place=nowhere"),
        At("charge", "/charge/9001"),
        At("charge-without-curve", "/charge/9005"),
        At("charge-cost", "/charge-cost/9005"),
        new("charge-cost-refused", async page =>
        {
            await page.GotoAsync("/charge-cost/9005");
            await page.Locator("#cost").FillAsync("1e30");
            await page.Locator("main form button[type=submit]").ClickAsync();
            await page.Locator("#cost-problem").WaitForAsync();
            // htmx gives the field the keyboard back when all is in place.
            await page.Locator("#cost:focus").WaitForAsync();
        }, Refuses: true),
        At("geofences", "/geo-fences"),
        At("geofence", "/geo-fences/9002/edit"),
        At("geofence-new", "/geo-fences/new"),
        new("geofence-refused", async page =>
        {
            await page.GotoAsync("/geo-fences/new");
            foreach (var field in (string[])["latitude", "longitude", "radius", "cost_per_unit", "session_fee"])
                await page.Locator($"#geo_fence_{field}").FillAsync("wat");
            await page.Locator("#geo-fence button.is-link").ClickAsync();
            await page.Locator("#geo_fence_name-problem").WaitForAsync();
        }, Refuses: true),
        new("geofence-costs", async page =>
        {
            await page.GotoAsync("/geo-fences/new?lat=48.1&lng=11.5");
            await page.Locator("#geo_fence_name").FillAsync("Garage");
            await page.Locator("#geo_fence_cost_per_unit").FillAsync("0.33");
            await page.Locator("#geo-fence button.is-link").ClickAsync();
            // The page arrives with the dialog in it; what makes it hold the keyboard comes with the script.
            await page.Locator("dialog:modal").WaitForAsync();
        }, Refuses: true),
        At("settings", "/settings"),
        new("settings-refused", async page =>
        {
            await page.GotoAsync("/settings");
            await page.Locator("#global_settings_base_url").FillAsync("example.com");
            await page.Locator("#global_settings_base_url").BlurAsync();
            await page.Locator("#global_settings_base_url-problem").WaitForAsync();
        }, Refuses: true),
        At("targets", "/outgoing"),
        At("target", "/outgoing/9001"),
        At("target-new", "/outgoing/new?kind=email"),
        At("sign-in", "/sign_in"),
        At("not-found", "/nowhere", refuses: true),
        At("not-understood", "/drive/x", refuses: true),
    ];

    /// <summary>The pages of a program that has just been installed, with an account without cars.</summary>
    public static IReadOnlyList<EveryPage> OfNewcomer { get; } =
    [
        At("new-home", "/"),
        At("new-drives", "/drives"),
        At("new-charges", "/charges"),
        At("new-geofences", "/geo-fences"),
        At("new-settings", "/settings"),
        At("new-targets", "/outgoing"),
        new("new-dashboards", async page =>
        {
            await page.GotoAsync("/");
            if (await page.Locator(".navbar-burger").IsVisibleAsync())
                await page.Locator(".navbar-burger").ClickAsync();
            await page.Locator("[aria-controls=dashboards]").ClickAsync();
            await page.Locator("#dashboards a").Last.WaitForAsync();
        }),
    ];

    /// <summary>What somebody sees who does not know the password.</summary>
    public static IReadOnlyList<EveryPage> OfStranger { get; } =
    [
        At("log-in", "/"),
        new("log-in-refused", async page =>
        {
            await page.GotoAsync("/");
            await page.Locator("#password").FillAsync("wrong horse battery");
            await page.Locator("main form button[type=submit]").ClickAsync();
            await page.Locator("#password-problem").WaitForAsync();
        }, Refuses: true),
        At("log-in-not-found", "/nowhere", refuses: true),
    ];

    /// <summary>A page that an address leads to.</summary>
    public static EveryPage At(string name, string path, bool refuses = false) => new(name, page => page.GotoAsync(path), refuses);
}
