using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Geofences;

sealed partial class GeofenceBook(NpgsqlDataSource database, TimeProvider time, ILogger<GeofenceBook> logger) : IGeofences
{
    /// <summary>Who takes a change back that was only looked at.</summary>
    static readonly GeofenceOrder Rehearsal = new("");

    const string Select = """
        select id, name, latitude::float8, longitude::float8, radius, billing_type::text, cost_per_unit, session_fee from public.geofences
        """;

    volatile IReadOnlyList<Geofence> _known = [];

    public Geofence? Find(double latitude, double longitude) => NearestFence.Find(_known, latitude, longitude);

    public async Task<IReadOnlyList<Geofence>> ListAsync(CancellationToken cancellationToken)
        => _known = await ReadAsync(database.CreateCommand(Select + " order by name collate \"C\", id"), cancellationToken);

    public async Task<Geofence?> FindAsync(GeofenceId geofence, CancellationToken cancellationToken)
    {
        var command = database.CreateCommand(Select + " where id = $1");
        command.Parameters.Add(Value.Of(geofence.Value));
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    public async Task<int> CountWithoutCostAsync(GeofenceId? geofence, GeofenceForm form, CancellationToken cancellationToken)
    {
        if (GeofenceRules.Check(form, out var wanted).Count > 0 || wanted is { CostPerUnit: null, SessionFee: null })
            return 0;
        if (geofence is { } id && (await FindAsync(id, cancellationToken) is not { } before || before == wanted with { Id = id, Name = before.Name }))
            return 0;
        await using var command = database.CreateCommand(GeofenceStatements.CountWithoutCost);
        command.Parameters.Add(Value.Of(wanted.Latitude));
        command.Parameters.Add(Value.Of(wanted.Longitude));
        command.Parameters.Add(Value.Of(wanted.RadiusM));
        command.Parameters.Add(Value.Of(geofence?.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is long count ? (int)count : 0;
    }

    public Task<GeofenceAnswer> SaveAsync(
        GeofenceId? geofence, GeofenceForm form, bool addCosts, GeofenceOrder order, CancellationToken cancellationToken)
        => SaveAsync(geofence, form, addCosts, order, isRehearsal: false, cancellationToken);

    public Task<GeofenceAnswer> PreviewAsync(GeofenceId? geofence, GeofenceForm form, bool addCosts, CancellationToken cancellationToken)
        => SaveAsync(geofence, form, addCosts, Rehearsal, isRehearsal: true, cancellationToken);

    public Task<GeofenceAnswer> DeleteAsync(GeofenceId geofence, GeofenceOrder order, CancellationToken cancellationToken)
        => ChangeAsync(geofence, wanted: null, addCosts: false, order, isRehearsal: false, cancellationToken);

    public Task<GeofenceAnswer> PreviewDeletionAsync(GeofenceId geofence, CancellationToken cancellationToken)
        => ChangeAsync(geofence, wanted: null, addCosts: false, Rehearsal, isRehearsal: true, cancellationToken);

    async Task<GeofenceAnswer> SaveAsync(
        GeofenceId? geofence, GeofenceForm form, bool addCosts, GeofenceOrder order, bool isRehearsal, CancellationToken cancellationToken)
        => GeofenceRules.Check(form, out var wanted) is { Count: > 0 } errors ? new GeofenceAnswer.Refused(errors)
            : await ChangeAsync(geofence, wanted, addCosts, order, isRehearsal, cancellationToken);

    async Task<GeofenceAnswer> ChangeAsync(
        GeofenceId? geofence, Geofence? wanted, bool addCosts, GeofenceOrder order, bool isRehearsal, CancellationToken cancellationToken)
    {
        GeofenceAnswer answer;
        try
        {
            answer = await SequenceCheck.RepairAndRetryAsync(
                database, () => StoreAsync(geofence, wanted, addCosts, order, isRehearsal, cancellationToken), cancellationToken);
        }
        catch (EditRefusedException)
        {
            return new GeofenceAnswer.KeyReused();
        }
        catch (PostgresException exception) when (EditRules.IsBusy(exception))
        {
            return new GeofenceAnswer.Busy();
        }

        if (answer is GeofenceAnswer.Saved or GeofenceAnswer.Deleted)
            await RefreshAsync(cancellationToken);
        return answer;
    }

    /// <summary>All of it with its record, or nothing.</summary>
    /// <param name="wanted">Null to delete the fence.</param>
    async Task<GeofenceAnswer> StoreAsync(
        GeofenceId? geofence, Geofence? wanted, bool addCosts, GeofenceOrder order, bool isRehearsal, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await DatabaseWriter.RunAsync(connection, GeofenceStatements.Lock(), GeofenceTransaction.CommandTimeout, cancellationToken);
        var there = geofence is { } known ? await LockAsync(connection, known, isDeleted: wanted is null, cancellationToken) : null;
        if (geofence is not null && there is null)
            return new GeofenceAnswer.NotFound();
        if (order.Seen is not null && there != order.Seen)
            return new GeofenceAnswer.Changed();

        var edit = EditOf(there, wanted, addCosts);
        if (await ChangeRecords.RepeatedAsync(connection, edit, order.Author, order.Key, time.GetUtcNow(), cancellationToken) is { } before)
            return wanted is null ? new GeofenceAnswer.Deleted() : new GeofenceAnswer.Saved(wanted with { Id = FenceOf(before) });
        var id = there?.Id ?? await NumberAsync(connection, isRehearsal, cancellationToken);
        var saved = wanted is null ? null : wanted with { Id = id };
        var change = await ChangeRecords.InsertAsync(
            connection, edit, car: null, order.Author, order.Key, isRehearsal, time.GetUtcNow(), cancellationToken);
        var record = new GeofenceTransaction(connection, change);
        await record.RecordAsync(id, saved, addCosts, cancellationToken);
        var version = await ChangeRecords.VersionAsync(connection, change, cancellationToken);
        if (order.Version is not null && order.Version != version)
            return new GeofenceAnswer.Changed();

        if (there is not null)
            await DatabaseWriter.RunAsync(connection, GeofenceStatements.Release(id), GeofenceTransaction.CommandTimeout, cancellationToken);
        if (saved != there)
        {
            await using var write = saved is null ? GeofenceStatements.Delete(connection, id)
                : there is null ? GeofenceStatements.Insert(connection, saved) : GeofenceStatements.Update(connection, saved);
            await write.ExecuteNonQueryAsync(cancellationToken);
        }

        if (saved is not null)
            await DatabaseWriter.RunAsync(connection, GeofenceStatements.Gather(id), GeofenceTransaction.CommandTimeout, cancellationToken);
        if (addCosts)
            await DatabaseWriter.RunAsync(connection, [GeofenceStatements.AddCosts(id)], GeofenceTransaction.CommandTimeout, cancellationToken);
        var isChanged = await record.FinishAsync(cancellationToken);
        if (isRehearsal)
            return new GeofenceAnswer.Previewed((await ChangeRecords.DetailAsync(connection, change, version, cancellationToken))!);
        if (!isChanged)
            return new GeofenceAnswer.Saved(there!);
        await transaction.CommitAsync(cancellationToken);
        Log.Changed(logger, change, order.Author, edit);
        return saved is null ? new GeofenceAnswer.Deleted() : new GeofenceAnswer.Saved(saved);
    }

    /// <summary>
    /// The fence, locked: also an editor that does not ask for our lock cannot come in between. Null when there is none. While it stays, the logger
    /// may refer to it: it would otherwise wait with a drive that this change waits for.
    /// </summary>
    static async Task<Geofence?> LockAsync(NpgsqlConnection connection, GeofenceId geofence, bool isDeleted, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"{Select} where id = $1 for {(isDeleted ? "update" : "no key update")}", connection)
        {
            Parameters = { Value.Of(geofence.Value) },
        };
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The number of a new fence; of one that is taken back a number that no sequence gives.</summary>
    static async Task<GeofenceId> NumberAsync(NpgsqlConnection connection, bool isRehearsal, CancellationToken cancellationToken)
    {
        if (isRehearsal)
            return new(-1);
        await using var command = new NpgsqlCommand("select nextval('public.geofences_id_seq')", connection);
        return new((int)(long)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    static HistoryEdit EditOf(Geofence? there, Geofence? wanted, bool addCosts) => (there, wanted) switch
    {
        (not null, null) => new HistoryEdit.DeleteGeofence(there.Id.Value, there.Name),
        (_, not null) => new HistoryEdit.SaveGeofence(
            there?.Id.Value, wanted.Name, wanted.Latitude, wanted.Longitude, wanted.RadiusM, wanted.BillingType.Word(), wanted.CostPerUnit,
            wanted.SessionFee, addCosts),
        _ => throw new ArgumentException("there is nothing to delete", nameof(there)),
    };

    static GeofenceId FenceOf(HistoryDetail detail) => new(detail.Rows.Single(row => row.Kind == "geofences").Id);

    public async Task<(double Latitude, double Longitude)?> LastPositionAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select latitude::float8, longitude::float8 from public.positions order by id desc limit 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetDouble(0), reader.GetDouble(1)) : null;
    }

    public Task RefreshAsync(CancellationToken cancellationToken) => ListAsync(cancellationToken);

    static async Task<List<Geofence>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var _ = command;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Geofence> fences = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            fences.Add(new(
                new(reader.GetInt32(0)), reader.GetString(1), reader.GetDouble(2), reader.GetDouble(3), reader.GetInt16(4),
                reader.GetString(5) == "per_minute" ? BillingType.PerMinute : BillingType.PerKwh, reader.Decimal(6), reader.Decimal(7)));
        }

        return fences;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "History change {ChangeId} of a geofence by {Author}: {Edit}")]
        public static partial void Changed(ILogger logger, long changeId, string author, HistoryEdit edit);
    }
}
