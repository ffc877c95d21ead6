using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.States;

static class StateStatements
{
    /// <summary>Ends the open state when it is another one, and begins the new one at the same moment.</summary>
    public static Statement Start(CarId car, CarActivity activity, DateTimeOffset since) => new(
        """
        with open as (
            select id, state from public.states where car_id = $1 and end_date is null),
        ended as (
            update public.states
            set end_date = greatest($3, states.start_date)
            from open
            where states.id = open.id and open.state <> $2::public.states_status
            returning states.end_date)
        insert into public.states (car_id, state, start_date)
        select $1, $2::public.states_status, coalesce((select end_date from ended), $3)
        where not exists (select from open where state = $2::public.states_status)
        returning id
        """,
        [Value.Of(car.Value), Value.Of(Name(activity)), Value.Of(since)]);

    /// <summary>Puts a state where it belongs among those that began later, which stay as they are.</summary>
    public static Statement Insert(CarId car, CarActivity activity, DateTimeOffset since) => new(
        """
        with later as (
            select min(start_date) as date from public.states where car_id = $1 and start_date > $3),
        cut as (
            update public.states
            set end_date = $3
            where car_id = $1 and start_date <= $3 and (end_date is null or end_date > $3) and (select date from later) is not null
            returning id)
        insert into public.states (car_id, state, start_date, end_date)
        select $1, $2::public.states_status, $3, later.date
        from later
        where later.date is not null or not exists (select from public.states where car_id = $1 and end_date is null)
        returning id
        """,
        [Value.Of(car.Value), Value.Of(Name(activity)), Value.Of(since)]);

    public static string Name(CarActivity activity) => activity switch
    {
        CarActivity.Online => "online",
        CarActivity.Offline => "offline",
        CarActivity.Asleep => "asleep",
        _ => throw new ArgumentOutOfRangeException(nameof(activity), activity, null),
    };

    public static CarActivity Parse(string name) => name switch
    {
        "online" => CarActivity.Online,
        "offline" => CarActivity.Offline,
        "asleep" => CarActivity.Asleep,
        _ => throw new FormatException($"\"{name}\" is not a state."),
    };
}
