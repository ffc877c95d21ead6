using TeslaMate.Configuration;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Cars;

sealed class CarRegister(NpgsqlDataSource database) : ICars
{
    const string Select = """
        select
            cars.id, cars.eid, cars.vid, cars.vin, cars.name, cars.model, cars.trim_badging, cars.marketing_name, cars.exterior_color,
                cars.wheel_type,
            cars.spoiler_type, cars.efficiency, cars.display_priority, own.suspend_min, own.suspend_after_idle_min, own.req_not_unlocked,
            own.free_supercharging, own.use_streaming_api, own.enabled, own.lfp_battery
        from public.cars
        join public.car_settings own on own.id = cars.settings_id
        """;

    readonly Broadcast<Car> _watchers = new(capacity: 1000);
    readonly Lock _lock = new();
    Dictionary<CarId, Car>? _known;

    public async Task<IReadOnlyList<Car>> ListAsync(CancellationToken cancellationToken)
        => await ReadAsync(database.CreateCommand(Select + " order by cars.display_priority, cars.id"), cancellationToken);

    public async Task<Car?> FindAsync(CarId car, CancellationToken cancellationToken)
    {
        var command = database.CreateCommand(Select + " where cars.id = $1");
        command.Parameters.Add(Value.Of(car.Value));
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    public async Task<CarAnswer> DiscoverAsync(DiscoveredVehicle vehicle, int newSuspendMin, CancellationToken cancellationToken)
    {
        var vin = Column.Text(vehicle.Vin, int.MaxValue);
        List<FieldError> errors = [];
        if (vehicle.Eid is null)
            errors.Add(new("eid", Problem.Blank));
        if (vehicle.Vid is null)
            errors.Add(new("vid", Problem.Blank));
        if (vin is null)
            errors.Add(new("vin", Problem.Blank));
        if (errors.Count > 0)
            return new CarAnswer.Refused(errors);

        await using var command = database.CreateCommand("""
            with known as (
                select id
                from public.cars
                where vin = $1 or vid = $2 or eid = $3
                order by (vin = $1) desc, (vid = $2) desc
                limit 1),
            changed as (
                update public.cars
                set vin = $1, vid = $2, eid = $3, name = $4, updated_at = now() at time zone 'utc'
                from known
                where cars.id = known.id and (cars.vin, cars.vid, cars.eid, cars.name) is distinct from ($1, $2, $3, $4)),
            own as (
                insert into public.car_settings (suspend_min)
                select $5 where not exists (select from known)
                returning id),
            added as (
                insert into public.cars (vin, vid, eid, name, settings_id, inserted_at, updated_at)
                select $1, $2, $3, $4, own.id, now() at time zone 'utc', now() at time zone 'utc' from own
                returning id)
            select id, true from added
            union all
            select id, false from known
            """);
        command.Parameters.Add(Value.Of(vin));
        command.Parameters.Add(Value.Of(vehicle.Vid!.Value));
        command.Parameters.Add(Value.Of(vehicle.Eid!.Value));
        command.Parameters.Add(Value.Of(Column.Text(vehicle.Name, int.MaxValue)));
        command.Parameters.Add(Value.Of(newSuspendMin));
        CarId id;
        bool isNew;
        try
        {
            (id, isNew) = await SequenceCheck.RepairAndRetryAsync(database, async () =>
            {
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                await reader.ReadAsync(cancellationToken);
                return (new CarId(reader.GetInt16(0)), reader.GetBoolean(1));
            }, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            var field = exception.ConstraintName switch
            {
                "cars_eid_index" => "eid",
                "cars_vid_index" => "vid",
                _ => "vin",
            };
            return new CarAnswer.Refused([new(field, Problem.Taken)]);
        }

        var car = await FindAsync(id, cancellationToken) ?? throw new InvalidOperationException($"Car {id} was deleted while it was discovered.");
        return new CarAnswer.Found(car, isNew);
    }

    public async Task<Car?> ChangeSettingsAsync(CarId car, CarSettings settings, CancellationToken cancellationToken)
    {
        await using (var command = database.CreateCommand("""
            update public.car_settings
            set suspend_min = $2, suspend_after_idle_min = $3, req_not_unlocked = $4, free_supercharging = $5, use_streaming_api = $6, enabled = $7,
                lfp_battery = $8
            from public.cars
            where cars.id = $1 and car_settings.id = cars.settings_id
            """))
        {
            command.Parameters.Add(Value.Of(car.Value));
            command.Parameters.Add(Value.Of(settings.SuspendMin));
            command.Parameters.Add(Value.Of(settings.SuspendAfterIdleMin));
            command.Parameters.Add(Value.Of(settings.ReqNotUnlocked));
            command.Parameters.Add(Value.Of(settings.FreeSupercharging));
            command.Parameters.Add(Value.Of(settings.UseStreamingApi));
            command.Parameters.Add(Value.Of(settings.Enabled));
            command.Parameters.Add(Value.Of(settings.LfpBattery));
            if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
                return null;
        }

        var changed = await FindAsync(car, cancellationToken);
        if (changed is not null)
        {
            lock (_lock)
                _known?[car] = changed;
            _watchers.Publish(changed);
        }

        return changed;
    }

    public IAsyncEnumerable<Car> WatchAsync(CancellationToken cancellationToken) => _watchers.WatchAsync(cancellationToken);

    /// <summary>Reads all cars and tells of those that are not as they were.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = (await ListAsync(cancellationToken)).ToDictionary(car => car.Id);
        Dictionary<CarId, Car>? before;
        lock (_lock)
            (before, _known) = (_known, now);
        if (before is null)
            return;
        foreach (var car in now.Values.Where(car => before.TryGetValue(car.Id, out var old) && old != car))
            _watchers.Publish(car);
    }

    static async Task<List<Car>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var _ = command;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Car> cars = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            cars.Add(new Car
            {
                Id = new(reader.GetInt16(0)),
                Eid = reader.GetInt64(1),
                Vid = reader.GetInt64(2),
                Vin = reader.GetString(3),
                Name = reader.Text(4),
                Model = reader.Text(5),
                TrimBadging = reader.Text(6),
                MarketingName = reader.Text(7),
                ExteriorColor = reader.Text(8),
                WheelType = reader.Text(9),
                SpoilerType = reader.Text(10),
                Efficiency = reader.Double(11),
                DisplayPriority = reader.GetInt16(12),
                Settings = new CarSettings
                {
                    SuspendMin = reader.GetInt32(13),
                    SuspendAfterIdleMin = reader.GetInt32(14),
                    ReqNotUnlocked = reader.GetBoolean(15),
                    FreeSupercharging = reader.GetBoolean(16),
                    UseStreamingApi = reader.GetBoolean(17),
                    Enabled = reader.GetBoolean(18),
                    LfpBattery = reader.GetBoolean(19),
                },
            });
        }

        return cars;
    }
}
