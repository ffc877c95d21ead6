using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using TeslaMate.Configuration;
using static Microsoft.Playwright.Assertions;

namespace TeslaMate.SystemTests.Browser;

/// <summary>Every page in every state can be used by those who cannot see it, see it badly, or have no mouse (WCAG 2.2, level AA).</summary>
[Collection(BrowserTests.Name)]
public sealed class AccessibilityTests(ProgramInBrowser family, NewProgramInBrowser newcomer) : IAsyncLifetime
{
    /// <summary>
    /// What axe finds wrong with a page as it is rendered: contrast, names, headings, landmarks, sizes of targets and some ninety rules more.
    /// </summary>
    const string Judge = """
        async () => (await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] }))
            .violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")} ${failureSummary}`.replace(/\s+/g, " ")))
        """;

    /// <summary>Contrast that axe does not look at: edges of fields and buttons, icons that say something alone, lines of plots.</summary>
    const string Edges = """
        () => {
            const parse = (colour) => { const parts = colour.match(/[\d.]+/g).map(Number); return colour.startsWith("color(srgb") ? [...parts.slice(0, 3).map((part) => part * 255), parts[3] ?? 1] : [...parts.slice(0, 3), parts[3] ?? 1]; };
            const over = ([r, g, b, a], under) => [r, g, b].map((part, index) => part * a + under[index] * (1 - a));
            const luminance = (colour) => { const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const contrast = (one, other) => { const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b); return (high + 0.05) / (low + 0.05); };
            const background = (element) => {
                const layers = [];
                for (let at = element; at; at = at.parentElement) { const colour = parse(getComputedStyle(at).backgroundColor); layers.push(colour); if (colour[3] === 1) break; }
                return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
            };
            const found = [];
            const judge = (what, element, colour, on) => { const ratio = contrast(over(parse(colour), on), on); if (ratio < 3) found.push(`${what} of ${element.tagName.toLowerCase()}#${element.id}.${element.className?.baseVal ?? element.className}: ${ratio.toFixed(2)}`); };
            for (const element of document.querySelectorAll("input:not([type=hidden], [type=checkbox]), select, .button")) {
                if (!element.checkVisibility() || element.disabled) continue;
                const style = getComputedStyle(element);
                const outside = background(element.parentElement);
                // A filled button needs no edge.
                if (contrast(background(element), outside) < 3) judge("the edge", element, style.borderTopColor, outside);
            }
            for (const element of document.querySelectorAll("main .icon svg")) if (element.checkVisibility()) judge("the icon", element.parentElement, getComputedStyle(element).fill, background(element.parentElement));
            const root = getComputedStyle(document.documentElement);
            for (const name of ["--plot-1", "--plot-2", "--plot-3", "--plot-4", "--plot-5", "--plot-6", "--plot-text"]) { const probe = document.createElement("i"); probe.style.color = root.getPropertyValue(name); document.body.append(probe); judge(name, probe, getComputedStyle(probe).color, background(document.body)); probe.remove(); }
            return found;
        }
        """;

    /// <summary>The element with the keyboard: its number among those that can have it, and what is wrong with how that shows.</summary>
    const string Focus = """
        () => {
            const can = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((element) =>
                element.tabIndex >= 0 && !element.disabled && element.type !== "hidden" && !element.closest("[inert]") && element.checkVisibility({ visibilityProperty: true })
                && (!document.querySelector("dialog:modal") || element.closest("dialog:modal")));
            const element = document.activeElement;
            const name = (one) => `${one.tagName.toLowerCase()}#${one.id}.${one.className}`;
            if (element === document.body || element === document.documentElement) return { at: -1, count: can.length, name: "", wrong: "" };
            const style = getComputedStyle(element);
            const box = element.getBoundingClientRect();
            const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1), y = Math.min(Math.max(box.y + box.height / 2, 0), innerHeight - 1);
            const top = document.elementFromPoint(x, y);
            const wrong = [];
            if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push("shows no outline");
            if (box.bottom < 0 || box.top > innerHeight || box.width === 0) wrong.push("is out of sight");
            else if (top && !element.contains(top) && !top.contains(element) && !element.labels?.[0]?.contains(top)) wrong.push(`is covered by ${name(top)}`);
            return { at: can.indexOf(element), count: can.length, name: name(element), wrong: wrong.join(", ") };
        }
        """;

    const string Settled = """
        () => Promise.allSettled(
            document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished))
        """;

    static readonly Lazy<string> Axe = new(() =>
    {
        using var resource = typeof(AccessibilityTests).Assembly.GetManifestResourceStream("axe.js")!;
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    });

