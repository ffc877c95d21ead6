using System.Text.RegularExpressions;
using TeslaMate.Web.Languages;

namespace TeslaMate.Tests.Web;

public sealed partial class LanguageTests
{
    [Theory]
    [InlineData("zh-CN", "zh_Hans")]
    [InlineData("zh-TW", "zh_Hant")]
    [InlineData("zh-Hant-HK", "zh_Hant")]
    [InlineData("de-AT,en;q=0.8", "de")]
    [InlineData("en;q=0.5,fr;q=0.9", "fr")]
    [InlineData("xx,sv;q=0.1", "sv")]
    [InlineData("no", "nb")]
    [InlineData("fr;q=0,de;q=0.1", "de")]
    [InlineData("xx", null)]
    [InlineData("", null)]
    [InlineData(";;;", null)]
    public void The_browsers_wish_is_met_as_well_as_it_can_be(string header, string? language)
    => (Language.Negotiate(header)?.Value).ShouldBe(language);

    [Fact]
    public void A_text_without_a_translation_is_english()
    {
        var text = Texts.In(Language.Find("de")!)["Not a text of {0}", 1.5];
        text.Value.ShouldBe("Not a text of 1.5");
        text.ResourceNotFound.ShouldBeTrue();
        Texts.In(Language.Find("de")!)["Back"].ResourceNotFound.ShouldBeFalse();
    }

    [Fact]
    public async Task A_chosen_language_stays()
    {
        await using var pages = await PagesUnderTest.StartAsync(("URL_PATH", "/tm/"));
        await pages.Database.ExecuteAsync("update settings set grafana_url = 'https://grafana.example.com'");
        using var browser = pages.Visit();
        browser.Headers.Add("Accept-Language", "fr");
        (await browser.PageAsync("/settings")).DocumentElement.GetAttribute("lang").ShouldBe("fr");
        (await browser.PageAsync("/settings?locale=zh-Hans")).DocumentElement.GetAttribute("lang").ShouldBe("zh-Hans");
        (await browser.PageAsync("/settings?locale=klingon")).DocumentElement.GetAttribute("lang").ShouldBe("zh-Hans");
        var page = await browser.PageAsync("/settings?locale=de");
        page.DocumentElement.GetAttribute("lang").ShouldBe("de");
        using (var chosen = await browser.GetAsync("/settings?locale=de"))
            chosen.Headers.GetValues("Set-Cookie").ShouldContain(
                cookie => cookie.StartsWith("_teslamate_locale=de; max-age=31536000;", StringComparison.Ordinal), "beyond the browser's session");
        page.Title.ShouldBe("Einstellungen · TeslaMate for .NET");
        // Every own link has the prefix that the proxy strips.
        page.QuerySelectorAll("[href^='/'], [src^='/'], [action^='/'], [hx-post^='/']")
            .SelectMany(element => new[] { "href", "src", "action", "hx-post" }.Select(element.GetAttribute)).OfType<string>()
            .Where(link => link.StartsWith('/'))
            .ShouldAllBe(link => link.StartsWith("/tm/", StringComparison.Ordinal));
        page.QuerySelectorAll("a[href^='https://grafana.example.com/d/']").Length.ShouldBe(19);
    }

