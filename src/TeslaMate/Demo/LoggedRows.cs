using System.Runtime.CompilerServices;
using Npgsql;

namespace TeslaMate.Demo;

/// <summary>Follows the database: each drive, charge and software update once it is complete, as a sentence.</summary>
sealed class LoggedRows(NpgsqlDataSource database)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // Addresses come a few seconds after a drive's end, and never without network or where there is none.
    static readonly TimeSpan AddressTimeout = TimeSpan.FromSeconds(10);

    // The sentence is made here because only the database knows all names; what was there before the start is not told again.
    const string Complete = """
        select kind, id, text, is_placed
        from (
            select 'drive' as kind, d.id, d.end_date, sa.id is not null and ea.id is not null as is_placed,
                format('%s  %s drove %s km in %s min, %s to %s, %s to %s km of range',
                    to_char(d.start_date, 'YYYY-MM-DD HH24:MI'), c.name, round(d.distance::numeric, 1), d.duration_min,
                    coalesce(sa.road, 'somewhere'), coalesce(ea.road, 'somewhere'), round(d.start_rated_range_km),
                        round(d.end_rated_range_km)) as text
            from public.drives d
            join public.cars c on c.id = d.car_id
            left join public.addresses sa on sa.id = d.start_address_id
            left join public.addresses ea on ea.id = d.end_address_id
            where d.end_date is not null
            union all
            select 'charge', p.id, p.end_date, a.id is not null,
                format('%s  %s charged %s kWh in %s min at %s, %s %% to %s %%',
                    to_char(p.start_date, 'YYYY-MM-DD HH24:MI'), c.name, p.charge_energy_added, p.duration_min,
                    coalesce(a.road, 'some place'), p.start_battery_level, p.end_battery_level)
            from public.charging_processes p
            join public.cars c on c.id = p.car_id
            left join public.addresses a on a.id = p.address_id
            where p.end_date is not null
            union all
            select 'update', u.id, u.end_date, true,
                format('%s  %s installed software %s', to_char(u.end_date, 'YYYY-MM-DD HH24:MI'), c.name, split_part(u.version, ' ', 1))
            from public.updates u
            join public.cars c on c.id = u.car_id
            where u.end_date > u.start_date
        ) as complete
        order by end_date
        """;

    public async IAsyncEnumerable<string> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<(string, int)>? told = null;
        var seen = new Dictionary<(string, int), long>();
        while (true)
        {
            var rows = await TryReadAsync(cancellationToken);
            // The first answer says what was there before.
            told ??= rows?.Select(row => (row.Kind, row.Id)).ToHashSet();
            foreach (var (kind, id, text, isPlaced) in rows ?? [])
            {
                seen.TryAdd((kind, id), TimeProvider.System.GetTimestamp());
                if ((isPlaced || TimeProvider.System.GetElapsedTime(seen[(kind, id)]) > AddressTimeout) && told!.Add((kind, id)))
                    yield return text;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Null while the server is busy with more important things; the next look finds them.</summary>
    async Task<List<(string Kind, int Id, string Text, bool IsPlaced)>?> TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(cancellationToken);
        }
        catch (NpgsqlException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    async Task<List<(string Kind, int Id, string Text, bool IsPlaced)>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Complete);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string, int, string, bool)> rows = [];
        while (await reader.ReadAsync(cancellationToken))
            rows.Add((reader.GetString(0), reader.GetInt32(1), reader.GetString(2), reader.GetBoolean(3)));
        return rows;
    }
}
