using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Charging;

/// <summary>
/// How much energy a kilometre of range is worth: the value that most charging processes of a car agree on, as many digits as enough of them share
/// (spec logbook 7.6). Ties go to the smaller value.
/// </summary>
static class EfficiencyStatements
{
    static string Sql(string cars) => $"""
        with gains as (
            select
                process.car_id, process.charge_energy_added as added,
                case settings.preferred_range
                    when 'ideal' then process.end_ideal_range_km - process.start_ideal_range_km
                    else process.end_rated_range_km - process.start_rated_range_km
                end as gained
            from public.charging_processes process
            cross join public.settings
            where {cars} and process.duration_min > 10 and process.end_battery_level <= 95 and process.charge_energy_added > 0),
        factors as (
            select gains.car_id, precision.digits, precision.enough, round(gains.added / nullif(gains.gained, 0), precision.digits) as factor,
                count(*) as votes
            from gains
            cross join (values (5, 8), (4, 5), (3, 3), (2, 2)) as precision (digits, enough)
            where gains.gained is not null
            group by gains.car_id, precision.digits, precision.enough, factor),
        favourites as (
            select distinct on (car_id, digits) * from factors order by car_id, digits, votes desc, factor),
        derived as (
            select distinct on (car_id) * from favourites where votes >= enough and factor > 0 order by car_id, digits desc)
        update public.cars
        set efficiency = derived.factor::float8, updated_at = now() at time zone 'utc'
        from derived
        where cars.id = derived.car_id and cars.efficiency is distinct from derived.factor::float8
        returning cars.id, cars.efficiency, derived.votes
        """;

    static readonly string OneSql = Sql("process.car_id = $1");

    static readonly string AllSql = Sql("true");

    public static Statement Derive(CarId car) => new(OneSql, [Value.Of(car.Value)], Read);

    public static Statement DeriveAll() => new(AllSql, [], Read);

    static Outcome.EfficiencyDerived Read(NpgsqlDataReader reader) => new(new(reader.GetInt16(0)), reader.GetDouble(1), reader.GetInt64(2));
}
