namespace TeslaMate.Web.Layout;

/// <summary>One line of a plot, in the owner's unit.</summary>
public sealed record PlotSeries(string Label, string Unit, IReadOnlyList<double?> Values)
{
    public static PlotSeries Of(string label, string unit, IEnumerable<double?> values, Func<double, double>? convert = null)
        => new(label, unit, [.. values.Select(value => value is { } known ? Math.Round(convert?.Invoke(known) ?? known, 2) : (double?)null)]);
}
