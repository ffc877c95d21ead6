using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Geofences;

sealed class GeofenceBook(NpgsqlDataSource database) : IGeofences
{
    /// <summary>Reassigning a long history may take its time.</summary>
    static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

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

    public async Task<GeofenceAnswer> SaveAsync(
        GeofenceId? geofence, GeofenceForm form, bool addCosts, Geofence? seen, CancellationToken cancellationToken)
    {
        var errors = GeofenceRules.Check(form, out var wanted);
        if (errors.Count > 0)
            return new GeofenceAnswer.Refused(errors);

        var answer = await SequenceCheck.RepairAndRetryAsync(
            database, () => StoreAsync(geofence, wanted, addCosts, seen, cancellationToken), cancellationToken);
        if (answer is GeofenceAnswer.Saved)
            await RefreshAsync(cancellationToken);
        return answer;
    }

    /// <summary>All of it or nothing.</summary>
    async Task<GeofenceAnswer> StoreAsync(
        GeofenceId? geofence, Geofence wanted, bool addCosts, Geofence? seen, CancellationToken cancellationToken)
    {
        Geofence saved;
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            // One editor at a time: two overlapping circles would otherwise not see each other.
            await DatabaseWriter.RunAsync(connection, [GeofenceStatements.Lock()], CommandTimeout, cancellationToken);
            if (geofence is { } id)
            {
                if (await RefusalAsync(connection, id, seen, cancellationToken) is { } refusal)
                    return refusal;
                await DatabaseWriter.RunAsync(connection, GeofenceStatements.Release(id), CommandTimeout, cancellationToken);
                saved = wanted with { Id = id };
                await using var update = GeofenceStatements.Update(connection, saved);
                await update.ExecuteNonQueryAsync(cancellationToken);
            }
            else
            {
                await using var insert = GeofenceStatements.Insert(connection, wanted);
                saved = wanted with { Id = new((int)(await insert.ExecuteScalarAsync(cancellationToken))!) };
            }

            await DatabaseWriter.RunAsync(connection, GeofenceStatements.Gather(saved.Id), CommandTimeout, cancellationToken);
            if (addCosts)
                await DatabaseWriter.RunAsync(connection, [GeofenceStatements.AddCosts(saved.Id)], CommandTimeout, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return new GeofenceAnswer.Saved(saved);
    }

    public async Task<GeofenceAnswer> DeleteAsync(GeofenceId geofence, Geofence? seen, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            await DatabaseWriter.RunAsync(connection, [GeofenceStatements.Lock()], CommandTimeout, cancellationToken);
            if (await RefusalAsync(connection, geofence, seen, cancellationToken) is { } refusal)
                return refusal;
            await DatabaseWriter.RunAsync(connection, GeofenceStatements.Release(geofence), CommandTimeout, cancellationToken);
            await using var delete = new NpgsqlCommand("delete from public.geofences where id = $1", connection)
            {
                Parameters = { Value.Of(geofence.Value) },
            };
            await delete.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        await RefreshAsync(cancellationToken);
        return new GeofenceAnswer.Deleted();
    }

    /// <summary>
    /// Why a fence is not to be touched; null when nothing speaks against it. Its row is locked then: also an editor that does not ask for our lock
    /// cannot come in between.
    /// </summary>
    static async Task<GeofenceAnswer?> RefusalAsync(
        NpgsqlConnection connection, GeofenceId geofence, Geofence? seen, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Select + " where id = $1 for update", connection) { Parameters = { Value.Of(geofence.Value) } };
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault() switch
        {
            null => new GeofenceAnswer.NotFound(),
            var there when seen is not null && there != seen => new GeofenceAnswer.Changed(),
            _ => null,
        };
    }

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
}
