using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Inbox;

/// <summary>A record that waits to be applied.</summary>
sealed record PendingRecord(long Id, RecordType Type, IntakePath Path, DateTimeOffset CarTime, DateTimeOffset ReceivedAt, TelemetryRecord? Record);

/// <summary>Reads the inbox and what belongs to it.</summary>
sealed class InboxTable(NpgsqlDataSource database)
{
    // Two instances may commit out of the order of their numbers, so a reader looks this far behind the newest it has seen.
    const long LookBack = 20_000;

    const int MostRecords = 1_000;

    /// <summary>Records of a car that are not applied yet, oldest first.</summary>
    /// <param name="newest">The newest number that was seen.</param>
    /// <param name="seen">Numbers that are held already.</param>
    public async Task<IReadOnlyList<PendingRecord>> PendingAsync(CarId car, long newest, IReadOnlyCollection<long> seen,
        CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select id, type, form, source, car_time, received_at, payload
            from teslamate.telemetry_inbox
            where car_id = $1 and not is_applied and id > $2 and not (id = any ($3))
            order by id
            limit $4
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(newest - LookBack));
        command.Parameters.Add(Value.Array<long>([.. seen]));
        command.Parameters.Add(Value.Of(MostRecords));
        return await ReadAsync(command, cancellationToken);
    }

    static async Task<IReadOnlyList<PendingRecord>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<PendingRecord> records = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (type, form) = ((RecordType)reader.GetInt16(1), (RecordForm)reader.GetInt16(2));
            var payload = reader.GetFieldValue<byte[]>(6);
            records.Add(new PendingRecord(
                reader.GetInt64(0),
                type,
                (IntakePath)reader.GetInt16(3),
                reader.GetInstant(4),
                reader.GetInstant(5),
                Read(type, form, payload)));
        }

        return records;
    }

    /// <summary>What a car said in a time, by its clock.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset CarTime, TelemetryRecord.Data Record)>> DataAsync(
        CarId car, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        // Values without the car's clock are no help here.
        await using var command = database.CreateCommand("""
            select form, car_time, payload
            from teslamate.telemetry_inbox
            where car_id = $1 and car_time between $2 and $3 and type = $4 and source <> $5
            order by car_time, id
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(from));
        command.Parameters.Add(Value.Of(until));
        command.Parameters.Add(Value.Of((short)RecordType.Data));
        command.Parameters.Add(Value.Of((short)IntakePath.Mqtt));
        List<(DateTimeOffset, TelemetryRecord.Data)> records = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (Read(RecordType.Data, (RecordForm)reader.GetInt16(0), reader.GetFieldValue<byte[]>(2)) is TelemetryRecord.Data record)
                records.Add((reader.GetInstant(1), record));
        }

        return records;
    }

    /// <summary>As Tesla's server hands records on, whichever way this one came.</summary>
    static TelemetryRecord? Read(RecordType type, RecordForm form, byte[] payload)
    {
        var record = form switch
        {
            RecordForm.Protobuf => ProtobufForm.TryRead(type, payload),
            RecordForm.Json => JsonForm.TryRead(type, payload),
            _ => null,
        };
        return record is null ? null : ServerChanges.Apply(record, record.Vin);
    }

    /// <summary>Counts values that no car can mean, on the day (UTC) that they came.</summary>
    public async Task CountIgnoredAsync(CarId car, DateTimeOffset receivedAt, long values, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "update teslamate.telemetry_usage set rejected = rejected + $3 where car_id = $1 and day = $2");
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(DateOnly.FromDateTime(receivedAt.UtcDateTime)));
        command.Parameters.Add(Value.Of(values));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The numbers of a car's records that are not applied yet.</summary>
    public async Task<IReadOnlyList<long>> UnappliedAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select array(select id from teslamate.telemetry_inbox where car_id = $1 and not "
            + "is_applied)");
        command.Parameters.Add(Value.Of(car.Value));
        return await command.ExecuteScalarAsync(cancellationToken) as long[] ?? [];
    }

    /// <summary>Records that make no rows.</summary>
    public async Task ApplyAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select teslamate.apply_telemetry($1)");
        command.Parameters.Add(Value.Array<long>([.. ids]));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What was saved of a car last, and since when records by the server's clock may lack in it.</summary>
    public async Task<(SavedSnapshot Snapshot, DateTimeOffset At)?> SnapshotAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select state::text, saved_at from teslamate.telemetry_snapshots where car_id = $1");
        command.Parameters.Add(Value.Of(car.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) && SnapshotForm.TryRead(reader.GetString(0)) is { } saved
            ? (saved, reader.GetInstant(1))
            : null;
    }

    /// <summary>Values that were applied, in the order of the car's clock.</summary>
    /// <param name="since">When they were received at the earliest, by the server's clock; null for all of the week.</param>
    public async Task<IReadOnlyList<PendingRecord>> AppliedAsync(CarId car, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select id, type, form, source, car_time, received_at, payload
            from teslamate.telemetry_inbox
            where car_id = $1 and is_applied and type = $2 and form <> $3 and received_at >= coalesce($4, '-infinity')
                and car_time >= received_at - interval '7 days'
            order by car_time, id
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of((short)RecordType.Data));
        command.Parameters.Add(Value.Of((short)RecordForm.Unreadable));
        command.Parameters.Add(Value.Of(since));
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Saves what is known of a car. A backlog that is not applied yet may be far older than now, and is not in it.</summary>
    /// <param name="at">Now.</param>
    public async Task SaveAsync(CarId car, SavedSnapshot snapshot, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            insert into teslamate.telemetry_snapshots (car_id, saved_at, state)
            select $1, least($2, min(received_at)), $3
            from teslamate.telemetry_inbox
            where car_id = $1 and not is_applied
            on conflict (car_id) do update set saved_at = excluded.saved_at, state = excluded.state
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(at));
        command.Parameters.Add(Value.Json(SnapshotForm.Write(snapshot)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task SaveAlertsAsync(CarId car, TelemetryRecord.Alerts alerts, CancellationToken cancellationToken)
    {
        foreach (var alert in alerts.Items)
        {
            if ((alert.StartedAt ?? alerts.CreatedAt) is not { } started)
                continue;
            await using var command = database.CreateCommand("""
                insert into teslamate.telemetry_alerts (car_id, name, started_at, ended_at, audiences) values ($1, $2, $3, $4, $5)
                on conflict (car_id, name, started_at) do update set ended_at = coalesce(excluded.ended_at, telemetry_alerts.ended_at)
                """);
            command.Parameters.Add(Value.Of(car.Value));
            command.Parameters.Add(Value.Of(Plain(alert.Name)));
            command.Parameters.Add(Value.Of(started));
            command.Parameters.Add(Value.Of(alert.EndedAt));
            command.Parameters.Add(Value.Array<short>([.. alert.Audiences.Select(audience => (short)Math.Clamp(audience, 0, short.MaxValue))]));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public async Task SaveErrorAsync(CarId car, CarError error, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update teslamate.telemetry_cars set last_error = $2 where car_id = $1");
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(Plain($"{error.Name}: {error.Body}")));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether anybody has told of the car's connections within the week that records are kept.</summary>
    public async Task<bool> HasConnectivityAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select exists (select from teslamate.telemetry_inbox where car_id = $1 and type = $2)");
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of((short)RecordType.Connectivity));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>What is told of connections that others hold, newest last; those of an endpoint of ours ended with its run.</summary>
    public async Task<IReadOnlyList<TelemetryRecord.Connectivity>> ConnectionsAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select form, payload from teslamate.telemetry_inbox
            where car_id = $1 and type = $2 and is_applied and source <> $3
            order by car_time, id
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of((short)RecordType.Connectivity));
        command.Parameters.Add(Value.Of((short)IntakePath.Endpoint));
        List<TelemetryRecord.Connectivity> records = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (Read(RecordType.Connectivity, (RecordForm)reader.GetInt16(0),
                reader.GetFieldValue<byte[]>(1)) is TelemetryRecord.Connectivity connectivity)
                records.Add(connectivity);
        }

        return records;
    }

    /// <summary>Deletes what is older than a week, and is applied or never will be.</summary>
    public async Task<int> DeleteOldAsync(DateTimeOffset before, DateTimeOffset valuesBefore, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from teslamate.telemetry_inbox where received_at < $1");
        command.Parameters.Add(Value.Of(before));
        var deleted = await command.ExecuteNonQueryAsync(cancellationToken);
        await using var values = database.CreateCommand("delete from teslamate.telemetry_values where date < $1");
        values.Parameters.Add(Value.Of(valuesBefore));
        return deleted + await values.ExecuteNonQueryAsync(cancellationToken);
    }

    // The database takes no text with a zero character.
    static string Plain(string text) => text.Replace("\0", "", StringComparison.Ordinal) is var plain && plain.Length > 500
        ? plain[..500] : text.Replace("\0", "", StringComparison.Ordinal);
}
