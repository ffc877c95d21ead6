using TeslaMate.Web.Charts;

namespace TeslaMate.Tests.Web.Charts;

public sealed class HistogramTests
{
    [Theory]
    [InlineData(new int[0], 10, new int[0])]
    [InlineData(new[] { 130 }, 10, new[] { 130 })]
    [InlineData(new[] { 40, 10, 90 }, 10, new[] { 10, 20, 30, 40, 50, 60, 70, 80, 90 })]
    [InlineData(new[] { -10, 5 }, 5, new[] { -10, -5, 0, 5 })]
    public void A_class_in_which_nothing_falls_keeps_its_place(int[] occupied, int width, int[] classes)
        => Histogram.Classes(occupied, width).ShouldBe(classes);
}
