using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Web.Forms;

namespace TeslaMate.Web.Charges;

/// <summary>The cost form as typed, so that a refused text stays in its field.</summary>
/// <param name="Mode"><c>total</c>, <c>per_kwh</c> or <c>per_minute</c>.</param>
public sealed record CostEntry(string? Cost, string? Mode)
{
    /// <summary>The fields are sent as <c>charging_process[cost]</c>.</summary>
    public const string FormName = "charging_process";

    // numeric(14,2)
    const decimal Largest = 999_999_999_999.99m;

    public static CostEntry Of(ChargingProcess charge) => new(charge.Cost?.ToString("0.00", CultureInfo.InvariantCulture), Mode: null);

    /// <summary>
    /// What was typed, and the cost to store (null clears it) unless there are errors. A price per kWh or minute needs a known energy or duration:
    /// storing it as a total, as the reference does then, would be a silent error.
    /// </summary>
    public static (CostEntry Entry, decimal? Cost, IReadOnlyList<FieldError> Errors) Read(IFormCollection sent, ChargingProcess charge)
    {
        var fields = new FormReader(sent, FormName);
        var entry = new CostEntry(fields.Text("cost"), fields.Text("mode"));
        if (fields.Number("cost") is not { } entered)
            return (entry, null, fields.Errors);
        var (factor, problem) = entry.Mode switch
        {
            "per_kwh" => (charge.EnergyKwh, "The energy of this charge is not known; please enter the total."),
            "per_minute" => ((decimal?)charge.Minutes, "The duration of this charge is not known; please enter the total."),
            null or "" or "total" => (1m, ""),
            _ => (null, Problem.Invalid),
        };
        if (Math.Abs(entered) > Largest)
            fields.Refuse("cost", "is too large");
        else if (factor is not { } known)
            fields.Refuse("cost", problem);
        else if (Math.Round(entered * known, 2, MidpointRounding.AwayFromZero) is var cost && Math.Abs(cost) <= Largest)
            return (entry, cost, []);
        else
            fields.Refuse("cost", "is too large");
        return (entry, null, fields.Errors);
    }
}
