using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Rows;

namespace TeslaMate.Tests.Api.Data;

/// <summary>The pure parts of files: formulas, names, sieves (spec api 3).</summary>
public sealed class CsvTests
{
    [Theory]
    [InlineData("=1+1", true)]
    [InlineData("+49 30", true)]
    [InlineData("-5", true)]
    [InlineData("@sum", true)]
    [InlineData("\tx", true)]
    [InlineData("\rx", true)]
    [InlineData("\nx", true)]
    [InlineData("  =1", true)]
    [InlineData(" \u00A0=1", true)]
    [InlineData("＝1", true)]
    [InlineData("＋1", true)]
    [InlineData("－1", true)]
    [InlineData("＠a", true)]
    [InlineData("Home", false)]
    [InlineData("a=b", false)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData("🚗", false)]
    [InlineData("'=1", false)]
    public void A_text_that_a_spreadsheet_would_calculate_is_known(string text, bool isFormula) => RowCsv.IsFormula(text).ShouldBe(isFormula);

    [Theory]
    [InlineData("Blue", "blue", "Blue")]
    [InlineData("Model Y", "model-y", "Model Y")]
    [InlineData("Grüner Blitz!", "gruener-blitz", "Grüner Blitz!")]
    [InlineData("../../etc", "etc", "....etc")]
    [InlineData("雷", "car-7", "雷")]
    [InlineData("", "car-7", "car-7")]
    [InlineData("a\r\nb\"", "a-b", "ab")]
    public void Files_are_named_after_the_car(string name, string slug, string shown)
    {
        var car = new CarName(7, name);
        (car.Slug, car.Shown).ShouldBe((slug, shown));
    }

    [Fact]
    public void A_simplified_way_stays_within_its_distance_of_the_recorded_one()
    {
        var random = new Random(1);
        var start = new DateTimeOffset(2026, 7, 4, 8, 0, 0, TimeSpan.Zero);
        var (latitude, longitude, heading) = (47.3, 8.5, 0.0);
        var points = new List<WayPoint>();
        for (var second = 0; second < 3000; second++)
        {
            heading += (random.NextDouble() - 0.5) * 0.3;
            (latitude, longitude) = (latitude + Math.Cos(heading) * 1e-4, longitude + Math.Sin(heading) * 1e-4);
            points.Add(new WayPoint(start.AddSeconds(second), second < 1500 ? 1 : 2, latitude, longitude));
        }

        var kept = Sift(new Sieve.Simplify(5), points);
        kept.Count.ShouldBeLessThan(points.Count / 2);
        kept[0].ShouldBe(points[0]);
        kept[^1].ShouldBe(points[^1]);
        kept.ShouldContain(points[1499]);
        kept.ShouldContain(points[1500]);
        var next = 0;
        foreach (var point in points)
        {
            while (kept[next].At < point.At)
                next++;
            if (kept[next] != point)
                point.MetresFrom(kept[next - 1], kept[next]).ShouldBeLessThanOrEqualTo(5.0001);
        }
    }

    [Fact]
    public void One_position_in_so_many_seconds_is_kept_and_the_first_of_each_drive()
    {
        var start = new DateTimeOffset(2026, 7, 4, 8, 0, 0, TimeSpan.Zero);
        var points = Enumerable.Range(0, 60).Select(second => new WayPoint(start.AddSeconds(second), second < 35 ? 1 : 2, 0, 0)).ToList();
        Sift(new Sieve.Every(TimeSpan.FromSeconds(10)), points).Select(point => (point.At - start).TotalSeconds)
            .ShouldBe([0, 10, 20, 30, 35, 45, 55]);
    }

    [Fact]
    public void A_way_breaks_where_it_was_not_recorded()
    {
        var start = new DateTimeOffset(2026, 7, 4, 8, 0, 0, TimeSpan.Zero);
        var here = new WayPoint(start, 1, 47, 8);
        new WayPoint(start.AddSeconds(61), 1, 47.02, 8).IsBreakAfter(here).ShouldBeTrue();
        new WayPoint(start.AddSeconds(60), 1, 47.02, 8).IsBreakAfter(here).ShouldBeFalse();
        new WayPoint(start.AddSeconds(600), 1, 47.001, 8).IsBreakAfter(here).ShouldBeFalse();
        new WayPoint(start.AddSeconds(1), 2, 47, 8).IsBreakAfter(here).ShouldBeTrue();
    }

    // As the answers do it.
    static List<WayPoint> Sift(Sieve sieve, IReadOnlyList<WayPoint> points)
    {
        var kept = new List<WayPoint>();
        WayPoint? held = null;
        foreach (var point in points)
        {
            var (writeHeld, writeThis) = sieve.Next(point);
            if (writeHeld)
                kept.Add(held!.Value);
            held = writeThis ? null : point;
            if (writeThis)
                kept.Add(point);
        }

        if (sieve.WriteLast && held is { } last)
            kept.Add(last);
        return kept;
    }
}
