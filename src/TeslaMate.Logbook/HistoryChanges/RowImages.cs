using TeslaMate.Logbook.Geofences;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>
/// The SQL that takes the images of rows, compares them with what is there, and puts them back. In all of it <c>$1</c> is the change.
/// </summary>
static class RowImages
{
    /// <summary>Columns that jobs fill in by themselves: an address that came since is no reason against undoing.</summary>
    const string FilledLater = "array['start_address_id', 'end_address_id', 'address_id']";

    /// <summary>Each kind of image with the SQL that takes it of row <c>h.row_id</c>; null, or an empty one, where there is nothing.</summary>
    static readonly (string Kind, string Sql)[] Kinds =
    [
        ("drives", "(select to_jsonb(d) from public.drives d where d.id = h.row_id)"),
        ("charging_processes", "(select to_jsonb(p) from public.charging_processes p where p.id = h.row_id)"),
        ("positions", "(select to_jsonb(p) from public.positions p where p.id = h.row_id)"),
        ("charge", "(select to_jsonb(c) from public.charges c where c.id = h.row_id)"),
        ("charges", "(select coalesce(jsonb_agg(to_jsonb(c) order by c.id), '[]') from public.charges c where c.charging_process_id = h.row_id)"),
        ("drive_tags", TagsOf(EntryTable.Drives)),
        ("charging_process_tags", TagsOf(EntryTable.Charges)),
        ("charge_costs", "coalesce((select to_jsonb(c) from teslamate.charge_costs c where c.charging_process_id = h.row_id), '{}')"),
        ("geofences", "(select to_jsonb(g) from public.geofences g where g.id = h.row_id)"),
        // A geofence may hold thousands of drives: only what follows it is kept of each.
        ("drive_geofences", """
            (select jsonb_build_object('start_geofence_id', d.start_geofence_id, 'end_geofence_id', d.end_geofence_id)
            from public.drives d
            where d.id = h.row_id)
            """),
        ("charging_process_geofences",
            "(select jsonb_build_object('geofence_id', p.geofence_id) from public.charging_processes p where p.id = h.row_id)"),
        ("charging_process_costs", "(select jsonb_build_object('cost', p.cost) from public.charging_processes p where p.id = h.row_id)"),
        ("cars", "(select jsonb_build_object('efficiency', c.efficiency, 'updated_at', c.updated_at) from public.cars c where c.id = h.row_id)"),
    ];

    static readonly string Now = $"case h.kind {string.Join(' ', Kinds.Select(kind => $"when '{kind.Kind}' then {kind.Sql}"))} end";

    /// <summary>Takes images before the change, of rows <c>$3</c> of kind <c>$2</c>.</summary>
    public static readonly string Before = $"""
        insert into teslamate.history_rows (change_id, kind, row_id, before)
        select $1, h.kind, h.row_id, {Now}
        from (select $2::text as kind, unnest($3::integer[]) as row_id) as h
        """;

    /// <summary>
    /// Takes the images after the change and forgets rows that are as they were; but not of what might have followed a geofence, since undoing must
    /// leave it alone too.
    /// </summary>
    public static readonly string[] After =
    [
        $"update teslamate.history_rows as h set after = {Now} where h.change_id = $1",
        """
        delete from teslamate.history_rows
        where change_id = $1 and before is not distinct from after and kind not in ('drive_geofences', 'charging_process_geofences')
        """,
    ];

    /// <summary>Whether the change left anything otherwise than it was.</summary>
    public const string IsChange = "select exists (select from teslamate.history_rows where change_id = $1 and before is distinct from after)";

    /// <summary>The kind of the images that hold the geofences of rows of a table.</summary>
    public static string FollowersOf(string table) => table == "drives" ? "drive_geofences" : "charging_process_geofences";

    /// <summary>What the rows were before, as one value. The efficiency of the car goes on by itself.</summary>
    public const string Version = """
        select md5(coalesce(string_agg(h.kind || ' ' || h.row_id || ' ' || h.before::text, E'\n' order by h.kind, h.row_id), ''))
        from teslamate.history_rows h
        where h.change_id = $1 and h.before is not null and h.kind <> 'cars'
        """;

