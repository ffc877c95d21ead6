using System.Globalization;

namespace TeslaMate.Web.Layout;

/// <summary>Durations in words (spec web 6.1): weeks, days, hours, minutes, seconds; the two largest parts that are not zero.</summary>
static class Durations
{
    static readonly (string Unit, long Seconds)[] Units = [("wk", 604_800), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

    /// <summary>How long a state lasts: nothing below five seconds, no seconds above a minute.</summary>
    public static string Since(TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(5))
            return "";
        var parts = Largest(duration);
        return string.Join(", ", (parts.Count > 1 ? parts.Where(part => part.Unit != "s") : parts).Select(Text));
    }

    /// <summary>A forecast in hours: no seconds at all.</summary>
    public static string Remaining(double hours)
        => string.Join(", ", Largest(TimeSpan.FromHours(hours)).Where(part => part.Unit != "s").Select(Text));

    static List<(long Count, string Unit)> Largest(TimeSpan duration)
    {
        var rest = (long)duration.TotalSeconds;
        var parts = new List<(long Count, string Unit)>();
        foreach (var (unit, seconds) in Units)
        {
            if (rest / seconds > 0 && parts.Count < 2)
                parts.Add((rest / seconds, unit));
            rest %= seconds;
        }

        return parts;
    }

    static string Text((long Count, string Unit) part) => string.Create(CultureInfo.InvariantCulture, $"{part.Count} {part.Unit}");
}
