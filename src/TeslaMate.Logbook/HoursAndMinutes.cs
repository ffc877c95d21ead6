using System.Globalization;

namespace TeslaMate.Logbook;

/// <summary>Durations in the pages and in messages.</summary>
public static class HoursAndMinutes
{
    /// <summary>Hours and minutes, such as <c>1 h 05 min</c>; minutes alone below an hour.</summary>
    /// <param name="minutes">From 0 on.</param>
    public static string Text(int minutes) => minutes < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{minutes} min")
        : string.Create(CultureInfo.InvariantCulture, $"{minutes / 60} h {minutes % 60:00} min");
}