    [Theory]
    [MemberData(nameof(Offered))]
    public void Every_text_is_there_in_every_language_that_is_offered(string language) => Missing(language).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Offered))]
    public void What_is_counted_has_all_the_forms_of_its_language(string language)
    {
        var texts = Texts.In(Language.Find(language)!);
        var forms = language switch
        {
            "uk" => 3,
            // They do not tell one from many behind a number.
            "ja" or "ko" or "th" or "zh_Hans" or "zh_Hant" or "hu" or "tr" => 1,
            _ => 2,
        };
        var german = Texts.In(Language.Find("de")!);
        Translated(Language.Find("de")!).Where(text => german.Forms(text).Count > 1).ShouldNotBeEmpty();
        Translated(Language.Find("de")!).Where(text => german.Forms(text).Count > 1).ShouldAllBe(text => texts.Forms(text).Count == forms);
    }

    public static TheoryData<string> Offered => [.. Language.All.Where(language => language != Language.English).Select(language => language.Value)];

    static TextCatalogue Texts { get; } = new();

    static IEnumerable<string> Translated(Language language)
        => Texts.In(language).GetAllStrings(includeParentCultures: false).Select(text => text.Name);

    static List<string> Missing(string language)
    {
        var translated = Translated(Language.Find(language)!).ToHashSet();
        return [.. UsedTexts().Where(text => !translated.Contains(text)).Order()];
    }

    [Fact]
    public void No_translation_is_of_a_text_that_is_gone()
    {
        var used = UsedTexts().ToHashSet();
        foreach (var language in Language.All)
            Translated(language).Where(text => !used.Contains(text)).ShouldBeEmpty(language.Value);
    }

    [Fact]
    public void Translations_have_the_places_of_the_english_text()
    {
        foreach (var language in Language.All)
        {
            var texts = Texts.In(language);
            foreach (var english in Translated(language))
            {
                foreach (var form in texts.Forms(english))
                    Places().Matches(form).Select(place => place.Value).Order()
                        .ShouldBe(Places().Matches(english).Select(place => place.Value).Order(), $"{language.Value}: {english}");
            }
        }
    }

    [Theory]
    [InlineData("en", 1, "There is 1 charging session")]
    [InlineData("en", 3, "There are 3 charging sessions")]
    [InlineData("de", 1, "Es gibt 1 Ladevorgang ")]
    [InlineData("de", 3, "Es gibt 3 Ladevorgänge ")]
    [InlineData("fr", 0, "Il y a 0 session ")]
    [InlineData("fr", 2, "Il y a 2 sessions ")]
    [InlineData("uk", 1, "У цьому місці є 1 зарядка ")]
    [InlineData("uk", 3, "У цьому місці є 3 зарядки ")]
    [InlineData("uk", 5, "У цьому місці є 5 зарядок ")]
    [InlineData("uk", 21, "У цьому місці є 21 зарядка ")]
    [InlineData("ja", 3, "この場所には費用のない充電が 3 件")]
    public void Counted_things_take_their_form(string language, int count, string beginning)
        => Texts.In(Language.Find(language)!).Count(count,
            "There is {0} charging session at this location without a cost. Should it be calculated with the new prices?",
            "There are {0} charging sessions at this location without a cost. Should they be calculated with the new prices?").Value.ShouldStartWith(
                beginning);

    // Texts are looked up by literals, so the sources list them: translated calls, table rows, problems and labels.
    static IEnumerable<string> UsedTexts()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "TeslaMate.sln")))
            folder = Path.GetDirectoryName(folder)!;
        var sources = ((string[])["src/TeslaMate.Web", "src/TeslaMate.Outgoing/Targets"])
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(folder, project), "*.*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".razor" or ".cs" && !file.Contains("/obj/", StringComparison.Ordinal)
                && !file.Contains("/node_modules/", StringComparison.Ordinal))
            .Select(File.ReadAllText).ToArray();
        var literals = sources.SelectMany(source => Literal().Matches(source))
            .Select(match => match.Groups[1].Value.Replace("\\\"", "\"", StringComparison.Ordinal)).ToHashSet();
        var called = sources.SelectMany(source => Call().Matches(source))
            .Concat(sources.Where(source => source.Contains("TableOf<", StringComparison.Ordinal)).SelectMany(source => Labels().Matches(source)))
            .Select(match => match.Groups[1].Value);
        var german = Translated(Language.Find("de")!).Where(literals.Contains);
        string[] elsewhere =
        [
            "can't be blank", "is invalid", "is not supported", "invalid scheme", "is missing a scheme (e.g. https)", "is missing a host",
            "should be at most 255 character(s)",
            "must be greater than 0", "must be less than 5000", "must be greater than or equal to 0", "must not be in the future",
            "asleep", "charging", "offline", "online",
            "is inside a private network that OUTGOING_ALLOWED_NETWORKS does not name",
            "unavailable", "updating",
        ];
        return called.Concat(german).Concat(elsewhere).Distinct();
    }

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Literal();

    [GeneratedRegex("(?:\\bTexts\\[|Label=)\"([^\"@\\\\]*)\"")]
    private static partial Regex Call();

    // The labels and titles of tables, which TableOf translates itself.
    [GeneratedRegex("(?:\\btexts\\[|\\.(?:Text|Name|Number|Moment|Duration|Share|Money)\\(|new TableOf<[^\"]*\\(\"[^\"]*\", )\"([^\"@\\\\]+)\"")]
    private static partial Regex Labels();

    [GeneratedRegex("\\{\\d\\}")]
    private static partial Regex Places();
}
