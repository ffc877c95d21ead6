using NpgsqlTypes;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.States;
using TeslaMate.Logbook.Updates;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.History;

/// <summary>How many rows a piece of history became.</summary>
sealed record HistoryCounts(int Drives, int ChargingProcesses, int Positions, int Charges, int States, int Updates)
{
    public static readonly HistoryCounts None = new(0, 0, 0, 0, 0, 0);

    public static HistoryCounts operator +(HistoryCounts left, HistoryCounts right) => new(
        left.Drives + right.Drives, left.ChargingProcesses + right.ChargingProcesses, left.Positions + right.Positions,
        left.Charges + right.Charges, left.States + right.States, left.Updates + right.Updates);
}

/// <summary>
/// Writes pieces of a car's past in bulk, in a transaction of the caller: rows by binary <c>COPY</c>, ends of drives and charging processes by the
/// same statements that end live ones. What it wrote is remembered in <c>teslamate.imported_entries</c>, so that it is told from what the live car
/// wrote, of which it changes nothing.
/// </summary>
/// <param name="connection">In a transaction.</param>
sealed class HistoryWriter(NpgsqlConnection connection, HistoryNumbers numbers)
{
    const int BatchSize = 200;

    readonly List<int> _writtenDrives = [];
    bool _hasWrittenChargings;

    /// <summary>An entry of an earlier import that goes on.</summary>
    /// <param name="IsAround">Its own rows are before and behind the new ones.</param>
    sealed record Earlier(int Id, bool IsAround);

