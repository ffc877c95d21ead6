using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Cars;

static class CarStatements
{
    /// <summary>What a car did not say is kept, because it says nothing while it wakes up.</summary>
    public static Statement Update(CarId car, CarDescription description) => new(
        """
        update public.cars
        set name = coalesce($2, name), model = coalesce($3, model), trim_badging = coalesce($4, trim_badging),
            marketing_name = coalesce($5, marketing_name), exterior_color = coalesce($6, exterior_color),
            wheel_type = coalesce($7, wheel_type), spoiler_type = coalesce($8, spoiler_type), updated_at = now() at time zone 'utc'
        where id = $1
            and (coalesce($2, name), coalesce($3, model), coalesce($4, trim_badging), coalesce($5, marketing_name),
                    coalesce($6, exterior_color), coalesce($7, wheel_type), coalesce($8, spoiler_type))
                is distinct from (name, model::text, trim_badging, marketing_name::text, exterior_color, wheel_type, spoiler_type)
        returning id
        """,
        Parameters(car, description));

    /// <summary>Fills in what is not known of a car; what is, stays.</summary>
    public static Statement Complete(CarId car, CarDescription description) => new(
        """
        update public.cars
        set name = coalesce(name, $2), model = coalesce(model, $3), trim_badging = coalesce(trim_badging, $4),
            marketing_name = coalesce(marketing_name, $5), exterior_color = coalesce(exterior_color, $6),
            wheel_type = coalesce(wheel_type, $7), spoiler_type = coalesce(spoiler_type, $8), updated_at = now() at time zone 'utc'
        where id = $1
            and (coalesce(name, $2), coalesce(model, $3), coalesce(trim_badging, $4), coalesce(marketing_name, $5),
                    coalesce(exterior_color, $6), coalesce(wheel_type, $7), coalesce(spoiler_type, $8))
                is distinct from (name, model::text, trim_badging, marketing_name::text, exterior_color, wheel_type, spoiler_type)
        returning id
        """,
        Parameters(car, description));

    static NpgsqlParameter[] Parameters(CarId car, CarDescription description) =>
    [
        Value.Of(car.Value), Value.Of(Column.Text(description.Name, int.MaxValue)), Value.Of(Column.Text(description.Model)),
        Value.Of(Column.Text(description.TrimBadging, int.MaxValue)), Value.Of(Column.Text(description.MarketingName)),
        Value.Of(Column.Text(description.ExteriorColor, int.MaxValue)), Value.Of(Column.Text(description.WheelType, int.MaxValue)),
        Value.Of(Column.Text(description.SpoilerType, int.MaxValue)),
    ];
}
