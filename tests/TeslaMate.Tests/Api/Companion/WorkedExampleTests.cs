using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Companion;

/// <summary>The worked examples of spec api 6, byte for byte as the chapter has them.</summary>
public sealed class WorkedExampleTests(CompanionUnderTest api) : IClassFixture<CompanionUnderTest>
{
    static readonly Lazy<string> Chapter = new(() => File.ReadAllText(Path.Combine(Root(), "docs", "spec", "api.md")));

    PagesUnderTest Pages => api.Pages;

    [Theory]
    [InlineData("E1", "/api/v1/cars/1/drives")]
    [InlineData("E3", "/api/v1/cars/1/charges")]
    [InlineData("E5", "/api/v1/cars/1/battery-health")]
    [InlineData("E6", "/api/v1/globalsettings")]
    public async Task An_example_is_answered_as_written(string example, string path)
        => Normal(await CompanionUnderTest.GetAsync(Pages, path)).ShouldBe(Normal(Example(example)), StringCompareShould.IgnoreLineEndings);

    [Fact]
    public async Task A_charge_under_way_is_answered_as_written()
    {
        await Pages.At("2026-07-07T17:05:00Z");
        Normal(await CompanionUnderTest.GetAsync(Pages, "/api/v1/cars/1/charges/current")).ShouldBe(Normal(Example("E4")));
        await Pages.At("2026-07-07T17:15:20Z");
        (await CompanionUnderTest.GetAsync(Pages, "/api/v1/cars/1/charges/current")).ShouldStartWith("{\"data\"");
        await Pages.At("2026-07-07T17:15:21Z");
        (await CompanionUnderTest.GetAsync(Pages, "/api/v1/cars/1/charges/current")).ShouldBe("""{"error":"No active charging in progress."}""");
        (await CompanionUnderTest.GetAsync(Pages, "/api/v1/cars/2/charges/current")).ShouldBe("""{"error":"No current charge found."}""");
    }

    [Fact]
    public async Task In_miles_and_fahrenheit_the_numbers_are_those_of_the_second_example()
    {
        await using var pages = await CompanionUnderTest.StartAsync("Europe/Zurich");
        await pages.Database.ExecuteAsync("update settings set unit_of_length = 'mi', unit_of_temperature = 'F'");
        var drive = (await CompanionUnderTest.DataAsync(pages, "/api/v1/cars/1/drives?minDistance=15&location=zug")).GetProperty("drives")
            .EnumerateArray().ShouldHaveSingleItem();
        drive.GetProperty("speed_max").GetRawText().ShouldBe("73");
        foreach (var (path, expected) in new (string, double)[]
        {
            ("odometer_details.odometer_start", 7456.45430684796), ("odometer_details.odometer_end", 7472.299272250011),
            ("odometer_details.odometer_distance", 15.844965402051914),
            ("speed_avg", 30.667674971713385), ("range_ideal.start_range", 248.54847689493198), ("range_ideal.end_range", 229.9073411278121),
            ("range_ideal.range_diff", 18.6411357671199), ("range_rated.start_range", 236.12105305018537),
            ("range_rated.end_range", 219.21975662133002),
            ("range_rated.range_diff", 16.901296428855375), ("outside_temp_avg", 70.7), ("inside_temp_avg", 71.6), ("consumption_net", 261.786624),
            ("energy_consumed_net", 4.148), ("power_max", 142), ("power_min", -61),
        })
            Member(drive, path).GetDouble().ShouldBe(expected, 1e-9, path);
        (await CompanionUnderTest.DataAsync(pages, "/api/v1/cars/1/drives?minDistance=16")).GetProperty("drives").GetArrayLength().ShouldBe(0);
        (await CompanionUnderTest.DataAsync(pages, "/api/v1/cars/1/drives?maxDistance=15.8")).GetProperty("drives").GetArrayLength().ShouldBe(0);
    }

    static JsonElement Member(JsonElement element, string path) => path.Split('.').Aggregate(element, (within, name) => within.GetProperty(name));

    // The chapter breaks its lines after commas and colons, outside of texts.
    static string Normal(string json) => json.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);

    static string Example(string name) => ExampleOf(name).Match(Chapter.Value) is { Success: true } found
        ? found.Groups[1].Value : throw new ShouldAssertException($"no example {name}");

    static Regex ExampleOf(string name) => new($@"^// {name}:[^\n]*\n(?:// [^\n]*\n)*(\{{.*?\}})\n(?=//|```)",
        RegexOptions.Multiline | RegexOptions.Singleline, TimeSpan.FromSeconds(5));

    static string Root([System.Runtime.CompilerServices.CallerFilePath] string path = "")
    {
        var folder = Path.GetDirectoryName(path)!;
        while (!File.Exists(Path.Combine(folder, "TeslaMate.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}

static class Clock
{
    /// <summary>Sets the clock of the pages, which only goes forward.</summary>
    public static Task At(this PagesUnderTest pages, string instant)
    {
        pages.Time.Advance(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture) - pages.Time.GetUtcNow());
        return Task.CompletedTask;
    }
}
