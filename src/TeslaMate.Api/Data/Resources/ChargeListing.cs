using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Database;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>Charging processes, their rows, and charging stops (spec api 2.2).</summary>
static class ChargeListing
{
    static readonly Parameter Kind = new("kind", ParameterType.Word, "Only AC or only DC.") { Values = ["ac", "dc"] };
    static readonly Parameter LeastEnergy = new("min_energy_kwh", ParameterType.Number, "Only processes that added at least this much.");
    static readonly Parameter Priced = new("priced", ParameterType.Flag, "Only processes with a cost, or only those without.");

    public static readonly Listing Processes = new()
    {
        Name = "charges",
        Row = "ChargingProcess",
        Summary = "Charging processes, also one that is under way.",
        Key = new("p.start_date", "p.id"),
        Car = "p.car_id",
        Parameters =
        [
            Parameter.Cars, Parameter.From, Parameter.To, Parameter.Geofence, Parameter.Place, Parameter.Tag, Parameter.Open, Kind, LeastEnergy,
                Priced,
        ],
        Members =
        [
            Id("id", "p.id", "The charging process's number."),
            Id("car_id", "p.car_id", "The car's number."),
            .. End("start"),
            .. End("end"),
            Flag("is_open", "l.is_open", "Whether the process has no end yet.") with { IsAlwaysKnown = true },
            Number("duration_s", "l.duration_s", "From start to end."),
            Exact("energy_added_kwh", "p.charge_energy_added", "What the car counted into its battery."),
            Exact("energy_used_kwh", "p.charge_energy_used", "What was drawn, as far as it was measured."),
            Number("efficiency_pct", "l.efficiency * 100", "Energy added of energy used (M7)."),
            Word("kind", "l.kind", "Whether it was AC or DC (M6); null when the rows do not tell.", "ac", "dc"),
            Whole("power_max_kw", "l.power_max_kw", "Highest power."),
            Exact("outside_temp_avg_c", "p.outside_temp_avg", "Mean temperature outside."),
            Whole("position.id", "s.id", "The position of the car."),
            Exact("position.latitude", "s.latitude", "Degrees."),
            Exact("position.longitude", "s.longitude", "Degrees."),
            Text("place", "l.place", "The geofence, else the address."),
            Whole("geofence_id", "p.geofence_id", "The geofence there."),
            Whole("address_id", "p.address_id", "The address there."),
            Number("odometer_km", "l.odometer_km", "The odometer."),
            Exact("cost", "p.cost", "In the owner's currency; 0 is free, null is not priced."),
            Word("cost_source", OwnersSql.CostSource, "Who set the cost; null where that is not kept.",
                "geofence", "tariff", "user", "free", "import", "other"),
            new("tags", MemberType.Words, OwnersSql.TagsOfProcess, "The owner's tags.") { IsAlwaysKnown = true },
        ],
        Rows = ask => $"""
            from public.charging_processes as p
            left join public.addresses as a on a.id = p.address_id
            left join public.geofences as g on g.id = p.geofence_id
            where {ask.IsOnly("p.id")} and {ask.OfCars("p.car_id")} and {ask.InWindow("p.start_date")}
                and {Ask.When(ask.Question.Ids(Parameter.Geofence), ids => $"p.geofence_id = any({ask.Sql.Add(ids)})")}
                and {Ask.When(ask.Question.Text(Parameter.Place), text => $"{Place} ilike {ask.Sql.Add(LikePattern.Containing(text))}")}
                and {Ask.When(ask.Question.Text(Parameter.Tag), tag => $"{ask.Sql.Add(tag)} = any({OwnersSql.TagsOfProcess})")}
                and {Ask.When(ask.Question.Flag(Parameter.Open), open => open ? "p.end_date is null" : "p.end_date is not null")}
                and {Ask.When(ask.Question.Number(LeastEnergy), kwh => $"p.charge_energy_added >= {ask.Sql.Add(kwh)}")}
                and {Ask.When(ask.Question.Flag(Priced), priced => priced ? "p.cost is not null" : "p.cost is null")}
                and {Ask.When(ask.Question.Text(Kind), kind => OfKind(ask, kind))}
            """,
        Measured = _ => """
            from span
            cross join lateral teslamate.charge_list(span.car_id, span.since, span.until) as l
            join page on page.id = l.charging_process_id
            join public.charging_processes as p on p.id = page.id
            left join public.positions as s on s.id = p.position_id
            """,
    };

