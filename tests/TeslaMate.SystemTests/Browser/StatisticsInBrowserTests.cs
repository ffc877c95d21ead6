using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using TeslaMate.Web.Statistics;
using static Microsoft.Playwright.Assertions;

namespace TeslaMate.SystemTests.Browser;

/// <summary>The pages with statistics, on two years of two cars: how they look, and that one can work with them.</summary>
[Collection(BrowserTests.Name)]
public sealed partial class StatisticsInBrowserTests(HistoryInBrowser program) : IAsyncLifetime
{
    /// <summary>Pages with their addresses; their first windows are those that an owner meets.</summary>
    static readonly IReadOnlyList<EveryPage> Pages =
    [
        EveryPage.At("overview", "/"),
        .. StatisticsPages.All.Select(page => EveryPage.At($"statistics-{page.Path.Trim('/').Replace('/', '-')}", $"{page.Path}?preset=all")),
        EveryPage.At("statistics-trip", "/trip?preset=30d"),
        EveryPage.At("statistics-nothing", "/statistics?from=2001-01-01&to=2001-01-02"),
        EveryPage.At("statistics-not-understood", "/statistics?from=x", refuses: true),
        new("statistics-drive", async page =>
        {
            await page.GotoAsync("/trips?preset=all");
            await page.Locator("#trips tbody a").First.ClickAsync();
            await page.Locator("#drives tbody a").First.ClickAsync();
            await page.Locator("[data-chart] canvas").First.WaitForAsync();
        }),
    ];

