
namespace TeslaMate.Logbook.Cars;

sealed class CarPreferences(NpgsqlDataSource database, TimeProvider time) : ICarPreferences
{
    public async Task<PreferencesAnswer> ChangeBudgetAsync(CarId car, MileageBudgetForm budget, CancellationToken cancellationToken)
    {
        // Whose day it is, the page knows; here, a day that has begun nowhere on earth is refused.
        if (budget.Check(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime.AddHours(14))) is { Count: > 0 } errors)
            return new PreferencesAnswer.Refused(errors);
        // The row holds other preferences too, which stay.
        await using var command = database.CreateCommand("""
            insert into teslamate.car_preferences (car_id, budget_km_per_year, budget_from)
            select id, $2, $3 from public.cars where id = $1
            on conflict (car_id) do update
            set (budget_km_per_year, budget_from) = (excluded.budget_km_per_year, excluded.budget_from)
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(budget.KmPerYear));
        command.Parameters.Add(Value.Of(budget.From));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0 ? new PreferencesAnswer.Changed() : new PreferencesAnswer.NotFound();
    }
}