    public static readonly Listing Charges = new()
    {
        Name = "charges",
        Row = "Charge",
        Summary = "The rows of one charging process.",
        IsPaged = false,
        IsNewestFirst = false,
        Key = new("c.date", "c.id"),
        Members =
        [
            Id("id", "c.id", "The row's number."),
            Instant("at", "c.date", "When."),
            Whole("battery_pct", "c.battery_level", "Battery level."),
            Whole("usable_battery_pct", "c.usable_battery_level", "Usable battery level."),
            Exact("energy_added_kwh", "c.charge_energy_added", "Since the car began to count."),
            Whole("power_kw", "c.charger_power", "Power."),
            Whole("voltage_v", "c.charger_voltage", "Voltage of the car's AC charger, whatever the process is."),
            Whole("current_a", "c.charger_actual_current", "Current of the car's AC charger."),
            Whole("pilot_current_a", "c.charger_pilot_current", "Current that the station allows."),
            Whole("phases", "c.charger_phases", "As the car tells it: 2 for three phases."),
            Exact("rated_range_km", "c.rated_battery_range_km", "Rated range."),
            Exact("ideal_range_km", "c.ideal_battery_range_km", "Ideal range."),
            Exact("outside_temp_c", "c.outside_temp", "Temperature outside."),
            Flag("battery_heater", "c.battery_heater", "Battery heater."),
            Flag("battery_heater_on", "c.battery_heater_on", "Battery heater on."),
            Flag("battery_heater_no_power", "c.battery_heater_no_power", "Battery heater without power."),
            Flag("not_enough_power_to_heat", "c.not_enough_power_to_heat", "Whether the station gives too little to heat."),
            Text("cable", "c.conn_charge_cable", "Kind of cable."),
            Flag("fast_charger_present", "c.fast_charger_present", "Whether the car takes the station for a fast charger."),
            Text("fast_charger_brand", "c.fast_charger_brand", "Its brand."),
            Text("fast_charger_type", "c.fast_charger_type", "Its type."),
        ],
        Rows = ask => $"""
            from public.charges as c
            join public.charging_processes as p on p.id = c.charging_process_id
            where c.charging_process_id = {ask.Sql.Add(ask.Row)} and {ask.OfCars("p.car_id")}
            """,
    };

    public static readonly Listing Stops = new()
    {
        Name = "charging-stops",
        Row = "ChargingStop",
        Summary = "Charging stops (M5): charging processes at one place with no drive between them.",
        Key = new("l.start_date", "l.first_process_id"),
        Parameters = [Parameter.Cars, Parameter.From, Parameter.To, Parameter.Geofence, Parameter.Place, Kind],
        Members =
        [
            Id("car_id", "c.id", "The car's number."),
            Instant("start.at", "l.start_date", "The first start."),
            Instant("end.at", "l.end_date", "The last end."),
            new("processes", MemberType.Wholes, "l.processes", "The numbers of the charging processes.") { IsAlwaysKnown = true },
            Whole("start_battery_pct", "l.start_level", "Level at the first start."),
            Whole("end_battery_pct", "l.end_level", "Level at the last end."),
            Number("energy_added_kwh", "l.energy_added_kwh", "Sum of what was added."),
            Number("energy_used_kwh", "l.energy_used_kwh", "Sum of what was used (M7)."),
            Exact("cost", "l.cost", "Sum of the costs that are known."),
            Number("plugged_s", "l.plugged_s", "From the first start to the last end."),
            Number("charging_s", "l.charging_s", "Sum of the processes' times."),
            Word("kind", "l.kind", "Whether it was AC or DC (M6).", "ac", "dc"),
            Text("place", "l.place", "The geofence, else the address."),
        ],
        Rows = ask => $"""
            from public.cars as c
            cross join lateral teslamate.charge_stops(c.id, {ask.Window}) as l
            where {ask.OfCars("c.id")}
                and {Ask.When(ask.Question.Ids(Parameter.Geofence), ids => $"l.geofence_id = any({ask.Sql.Add(ids)})")}
                and {Ask.When(ask.Question.Text(Parameter.Place), text => $"l.place ilike {ask.Sql.Add(LikePattern.Containing(text))}")}
                and {Ask.When(ask.Question.Text(Kind), kind => $"l.kind = {ask.Sql.Add(kind)}")}
            """,
    };

    const string Place = "teslamate.place_label(g.name, a.name, a.road, a.house_number, a.city)";

    static IEnumerable<Member> End(string side) =>
    [
        Instant($"{side}.at", $"p.{side}_date", "When."),
        Whole($"{side}.battery_pct", $"p.{side}_battery_level", "Battery level."),
        Exact($"{side}.rated_range_km", $"p.{side}_rated_range_km", "Rated range."),
        Exact($"{side}.ideal_range_km", $"p.{side}_ideal_range_km", "Ideal range."),
    ];

    // Once for each car over the window, not once for each row.
    static string OfKind(Ask ask, string kind) => $"""
        p.id in (
            select f.charging_process_id from public.cars as k cross join lateral teslamate.charge_facts(k.id, {ask.Window}) as f
            where f.kind = {ask.Sql.Add(kind)} and {ask.OfCars("k.id")})
        """;
}