    public Task InitializeAsync() => program.PrepareAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(360, ColorScheme.Light, "de-DE")]
    [InlineData(360, ColorScheme.Dark, "en-GB")]
    [InlineData(820, ColorScheme.Light, "en-GB")]
    [InlineData(820, ColorScheme.Dark, "de-DE")]
    [InlineData(1400, ColorScheme.Light, "en-GB")]
    [InlineData(1400, ColorScheme.Dark, "en-GB")]
    // Those with the longest words, and one without spaces.
    [InlineData(360, ColorScheme.Light, "fi-FI")]
    [InlineData(360, ColorScheme.Dark, "uk-UA")]
    [InlineData(360, ColorScheme.Light, "th-TH")]
    public async Task Every_page_fits_breaks_no_rule_and_can_be_used_by_everybody(int width, ColorScheme theme, string language)
    {
        var found = await LooksTests.LookAsync(program, Pages, width, theme, language,
            (visit, page) => AccessibilityTests.JudgeAsync(visit, page, language));
        found.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_window_is_chosen_without_loading_the_page_again()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/statistics");
        await page.EvaluateAsync("document.documentElement.dataset.old = ''");
        await page.GetByRole(AriaRole.Link, new() { Name = "Last year", Exact = true }).ClickAsync();
        await Expect(page.Locator(".presets [aria-current=true]").First).ToHaveTextAsync("Last year");
        await Expect(page.Locator("#periods tbody tr")).ToHaveCountAsync(12);
        await Expect(page).ToHaveURLAsync(PresetInAddress());
        await page.GetByLabel("Per", new() { Exact = true }).SelectOptionAsync("week");
        await Expect(page.Locator("#periods tbody tr")).ToHaveCountAsync(53);
        await Expect(page.Locator("#bars-plot canvas")).ToHaveCountAsync(1);
        // The zone is the browser's, not UTC.
        (await page.Locator("#statistics").GetAttributeAsync("data-zone")).ShouldBe("Europe/Berlin");
        (await page.Locator("html").GetAttributeAsync("data-old")).ShouldBe("", "nothing was loaded again");
        await page.GoBackAsync();
        await Expect(page.Locator("#periods tbody tr")).ToHaveCountAsync(12);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_bar_leads_to_its_months_and_a_day_to_its_timeline()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/statistics?preset=last-year&period=month");
        await page.Locator("#bars-plot canvas").WaitForAsync();
        var box = (await page.Locator("#bars-plot .u-over").BoundingBoxAsync())!;
        // May is the fifth of twelve.
        await visit.LeaveAsync(() => page.Mouse.ClickAsync(box.X + (float)(box.Width * 4.5 / 12), box.Y + box.Height / 2));
        (await page.Locator("#periods tbody a").First.TextContentAsync())!.ShouldMatch("^\\d{4}-05-31$");
        await visit.LeaveAsync(() => page.Locator("#periods tbody a").First.ClickAsync());
        await Expect(page).ToHaveTitleAsync("Timeline · TeslaMate for .NET");
        await Expect(page.Locator(".strips .state-bar")).ToHaveCountAsync(1);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_cursor_goes_through_all_charts_of_a_drive_and_shows_the_place()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await Pages[^1].LeadAsync(page);
        await page.Locator("#speed-plot canvas").WaitForAsync();
        await page.Locator("#speed-plot").ScrollIntoViewIfNeededAsync();
        await page.Locator("#speed-plot .u-over").HoverAsync();
        var at = await page.EvaluateAsync<int[]>("[...document.querySelectorAll('[data-chart]')].map(element => element.chart().cursor.idx)");
        at.Length.ShouldBeGreaterThan(3);
        at.Distinct().Count().ShouldBe(1);
        at[0].ShouldBeGreaterThan(0);
        const string Place = "(() => { const at = document.querySelector('.map[data-routes]').cursor(); return at && [at.lat, at.lng].join(); })()";
        var before = await page.EvaluateAsync<string>(Place);
        before.ShouldNotBeNull();
        // With the keyboard too.
        await page.Locator("#speed-plot").FocusAsync();
        for (var step = 0; step < 30; step++)
            await page.Keyboard.PressAsync("ArrowRight");
        (await page.EvaluateAsync<string>(Place)).ShouldNotBe(before);
        visit.Troubles.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/parked", "loss"), InlineData("/software", "range"), InlineData("/statistics", "bars")]
    public async Task Names_below_a_chart_do_not_lie_on_each_other(string path, string chart)
    {
        await using var visit = await program.VisitAsync(width: 360);
        var page = visit.Page;
        await page.GotoAsync(path);
        await page.Locator($"#{chart}-plot canvas").WaitForAsync();
        // The plot keeps the least room from one name to the next; the widest name fits into it.
        (await page.EvaluateAsync<double>($$"""
            (() => {
              const element = document.querySelector('#{{chart}}-plot');
              const ink = document.createElement('canvas').getContext('2d');
              ink.font = '12px system-ui, sans-serif';
              const widest = Math.max(...JSON.parse(element.dataset.chart).labels.map((label) => ink.measureText(label).width));
              const drawn = element.chart();
              return drawn.axes[0].space(drawn, 0, 0, 1, 300) - widest;
            })()
            """)).ShouldBeGreaterThan(4);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_table_is_downloaded()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/mileage?preset=last-year");
        await page.Locator("#mileage-table").WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        await page.Locator("[aria-controls=mileage-table]").ClickAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator("#mileage-table a.csv").ClickAsync());
        download.SuggestedFilename.ShouldBe("mileage-mileage.csv");
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        lines[0].ShouldBe("Period,Logged (km),Not logged (km),By odometer (km),Odometer at the end (km)");
        lines.Length.ShouldBe(13);
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_year_is_printed_without_what_paper_cannot_do()
    {
        await using var visit = await program.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/review?preset=last-year");
        await page.Locator("[data-chart] canvas").First.WaitForAsync();
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        foreach (var hidden in (string[])[".navbar", ".presets", ".window-form", "a.csv"])
            await Expect(page.Locator(hidden).First).ToBeHiddenAsync();
        await Expect(page.Locator("#records")).ToBeVisibleAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(ProgramInBrowser.Artifacts, "statistics-review-print.png"), FullPage = true });
    }

    [Fact]
    public async Task Without_scripts_the_tables_are_there()
    {
        await using var visit = await program.VisitAsync(scripts: false);
        var page = visit.Page;
        foreach (var (path, _, _) in StatisticsPages.All)
        {
            await page.GotoAsync($"{path}?preset=last-year&time_zone=Europe/Berlin");
            foreach (var table in await page.Locator(".chart-table").AllAsync())
                await Expect(table).ToBeVisibleAsync();
            await page.Locator(".presets a").First.ClickAsync();
            await Expect(page.Locator(".presets [aria-current=true]").First).ToHaveTextAsync("Today");
        }

        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_first_visit_is_small()
    {
        await using var visit = await program.VisitAsync();
        var finished = new ConcurrentQueue<IRequest>();
        visit.Page.RequestFinished += (_, request) => finished.Enqueue(request);
        await visit.Page.GotoAsync("/", new() { WaitUntil = WaitUntilState.Load });
        await visit.Page.Locator("[data-chart] canvas").First.WaitForAsync();
        var bytes = 0L;
        foreach (var request in finished.Where(request => !request.Url.Contains("tiles.test", StringComparison.Ordinal)))
        {
            if (await request.ResponseAsync() is not null)
                bytes += (await request.SizesAsync()).ResponseBodySize;
        }

        bytes.ShouldBeInRange(10_000, 150_000);
    }

    /// <summary>The pictures of the README, to be copied to <c>docs/screenshots</c> when the pages look different.</summary>
    [Theory]
    [InlineData("statistics", "/statistics?car=1&preset=last-year", ColorScheme.Light)]
    [InlineData("driving", "/driving?car=1&preset=all", ColorScheme.Light)]
    [InlineData("timeline", "/timeline?car=1", ColorScheme.Dark)]
    public async Task A_picture_for_the_readme_is_taken(string name, string path, ColorScheme theme)
    {
        await using var visit = await program.VisitAsync(1180, theme);
        await visit.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
        await Expect(visit.Page.Locator("main .data-table:visible").First).ToBeVisibleAsync();
        await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(ProgramInBrowser.Artifacts, $"readme-{name}.png") });
        visit.Troubles.ShouldBeEmpty();
    }

    [GeneratedRegex("[?&]preset=last-year")]
    private static partial Regex PresetInAddress();
}
