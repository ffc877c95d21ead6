using System.Net;
using System.Text;
using TeslaMate.Api.Exports;
using TeslaMate.Tests.Api.Data;

namespace TeslaMate.Tests.Api.Exports;

/// <summary>Drives and charging stops for calendars (spec api 3).</summary>
public sealed class CalendarTests(DataUnderTest data) : IClassFixture<DataUnderTest>
{
    [Fact]
    public async Task Counted_drives_and_stops_are_events()
    {
        data.Pages.Time.Advance(new DateTimeOffset(2026, 7, 10, 0, 0, 0, TimeSpan.Zero) - data.Pages.Time.GetUtcNow());
        var text = await data.TextAsync($"/data/v1/calendar/{await data.Pages.TokenAsync("calendar")}.ics");
        text.ShouldStartWith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
        text.ShouldEndWith("END:VCALENDAR\r\n");
        text.ShouldContain("REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n");
        // Drive 8 has no distance, and process 4 no end.
        var events = Unfold(text).Split("BEGIN:VEVENT\r\n").Skip(1).ToList();
        events.Count.ShouldBe(2);
        events[0].ShouldStartWith("UID:drive-7@");
        events[0].ShouldContain("""
            DTSTAMP:20260704T083040Z
            DTSTART:20260704T080000Z
            DTEND:20260704T083040Z
            SUMMARY:Home to Seestrasse 12\, Zug\, 25.5 km
            LOCATION:Seestrasse 12\, Zug
            GEO:47.166100;8.515400
            DESCRIPTION:25.5 km\n4.1 kWh
            CATEGORIES:Drive
            TRANSP:TRANSPARENT
            """.ReplaceLineEndings("\r\n"));
        events[1].ShouldContain("SUMMARY:Seestrasse 12\\, Zug\\, 24.3 kWh\r\n");
        events[1].ShouldContain("DESCRIPTION:24.3 kWh\\n60 – 89 %\r\n");
    }

    [Fact]
    public async Task What_is_in_it_can_be_chosen()
    {
        data.Pages.Time.Advance(new DateTimeOffset(2026, 7, 10, 0, 0, 0, TimeSpan.Zero) - data.Pages.Time.GetUtcNow());
        var path = $"/data/v1/calendar/{await data.Pages.TokenAsync("calendar")}.ics";
        (await data.TextAsync(path + "?what=charges")).ShouldNotContain("UID:drive");
        (await data.TextAsync(path + "?days=4")).ShouldNotContain("UID:");
        (await data.TextAsync($"/data/v1/calendar/{await data.Pages.TokenAsync("calendar", 2)}.ics")).ShouldNotContain("UID:");
        (await data.ProblemAsync(path + "?what=updates", HttpStatusCode.BadRequest)).Slug.ShouldBe("invalid-parameter");
        using var client = data.Client();
        using var first = await client.GetAsync(path);
        client.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag!);
        using var again = await client.GetAsync(path);
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task The_token_opens_the_calendar_alone_and_no_other_token_opens_it()
    {
        var token = await data.Pages.TokenAsync("calendar");
        foreach (var other in (string[])[await data.Pages.TokenAsync("read"), "tmt_x", "x"])
            (await data.ProblemAsync($"/data/v1/calendar/{other}.ics", HttpStatusCode.Unauthorized)).Slug.ShouldBe("unauthorized");
        foreach (var line in data.Pages.Log.Lines)
            line.ShouldNotContain(token);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ä")]
    [InlineData("🚗")]
    [InlineData("雷")]
    public void Long_lines_are_folded_between_characters(string character)
    {
        for (var length = 1; length < 120; length++)
        {
            var text = new CalendarText();
            var value = string.Concat(Enumerable.Repeat(character, length));
            text.TextLine("SUMMARY", value);
            var whole = Encoding.UTF8.GetString(text.ToUtf8());
            foreach (var line in whole.TrimEnd('\n', '\r').Split("\r\n"))
            {
                Encoding.UTF8.GetByteCount(line).ShouldBeLessThanOrEqualTo(75);
                line.ShouldNotContain("\uFFFD");
            }

            Unfold(whole).ShouldBe($"SUMMARY:{value}\r\n");
        }
    }

    [Fact]
    public void What_means_something_is_escaped()
    {
        var text = new CalendarText();
        text.TextLine("SUMMARY", "a,b;c\\d\ne\r\nf");
        Encoding.UTF8.GetString(text.ToUtf8()).ShouldBe("SUMMARY:a\\,b\\;c\\\\d\\ne\\nf\r\n");
    }

    static string Unfold(string text) => text.Replace("\r\n ", "", StringComparison.Ordinal);
}
