using TeslaMate.Web.Charts;
using TeslaMate.Web.Languages;

namespace TeslaMate.Tests.Web.Charts;

public sealed class DataTableTests
{
    [Fact]
    public void Only_rows_that_are_shown_are_made_and_a_file_has_all()
    {
        List<int> asked = [];
        var texts = new TextCatalogue().In(Language.Find("en")!);
        var table = new TableOf<int>("numbers", "Drives", texts, TimeZoneInfo.Utc, "/numbers.csv", [.. Enumerable.Range(0, 10_000)])
            .Number("Distance", "km", number =>
            {
                asked.Add(number);
                return number;
            })
            .Build();
        table.Rows.Count.ShouldBe(10_000);
        table.Rows.Take(3).Select(row => row.Single().Text).ShouldBe(["0", "1", "2"]);
        asked.ShouldBe([0, 1, 2]);
        table.ToCsv().Split("\r\n").Length.ShouldBe(10_002);
    }
}
