namespace TeslaMate.Web.Charts;

/// <summary>The axis of a histogram.</summary>
static class Histogram
{
    /// <summary>
    /// All classes from the lowest to the highest that is <paramref name="occupied"/>, so that one in which nothing falls keeps its place on the
    /// axis; empty when none is.
    /// </summary>
    /// <param name="occupied">Whole multiples of <paramref name="width"/>, in any order.</param>
    public static IReadOnlyList<int> Classes(IReadOnlyCollection<int> occupied, int width)
    {
        if (occupied.Count is 0)
            return [];
        var lowest = occupied.Min();
        return [.. Enumerable.Range(0, (occupied.Max() - lowest) / width + 1).Select(step => lowest + step * width)];
    }
}
