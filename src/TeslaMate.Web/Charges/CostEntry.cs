using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Charges;

/// <summary>What was typed into the cost form, as typed.</summary>
/// <param name="Mode"><c>total</c>, <c>per_kwh</c> or <c>per_minute</c>.</param>
public sealed record CostEntry(string? Cost, string? Mode)
{
    // numeric(14,2)
    const decimal Largest = 999_999_999_999.99m;

    /// <summary>
    /// The cost to store (null clears it), or why there is none. A price per kWh or minute needs a known energy or duration: storing it as a total, as the
    /// reference does then, would be a silent error.
    /// </summary>
    public (decimal? Cost, string? Problem) For(Charge charge)
    {
        if (string.IsNullOrWhiteSpace(Cost))
            return (null, null);
        if (Decimals.Parse(Cost) is not { } entered)
            return (null, "is invalid");
        if (Math.Abs(entered) > Largest)
            return (null, "is too large");
        var (factor, problem) = Mode switch
        {
            "per_kwh" => (charge.EnergyKwh, "The energy of this charge is not known; please enter the total."),
            "per_minute" => ((decimal?)charge.Minutes, "The duration of this charge is not known; please enter the total."),
            null or "" or "total" => (1m, ""),
            _ => (null, "is invalid"),
        };
        if (factor is not { } known)
            return (null, problem);
        var cost = Math.Round(entered * known, 2, MidpointRounding.AwayFromZero);
        return Math.Abs(cost) > Largest ? (null, "is too large") : (cost, null);
    }
}
