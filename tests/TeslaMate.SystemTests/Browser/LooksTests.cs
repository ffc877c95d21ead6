using Microsoft.Playwright;
using TeslaMate.Configuration;

namespace TeslaMate.SystemTests.Browser;

/// <summary>
/// Every page in every state fits its window in every language, and breaks no rule of the content security policy. The screenshots are kept to be
/// looked at.
/// </summary>
[Collection(BrowserTests.Name)]
public sealed class LooksTests(ProgramInBrowser family, NewProgramInBrowser newcomer) : IAsyncLifetime
{
    /// <summary>What does not fit: the page itself, and what in it has to be moved sideways or is cut off.</summary>
    const string Overflows = """
        () => {
            const width = document.documentElement.clientWidth;
            const found = document.documentElement.scrollWidth > width ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
            const seen = [];
            for (const element of document.querySelectorAll("body *")) {
                // A spinner is shown whenever a car is being asked; the corners of its box, round to the eye, stick out while it turns.
                if (element.querySelector(":scope > .spinner") || element.closest(".spinner, .map, .u-wrap, .visually-hidden, .skip, select, svg") || element.matches(".has-dropdown") || !element.checkVisibility() || seen.some((outer) => outer.contains(element))) continue;
                const style = getComputedStyle(element);
                // Only for those who listen, as .visually-hidden.
                if (style.clipPath === "inset(50%)") {
                    seen.push(element);
                    continue;
                }
                const isCut = element.scrollWidth > element.clientWidth + 1 && style.display !== "inline" && element.tagName !== "INPUT";
                const box = element.getBoundingClientRect();
                if (!isCut && box.right <= width + 1 && box.left >= -1) continue;
                seen.push(element);
                found.push(`${element.tagName.toLowerCase()}.${element.className}: ${element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}`);
            }
            return found;
        }
        """;

    public async Task InitializeAsync()
    {
        await family.PrepareAsync();
        await newcomer.PrepareAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    [InlineData(820, ColorScheme.Light)]
    [InlineData(820, ColorScheme.Dark)]
    [InlineData(1400, ColorScheme.Light)]
    [InlineData(1400, ColorScheme.Dark)]
    public async Task Every_page_fits_the_window_and_breaks_no_rule(int width, ColorScheme theme)
    {
        var found = new List<string>();
        found.AddRange(await LookAsync(family, EveryPage.OfHousehold, width, theme, "en-GB"));
        found.AddRange(await LookAsync(newcomer, EveryPage.OfNewcomer, width, theme, "en-GB"));
        found.ShouldBeEmpty();
    }

    // 320 px is what the rules of accessibility ask for; a car's browser has 773 px beside the driving view and 1180 px without it.
    [Theory]
    [InlineData(320, "de")]
    [InlineData(360, "de")]
    [InlineData(773, "de")]
    [InlineData(1180, "de")]
    [InlineData(320, "fi")]
    [InlineData(360, "hu")]
    [InlineData(360, "uk")]
    [InlineData(1024, "fr")]
    [InlineData(360, "ja")]
    public async Task Long_words_fit_too(int width, string language)
    {
        var found = new List<string>();
        found.AddRange(await LookAsync(family, EveryPage.OfHousehold, width, ColorScheme.Dark, language));
        found.AddRange(await LookAsync(newcomer, EveryPage.OfNewcomer, width, ColorScheme.Dark, language));
        found.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(820, ColorScheme.Dark)]
    [InlineData(1400, ColorScheme.Light)]
    public async Task The_way_in_fits_too(int width, ColorScheme theme)
    {
        await newcomer.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        var found = await LookAsync(newcomer, EveryPage.OfStranger, width, theme, "en-GB");
        await newcomer.Access.RemovePasswordAsync(CancellationToken.None);
        found.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_breaks_the_policy_is_noticed()
    {
        await using var visit = await family.VisitAsync();
        await visit.Page.RouteAsync("**/drives", async route =>
        {
            var answer = await route.FetchAsync();
            var body = (await answer.TextAsync()).Replace("</main>",
                "<script>document.title = 'inline'</script><img src=\"https://elsewhere.test/a.png\" alt=\"\"><p style=\"color: red\">x</p></main>",
                StringComparison.Ordinal);
            await route.FulfillAsync(new() { Response = answer, Body = body });
        });
        await visit.Page.GotoAsync("/drives");
        foreach (var directive in (string[])["script-src", "img-src", "style-src"])
            await Visit.UntilAsync(() => visit.Troubles.Any(trouble => trouble.Contains(directive, StringComparison.Ordinal)), directive);
    }

    /// <summary>What does not fit and which rules are broken; leaves screenshots.</summary>
    /// <param name="furtherAsync">Looks for more on each page while it is open.</param>
    internal static async Task<List<string>> LookAsync(ProgramInBrowser program, IEnumerable<EveryPage> pages, int width, ColorScheme theme,
        string language, Func<Visit, EveryPage, Task<IEnumerable<string>>>? furtherAsync = null)
    {
        var found = new List<string>();
        await using var visit = await program.VisitAsync(width, theme, language);
        foreach (var page in pages)
        {
            visit.Troubles.Clear();
            await page.OpenAsync(visit);
            found.AddRange((await visit.Page.EvaluateAsync<string[]>(Overflows)).Select(trouble => $"{page.Name}: {trouble}"));
            if (language is "en-GB" or "de")
                await visit.Page.ScreenshotAsync(new()
                {
                    Path = Path.Combine(ProgramInBrowser.Artifacts,
                    $"{page.Name}-{width}-{theme}-{language[..2]}.png".ToLowerInvariant()),
                    FullPage = true
                });
            found.AddRange(visit.Troubles.Where(trouble => !page.Refuses || !trouble.Contains("Failed to load resource", StringComparison.Ordinal)
                && !trouble.Contains("Response Status Error Code 422", StringComparison.Ordinal)));
            if (furtherAsync is not null)
                found.AddRange(await furtherAsync(visit, page));
        }

        return found;
    }
}