    public async Task InitializeAsync()
    {
        await family.PrepareAsync();
        await newcomer.PrepareAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(1200, ColorScheme.Light, "en-GB")]
    [InlineData(360, ColorScheme.Dark, "en-GB")]
    [InlineData(360, ColorScheme.Light, "de-DE")]
    [InlineData(1200, ColorScheme.Dark, "de-DE")]
    public async Task No_rule_of_accessibility_is_broken(int width, ColorScheme theme, string language)
    {
        var found = new List<string>();
        await using (var visit = await family.VisitAsync(width, theme, language))
            found.AddRange(await JudgeAsync(visit, EveryPage.OfHousehold, language));
        await using (var visit = await newcomer.VisitAsync(width, theme, language))
            found.AddRange(await JudgeAsync(visit, EveryPage.OfNewcomer, language));
        await newcomer.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        await using (var visit = await newcomer.VisitAsync(width, theme, language))
            found.AddRange(await JudgeAsync(visit, EveryPage.OfStranger, language));
        found.ShouldBeEmpty();
    }

    /// <summary>The rules of accessibility that pages break.</summary>
    static async Task<List<string>> JudgeAsync(Visit visit, IEnumerable<EveryPage> pages, string language)
    {
        var found = new List<string>();
        foreach (var page in pages)
        {
            await page.OpenAsync(visit);
            found.AddRange(await JudgeAsync(visit, page, language));
        }

        return found;
    }

    /// <summary>The rules of accessibility that a page breaks, which is open.</summary>
    internal static async Task<IEnumerable<string>> JudgeAsync(Visit visit, EveryPage page, string language)
    {
        (await visit.Page.GetAttributeAsync("html", "lang")).ShouldBe(language[..2]);
        await visit.Page.EvaluateAsync(Axe.Value);
        // Colours are those that stay, not those of a button that the pointer has just come to.
        await visit.Page.EvaluateAsync(Settled);
        return (await visit.Page.EvaluateAsync<string[]>(Judge)).Concat(await visit.Page.EvaluateAsync<string[]>(Edges))
            .Select(trouble => $"{page.Name}: {trouble}");
    }