    /// <summary>Writes the drives, charging processes and positions that have ended: a piece of what follows in the same transaction.</summary>
    public async Task<HistoryCounts> WriteRidesAsync(CarId car, long run, History history, CancellationToken cancellationToken)
    {
        var removed = await RemoveGoingOnAsync(car, history, cancellationToken);
        var (earlierDrives, dropped) = await EarlierAsync(
            OtherParts.EarlierDrive, car, history, history.Drives, drive => drive.GoesOn ? drive.Positions[0].Date : null, cancellationToken);
        var (earlierProcesses, droppedToo) = await EarlierAsync(
            OtherParts.EarlierCharging, car, history, history.Chargings, charging => charging.GoesOn ? charging.Place.Date : null,
            cancellationToken);
        removed += new HistoryCounts(0, 0, -(dropped + droppedToo), 0, 0, 0);
        var drives = await NumberAsync("trips_id_seq", earlierDrives, cancellationToken);
        var processes = await NumberAsync("charging_processes_id_seq", earlierProcesses, cancellationToken);
        var positionCount = history.Drives.Sum(drive => drive.Positions.Count) + earlierProcesses.Count(earlier => earlier is null)
            + history.Positions.Count;
        var positions = await numbers.TakeAsync(connection, "positions_id_seq", positionCount, cancellationToken);
        var chargeCount = history.Chargings.Sum(charging => charging.Charges.Count);
        var charges = await numbers.TakeAsync(connection, "charges_id_seq", chargeCount, cancellationToken);

        await CopyDrivesAsync(car, history, drives, earlierDrives, cancellationToken);
        var (tracks, places, free) = await CopyPositionsAsync(car, history, drives, positions, earlierProcesses, cancellationToken);
        await CopyChargingsAsync(car, history, processes, places, charges, cancellationToken);

        // They reach further now, which the later parts below have to see.
        foreach (var drive in earlierDrives.OfType<Earlier>())
            await ExecuteAsync(DriveStatements.Close(car, new(drive.Id), DriveEnd.Ended, lookUpAddresses: false), cancellationToken);

        List<Statement> ends = [];
        List<int> cutOffDrives = [], cutOffProcesses = [];
        for (var i = 0; i < drives.Length; i++)
        {
            var drive = new DriveId(drives[i]);
            var written = history.Drives[i];
            var isCutOff = written.IsCutOff && earlierDrives[i] is not { IsAround: true };
            if (isCutOff && await JoinAsync(OtherParts.LaterDrive, car, drive.Value, written.Positions[^1].Date) is { } joined)
            {
                removed += new HistoryCounts(-1, 0, -joined, 0, 0, 0);
                ends.Add(DriveStatements.Close(car, drive, DriveEnd.Ended, lookUpAddresses: false));
                continue;
            }

            if (isCutOff)
                cutOffDrives.Add(drive.Value);
            if (earlierDrives[i] is null)
                ends.Add(DriveStatements.CloseWritten(car, drive, new(tracks[i].First), new(tracks[i].Last)));
        }

        for (var i = 0; i < processes.Length; i++)
        {
            var charging = history.Chargings[i];
            var isCutOff = charging.IsCutOff && earlierProcesses[i] is not { IsAround: true };
            if (isCutOff && await JoinAsync(OtherParts.LaterCharging, car, processes[i], charging.CompletedAt) is { } joined)
                removed += new HistoryCounts(0, -1, -joined, 0, 0, 0);
            else if (isCutOff)
                cutOffProcesses.Add(processes[i]);
            ends.Add(ChargingStatements.CompleteOne(car, new(processes[i]), charging.CompletedAt));
        }

        var discarded = new HashSet<int>();
        foreach (var chunk in ends.Chunk(BatchSize))
        {
            foreach (var outcome in await DatabaseWriter.RunAsync(connection, chunk, TimeSpan.Zero, cancellationToken))
            {
                if (outcome is Outcome.DriveDiscarded gone)
                    discarded.Add(gone.Drive.Value);
            }
        }

        // Positions of a drive that was too short stay behind without one.
        for (var (i, next) = (0, 0); i < drives.Length; next += history.Drives[i++].Positions.Count)
        {
            if (discarded.Contains(drives[i]))
                free.AddRange(positions.AsSpan(next, history.Drives[i].Positions.Count));
        }

        int[] newDrives = [.. drives.Where((id, i) => earlierDrives[i] is null && !discarded.Contains(id))];
        int[] newProcesses = [.. processes.Where((_, i) => earlierProcesses[i] is null)];
        await RememberAsync(car, run, "drive", newDrives, cancellationToken);
        await RememberAsync(car, run, "charging_process", newProcesses, cancellationToken);
        await RememberAsync(car, run, "position", [.. free, .. places.Where((_, i) => earlierProcesses[i] is null)], cancellationToken);
        await RememberAsync(car, run, "cut_off_drive", [.. cutOffDrives.Where(id => !discarded.Contains(id))], cancellationToken);
        await RememberAsync(car, run, "cut_off_charging_process", [.. cutOffProcesses], cancellationToken);
        _hasWrittenChargings |= processes.Length > 0;
        _writtenDrives.AddRange(newDrives);
        return new HistoryCounts(newDrives.Length, newProcesses.Length, positionCount, chargeCount, 0, 0) + removed;

        // How many positions went with the later part; null when there is none.
        Task<int?> JoinAsync(string sql, CarId owner, int entry, DateTimeOffset lastRow)
            => connection.ScalarAsync<int?>(
                sql, TimeSpan.Zero, cancellationToken, Value.Of(owner.Value), Value.Of(entry), Value.Of(lastRow));
    }

    /// <summary>
    /// The entries of earlier imports that what was under way at a first row goes on with; null for what begins anew. The position that the state got
    /// from the same row is needed no more then, since the state goes on, too.
    /// </summary>
    async Task<(Earlier?[] Earlier, int Dropped)> EarlierAsync<T>(
        string sql, CarId car, History history, IReadOnlyList<T> rides, Func<T, DateTimeOffset?> firstRow, CancellationToken cancellationToken)
    {
        var earlier = new Earlier?[rides.Count];
        var dropped = 0;
        for (var i = 0; i < rides.Count; i++)
        {
            if (firstRow(rides[i]) is not { } at)
                continue;
            earlier[i] = await connection.RowsAsync(sql, TimeSpan.Zero, cancellationToken, Value.Of(car.Value), Value.Of(at))
                .Select(row => new Earlier(row.GetInt32(0), row.GetBoolean(1)))
                .FirstOrDefaultAsync(cancellationToken);

            // A ride that lasts until the end of its file is written after its position.
            if (earlier[i] is not null && history.DropPositions(at) == 0)
                dropped += await DropPositionsAsync(car, at, cancellationToken);
        }

        return (earlier, dropped);
    }

