using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Web;

/// <summary>What stands around every page (spec web 5).</summary>
public sealed class FrameTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    public Task InitializeAsync() => _pages.Database.ExecuteAsync("update settings set grafana_url = null, theme_mode = 'system'");

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task The_bar_leads_to_the_pages_and_to_the_dashboards_once_they_are_known()
    {
        var page = await _browser.PageAsync("/settings");
        page.QuerySelectorAll("nav.navbar a").Select(link => $"{link.TextContent.Trim()} {link.GetAttribute("href")}")
            .ShouldBe(["TeslaMate for .NET /", "Statistics /statistics", "Driving /driving", "Mileage /mileage", "Trips /trips",
                "Timeline /timeline", "Review /review", "Charging /charging", "Charging stops /charging-stops", "Charge curve /charge-curve",
                "Battery /battery", "Parked losses /parked", "Tyres /tyres", "Software /software", "Visited places /visited",
                "All cars /all-cars", "Stored data /stored", "Drives /drives", "Charges /charges", "Geo-Fences /geo-fences", "Settings /settings"]);
        page.QuerySelector("nav.navbar")!.GetAttribute("aria-label").ShouldBe("Main navigation");
        await _pages.Database.ExecuteAsync("update settings set grafana_url = 'https://grafana.example.com/g'");
        page = await _browser.PageAsync("/sign_in");
        page.Text("[aria-controls=dashboards]").ShouldBe("Dashboards");
        var dashboards = page.QuerySelectorAll("#dashboards a");
        dashboards.Select(link => $"{link.TextContent} {link.GetAttribute("href")}").ShouldBe(
            """
            Battery Health jchmRiqUfXgTM; Charge Level WopVO_mgz; Charges TSmNYvRRk; Charging Stats -pkIkhmRz; Database Information jchmDbInfo; Drive Stats _7WkNSyWk; Drives Y8upc6ZRk;
            Efficiency fu4SiQgWz; Locations ZzhF-aRWz; Mileage NjtMTFggz; Overview kOuP_Fggz; Projected Range riqUfXgRz; States xo4BNRkZz; Statistics 1EZnXszMk; Timeline SUBgwtigz;
            Trip FkUpJpQZk; Updates IiC07mgWz; Vampire Drain zhHx2Fggk; Visited RG_DxSmgk
            """.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Insert(line.LastIndexOf(' ') + 1, "https://grafana.example.com/g/d/")));
        dashboards.ShouldAllBe(link => link.GetAttribute("target") == "_blank");
        // Of use to the one dashboard that takes the browser's zone.
        dashboards.Single(link => link.HasAttribute("data-time-zone")).TextContent.ShouldBe("Statistics");
    }

    [Theory]
    [InlineData("light", "light", "light")]
    [InlineData("dark", "dark", "dark")]
    [InlineData("system", "system", null)]
    public async Task The_head_says_what_browsers_need(string mode, string stated, string? resolved)
    {
        await _pages.Database.ExecuteAsync($"update settings set theme_mode = '{mode}'");
        var page = await _browser.PageAsync("/");
        page.Title.ShouldBe("Home · TeslaMate for .NET");
        var root = page.DocumentElement;
        (root.GetAttribute("lang"), root.GetAttribute("data-theme-mode"), root.GetAttribute("data-theme")).ShouldBe(("en", stated, resolved));
        page.QuerySelector("link[rel=manifest]")!.GetAttribute("crossorigin").ShouldBe("use-credentials");
        new[] { "viewport", "theme-color", "msapplication-TileColor",
            "apple-mobile-web-app-capable" }.Select(name => page.QuerySelector($"meta[name='{name}']")!.GetAttribute("content"))
            .ShouldBe(["width=device-width, initial-scale=1.0, viewport-fit=cover", "#363636", "#ffffff", "yes"]);
        page.QuerySelector("link[rel=mask-icon]")!.GetAttribute("color").ShouldBe("#363636");
        Browser.TokenOf(page).Length.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData("/", "Home")]
    [InlineData("/sign_in", "Sign in")]
    [InlineData("/settings", "Settings")]
    [InlineData("/geo-fences", "Geo-Fences")]
    [InlineData("/geo-fences/new", "Geo-Fences")]
    [InlineData("/charge-cost/1", "Charge Cost")]
    public async Task Each_page_has_its_title(string path, string title)
    => (await _browser.PageAsync(path)).Title.ShouldBe($"{title} · TeslaMate for .NET");

    [Theory]
    [InlineData(true, SignIn.SignedIn, null)]
    [InlineData(false, SignIn.SignedIn, "No encryption key provided")]
    [InlineData(false, SignIn.Undecryptable, "No encryption key provided")]
    [InlineData(true, SignIn.Undecryptable, "Tesla's tokens cannot be decrypted")]
    [InlineData(true, SignIn.SignedOut, null)]
    public async Task Every_page_warns_when_the_tokens_will_be_or_are_lost(bool hasKey, SignIn status, string? warning)
    {
        await using var pages = await PagesUnderTest.StartAsync(settings => settings with { HasEncryptionKey = hasKey }, reach: database => database);
        pages.Account.Status = new AccountStatus(status, Generation: 1);
        using var browser = pages.Visit();
        foreach (var path in new[] { "/sign_in", "/settings", "/geo-fences", "/drives" })
        {
            var box = (await browser.PageAsync(path)).QuerySelector("[role=note].is-warning");
            box?.Text("strong").ShouldBe(warning, path);
            (box is null).ShouldBe(warning is null, path);
            box?.TextContent.ShouldContain("ENCRYPTION_KEY");
            box?.QuerySelector("a")!.GetAttribute("target").ShouldBe("_blank");
        }
    }

    [Fact]
    public async Task The_product_says_that_it_is_not_the_original()
        => (await _browser.PageAsync("/settings")).Body!.TextContent.ShouldContain(
            "An independent implementation, neither made nor endorsed by the owners of the TeslaMate trademark, nor by Tesla.");
}
