using System.Text.RegularExpressions;
using TeslaMate.Logbook.Settings;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Tests.Nix;
using TeslaMate.Web.Languages;

namespace TeslaMate.Tests.Outgoing.Messages;

/// <summary>Events in words (spec api 4.3).</summary>
public sealed partial class MessageTests
{
    public static TheoryData<string> Offered => [.. Language.All.Where(language => language != Language.English).Select(language => language.Value)];

    static string Write(OutgoingEvent happened, string language = "en", Func<GlobalSettings, GlobalSettings>? change = null)
        => SampleEvents.Writer(language, change).Write(happened) is var message ? $"{message.Title} | {message.Text}" : "";

    [Fact]
    public void A_drive_is_told_with_what_is_known_of_it()
    {
        Write(SampleEvents.DriveEnded).ShouldBe("Blue: Drive ended | Arrived at Seestrasse 12, Zug. 25.5 km in 31 min. Battery at 74 %.");
        Write(SampleEvents.DriveEnded, change: settings => settings with { UnitOfLength = UnitOfLength.Mi }).ShouldContain("15.8 mi in 31 min.");
        Write(SampleEvents.DriveEnded, "de").ShouldBe("Blue: Fahrt beendet | Ankunft: Seestrasse 12, Zug. 25.5 km in 31 min. Batterie bei 74 %.");
        Write(SampleEvents.Of(EventType.DriveEnded, """{"id":7,"end":{"place":null,"battery_pct":null},"distance_km":null}"""))
            .ShouldBe("Blue: Drive ended | Drive ended");
    }

    [Fact]
    public void Every_type_of_event_has_its_own_words_and_none_is_left_with_a_gap()
    {
        SampleEvents.All.Select(happened => happened.Type).ShouldBe([.. EventType.All, EventType.Test]);
        var written = SampleEvents.All.Select(happened => Write(happened)).ToList();
        written.Distinct().Count().ShouldBe(written.Count);
        written.ShouldAllBe(text => !text.Contains('{') && !text.Contains('?') && !text.Contains("  "));
        written.Where(text => text.StartsWith("Blue: ", StringComparison.Ordinal)).Count().ShouldBe(17);
        written.ShouldContain("Blue: Charging interrupted | Place: Home. 24.3 kWh added. Battery at 89 %. The limit is 90 %.");
        written.ShouldContain("Blue: Car left open | Open: Door, Window, Trunk, Frunk. The car is not locked.");
        written.ShouldContain("TeslaMate: Sending to Planner has failed | HTTP 401");
    }

    [Theory]
    [MemberData(nameof(Offered))]
    public void Messages_are_whole_in_every_language_of_the_pages(string language)
    {
        var texts = new MessageTexts().All(language);
        texts.Keys.Order(StringComparer.Ordinal).ShouldBe(Used().Order(StringComparer.Ordinal), language);
        foreach (var (english, translation) in texts)
        {
            translation.ShouldNotBeNullOrWhiteSpace(english);
            Places().Matches(translation).Select(place => place.Value).Order()
                .ShouldBe(Places().Matches(english).Select(place => place.Value).Order(), $"{language}: {english}");
        }

        var english1 = SampleEvents.All.Select(happened => Write(happened)).ToList();
        SampleEvents.All.Select(happened => Write(happened, language)).Intersect(english1).ShouldBeEmpty(language);
    }

    [Theory]
    [InlineData("zh", "zh_Hans")]
    [InlineData("no", "nb")]
    [InlineData("ja_kana", "ja")]
    [InlineData("ko-Latn", "ko")]
    [InlineData("pt", "en")]
    public void The_language_of_the_settings_is_the_nearest_that_is_offered(string setting, string language)
        => Write(SampleEvents.DriveEnded, setting).ShouldBe(Write(SampleEvents.DriveEnded, language));

    [Fact]
    public void A_message_links_to_the_page_about_it()
    {
        string? Link(OutgoingEvent happened) => SampleEvents.Writer().Write(happened).Link?.ToString();
        Link(SampleEvents.DriveEnded).ShouldBe("https://tm.example/drive/7");
        Link(SampleEvents.All.Single(happened => happened.Type == EventType.ChargeEnded)).ShouldBe("https://tm.example/charge/3");
        Link(SampleEvents.All[^1]).ShouldBe("https://tm.example/");
        SampleEvents.Writer(change: settings => settings with { BaseUrl = null }).Write(SampleEvents.DriveEnded).Link.ShouldBeNull();
    }

    // Texts are looked up by literals, so the source lists them.
    static IEnumerable<string> Used()
    {
        var source = File.ReadAllText(Path.Combine(Evaluation.Root, "src/TeslaMate.Outgoing/Messages/MessageWriter.cs"));
        return Call().Matches(source).Select(match => match.Groups[1].Value)
            .Concat(EventType.All.Append(EventType.Test).Select(EventTitles.Of)).Distinct();
    }

    [GeneratedRegex("(?:\\bTexts\\[|Filled\\(|Place\\(\"\\w+\", )\"([^\"]*)\"")]
    private static partial Regex Call();

    [GeneratedRegex("\\{\\d\\}")]
    private static partial Regex Places();
}
