using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Geofences;

/// <summary>What a change of geofences means for the past (spec logbook 9.3 to 9.5).</summary>
static class GeofenceStatements
{
    /// <summary>The columns that hold a fence, with the column that says where they were.</summary>
    static readonly (string Table, string Fence, string Position)[] Ends =
    [
        ("drives", "start_geofence_id", "start_position_id"),
        ("drives", "end_geofence_id", "end_position_id"),
        ("charging_processes", "geofence_id", "position_id"),
    ];

    static readonly string[] GatherSql = [.. Ends.Select(end => ApplySql(end, except: null))];

    static readonly string[] ReleaseSql = [.. Ends.Select(end => ApplySql(end, except: "$1"))];

    /// <summary>
    /// What <see cref="AddCosts"/> would price once a fence of this latitude, longitude and radius is stored as number <c>$4</c> (null for a new
    /// one): a charge in a circle whose centre is nearer stays with that fence.
    /// </summary>
    public static readonly string CountWithoutCost = $"""
        select count(*)
        from public.charging_processes process
        join public.positions place on place.id = process.position_id
        where process.cost is null
            and {NearestFence.IsInside("place.latitude", "place.longitude", "$1", "$2", "$3")}
            and not exists (
                select
                from public.geofences other
                where other.id is distinct from $4
                    and {NearestFence.IsInside("place.latitude", "place.longitude", "other.latitude", "other.longitude", "other.radius")}
                    and ({NearestFence.Distance("place.latitude", "place.longitude", "other.latitude", "other.longitude")}, other.id)
                        < ({NearestFence.Distance("place.latitude", "place.longitude", "$1", "$2")}, coalesce($4, 2147483647)))
        """;

    /// <summary>
    /// One change of fences at a time, until the transaction ends; who reads them does not wait. Two overlapping circles would otherwise not see each
    /// other. Whoever waits for this lock or a row gives up after a while.
    /// </summary>
    public static IReadOnlyList<Statement> Lock() =>
    [
        new(EditRules.Patience, []),
        new("lock table public.geofences in share update exclusive mode", []),
    ];

    /// <summary>Gives everything inside a fence to its nearest fence, this one included.</summary>
    /// <param name="undone">
    /// The change that is taken back: what it left as it was, because somebody had placed it by hand, stays. 0 for none.
    /// </param>
    public static IReadOnlyList<Statement> Gather(GeofenceId geofence, long undone = 0)
        => [.. GatherSql.Select(sql => new Statement(sql, [Value.Of(geofence.Value), Value.Of(undone)]))];

    /// <summary>Gives everything inside a fence to the nearest of the others.</summary>
    /// <param name="undone">As of <see cref="Gather"/>.</param>
    public static IReadOnlyList<Statement> Release(GeofenceId geofence, long undone = 0)
        => [.. ReleaseSql.Select(sql => new Statement(sql, [Value.Of(geofence.Value), Value.Of(undone)]))];

    public static NpgsqlCommand Insert(NpgsqlConnection connection, Geofence geofence) => Fill(new NpgsqlCommand(
        """
        insert into public.geofences (id, name, latitude, longitude, radius, billing_type, cost_per_unit, session_fee, inserted_at, updated_at)
        values ($8, $1, $2, $3, $4, $5::public.billing_type, $6, $7, now() at time zone 'utc', now() at time zone 'utc')
        """,
        connection), geofence);

    public static NpgsqlCommand Update(NpgsqlConnection connection, Geofence geofence) => Fill(new NpgsqlCommand(
        """
        update public.geofences
        set name = $1, latitude = $2, longitude = $3, radius = $4, billing_type = $5::public.billing_type, cost_per_unit = $6, session_fee = $7,
            updated_at = now() at time zone 'utc'
        where id = $8
        """,
        connection), geofence);

    public static NpgsqlCommand Delete(NpgsqlConnection connection, GeofenceId geofence)
        => new("delete from public.geofences where id = $1", connection) { Parameters = { Value.Of(geofence.Value) } };

    /// <summary>Prices what was charged in a fence and has no cost yet, by the stored energies.</summary>
    public static Statement AddCosts(GeofenceId geofence) => new(
        """
        update public.charging_processes
        set cost = least(greatest(coalesce(fence.session_fee, 0) + coalesce(fence.cost_per_unit * case fence.billing_type
                when 'per_kwh' then greatest(charging_processes.charge_energy_used, charging_processes.charge_energy_added)
                else charging_processes.duration_min
            end, 0), -999999999999.99), 999999999999.99)
        from public.geofences fence
        where fence.id = $1 and charging_processes.geofence_id = fence.id and charging_processes.cost is null
            and (fence.session_fee is not null or fence.cost_per_unit is not null)
        returning charging_processes.id
        """,
        [Value.Of(geofence.Value)]);

    /// <summary>The comparison of latitudes spares the sphere for all that is far away; a degree is at least 110 km.</summary>
    static string ApplySql((string Table, string Fence, string Position) end, string? except) => $"""
        update public.{end.Table}
        set {end.Fence} = nearest.id
        from public.geofences circle
        join public.positions place on place.latitude between circle.latitude - circle.radius / 110000.0
            and circle.latitude + circle.radius / 110000.0
        left join lateral {NearestFence.Sql("place.latitude", "place.longitude", except)} nearest on true
        where circle.id = $1 and place.id = {end.Table}.{end.Position}
            and {NearestFence.IsInside("place.latitude", "place.longitude", "circle.latitude", "circle.longitude", "circle.radius")}
            and {end.Table}.{end.Fence} is distinct from nearest.id
            and not exists (
                select
                from teslamate.history_rows kept
                where kept.change_id = $2 and kept.kind = '{RowImages.FollowersOf(end.Table)}' and kept.row_id = {end.Table}.id
                    and kept.before = kept.after and (kept.before ->> '{end.Fence}')::integer is not distinct from {end.Table}.{end.Fence})
        returning {end.Table}.id
        """;

    static NpgsqlCommand Fill(NpgsqlCommand command, Geofence geofence)
    {
        command.Parameters.Add(Value.Of(geofence.Name));
        command.Parameters.Add(Value.Of((decimal?)Column.Latitude(geofence.Latitude)));
        command.Parameters.Add(Value.Of((decimal?)Column.Longitude(geofence.Longitude)));
        command.Parameters.Add(Value.Of(geofence.RadiusM));
        command.Parameters.Add(Value.Of(geofence.BillingType.Word()));
        command.Parameters.Add(Value.Of(geofence.CostPerUnit));
        command.Parameters.Add(Value.Of(geofence.SessionFee));
        command.Parameters.Add(Value.Of(geofence.Id.Value));
        return command;
    }
}
