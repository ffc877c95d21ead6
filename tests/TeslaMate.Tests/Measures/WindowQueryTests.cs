using System.Globalization;
using TeslaMate.Measures;

namespace TeslaMate.Tests.Measures;

public sealed class WindowQueryTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 29, 10, 0, 0, TimeSpan.Zero);

    static readonly WindowQuery.Fallback Fallback = new(1, Preset.Days30, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));

    [Theory]
    [InlineData("", "2026-02-27T23:00Z", "2026-03-29T10:00Z", Period.Day)]
    [InlineData("preset=today", "2026-03-28T23:00Z", "2026-03-29T10:00Z", Period.Day)]
    [InlineData("preset=7d", "2026-03-22T23:00Z", "2026-03-29T10:00Z", Period.Day)]
    [InlineData("preset=month", "2026-02-28T23:00Z", "2026-03-29T10:00Z", Period.Day)]
    [InlineData("preset=last-month", "2026-01-31T23:00Z", "2026-02-28T23:00Z", Period.Day)]
    [InlineData("preset=year", "2025-12-31T23:00Z", "2026-03-29T10:00Z", Period.Week)]
    [InlineData("preset=last-year", "2024-12-31T23:00Z", "2025-12-31T23:00Z", Period.Month)]
    [InlineData("preset=all", null, "2026-03-29T10:00Z", Period.Month)]
    [InlineData("from=2026-03-29&to=2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z", Period.Day)]
    [InlineData("from=2026-03-29T08:30:00Z&to=2026-03-29T12:00%2B02:00&period=total", "2026-03-29T08:30Z", "2026-03-29T10:00Z", Period.Total)]
    [InlineData("from=2026-01-01", "2025-12-31T23:00Z", null, Period.Month)]
    [InlineData("from=2026-01-01&to=2026-01-31&time_zone=Asia/Kolkata&period=week", "2025-12-31T18:30Z", "2026-01-31T18:30Z", Period.Week)]
    public void A_window_is_what_the_address_says(string query, string? since, string? until, Period period)
    {
        var window = Parse(query).ShouldBeOfType<WindowQuery.Valid>().Window;
        window.Car.ShouldBe(1);
        (Text(window.Since), Text(window.Until), window.Period, window.Now).ShouldBe((since, until, period, Now));
    }

    [Theory]
    [InlineData("car=0", "car is \"0\", which is not the number of a car. Example: car=1")]
    [InlineData("car=99999", "car is \"99999\", which is not the number of a car. Example: car=1")]
    [InlineData("time_zone=../etc/passwd", "time_zone is \"../etc/passwd\", which is not a time zone. Example: time_zone=Europe/Berlin")]
    [InlineData("time_zone=right/UTC", "time_zone is \"right/UTC\", which is not a time zone. Example: time_zone=Europe/Berlin")]
    [InlineData("preset=week", "preset is \"week\", which is none of today, 7d, 30d, month, last-month, year, last-year, all.")]
    [InlineData("preset=7d&to=2026-01-01", "preset says the window, and so do from and to: leave out one of them.")]
    [InlineData("period=hour", "period is \"hour\", which is none of day, week, month, quarter, year, total.")]
    [InlineData("from=yesterday", "from is \"yesterday\", which is neither a day nor an instant. Examples: from=2026-05-01, "
        + "from=2026-05-01T08:00:00Z")]
    [InlineData("to=0001-01-01", "to is \"0001-01-01\", which is neither a day nor an instant. Examples: to=2026-05-01, to=2026-05-01T08:00:00Z")]
    [InlineData("from=2026-02-01&to=2026-01-01", "from is not before to: the window is empty. Exchange them.")]
    public void What_is_wrong_is_said_with_what_would_be_right(string query, string problem)
        => Parse(query).ShouldBeOfType<WindowQuery.Invalid>().Problems.ShouldBe([problem]);

    [Theory]
    [InlineData("today")]
    [InlineData("month")]
    [InlineData("year")]
    public void A_preset_is_not_empty_at_its_first_moment(string preset)
    {
        var midnight = new DateTimeOffset(2025, 12, 31, 23, 0, 0, TimeSpan.Zero);
        var window = WindowQuery.Parse(name => name == "preset" ? preset : null, Fallback, midnight).ShouldBeOfType<WindowQuery.Valid>().Window;
        (window.Since, window.Until).ShouldBe((midnight, midnight.AddSeconds(1)));
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
        => Parse("car=x&from=x&to=x&period=x").ShouldBeOfType<WindowQuery.Invalid>().Problems.Count.ShouldBe(4);

    [Theory]
    [InlineData("car=2&preset=last-year&time_zone=Europe/Berlin")]
    [InlineData("car=1&from=2026-03-01&to=2026-03-29&time_zone=Europe/Berlin&period=week")]
    [InlineData("car=1&from=2026-03-29T08:30:00Z&to=2026-03-29T10:00:00.5Z&time_zone=Asia/Tokyo")]
    [InlineData("car=1&to=2026-03-29&time_zone=America/St_Johns")]
    public void What_is_written_is_read_again(string query)
    {
        var written = WindowQuery.Write(Parse(query).ShouldBeOfType<WindowQuery.Valid>());
        string.Join('&', written.Select(pair => $"{pair.Key}={pair.Value}")).ShouldBe(query);
    }

    [Theory]
    // Lord Howe's clock goes back from 2:00 to 1:30, Cairo's forward at midnight, Havana's back from 1:00 to midnight.
    [InlineData("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z")]
    [InlineData("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z")]
    [InlineData("America/Havana", "2026-11-01", "2026-11-01T04:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00Z")]
    [InlineData("Asia/Kolkata", "2026-01-01", "2025-12-31T18:30Z")]
    public void A_local_day_begins_once(string zone, string day, string instant)
        => Text(LocalCalendar.Begin(DateOnly.Parse(day, CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone))).ShouldBe(instant);

    static WindowQuery Parse(string query)
    {
        var values = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query);
        return WindowQuery.Parse(name => values.TryGetValue(name, out var value) ? value.ToString() : null, Fallback, Now);
    }

    static string? Text(DateTimeOffset? instant) => instant?.UtcDateTime.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture);
}