    /// <returns>How many positions went.</returns>
    Task<int> DropPositionsAsync(CarId car, DateTimeOffset at, CancellationToken cancellationToken)
        => connection.ExecuteAsync("""
            with dropped as (
                delete from public.positions
                using teslamate.imported_entries mine
                where positions.car_id = $1 and positions.date = $2 and positions.drive_id is null
                    and mine.kind = 'position' and mine.entry_id = positions.id
                returning positions.id)
            delete from teslamate.imported_entries using dropped where kind = 'position' and entry_id = dropped.id
            """, TimeSpan.Zero, cancellationToken, Value.Of(car.Value), Value.Of(at));

    /// <summary>New numbers for all that goes on with nothing.</summary>
    async Task<int[]> NumberAsync(string sequence, Earlier?[] earlier, CancellationToken cancellationToken)
    {
        var added = new Queue<int>(await numbers.TakeAsync(connection, sequence, earlier.Count(known => known is null), cancellationToken));
        return [.. earlier.Select(known => known?.Id ?? added.Dequeue())];
    }

    /// <summary>Removes what an earlier import wrote of drives and charging processes that go on, as far as they have ended now.</summary>
    /// <returns>How many rows went, below zero.</returns>
    async Task<HistoryCounts> RemoveGoingOnAsync(CarId car, History history, CancellationToken cancellationToken)
    {
        var ended = history.GoingOn.Where(ride => !(ride.Since >= history.OpenSince)).ToList();
        if (ended.Count == 0)
            return HistoryCounts.None;
        await using var command = new NpgsqlCommand("""
            with rides as (
                select * from unnest($2::timestamp[], $3::timestamp[]) as ride (since, until)),
            gone_drives as (
                delete from public.drives
                using teslamate.imported_entries mine, rides
                where drives.car_id = $1 and drives.start_date between rides.since and rides.until and mine.kind = 'drive'
                    and mine.entry_id = drives.id
                returning drives.id, rides.since),
            gone_processes as (
                delete from public.charging_processes process
                using teslamate.imported_entries mine, rides
                where process.car_id = $1 and process.start_date between rides.since and rides.until
                    and mine.kind = 'charging_process' and mine.entry_id = process.id
                returning process.id, process.position_id, rides.since),
            gone_charges as (
                delete from public.charges using gone_processes where charges.charging_process_id = gone_processes.id returning charges.id),
            -- A drive that was too short until now left its positions behind; one more at its beginning is that of the state.
            left_behind as (
                select id
                from (
                    select positions.id, positions.date, rides.since, row_number() over (partition by positions.date order by positions.id) as number
                    from rides
                    join public.positions on positions.car_id = $1 and positions.date between rides.since and rides.until
                        and positions.drive_id is null
                    join teslamate.imported_entries mine on mine.kind = 'position' and mine.entry_id = positions.id
                    where rides.since not in (select since from gone_drives) and rides.since not in (select since from gone_processes)) as free
                where date > since or number = 1),
            gone_positions as (
                delete from public.positions
                using rides
                where positions.car_id = $1 and positions.date between rides.since and rides.until
                    and (positions.drive_id in (select id from gone_drives)
                        or positions.id in (select position_id from gone_processes)
                        or positions.id in (select id from left_behind))
                returning positions.id),
            gone_entries as (
                delete from teslamate.imported_entries
                where (kind in ('drive', 'cut_off_drive') and entry_id in (select id from gone_drives))
                    or (kind in ('charging_process', 'cut_off_charging_process') and entry_id in (select id from gone_processes))
                    or (kind = 'position' and entry_id in (select id from gone_positions)))
            select
                (select count(*) from gone_drives)::integer, (select count(*) from gone_processes)::integer,
                (select count(*) from gone_positions)::integer, (select count(*) from gone_charges)::integer
            """, connection) { CommandTimeout = 0 };
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Array(ended.Select(ride => Timestamps.ToColumn(ride.Since)).ToArray()));
        command.Parameters.Add(Value.Array(ended.Select(ride => Timestamps.ToColumn(ride.Until)).ToArray()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(-reader.GetInt32(0), -reader.GetInt32(1), -reader.GetInt32(2), -reader.GetInt32(3), 0, 0);
    }

    /// <summary>Writes all that has ended, and what is known of the car after it.</summary>
    /// <param name="isLive">The car was there before: what is known of it stays.</param>
    /// <param name="lastMoment">When the newest row was read; the last state ends there if somebody logs the car now.</param>
    /// <param name="isRehearsal">All is taken back in the end: nothing is touched that whoever logs the car writes meanwhile.</param>
    public async Task<HistoryCounts> WriteAsync(
        CarId car, long run, History history, bool isLive, DateTimeOffset lastMoment, bool isRehearsal, CancellationToken cancellationToken)
    {
        var counts = await WriteRidesAsync(car, run, history, cancellationToken);
        var states = await WriteStatesAsync(car, run, history.States, lastMoment, cancellationToken);
        var updates = await WriteVersionsAsync(car, run, history.Versions, cancellationToken);
        // These come last, in the order of the live car's own transactions: whoever logs it now waits from here on.
        counts += await DropWhatLiveCarDroveAsync(car, isRehearsal, cancellationToken);
        if (history.Description is { } description && !isRehearsal)
            await ExecuteAsync(isLive ? CarStatements.Complete(car, description) : CarStatements.Update(car, description), cancellationToken);
        if (_hasWrittenChargings && !isRehearsal)
            await ExecuteAsync(EfficiencyStatements.Derive(car), cancellationToken);
        return counts + new HistoryCounts(0, 0, 0, 0, states, updates);
    }

    /// <summary>
    /// Removes the written drives whose kilometres a drive of the live car has, too. A live car may count those that it missed while they are
    /// being written; it asks in its turn for what is imported (see <see cref="DriveStatements"/>), and the row that both lock first decides who is
    /// the second.
    /// </summary>
    /// <param name="isRehearsal">The lock would last as long as everything is rehearsed.</param>
    /// <returns>How many rows went, below zero.</returns>
    async Task<HistoryCounts> DropWhatLiveCarDroveAsync(CarId car, bool isRehearsal, CancellationToken cancellationToken)
    {
        if (_writtenDrives.Count == 0)
            return HistoryCounts.None;
        if (!isRehearsal)
        {
            await ExecuteAsync(
                new Statement("select car_id from teslamate.car_logs where car_id = $1 for update", [Value.Of(car.Value)]), cancellationToken);
        }

        var driven = await DrivenKilometres.ReadAsync(connection, car, cancellationToken);
        List<int> known = [];
        await using (var written = new NpgsqlCommand("select id, start_km, end_km from public.drives where id = any ($1)", connection)
        {
            Parameters = { Value.Array(_writtenDrives.ToArray()) },
        })
        await using (var reader = await written.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                if (driven.Hold(reader.Double(1), reader.Double(2)))
                    known.Add(reader.GetInt32(0));
            }
        }

        if (known.Count == 0)
            return HistoryCounts.None;
        await using var command = new NpgsqlCommand("""
            with known as (
                select id, start_date, end_date from public.drives where id = any ($2)),
            gone_positions as (
                delete from public.positions
                using known
                where positions.car_id = $1 and positions.date between known.start_date and known.end_date and positions.drive_id = known.id
                returning positions.id),
            gone_drives as (
                delete from public.drives where id = any ($2)),
            gone_entries as (
                delete from teslamate.imported_entries where kind in ('drive', 'cut_off_drive') and entry_id = any ($2))
            select count(*)::integer from gone_positions
            """, connection) { CommandTimeout = 0, Parameters = { Value.Of(car.Value), Value.Array(known.ToArray()) } };
        return new(-known.Count, 0, -(int)(await command.ExecuteScalarAsync(cancellationToken))!, 0, 0, 0);
    }

