namespace TeslaMate.Tests.Web;

public sealed class DriveListTests
{
    [Theory]
    [InlineData("0.15", "1", "20.0 km", "20 min", "3.00 kWh")]
    [InlineData("null", "1", "20.0 km", "20 min", "–")]
    public async Task The_totals_are_those_of_the_drives_and_what_is_unknown_is_no_zero(string efficiency, params string[] totals)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        await pages.Database.ExecuteAsync($"update cars set efficiency = {efficiency}");
        using var browser = pages.Visit();
        var page = await browser.PageAsync("/drives");
        page.QuerySelectorAll("dl.facts dd").Select(total => total.TextContent.Trim()).ShouldBe(totals);
    }
}