    /// <summary>Rows that are no longer as the change left them. A column that came with a later version does not count.</summary>
    public static readonly string Touched = $"""
        select h.kind, h.row_id
        from teslamate.history_rows h
        cross join lateral (select {Now} as image) present
        cross join lateral (
            select array(
                select filled
                from unnest({FilledLater}) filled
                where jsonb_typeof(h.after) = 'object' and h.after ->> filled is null) as keys) filled
        where h.change_id = $1 and h.kind <> 'cars' and h.before is distinct from h.after
            and case
                when h.after is null or present.image is null then h.after is distinct from present.image
                when jsonb_typeof(h.after) = 'object' then not present.image @> (h.after - filled.keys)
                else present.image <> h.after
            end
        union all
        select m.kind, coalesce(m.after, m.before)
        from teslamate.history_moves m
        where m.change_id = $1 and m.kind = 'positions' and cardinality(m.row_ids)
            <> (select count(*) from public.positions p where p.id = any (m.row_ids) and p.drive_id is not distinct from m.after)
        union all
        select m.kind, coalesce(m.after, m.before)
        from teslamate.history_moves m
        where m.change_id = $1 and m.kind = 'charges' and cardinality(m.row_ids)
            <> (select count(*) from public.charges c where c.id = any (m.row_ids) and c.charging_process_id = m.after)
        order by 1, 2
        limit 5
        """;

    /// <summary>A later change, still in force, of the same rows; the efficiency of a car is not one.</summary>
    public const string Later = """
        select min(later.change_id)
        from teslamate.history_rows mine
        join teslamate.history_rows later on later.row_id = mine.row_id and later.kind = mine.kind and later.change_id > mine.change_id
        join teslamate.history_changes c on c.id = later.change_id and c.undone_at is null
        where mine.change_id = $1 and mine.kind <> 'cars' and mine.before is distinct from mine.after and later.before is distinct from later.after
        """;

    /// <summary>All columns of <c>drives</c>; a test holds them against the table.</summary>
    public static readonly string[] DriveColumns =
    [
        "id", "start_date", "end_date", "outside_temp_avg", "speed_max", "power_max", "power_min", "start_ideal_range_km",
        "end_ideal_range_km", "start_km", "end_km", "distance", "duration_min", "car_id", "inside_temp_avg", "start_address_id",
        "end_address_id", "start_rated_range_km", "end_rated_range_km", "start_position_id", "end_position_id", "start_geofence_id",
        "end_geofence_id", "ascent", "descent",
    ];

    /// <inheritdoc cref="DriveColumns"/>
    public static readonly string[] ProcessColumns =
    [
        "id", "start_date", "end_date", "charge_energy_added", "start_ideal_range_km", "end_ideal_range_km", "start_battery_level",
        "end_battery_level", "duration_min", "outside_temp_avg", "car_id", "position_id", "address_id", "start_rated_range_km",
        "end_rated_range_km", "geofence_id", "charge_energy_used", "cost",
    ];

    /// <inheritdoc cref="DriveColumns"/>
    public static readonly string[] ChargeColumns =
    [
        "id", "date", "battery_heater_on", "battery_level", "charge_energy_added", "charger_actual_current", "charger_phases",
        "charger_pilot_current", "charger_power", "charger_voltage", "fast_charger_present", "conn_charge_cable", "fast_charger_brand",
        "fast_charger_type", "ideal_battery_range_km", "not_enough_power_to_heat", "outside_temp", "charging_process_id", "battery_heater",
        "battery_heater_no_power", "rated_battery_range_km", "usable_battery_level",
    ];

    /// <inheritdoc cref="DriveColumns"/>
    public static readonly string[] GeofenceColumns =
    [
        "id", "name", "latitude", "longitude", "radius", "inserted_at", "updated_at", "cost_per_unit", "session_fee", "billing_type",
    ];

