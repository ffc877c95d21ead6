using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>
/// The record of one change of a geofence, in a transaction of the caller, who holds <see cref="GeofenceStatements.Lock"/>: the fence, and of the
/// drives and charging processes that it gains or loses what follows it (spec api 2.6).
/// </summary>
sealed class GeofenceTransaction(NpgsqlConnection connection, long change)
{
    /// <summary>Reassigning a long history may take its time.</summary>
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    /// <summary>
    /// What is in a fence, or lies in it or in the circle that it becomes (<c>$2</c>, <c>$3</c>, <c>$4</c>; null when it goes), locked: who ends one
    /// of them meanwhile waits, and is not overwritten.
    /// </summary>
    static string Concerned(string table, params (string Fence, string Position)[] ends) => $"""
        with circle as (
            select latitude, longitude, radius from public.geofences where id = $1
            union all
            select $2::numeric(8, 6), $3::numeric(9, 6), $4::smallint where $2 is not null)
        select id
        from public.{table}
        where id in (
            select id from public.{table} where {string.Join(" or ", ends.Select(end => $"{end.Fence} = $1"))}
            {string.Join("\n", ends.Select(end => Inside(table, end.Position)))})
        order by id
        for update
        """;

    static string Inside(string table, string position) => $"""
        union
        select entry.id
        from circle
        join public.positions place on place.latitude between circle.latitude - circle.radius / 110000.0
            and circle.latitude + circle.radius / 110000.0
        join public.{table} entry on entry.{position} = place.id
        where {NearestFence.IsInside("place.latitude", "place.longitude", "circle.latitude", "circle.longitude", "circle.radius")}
        """;

    static readonly string ConcernedDrives =
        Concerned("drives", ("start_geofence_id", "start_position_id"), ("end_geofence_id", "end_position_id"));

    static readonly string ConcernedProcesses = Concerned("charging_processes", ("geofence_id", "position_id"));

    /// <summary>Takes the images of everything that a change of a fence may touch.</summary>
    /// <param name="geofence">Its number; of a new one the one that it gets.</param>
    /// <param name="becomes">Null when it goes.</param>
    /// <param name="addsCosts">Whether charging processes get a cost.</param>
    public async Task RecordAsync(GeofenceId geofence, Geofence? becomes, bool addsCosts, CancellationToken cancellationToken)
    {
        await RecordAsync("geofences", [geofence.Value], cancellationToken);
        await RecordAsync(RowImages.FollowersOf("drives"), await IdsAsync(ConcernedDrives, geofence, becomes, cancellationToken), cancellationToken);
        var processes = await IdsAsync(ConcernedProcesses, geofence, becomes, cancellationToken);
        await RecordAsync(RowImages.FollowersOf("charging_processes"), processes, cancellationToken);
        if (addsCosts)
            await RecordAsync("charging_process_costs", processes, cancellationToken);
    }

    /// <summary>Takes the images of what came of it; false when everything is as it was.</summary>
    public async Task<bool> FinishAsync(CancellationToken cancellationToken)
    {
        foreach (var sql in RowImages.After)
            await ExecuteAsync(sql, cancellationToken);
        return await connection.ScalarAsync<bool>(RowImages.IsChange, CommandTimeout, cancellationToken, Value.Of(change));
    }

    /// <summary>
    /// Puts the fence back with what follows it. What came into it since goes to its nearest fence, as when a fence is saved.
    /// </summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        var (geofence, isMade, isGone) = await FenceAsync(cancellationToken);
        if (!isGone)
            await DatabaseWriter.RunAsync(connection, GeofenceStatements.Release(geofence, change), CommandTimeout, cancellationToken);
        if (isMade)
        {
            await ExecuteAsync(
                "delete from public.geofences g using teslamate.history_rows h where h.change_id = $1 and h.kind = 'geofences' and g.id = h.row_id",
                cancellationToken);
        }
        else
        {
            await ExecuteAsync(RowImages.RestoreGeofence, cancellationToken);
            await DatabaseWriter.RunAsync(connection, GeofenceStatements.Gather(geofence, change), CommandTimeout, cancellationToken);
        }

        foreach (var sql in RowImages.RestoreFollowers)
            await ExecuteAsync(sql, cancellationToken);
    }

    // A fence that was saved as it was has no row here, only what it gathered.
    async Task<(GeofenceId Geofence, bool IsMade, bool IsGone)> FenceAsync(CancellationToken cancellationToken)
        => await connection.RowsAsync(
            """
            select
                coalesce(fence.row_id, (change.edit ->> 'geofence')::integer), fence.row_id is not null and fence.before is null,
                fence.row_id is not null and fence.after is null
            from teslamate.history_changes change
            left join teslamate.history_rows fence on fence.change_id = change.id and fence.kind = 'geofences'
            where change.id = $1
            """,
            CommandTimeout, cancellationToken, Value.Of(change))
            .Select(row => (new GeofenceId(row.GetInt32(0)), row.GetBoolean(1), row.GetBoolean(2)))
            .FirstAsync(cancellationToken);

    async Task<int[]> IdsAsync(string sql, GeofenceId geofence, Geofence? becomes, CancellationToken cancellationToken)
        => await connection.RowsAsync(
            sql, CommandTimeout, cancellationToken, Value.Of(geofence.Value),
            Value.Of(becomes is { } fence ? Column.Latitude(fence.Latitude) : (decimal?)null),
            Value.Of(becomes is { } same ? Column.Longitude(same.Longitude) : (decimal?)null), Value.Of(becomes?.RadiusM))
            .Select(row => row.GetInt32(0))
            .ToArrayAsync(cancellationToken);

    Task<int> RecordAsync(string kind, int[] ids, CancellationToken cancellationToken)
        => connection.ExecuteAsync(RowImages.Before, CommandTimeout, cancellationToken, Value.Of(change), Value.Of(kind), Value.Array(ids));

    Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken)
        => connection.ExecuteAsync(sql, CommandTimeout, cancellationToken, Value.Of(change));
}
