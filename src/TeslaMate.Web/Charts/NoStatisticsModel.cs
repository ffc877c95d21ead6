namespace TeslaMate.Web.Charts;

/// <summary>A page with statistics that has none to show.</summary>
/// <param name="Path">Of the page.</param>
/// <param name="Problems">What is wrong with its address, in English; none where the log is empty.</param>
public sealed record NoStatisticsModel(string Path, IReadOnlyList<string> Problems);
