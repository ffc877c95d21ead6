using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NpgsqlTypes;
using TeslaMate.Database.Encryption;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Outgoing.Targets;

/// <summary>The targets in <c>teslamate.outgoing_targets</c>. Secrets go in encrypted and come out for their channels alone.</summary>
public sealed class TargetTable([FromKeyedServices(OutgoingDatabase.Key)] NpgsqlDataSource database, EncryptionKey key, TimeProvider time)
{
    /// <summary>How long the key before signs beside a new one (spec api 4.2).</summary>
    public static readonly TimeSpan RolloverTime = TimeSpan.FromHours(24);

    const string Columns = """
        t.id, t.kind, t.name, t.is_enabled, t.settings::text, t.secrets::text, t.event_types, t.car_ids, t.least_distance_km, t.least_energy_kwh,
        t.quiet_from, t.quiet_to
        """;

    const int ColumnCount = 12;

    const string ListedColumns = $"""
        {Columns}, t.created_at, t.last_success_at, t.last_error_at, t.last_error, t.failing_since, t.off_reason,
        (select count(*)::integer from teslamate.outgoing_deliveries d where d.target_id = t.id and d.state = 'pending')
        """;

    /// <summary>All targets, in the order in which they were made.</summary>
    public async Task<IReadOnlyList<ListedTarget>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {ListedColumns} from teslamate.outgoing_targets t order by t.id");
        return await ReadAllAsync(command, Listed, cancellationToken);
    }

    /// <summary>Null when there is none of this number.</summary>
    public async Task<ListedTarget?> FindAsync(int id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {ListedColumns} from teslamate.outgoing_targets t where t.id = $1");
        command.Parameters.Add(Value.Of(id));
        return (await ReadAllAsync(command, Listed, cancellationToken)).SingleOrDefault();
    }

    /// <summary>
    /// The targets of some kinds that are turned on, with their secrets; without those whose secrets cannot be read with the key of today.
    /// </summary>
    public async Task<IReadOnlyList<OutgoingTarget>> EnabledAsync(IEnumerable<TargetKind> kinds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from teslamate.outgoing_targets t where t.is_enabled and t.kind = any ($1) order by t.id");
        command.Parameters.Add(Value.Array(kinds.Select(kind => kind.Word()).ToArray()));
        return [.. (await ReadAllAsync(command, reader => Secretly(reader, 0), cancellationToken)).OfType<OutgoingTarget>()];
    }

    /// <summary>A target with its secrets, turned on or not; null when there is none, or its secrets cannot be read with the key of today.</summary>
    public async Task<OutgoingTarget?> RevealAsync(int id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {Columns} from teslamate.outgoing_targets t where t.id = $1");
        command.Parameters.Add(Value.Of(id));
        return (await ReadAllAsync(command, reader => Secretly(reader, 0), cancellationToken)).SingleOrDefault();
    }

    /// <summary>Stores a new target. A webhook's key is made here; it cannot be read again.</summary>
    public async Task<(ListedTarget Target, Secret? SigningKey)> CreateAsync(TargetInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var signingKey = input.Kind is TargetKind.Webhook ? NewSigningKey() : null;
        Dictionary<string, string?> secrets = [];
        foreach (var (name, secret) in input.Secrets)
        {
            if (secret is not null)
                secrets[name] = Encrypt(secret);
        }

        if (signingKey is not null)
            secrets[TargetSettings.KeyName] = Encrypt(signingKey);
        await using var command = database.CreateCommand("""
            insert into teslamate.outgoing_targets (kind, name, is_enabled, settings, secrets, event_types, car_ids, least_distance_km,
                least_energy_kwh, quiet_from, quiet_to, created_at)
            values ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11, $12)
            returning id
            """);
        Add(command, input, secrets);
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        var id = (int)(await command.ExecuteScalarAsync(cancellationToken))!;
        return (await FindAsync(id, cancellationToken) ?? throw new InvalidOperationException("the target was deleted while it was made"),
            signingKey);
    }

    /// <summary>
    /// Changes a target; its kind stays. One that is turned on again begins anew, one that is turned off leaves nothing waiting.
    /// </summary>
    /// <param name="isExpected">Whether the target is the one that is to be changed, as it is by then; nobody can change it in between.</param>
    /// <returns><c>Done</c> with the target as it is now, <c>NotFound</c> when there is none of this number and kind, <c>Changed</c>.</returns>
    public async Task<TargetAnswer> UpdateAsync(
        int id, TargetInput input, Func<ListedTarget, bool> isExpected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        Dictionary<string, string?> changes = input.Secrets.ToDictionary(pair => pair.Key, pair => pair.Value is { } secret ? Encrypt(secret) : null);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, id, cancellationToken) is not { } known || known.Kind != input.Kind)
            return new TargetAnswer.NotFound();
        if (!isExpected(known))
            return new TargetAnswer.Changed();
        await using var batch = new NpgsqlBatch(connection);
        var update = new NpgsqlBatchCommand("""
            update teslamate.outgoing_targets
            set name = $2, is_enabled = $3,
                -- What the program itself keeps beside the owner's fields stays.
                settings = $4::jsonb || case when settings ? 'previous_until' then jsonb_build_object('previous_until', settings -> 'previous_until')
                    else '{}' end,
                secrets = jsonb_strip_nulls(secrets || $5::jsonb),
                event_types = $6, car_ids = $7, least_distance_km = $8, least_energy_kwh = $9, quiet_from = $10, quiet_to = $11,
                failing_since = case when is_enabled then failing_since end, off_reason = case when not $3 then off_reason end
            where id = $12 and kind = $1
            """);
        Add(update, input, changes);
        update.Parameters.Add(Value.Of(id));
        batch.BatchCommands.Add(update);
        batch.BatchCommands.Add(DropWaiting(id));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        var changed = await LockAsync(connection, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new TargetAnswer.Done(changed!);
    }

    /// <summary>Turns a target on or off. False when there is none.</summary>
    public async Task<bool> SetEnabledAsync(int id, bool isEnabled, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            update teslamate.outgoing_targets
            set is_enabled = $2, failing_since = case when is_enabled then failing_since end, off_reason = case when not $2 then off_reason end
            where id = $1
            """)
        {
            Parameters = { Value.Of(id), Value.Of(isEnabled) },
        });
        batch.BatchCommands.Add(DropWaiting(id));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return batch.BatchCommands[0].RecordsAffected > 0;
    }

    /// <summary>Removes a target with all that waits for it.</summary>
    /// <param name="isExpected">As of <see cref="UpdateAsync"/>.</param>
    /// <returns><c>Done</c> with the target as it was, <c>NotFound</c>, <c>Changed</c>.</returns>
    public async Task<TargetAnswer> DeleteAsync(int id, Func<ListedTarget, bool> isExpected, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, id, cancellationToken) is not { } known)
            return new TargetAnswer.NotFound();
        if (!isExpected(known))
            return new TargetAnswer.Changed();
        await using var command = new NpgsqlCommand("delete from teslamate.outgoing_targets where id = $1", connection);
        command.Parameters.Add(Value.Of(id));
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new TargetAnswer.Done(known);
    }

    /// <summary>
    /// A new key for a webhook, which cannot be read again; the one before signs too for a day. Null when there is no such webhook.
    /// </summary>
    public async Task<Secret?> RollKeyAsync(int id, CancellationToken cancellationToken)
    {
        var signingKey = NewSigningKey();
        await using var command = database.CreateCommand("""
            update teslamate.outgoing_targets
            set secrets = secrets || jsonb_build_object('previous_key', secrets -> 'key', 'key', $2::text),
                settings = settings || jsonb_build_object('previous_until', $3::text)
            where id = $1 and kind = 'webhook'
            """);
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(Encrypt(signingKey)));
        command.Parameters.Add(
            Value.Of((time.GetUtcNow() + RolloverTime).UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture)));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0 ? signingKey : null;
    }

    /// <summary>Writes down how a channel without a queue fares.</summary>
    /// <param name="error">In words, without secrets; null for a success.</param>
    public async Task NoteAsync(int id, string? error, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            update teslamate.outgoing_targets
            set last_success_at = case when $2 is null then $3 else last_success_at end,
                last_error_at = case when $2 is null then last_error_at else $3 end,
                last_error = coalesce($2, last_error),
                failing_since = case when $2 is not null then coalesce(failing_since, $3) end
            where id = $1
            """);
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(error));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Turns a target off by the program's own decision.</summary>
    /// <param name="reason">In words, without secrets.</param>
    public async Task TurnOffAsync(int id, string reason, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            update teslamate.outgoing_targets set is_enabled = false, off_reason = $2 where id = $1
            """)
        {
            Parameters = { Value.Of(id), Value.Of(reason) },
        });
        batch.BatchCommands.Add(DropWaiting(id));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A target, which nobody else changes until the transaction ends; null when there is none.</summary>
    static async Task<ListedTarget?> LockAsync(NpgsqlConnection connection, int id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select {ListedColumns} from teslamate.outgoing_targets t where t.id = $1 for update of t", connection);
        command.Parameters.Add(Value.Of(id));
        return (await ReadAllAsync(command, Listed, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The target whose columns begin there; null when its secrets cannot be read with the key of today.</summary>
    internal OutgoingTarget? Secretly(NpgsqlDataReader reader, int first)
    {
        var kind = KindOf(reader, first);
        Dictionary<string, Secret> secrets = [];
        foreach (var (name, stored) in Texts(reader.GetString(first + 5)))
        {
            if (key.Cipher.Decrypt(Convert.FromBase64String(stored)) is not Decryption.Plain(var text))
                return null;
            secrets[name] = new Secret(text);
        }

        return TargetSettings.Read(kind, Texts(reader.GetString(first + 4)), secrets) is { } settings
            ? new OutgoingTarget(reader.GetInt32(first), reader.GetString(first + 2), settings, FilterOf(reader, first), QuietOf(reader, first))
                : null;
    }

    internal const string SecretColumns = Columns;

    internal const int SecretColumnCount = ColumnCount;

    static ListedTarget Listed(NpgsqlDataReader reader) => new(
        reader.GetInt32(0), KindOf(reader, 0), reader.GetString(2), reader.GetBoolean(3), Texts(reader.GetString(4)),
        Texts(reader.GetString(5)).Keys.ToHashSet(), FilterOf(reader, 0), QuietOf(reader, 0))
    {
        CreatedAt = reader.GetInstant(ColumnCount),
        LastSuccessAt = reader.GetInstantOrNull(ColumnCount + 1),
        LastErrorAt = reader.GetInstantOrNull(ColumnCount + 2),
        LastError = reader.Text(ColumnCount + 3),
        FailingSince = reader.GetInstantOrNull(ColumnCount + 4),
        OffReason = reader.Text(ColumnCount + 5),
        Waiting = reader.GetInt32(ColumnCount + 6),
    };

    static TargetKind KindOf(NpgsqlDataReader reader, int first)
        => TargetKinds.Find(reader.GetString(first + 1)) ?? throw new InvalidOperationException("the table allows no other kind");

    // A word of a later version is no event that this one could send.
    internal static EventFilter FilterOf(NpgsqlDataReader reader, int first) => new(
        reader.IsDBNull(first + 6) ? null : [.. reader.GetFieldValue<string[]>(first + 6).Select(EventType.Find).OfType<EventType>()],
        reader.IsDBNull(first + 7) ? null : [.. reader.GetFieldValue<short[]>(first + 7).Select(car => new CarId(car))],
        reader.Decimal(first + 8), reader.Decimal(first + 9));

    internal static QuietHours? QuietOf(NpgsqlDataReader reader, int first)
        => reader.IsDBNull(first + 10) ? null : new(reader.GetFieldValue<TimeOnly>(first + 10), reader.GetFieldValue<TimeOnly>(first + 11));

    static NpgsqlBatchCommand DropWaiting(int id) => new("""
        update teslamate.outgoing_deliveries d
        set state = 'dropped', next_at = null, finished_at = now() at time zone 'UTC'
        from teslamate.outgoing_targets t
        where t.id = $1 and not t.is_enabled and d.target_id = t.id and d.state = 'pending'
        """)
    {
        Parameters = { Value.Of(id) },
    };

    static Dictionary<string, string> Texts(string json) => JsonSerializer.Deserialize(json, StringsJson.Default.DictionaryStringString) ?? [];

    static async Task<List<T>> ReadAllAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<T> rows = [];
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }

    static void Add(NpgsqlCommand command, TargetInput input, Dictionary<string, string?> secrets) => Add(command.Parameters, input, secrets);

    static void Add(NpgsqlBatchCommand command, TargetInput input, Dictionary<string, string?> secrets) => Add(command.Parameters, input, secrets);

    static void Add(NpgsqlParameterCollection parameters, TargetInput input, Dictionary<string, string?> secrets)
    {
        parameters.Add(Value.Of(input.Kind.Word()));
        parameters.Add(Value.Of(input.Name));
        parameters.Add(Value.Of(input.IsEnabled));
        parameters.Add(Value.Of(JsonSerializer.Serialize(input.Values, StringsJson.Default.IReadOnlyDictionaryStringString)));
        parameters.Add(Value.Of(JsonSerializer.Serialize(secrets!, StringsJson.Default.DictionaryStringString)));
        parameters.Add(Nullable(input.Filter.Types?.Select(type => type.Name).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text));
        parameters.Add(Value.Array(input.Filter.Cars?.Select(car => car.Value).ToArray()));
        parameters.Add(Value.Of(input.Filter.LeastDistanceKm));
        parameters.Add(Value.Of(input.Filter.LeastEnergyKwh));
        parameters.Add(Nullable(input.QuietHours?.From, NpgsqlDbType.Time));
        parameters.Add(Nullable(input.QuietHours?.To, NpgsqlDbType.Time));
    }

    static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    string Encrypt(Secret secret) => Convert.ToBase64String(key.Cipher.Encrypt(secret.Reveal()));

    static Secret NewSigningKey() => new("whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
}