    /// <summary>Puts everything back but the efficiency of the car. Rows come first that others refer to.</summary>
    public static readonly string[] Restore =
    [
        Upsert("drives", DriveColumns),
        Upsert("charging_processes", ProcessColumns),
        """
        update public.positions p
        set drive_id = m.before
        from teslamate.history_moves m
        where m.change_id = $1 and m.kind = 'positions' and p.id = any (m.row_ids)
        """,
        """
        update public.charges c
        set charging_process_id = m.before
        from teslamate.history_moves m
        where m.change_id = $1 and m.kind = 'charges' and c.id = any (m.row_ids)
        """,
        "delete from public.charges c using teslamate.history_rows h where h.change_id = $1 and h.kind = 'charges' and c.charging_process_id = "
            + "h.row_id",
        $"""
        insert into public.charges ({string.Join(", ", ChargeColumns)})
        select {string.Join(", ", ChargeColumns.Select(column => "r." + column))}
        from teslamate.history_rows h
        cross join lateral jsonb_populate_recordset(null::public.charges, h.before) r
        where h.change_id = $1 and h.kind = 'charges'
        """,
        // What the change made goes; its parts went back above.
        Unmake("drives", "drives"),
        Unmake("charging_processes", "charging_processes"),
        Unmake("positions", "positions"),
        Unmake("charge", "charges"),
        """
        delete from teslamate.imported_entries e
        using teslamate.history_rows h
        where h.change_id = $1 and h.before is null and e.entry_id = h.row_id
            and e.kind = case h.kind when 'drives' then 'drive' when 'charging_processes' then 'charging_process' end
        """,
        .. Tags(EntryTable.Drives, "drive_tags"),
        .. Tags(EntryTable.Charges, "charging_process_tags"),
        """
        delete from teslamate.charge_costs c
        using teslamate.history_rows h
        where h.change_id = $1 and h.kind = 'charge_costs' and c.charging_process_id = h.row_id
        """,
        """
        insert into teslamate.charge_costs (charging_process_id, source, amount, set_at)
        select r.charging_process_id, r.source, r.amount, r.set_at
        from teslamate.history_rows h
        cross join lateral jsonb_populate_record(null::teslamate.charge_costs, h.before) r
        where h.change_id = $1 and h.kind = 'charge_costs' and h.before <> '{}'
        """,
        .. Fences,
    ];

    /// <summary>Writes a fence as it was, under its number.</summary>
    public static readonly string RestoreGeofence = Upsert("geofences", GeofenceColumns);

    /// <summary>
    /// Gives drives and charging processes back the fence that they were in before a fence was changed. Fences that were saved or deleted since
    /// decide about what they hold, as they did about what was there.
    /// </summary>
    public static readonly string[] RestoreFollowers =
    [
        Followers("drives", ("start_geofence_id", "start_position_id"), ("end_geofence_id", "end_position_id")),
        Followers("charging_processes", ("geofence_id", "position_id")),
        """
        update public.charging_processes p
        set cost = (h.before ->> 'cost')::numeric
        from teslamate.history_rows h
        where h.change_id = $1 and h.kind = 'charging_process_costs' and p.id = h.row_id
        """,
    ];

    /// <summary>Gives a car back the efficiency that it had, unless it got another one since; says whether it did.</summary>
    public const string RestoreEfficiency = """
        update public.cars
        set efficiency = (h.before ->> 'efficiency')::float8,
            updated_at = case
                when cars.updated_at = (h.after ->> 'updated_at')::timestamp then (h.before ->> 'updated_at')::timestamp
                else now() at time zone 'utc'
            end
        from teslamate.history_rows h
        where h.change_id = $1 and h.kind = 'cars' and cars.id = h.row_id and cars.efficiency is not distinct from (h.after ->> 'efficiency')::float8
        returning cars.id
        """;

    /// <summary>What is kept for the measures is computed anew where the change was.</summary>
    public const string ForgetStatistics = """
        select teslamate.forget_window(
            c.car_id,
            least((h.before ->> 'start_date')::timestamp, (h.after ->> 'start_date')::timestamp),
            greatest((h.before ->> 'end_date')::timestamp, (h.after ->> 'end_date')::timestamp))
        from teslamate.history_changes c
        join teslamate.history_rows h on h.change_id = c.id and h.kind in ('drives', 'charging_processes')
        where c.id = $1
        order by h.kind, h.row_id
        """;

