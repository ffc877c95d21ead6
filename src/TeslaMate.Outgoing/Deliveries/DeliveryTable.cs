using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>
/// The queues in <c>teslamate.outgoing_deliveries</c>, one for each target. Whose turn it is to send to a target is a lease on the target's row, so
/// that instances do not send the same twice; one that dies with a lease is followed by another when the lease has run out.
/// </summary>
public sealed class DeliveryTable([FromKeyedServices(OutgoingDatabase.Key)] NpgsqlDataSource database, TargetTable targets)
{
    /// <summary>So many wait for a target at most; more drop the oldest.</summary>
    public const int MostWaiting = 1000;

    /// <summary>So many that have ended are kept for each target, for 30 days at most.</summary>
    public const int MostEnded = 200;

    static readonly TimeSpan EndedKept = TimeSpan.FromDays(30);

    /// <summary>Longer than an attempt and writing down how it ended take.</summary>
    internal static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(2);

    // The first in the row, or one that has stepped aside, whichever is due and older. What waits for the end of quiet hours has not joined the row
    // yet.
    static readonly string DueOfTarget = string.Create(CultureInfo.InvariantCulture, $"""
        (select first.id
         from (
            (select d.id, d.next_at
             from teslamate.outgoing_deliveries d
             where d.target_id = t.id and d.state = 'pending' and d.attempts < {RetrySchedule.AttemptsInOrder} and (d.attempts > 0 or d.next_at <= $1)
             order by d.id
             limit 1)
            union all
            (select d.id, d.next_at
             from teslamate.outgoing_deliveries d
             where d.target_id = t.id and d.state = 'pending' and d.attempts >= {RetrySchedule.AttemptsInOrder} and d.next_at <= $1
             order by d.id
             limit 1)) first
         where first.next_at <= $1
         order by first.id
         limit 1)
        """);

    /// <summary>
    /// Stores an event for every target that wants it; one that is stored already is not stored again. The number of targets that get it.
    /// </summary>
    internal async Task<int> StoreAsync(OutgoingEvent happened, DateTimeOffset now, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        List<(int Target, DateTimeOffset SendAt)> wanted = [];
        await using (var command = new NpgsqlCommand($"""
            select {TargetTable.SecretColumns},
                (select max(d.created_at)
                 from teslamate.outgoing_deliveries d
                 join teslamate.outgoing_events e on e.id = d.event_id
                 where d.target_id = t.id and d.created_at > $3 and e.type = $1 and e.car_id is not distinct from $2)
            from teslamate.outgoing_targets t
            where t.is_enabled
            """, connection))
        {
            command.Parameters.Add(Value.Of(happened.Type.Name));
            command.Parameters.Add(Car(happened));
            command.Parameters.Add(Value.Of(now - DeliveryRules.SameNews));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                if (TargetKinds.Find(reader.GetString(1)) is { } kind && DeliveryRules.SendAt(
                    kind, TargetTable.FilterOf(reader, 0), TargetTable.QuietOf(reader, 0), happened,
                    reader.GetInstantOrNull(TargetTable.SecretColumnCount), now, zone) is { } sendAt)
                    wanted.Add((reader.GetInt32(0), sendAt));
            }
        }

