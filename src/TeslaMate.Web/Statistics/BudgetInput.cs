using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Measures;
using TeslaMate.Web.Forms;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Statistics;

/// <summary>The form of the mileage budget as typed, so that a refused text stays in its field (P21; spec charts 6.3).</summary>
/// <param name="PerYear">In the owner's unit.</param>
/// <param name="From">Its first day.</param>
public sealed record BudgetInput(string PerYear, string From)
{
    /// <summary>The fields are sent as <c>car_preferences[budget_from]</c>.</summary>
    public const string FormName = "car_preferences";

    public static BudgetInput Of(MileageBudget? budget, Units units) => budget is null
        ? new("", "")
        : new(Math.Round(units.Length(budget.KmPerYear), 1).ToString("0.#", CultureInfo.InvariantCulture),
            budget.BudgetFrom.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    /// <summary>What was typed, the values behind it, and every mistake: a text that is none, and what the rules forbid.</summary>
    /// <param name="today">By the calendar of the page.</param>
    public static (BudgetInput Input, MileageBudgetForm Form, IReadOnlyList<FieldError> Errors) Read(
        IFormCollection sent, Units units, DateOnly today)
    {
        var fields = new FormReader(sent, FormName);
        var form = new MileageBudgetForm(
            fields.Number(MileageBudgetForm.PerYearField) is { } length ? units.Km((double)length) : null, fields.Day(MileageBudgetForm.FromField));
        // A text that is no number is missing in the form, but not blank.
        var forbidden = form.Check(today).Where(forbidden => fields.Errors.All(error => error.Field != forbidden.Field));
        return (new(fields.Trimmed(MileageBudgetForm.PerYearField), fields.Trimmed(MileageBudgetForm.FromField)), form,
            [.. fields.Errors, .. forbidden]);
    }
}
