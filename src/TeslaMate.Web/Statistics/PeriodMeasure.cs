using TeslaMate.Measures;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Languages;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Statistics;

/// <summary>A measure that periods are compared by.</summary>
/// <param name="Name">In addresses.</param>
/// <param name="Title">An English text.</param>
/// <param name="Unit">The owner's.</param>
/// <param name="Value">In that unit; null where nothing is known.</param>
/// <param name="Missing">Why there may be none; an English text.</param>
public sealed record PeriodMeasure(
    string Name, string Title, Func<Units, string> Unit, int Decimals, Func<PeriodStatistics, Units, double?> Value, string? Missing = null)
{
    public static IReadOnlyList<PeriodMeasure> All { get; } =
    [
        new("distance", "Distance", units => units.LengthUnit, 1, (period, units) => units.Length(period.DistanceKm)),
        new("drives", "Drives", _ => "", 0, (period, _) => period.Drives),
        new("time", "Driving time", _ => "h", 1, (period, _) => period.DrivingSeconds / 3600),
        new("energy", "Energy charged", _ => "kWh", 1, (period, _) => period.EnergyUsedKwh),
        new("cost", "Cost", _ => "", 2, (period, _) => (double?)period.Cost, "needs a charge with a cost"),
        new("consumption", "Consumption (gross)", units => units.ConsumptionUnit, 0,
            (period, units) => period.GrossWhPerKm is { } gross ? units.ConsumptionNumber(gross) : null,
                "needs a drive, and two charges of more than 10 min"),
    ];

    /// <summary>The first one for a name that is none.</summary>
    public static PeriodMeasure Find(string? name) => All.FirstOrDefault(measure => measure.Name == name) ?? All[0];

    /// <summary>The bars of a chart; energy and cost by AC and DC.</summary>
    public IReadOnlyList<ChartSeries> Series(IReadOnlyList<PeriodStatistics> periods, Texts texts, Units units)
    {
        return Name switch
        {
            "energy" when periods.Any(period => Unknown(period) > 0.05)
                => [Bars("AC", AcEnergy, 3), Bars("DC", DcEnergy, 2), Bars(texts["unknown"], Unknown, 5)],
            "energy" => [Bars("AC", AcEnergy, 3), Bars("DC", DcEnergy, 2)],
            "cost" when periods.Any(period => period.CostAc is not null || period.CostDc is not null)
                => [Bars("AC", period => (double?)period.CostAc, 3), Bars("DC", period => (double?)period.CostDc, 2)],
            _ => [Bars(texts[Title], period => Value(period, units), 1)],
        };

        static double? AcEnergy(PeriodStatistics period) => period.EnergyUsedAcKwh;

        static double? DcEnergy(PeriodStatistics period) => period.EnergyUsedDcKwh;

        // Of processes without rows nobody knows the kind.
        static double? Unknown(PeriodStatistics period) => period.EnergyUsedKwh - period.EnergyUsedAcKwh - period.EnergyUsedDcKwh;

        ChartSeries Bars(string label, Func<PeriodStatistics, double?> value, int colour)
            => ChartSeries.Of(label, Unit(units), periods.Select(value), ChartShape.Bars, colour);
    }
}