        if (wanted.Count > 0)
            await InsertAsync(connection, happened, wanted, now, cancellationToken);
        return wanted.Count;
    }

    static async Task InsertAsync(
        NpgsqlConnection connection, OutgoingEvent happened, List<(int Target, DateTimeOffset SendAt)> wanted, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        int[] ids = [.. wanted.Select(one => one.Target)];
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(InsertEvent(happened));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into teslamate.outgoing_deliveries (target_id, event_id, next_at, created_at)
            select t.id, $1, wanted.send_at, $2
            from unnest($3::integer[], $4::timestamp[]) wanted (target_id, send_at)
            -- One may have been deleted or turned off since.
            join teslamate.outgoing_targets t on t.id = wanted.target_id and t.is_enabled
            order by t.id
            on conflict on constraint outgoing_deliveries_event do nothing
            """)
        {
            Parameters =
            {
                Value.Of(happened.Id),
                Value.Of(now),
                Value.Array(ids),
                Value.Array(wanted.Select(one => one.SendAt)),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            update teslamate.outgoing_deliveries d
            set state = 'dropped', next_at = null, finished_at = $2, last_error = coalesce(d.last_error, 'too many events waited')
            from (
                select id, row_number() over (partition by target_id order by id desc) as place
                from teslamate.outgoing_deliveries
                where state = 'pending' and target_id = any ($1)) waiting
            where d.id = waiting.id and waiting.place > $3
            """)
        {
            Parameters =
            {
                Value.Array(ids), Value.Of(now), Value.Of(MostWaiting),
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes the turn at targets for which something is due, and what is due first for each of them.</summary>
    /// <param name="kinds">Those that can be sent to.</param>
    /// <param name="most">So many at once at most.</param>
    internal async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(
        IReadOnlyCollection<TargetKind> kinds, int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (most <= 0)
            return [];
        var claim = Guid.NewGuid().ToString("N");
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            with free as (
                select t.id
                from teslamate.outgoing_targets t
                where t.is_enabled and t.kind = any ($2) and (t.leased_until is null or t.leased_until <= $1) and {DueOfTarget} is not null
                order by t.last_success_at nulls first, t.id
                limit $3
                for update of t skip locked)
            update teslamate.outgoing_targets t
            set leased_until = $4, leased_by = $5
            from free
            where t.id = free.id
            """)
        {
            Parameters =
            {
                Value.Of(now),
                Value.Array<string>([.. kinds.Select(kind => kind.Word())]),
                Value.Of(most),
                Value.Of(now + LeaseTime),
                Value.Of(claim),
            },
        });
        // A statement of its own, which sees what another instance finished just before the lease was taken.
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            select {TargetTable.SecretColumns}, d.id, e.body, d.attempts, t.failing_since
            from teslamate.outgoing_targets t
            join teslamate.outgoing_deliveries d on d.id = {DueOfTarget}
            join teslamate.outgoing_events e on e.id = d.event_id
            where t.leased_by = $2
            """)
        {
            Parameters = { Value.Of(now), Value.Of(claim) },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        // The first statement gives no rows, and the reader begins at the one that does.
        List<ClaimedDelivery> claimed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            const int More = TargetTable.SecretColumnCount;
            claimed.Add(new(reader.GetInt64(More), claim, reader.GetInt32(0), reader.GetString(2), targets.Secretly(reader, 0),
                reader.GetString(More + 1),
                reader.GetInt16(More + 2), reader.GetInstantOrNull(More + 3)));
        }

        return claimed;
    }

    /// <summary>Writes down how an attempt ended, and gives the turn away.</summary>
    internal async Task FinishAsync(ClaimedDelivery delivery, Verdict verdict, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            update teslamate.outgoing_deliveries
            set state = $2, attempts = attempts + 1, next_at = $3, last_error = coalesce($4, last_error),
                finished_at = case when $3 is null then $5 end
            where id = $1 and state = 'pending'
            """)
        {
            Parameters =
            {
                Value.Of(delivery.Id),
                Value.Of(Word(verdict.State)),
                Value.Of(verdict.NextAt),
                Value.Of(verdict.Error),
                Value.Of(now),
            },
        });
        if (verdict.Error is null)
        {
            // A receiver that is back gets at once what had to wait for it, in order.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                update teslamate.outgoing_deliveries d
                set next_at = $2
                from teslamate.outgoing_targets t
                where t.id = $1 and t.failing_since is not null and d.target_id = t.id and d.state = 'pending' and d.attempts > 0 and d.next_at > $2
                """)
            {
                Parameters = { Value.Of(delivery.TargetId), Value.Of(now) },
            });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            update teslamate.outgoing_targets
            set last_success_at = case when $3 is null then $2 else last_success_at end,
                last_error_at = case when $3 is null then last_error_at else $2 end,
                last_error = coalesce($3, last_error),
                failing_since = case when $3 is not null then coalesce(failing_since, $2) end,
                is_enabled = is_enabled and $4 is null,
                off_reason = coalesce($4, off_reason)
            where id = $1
            """)
        {
            Parameters =
            {
                Value.Of(delivery.TargetId), Value.Of(now), Value.Of(verdict.Error), Value.Of(verdict.OffReason),
            },
        });
        if (verdict.OffReason is not null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                update teslamate.outgoing_deliveries
                set state = 'dropped', next_at = null, finished_at = $2, last_error = coalesce(last_error, 'the target was turned off')
                where target_id = $1 and state = 'pending'
                """)
            {
                Parameters = { Value.Of(delivery.TargetId), Value.Of(now) },
            });
        }

        batch.BatchCommands.Add(Release(delivery));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives the turn away without an attempt.</summary>
    internal async Task ReleaseAsync(ClaimedDelivery delivery, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Release(delivery));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What waits, and until when there is nothing to do.</summary>
    internal async Task<QueueOutlook> OutlookAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
            with waiting as (
                select d.target_id, d.id, d.attempts, d.next_at
                from teslamate.outgoing_deliveries d
                join teslamate.outgoing_targets t on t.id = d.target_id
                where d.state = 'pending' and t.is_enabled),
            row_heads as (
                select distinct on (target_id) next_at
                from waiting
                where attempts < {RetrySchedule.AttemptsInOrder} and (attempts > 0 or next_at <= $1)
                order by target_id, id),
            others as (
                select next_at
                from waiting
                where attempts >= {RetrySchedule.AttemptsInOrder} or (attempts = 0 and next_at > $1))
            select (select min(next_at) from (select next_at from row_heads union all select next_at from others) due),
                (select count(*)::integer from waiting),
                (select count(*)::integer from teslamate.outgoing_targets where is_enabled),
                (select count(*)::integer from teslamate.outgoing_targets where is_enabled and failing_since is not null)
            """));
        command.Parameters.Add(Value.Of(now));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new QueueOutlook(reader.GetInstantOrNull(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3));
    }

    /// <summary>The newest deliveries of a target, those that wait included.</summary>
    public async Task<IReadOnlyList<DeliveryRecord>> RecentAsync(int target, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select d.id, e.id, e.type, e.car_id, e.occurred_at, d.state, d.attempts, d.next_at, d.last_error, d.created_at, d.finished_at
            from teslamate.outgoing_deliveries d
            join teslamate.outgoing_events e on e.id = d.event_id
            where d.target_id = $1
            order by d.id desc
            limit $2
            """);
        command.Parameters.Add(Value.Of(target));
        command.Parameters.Add(Value.Of(most));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<DeliveryRecord> records = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            records.Add(new(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : new CarId(reader.GetInt16(3)),
                reader.GetInstant(4), Enum.Parse<DeliveryState>(reader.GetString(5), ignoreCase: true), reader.GetInt16(6),
                    reader.GetInstantOrNull(7),
                reader.Text(8), reader.GetInstant(9), reader.GetInstantOrNull(10)));
        }

        return records;
    }

    /// <summary>Writes down an attempt that was made outside the queue.</summary>
    internal async Task RecordAsync(int target, OutgoingEvent happened, string? error, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(InsertEvent(happened));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into teslamate.outgoing_deliveries (target_id, event_id, state, attempts, last_error, created_at, finished_at)
            select id, $2, $3, 1, $4, $5, $5 from teslamate.outgoing_targets where id = $1
            """)
        {
            Parameters =
            {
                Value.Of(target),
                Value.Of(happened.Id),
                Value.Of(Word(error is null ? DeliveryState.Delivered : DeliveryState.Failed)),
                Value.Of(error),
                Value.Of(now),
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets what ended long ago, and events that nothing belongs to any more.</summary>
    internal async Task TidyAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            delete from teslamate.outgoing_deliveries d
            using (
                select id, row_number() over (partition by target_id order by id desc) as place
                from teslamate.outgoing_deliveries
                where state <> 'pending') ended
            where d.id = ended.id and (ended.place > $1 or d.finished_at < $2)
            """)
        {
            Parameters = { Value.Of(MostEnded), Value.Of(now - EndedKept) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            delete from teslamate.outgoing_events e
            where not exists (select from teslamate.outgoing_deliveries d where d.event_id = e.id)
            """));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    static NpgsqlBatchCommand InsertEvent(OutgoingEvent happened) => new("""
        insert into teslamate.outgoing_events (id, type, car_id, occurred_at, body)
        values ($1, $2, $3, $4, $5)
        on conflict (id) do nothing
        """)
    {
        Parameters =
        {
            Value.Of(happened.Id),
            Value.Of(happened.Type.Name),
            Car(happened),
            Value.Of(happened.OccurredAt),
            Value.Of(happened.ToBody()),
        },
    };

    // Whose lease ran out meanwhile has it no more to give.
    static NpgsqlBatchCommand Release(ClaimedDelivery delivery) => new("""
        update teslamate.outgoing_targets set leased_until = null, leased_by = null where id = $1 and leased_by = $2
        """)
    {
        Parameters =
        {
            Value.Of(delivery.TargetId), Value.Of(delivery.ClaimId),
        },
    };

    static NpgsqlParameter Car(OutgoingEvent happened) => Value.Of(happened.Car?.Id.Value);

    static string Word(DeliveryState state) => state.ToString().ToLowerInvariant();
}

/// <param name="NextDue">When the next attempt is due; null when nothing waits.</param>
/// <param name="Waiting">Deliveries to targets that are turned on.</param>
/// <param name="Targets">Those that are turned on.</param>
/// <param name="Failing">Targets whose last attempt failed.</param>
sealed record QueueOutlook(DateTimeOffset? NextDue, int Waiting, int Targets, int Failing);