    [Fact]
    public async Task Broken_rules_are_found()
    {
        await using var visit = await family.VisitAsync();
        await visit.Page.GotoAsync("/sign_in");
        await visit.Page.EvaluateAsync("""
            () => {
                document.querySelector("label").remove();
                document.querySelector(".button.is-link").style.color = "#4a5fd0";
                document.querySelector("#tokens_refresh").style.borderColor = "#eee";
                document.querySelector("h1").outerHTML = "<h4>x</h4>";
            }
            """);
        await visit.Page.EvaluateAsync(Axe.Value);
        var found = await visit.Page.EvaluateAsync<string[]>(Judge);
        foreach (var rule in (string[])["label", "color-contrast", "page-has-heading-one"])
            found.ShouldContain(trouble => trouble.StartsWith(rule + " ", StringComparison.Ordinal), rule);
        (await visit.Page.EvaluateAsync<string[]>(Edges)).ShouldContain(
            trouble => trouble.StartsWith("the edge of input#tokens_refresh", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1200, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    public async Task The_keyboard_reaches_everything_in_order_and_shows_where_it_is(int width, ColorScheme theme)
    {
        var found = new List<string>();
        await using (var visit = await family.VisitAsync(width, theme))
            await WalkAsync(visit, EveryPage.OfHousehold);
        await using (var visit = await newcomer.VisitAsync(width, theme))
            await WalkAsync(visit, EveryPage.OfNewcomer);
        found.ShouldBeEmpty();

        async Task WalkAsync(Visit visit, IEnumerable<EveryPage> pages)
        {
            foreach (var page in pages)
            {
                await page.OpenAsync(visit);
                await visit.Page.EvaluateAsync("() => document.activeElement?.blur()");
                await visit.Page.Mouse.MoveAsync(0, 0);
                var walked = new List<int>();
                var count = 1;
                for (var step = 0; step < 3 * count + 10; step++)
                {
                    await visit.Page.Keyboard.PressAsync("Tab");
                    var focus = await visit.Page.EvaluateAsync<FocusOnPage>(Focus);
                    count = focus.Count;
                    // Between the last element and the first the browser has the keyboard; a date has several parts, each of which the keyboard
                    // stops at.
                    if (focus.At < 0 || walked is [.., var last] && last == focus.At)
                        continue;
                    if (walked.Contains(focus.At))
                        break;
                    walked.Add(focus.At);
                    if (focus.Wrong.Length > 0)
                        found.Add($"{page.Name}: {focus.Name} {focus.Wrong}");
                }

                // A page may begin with the keyboard in the field that it is there for.
                if (walked.Count == 0 || !walked.SequenceEqual(Enumerable.Range(0, count).Select(number => (walked[0] + number) % count)))
                    found.Add($"{page.Name}: the keyboard goes {string.Join(' ', walked)} of {count}");
            }
        }
    }

    [Fact]
    public async Task A_dialog_keeps_the_keyboard_and_gives_it_back()
    {
        await using var visit = await family.VisitAsync();
        var page = visit.Page;
        await EveryPage.OfHousehold.Single(state => state.Name == "geofence-costs").OpenAsync(visit);
        for (var step = 0; step < 8; step++)
        {
            await page.Keyboard.PressAsync("Tab");
            (await page.EvaluateAsync<bool>(
                "document.activeElement === document.body || document.activeElement.closest('dialog') !== null")).ShouldBeTrue();
        }

        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("dialog[open]")).ToHaveCountAsync(0);
        await Expect(page.Locator("#geo-fence button.is-link")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_map_that_fills_the_window_keeps_the_keyboard_and_gives_it_back()
    {
        await using var visit = await family.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/");
        var button = page.Locator(".map-maximize").First;
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(button).ToHaveAccessibleNameAsync("Minimize map");
        for (var step = 0; step < 8; step++)
        {
            await page.Keyboard.PressAsync("Tab");
            (await page.EvaluateAsync<bool>(
                "document.activeElement === document.body || document.activeElement.closest('.is-maximized') !== null")).ShouldBeTrue();
        }

        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".is-maximized")).ToHaveCountAsync(0);
        await Expect(button).ToHaveAccessibleNameAsync("Maximize map");
        await page.Locator("a.navbar-item").First.FocusAsync();
        await Expect(page.Locator("a.navbar-item").First).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_geofence_is_made_with_the_keyboard_alone()
    {
        await using var visit = await family.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/geo-fences/new");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        foreach (var (field, text) in ((string, string)[])[("latitude", "47.5"), ("longitude", "9.75"), ("radius", "80"), ("name", "Harbour")])
        {
            for (var step = 0; step < 12 && await page.EvaluateAsync<string>("document.activeElement.id") != $"geo_fence_{field}"; step++)
                await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.PressAsync("Control+A");
            await page.Keyboard.TypeAsync(text);
        }

        // The circle follows the fields.
        (await page.EvaluateAsync<double[]>("(({ circle }) => [circle.getLatLng().lat, circle.getLatLng().lng, "
            + "circle.getRadius()])(document.querySelector('[data-fence]').fence)")).ShouldBe([47.5, 9.75, 80]);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Geo-fence \"Harbour\" created");
        (await family.ScalarAsync<string>("select latitude || ' ' || longitude || ' ' || radius from geofences where name = 'Harbour'")).ShouldBe(
            "47.500000 9.750000 80");
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_menu_opens_by_its_button_and_closes_with_escape()
    {
        await using var visit = await newcomer.VisitAsync(width: 360);
        var page = visit.Page;
        await page.GotoAsync("/drives");
        var menu = page.GetByRole(AriaRole.Button, new() { Name = "Menu" });
        await menu.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(menu).ToHaveAttributeAsync("aria-expanded", "true");
        var dashboards = page.GetByRole(AriaRole.Button, new() { Name = "Dashboards" });
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Statistics" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(dashboards).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Battery Health" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(dashboards).ToBeFocusedAsync();
        await Expect(dashboards).ToHaveAttributeAsync("aria-expanded", "false");
        await page.Keyboard.PressAsync("Escape");
        await Expect(menu).ToBeFocusedAsync();
        await Expect(page.Locator("#menu")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Live_data_leave_the_keyboard_where_it_is_and_tell_of_a_new_state_only()
    {
        await using var visit = await family.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync("/");
        var car = page.Locator(".car", new() { HasText = "Nimbus" });
        await Expect(car).ToContainTextAsync("driving");
        // What is told is gone with the next thing that is told.
        await page.EvaluateAsync("() => new MutationObserver(() => news.dataset.told = `${news.dataset.told ?? "
            + "''}${news.textContent}.`).observe(news, { childList: true, characterData: true, subtree: true })");
        var news = page.Locator("#news");
        var tip = car.Locator(".car-icons .tip").Last;
        await tip.FocusAsync();
        var position = car.Locator("input[data-position]");
        var before = await position.GetAttributeAsync("value");
        await Expect(position).Not.ToHaveAttributeAsync("value", before!);
        await Expect(tip).ToBeFocusedAsync();
        (await news.GetAttributeAsync("data-told")).ShouldBeNull();
        // The same card in another state, as the server would send it.
        await page.EvaluateAsync("""
            () => {
                const details = document.querySelector(".car .car-details");
                const html = details.innerHTML.replace(/driving/, "asleep");
                import(document.querySelector("script[src*='cars.js']").src).then(({ update }) => update(details.closest(".car").dataset.car, html));
            }
            """);
        await Expect(news).ToHaveAttributeAsync("data-told", new Regex("^Nimbus: asleep[.]"));
    }

    sealed record FocusOnPage
    {
        public int At { get; init; }

        public int Count { get; init; }

        public string Name { get; init; } = "";

        public string Wrong { get; init; } = "";
    }
}