    /// <summary>The states of a car, and which of them were imported.</summary>
    public async Task<StateTimeline> ReadStatesAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select states.id, states.state::text, states.start_date, states.end_date, imported.entry_id is not null
            from public.states
            left join teslamate.imported_entries imported on imported.kind = 'state' and imported.entry_id = states.id
            where states.car_id = $1
            """, connection);
        command.Parameters.Add(Value.Of(car.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<TimelineState> states = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            states.Add(new TimelineState
            {
                Id = reader.GetInt32(0),
                Activity = StateStatements.Parse(reader.GetString(1)),
                Start = reader.GetInstant(2),
                End = reader.GetInstantOrNull(3),
                IsImported = reader.GetBoolean(4),
            });
        }

        return new(states);
    }

    /// <summary>Ends imported states that are still open at the last moment that was read, when there is somebody who logs the car.</summary>
    async Task<bool> IsLoggedNowAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select exists (select from teslamate.car_leases where car_id = $1 and expires_at > now())",
            connection);
        command.Parameters.Add(Value.Of(car.Value));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    async Task<int> WriteStatesAsync(
        CarId car, long run, IReadOnlyList<(CarActivity Activity, DateTimeOffset Start)> states, DateTimeOffset lastMoment,
        CancellationToken cancellationToken)
    {
        if (states.Count == 0)
            return 0;
        var timeline = await ReadStatesAsync(car, cancellationToken);
        foreach (var (activity, start) in states)
            timeline.Add(activity, start);
        timeline.Join();
        // The current state is the live car's own business; an open one of ours would be in its way.
        if (timeline.States is [.., { IsImported: true, End: null } newest] && await IsLoggedNowAsync(car, cancellationToken))
        {
            newest.End = lastMoment > newest.Start ? lastMoment : newest.Start;
            newest.IsChanged = true;
        }

        var added = timeline.States.Where(state => state.Id is null).ToList();
        if (timeline.Gone.Count > 0)
        {
            var gone = Value.Array(timeline.Gone.Select(state => state.Id!.Value).ToArray());
            await ExecuteAsync(new Statement("delete from public.states where id = any ($1) returning id", [gone]), cancellationToken);
            await ExecuteAsync(new Statement(
                "delete from teslamate.imported_entries where kind = 'state' and entry_id = any ($1) returning entry_id", [gone]), cancellationToken);
        }

        foreach (var chunk in timeline.States.Where(state => state is { Id: not null, IsChanged: true }).Chunk(BatchSize))
        {
            await DatabaseWriter.RunAsync(connection, [.. chunk.Select(state => new Statement(
                "update public.states set start_date = $2, end_date = $3 where id = $1 returning id",
                [Value.Of(state.Id!.Value), Value.Of(state.Start), Value.Of(state.End)]))], TimeSpan.Zero, cancellationToken);
        }

        var ids = await numbers.TakeAsync(connection, "states_id_seq", added.Count, cancellationToken);
        foreach (var chunk in added.Zip(ids).Chunk(BatchSize))
        {
            await DatabaseWriter.RunAsync(connection, [.. chunk.Select(pair => new Statement(
                "insert into public.states (id, car_id, state, start_date, end_date) values ($1, $2, $3::public.states_status, $4, $5) returning id",
                [
                    Value.Of(pair.Second), Value.Of(car.Value), Value.Of(StateStatements.Name(pair.First.Activity)), Value.Of(pair.First.Start),
                    Value.Of(pair.First.End),
                ]))], TimeSpan.Zero, cancellationToken);
        }

        await RememberAsync(car, run, "state", ids, cancellationToken);
        return added.Count - timeline.Gone.Count;
    }

    /// <summary>Updates that nobody saw, by their dates: what is newer does not matter.</summary>
    async Task<int> WriteVersionsAsync(CarId car, long run, IReadOnlyList<(DateTimeOffset At, string Version)> versions,
        CancellationToken cancellationToken)
    {
        if (versions.Count == 0)
            return 0;
        List<(int? Id, DateTimeOffset Start, string? Version, bool IsImported)> updates = [];
        await using (var command = new NpgsqlCommand("""
            select updates.id, updates.start_date, updates.version, imported.entry_id is not null
            from public.updates
            left join teslamate.imported_entries imported on imported.kind = 'update' and imported.entry_id = updates.id
            where updates.car_id = $1
            order by updates.start_date, updates.id
            """, connection))
        {
            command.Parameters.Add(Value.Of(car.Value));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                updates.Add((reader.GetInt32(0), reader.GetInstant(1), reader.Text(2), reader.GetBoolean(3)));
        }

        foreach (var (at, version) in versions)
        {
            if (Column.Text(version) is not { } text)
                continue;
            var index = updates.FindLastIndex(update => update.Start <= at && update.Version is not null);
            if (index >= 0 && !SoftwareVersion.IsNewer(text, updates[index].Version!))
                continue;
            updates.Insert(updates.FindLastIndex(update => update.Start <= at) + 1, (null, at, text, true));
        }

        // What an import took for an update because it did not know of the earlier one, is none.
        List<int> gone = [];
        for (var i = updates.Count - 1; i > 0; i--)
        {
            if (!updates[i].IsImported || updates[i].Version is not { } version
                || updates[i - 1].Version is not { } before || SoftwareVersion.IsNewer(version, before))
                continue;
            if (updates[i].Id is { } id)
                gone.Add(id);
            updates.RemoveAt(i);
        }

        if (gone.Count > 0)
        {
            var ids = Value.Array(gone.ToArray());
            await ExecuteAsync(new Statement("delete from public.updates where id = any ($1) returning id", [ids]), cancellationToken);
            await ExecuteAsync(new Statement(
                "delete from teslamate.imported_entries where kind = 'update' and entry_id = any ($1) returning entry_id", [ids]), cancellationToken);
        }

        var added = updates.Where(update => update.Id is null).ToList();
        var newIds = await numbers.TakeAsync(connection, "updates_id_seq", added.Count, cancellationToken);
        foreach (var (update, id) in added.Zip(newIds))
        {
            await ExecuteAsync(new Statement(
                "insert into public.updates (id, car_id, start_date, end_date, version) values ($1, $2, $3, $3, $4) returning id",
                [Value.Of(id), Value.Of(car.Value), Value.Of(update.Start), Value.Of(update.Version)]), cancellationToken);
        }

        await RememberAsync(car, run, "update", newIds, cancellationToken);
        return added.Count - gone.Count;
    }

    async Task CopyDrivesAsync(CarId car, History history, int[] drives, Earlier?[] earlier, CancellationToken cancellationToken)
    {
        if (earlier.All(known => known is not null))
            return;
        await using var copy = await connection.BeginBinaryImportAsync("copy public.drives (id, car_id, start_date) from stdin (format binary)",
            cancellationToken);
        for (var i = 0; i < drives.Length; i++)
        {
            if (earlier[i] is not null)
                continue;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(drives[i], NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(car.Value, NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync(Timestamps.ToColumn(history.Drives[i].Positions[0].Date), NpgsqlDbType.Timestamp, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    async Task<((int First, int Last)[] Tracks, int[] Places, List<int> Free)> CopyPositionsAsync(
        CarId car, History history, int[] drives, int[] positions, Earlier?[] earlierProcesses, CancellationToken cancellationToken)
    {
        var tracks = new (int First, int Last)[drives.Length];
        var places = new int[history.Chargings.Count];
        List<int> free = new(history.Positions.Count);
        if (positions.Length == 0)
            return (tracks, places, free);
        await using var copy = await connection.BeginBinaryImportAsync(HistoryRows.CopyPositions, cancellationToken);
        copy.Timeout = TimeSpan.Zero;
        var next = 0;
        for (var i = 0; i < drives.Length; i++)
        {
            tracks[i] = (positions[next], positions[next + history.Drives[i].Positions.Count - 1]);
            foreach (var position in history.Drives[i].Positions)
                await HistoryRows.WriteAsync(copy, positions[next++], car, drives[i], position, cancellationToken);
        }

        for (var i = 0; i < places.Length; i++)
        {
            // What goes on has its place already.
            if (earlierProcesses[i] is not null)
                continue;
            places[i] = positions[next];
            await HistoryRows.WriteAsync(copy, positions[next++], car, drive: null, history.Chargings[i].Place, cancellationToken);
        }

        foreach (var position in history.Positions)
        {
            free.Add(positions[next]);
            await HistoryRows.WriteAsync(copy, positions[next++], car, drive: null, position, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
        return (tracks, places, free);
    }

    async Task CopyChargingsAsync(CarId car, History history, int[] processes, int[] places, int[] charges, CancellationToken cancellationToken)
    {
        if (processes.Length == 0)
            return;
        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy public.charging_processes (id, car_id, position_id, start_date) from stdin (format binary)", cancellationToken))
        {
            for (var i = 0; i < processes.Length; i++)
            {
                // What goes on has its row already.
                if (places[i] == 0)
                    continue;
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(processes[i], NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(car.Value, NpgsqlDbType.Smallint, cancellationToken);
                await copy.WriteAsync(places[i], NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(Timestamps.ToColumn(history.Chargings[i].StartedAt), NpgsqlDbType.Timestamp, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await ExecuteAsync(new Statement(
            $"""
            update public.charging_processes process
            set geofence_id = {NearestFence.Sql("place.latitude", "place.longitude")}
            from public.positions place
            where process.id = any ($1) and place.id = process.position_id and exists (select from public.geofences)
            returning process.id
            """,
            [Value.Array(processes.Where((_, i) => places[i] != 0).ToArray())]), cancellationToken);
        if (charges.Length == 0)
            return;
        await using var chargeCopy = await connection.BeginBinaryImportAsync(HistoryRows.CopyCharges, cancellationToken);
        chargeCopy.Timeout = TimeSpan.Zero;
        var next = 0;
        for (var i = 0; i < processes.Length; i++)
        {
            foreach (var charge in history.Chargings[i].Charges)
                await HistoryRows.WriteAsync(chargeCopy, charges[next++], processes[i], charge, cancellationToken);
        }

        await chargeCopy.CompleteAsync(cancellationToken);
    }

    async Task RememberAsync(CarId car, long run, string kind, int[] ids, CancellationToken cancellationToken)
    {
        if (ids.Length == 0)
            return;
        await ExecuteAsync(new Statement(
            "insert into teslamate.imported_entries (kind, entry_id, car_id, run_id) select $1, id, $2, $3 from unnest($4) as id returning entry_id",
            [Value.Of(kind), Value.Of(car.Value), Value.Of(run), Value.Array(ids)]), cancellationToken);
    }

    async Task ExecuteAsync(Statement statement, CancellationToken cancellationToken)
        => await DatabaseWriter.RunAsync(connection, [statement], TimeSpan.Zero, cancellationToken);
}
