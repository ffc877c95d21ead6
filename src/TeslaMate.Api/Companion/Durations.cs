using System.Globalization;

namespace TeslaMate.Api.Companion;

static class Durations
{
    /// <summary>Hours, also of more than a day, and minutes, as <c>25:00</c>.</summary>
    public static string? Text(int? minutes)
        => minutes is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known / 60:00}:{Math.Abs(known % 60):00}") : null;
}
