namespace TeslaMate.Web.Charts;

/// <summary>A square of a calendar.</summary>
/// <param name="Value">0 is the lightest.</param>
/// <param name="Text">What the day was, in words.</param>
public sealed record CalendarDay(DateOnly Date, double Value, string Text, string Link);
