namespace TeslaMate.Logbook.Cars;

/// <summary>What the owner says of a car for the measures (<c>car_preferences</c>; docs/measures.md).</summary>
public interface ICarPreferences
{
    /// <summary>Stores the mileage budget of a car in place of the one before, or removes it (P21; spec charts 6.3).</summary>
    Task<PreferencesAnswer> ChangeBudgetAsync(CarId car, MileageBudgetForm budget, CancellationToken cancellationToken);
}

/// <summary>The form of a mileage budget; without both values there is none.</summary>
/// <param name="KmPerYear">Above 0, at most <see cref="MostKmPerYear"/>.</param>
/// <param name="From">Its first day, of the calendar that the owner looks at; not in the future.</param>
public sealed record MileageBudgetForm(double? KmPerYear, DateOnly? From)
{
    public const double MostKmPerYear = 1_000_000;

    /// <summary>Every mistake, by the columns' names; none means that it will be stored.</summary>
    /// <param name="today">By that calendar.</param>
    public IReadOnlyList<FieldError> Check(DateOnly today)
    {
        List<FieldError> errors = [];
        if (KmPerYear is null && From is not null)
            errors.Add(new(PerYearField, Problem.Blank));
        else if (KmPerYear <= 0)
            errors.Add(new(PerYearField, "must be greater than 0"));
        else if (KmPerYear is { } km && !(km <= MostKmPerYear))
            errors.Add(new(PerYearField, "is too large"));
        if (From is null && KmPerYear is not null)
            errors.Add(new(FromField, Problem.Blank));
        else if (From > today)
            errors.Add(new(FromField, "must not be in the future"));
        return errors;
    }

    public const string PerYearField = "budget_km_per_year";

    public const string FromField = "budget_from";
}

/// <summary>What came of a change of preferences. Closed.</summary>
public abstract record PreferencesAnswer
{
    PreferencesAnswer() { }

    public sealed record Changed : PreferencesAnswer;

    public sealed record Refused(IReadOnlyList<FieldError> Errors) : PreferencesAnswer;

    /// <summary>There is no such car.</summary>
    public sealed record NotFound : PreferencesAnswer;
}