    /// <summary>Fences that were saved or deleted since decide about what comes back, as they did about what was there.</summary>
    static IEnumerable<string> Fences => new (string Table, string Fence, string Position)[]
    {
        ("drives", "start_geofence_id", "start_position_id"),
        ("drives", "end_geofence_id", "end_position_id"),
        ("charging_processes", "geofence_id", "position_id"),
    }.Select(end => $"""
        update public.{end.Table} as r
        set {end.Fence} = {NearestFence.Sql("place.latitude", "place.longitude")}
        from teslamate.history_changes c
        join teslamate.history_rows h on h.change_id = c.id and h.kind = '{end.Table}' and h.before is not null
        cross join public.positions place
        where c.id = $1 and r.id = h.row_id and place.id = r.{end.Position}
            and (exists (
                    select
                    from public.geofences g
                    where g.updated_at > date_trunc('second', c.changed_at)
                        -- Not one that was saved in the same second, before the change.
                        and not exists (
                            select
                            from teslamate.history_rows earlier
                            where earlier.kind = 'geofences' and earlier.row_id = g.id and earlier.change_id < c.id
                                and (earlier.after ->> 'updated_at')::timestamp = g.updated_at))
                or r.{end.Fence} is distinct from (h.before ->> '{end.Fence}')::integer)
        """);

    /// <summary>Writes rows as they were. What they referred to and is gone by now is null, as if the row had been there when it went.</summary>
    static string Upsert(string table, string[] columns) => $"""
        insert into public.{table} ({string.Join(", ", columns)})
        select {string.Join(", ", columns.Select(Present))}
        from teslamate.history_rows h
        cross join lateral jsonb_populate_record(null::public.{table}, h.before) r
        where h.change_id = $1 and h.kind = '{table}' and h.before is not null
        on conflict (id) do update
        set ({string.Join(", ", columns)}) = ({string.Join(", ", columns.Select(column => "excluded." + column))})
        """;

    static string Followers(string table, params (string Fence, string Position)[] ends) => $"""
        with later as (
            select distinct g.row_id as id
            from teslamate.history_rows g
            join teslamate.history_changes c on c.id = g.change_id and c.undone_at is null
            where g.change_id > $1 and g.kind = 'geofences')
        update public.{table} r
        set {string.Join(", ", ends.Select(end => $"{end.Fence} = {Follower(end.Fence, end.Position)}"))}
        from teslamate.history_rows h
        where h.change_id = $1 and h.kind = '{FollowersOf(table)}' and r.id = h.row_id and h.before <> h.after
        """;

    static string Follower(string fence, string position) => $"""
        (select case
            when exists (select from later where later.id = was.id)
                or was.id is not null and not exists (select from public.geofences where id = was.id)
                or exists (
                    select
                    from later
                    join public.geofences other on other.id = later.id
                    where {NearestFence.IsInside("place.latitude", "place.longitude", "other.latitude", "other.longitude", "other.radius")})
            then {NearestFence.Sql("place.latitude", "place.longitude")}
            else was.id
        end
        from (select (h.before ->> '{fence}')::integer as id) was
        left join public.positions place on place.id = r.{position})
        """;

    static string Present(string column)
        => References.TryGetValue(column, out var target) ? $"(select id from public.{target} where id = r.{column})" : $"r.{column}";

    static Dictionary<string, string> References => new()
    {
        ["start_address_id"] = "addresses",
        ["end_address_id"] = "addresses",
        ["address_id"] = "addresses",
        ["start_geofence_id"] = "geofences",
        ["end_geofence_id"] = "geofences",
        ["geofence_id"] = "geofences",
        ["start_position_id"] = "positions",
        ["end_position_id"] = "positions",
    };

    static string TagsOf(EntryTable table)
        => $"(select coalesce(jsonb_agg(t.tag order by t.tag collate \"C\"), '[]') from {table.Tags} t where t.{table.TagOwner} = h.row_id)";

    static string Unmake(string kind, string table) => $"""
        delete from public.{table} made
        using teslamate.history_rows h
        where h.change_id = $1 and h.kind = '{kind}' and h.before is null and made.id = h.row_id
        """;

    static IEnumerable<string> Tags(EntryTable table, string kind) =>
    [
        $"delete from {table.Tags} t using teslamate.history_rows h where h.change_id = $1 and h.kind = '{kind}' and t.{table.TagOwner} = h.row_id",
        $"""
        insert into {table.Tags} ({table.TagOwner}, tag)
        select h.row_id, tag
        from teslamate.history_rows h
        cross join lateral jsonb_array_elements_text(h.before) tag
        where h.change_id = $1 and h.kind = '{kind}'
        """,
    ];
}
