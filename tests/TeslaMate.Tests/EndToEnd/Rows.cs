using Npgsql;

namespace TeslaMate.Tests.EndToEnd;

sealed record PositionRow(
    int Id, DateTime Date, decimal Latitude, decimal Longitude, short? Elevation, short? Speed, short? Power, double? Odometer, decimal? Ideal,
    decimal? Rated,
    decimal? OutsideTemp, decimal? InsideTemp, short? BatteryLevel, short CarId, int? DriveId);

sealed record DriveRow(
    int Id, DateTime StartDate, DateTime? EndDate, double? StartKm, double? EndKm, double? Distance, short? DurationMin, short? SpeedMax,
    short? PowerMax, short? PowerMin,
    decimal? OutsideTemp, decimal? InsideTemp, decimal? StartIdeal, decimal? EndIdeal, decimal? StartRated, decimal? EndRated, short? Ascent,
    short? Descent,
    int? StartPosition, int? EndPosition, long? StartOsm, long? EndOsm, string? StartFence, string? EndFence, short CarId);

sealed record ChargeRow(
    DateTime Date, decimal Added, short Power, short? Current, short? Voltage, short? Phases, decimal Ideal, decimal? Rated, short? Level,
    decimal? OutsideTemp, string? Type, int Process);

sealed record ProcessRow(
    int Id, DateTime StartDate, DateTime? EndDate, decimal? Added, decimal? Used, decimal? StartIdeal, decimal? EndIdeal, decimal? StartRated,
    decimal? EndRated,
    short? StartLevel, short? EndLevel, short? DurationMin, decimal? OutsideTemp, decimal? Cost, long? Osm, string? Fence, short CarId);

sealed record UpdateRow(DateTime StartDate, DateTime? EndDate, string? Version, short CarId);

sealed record StateRow(string State, DateTime StartDate, DateTime? EndDate, short CarId);

/// <summary>Everything that was logged, as it stands in the tables.</summary>
sealed record Logged(
    IReadOnlyList<PositionRow> Positions, IReadOnlyList<DriveRow> Drives, IReadOnlyList<ChargeRow> Charges, IReadOnlyList<ProcessRow> Processes,
    IReadOnlyList<UpdateRow> Updates, IReadOnlyList<StateRow> States)
{
    public static async Task<Logged> ReadAsync(NpgsqlDataSource database) => new(
        await ReadAsync(database, """
            select id, date, latitude, longitude, elevation, speed, power, odometer, ideal_battery_range_km, rated_battery_range_km,
                outside_temp, inside_temp, battery_level, car_id, drive_id
            from positions order by date, id
            """, row => new PositionRow(row.Get<int>(), row.Get<DateTime>(), row.Get<decimal>(), row.Get<decimal>(), row.Maybe<short>(), row.Maybe<short>(), row.Maybe<short>(),
                row.Maybe<double>(), row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<short>(),
                row.Get<short>(), row.Maybe<int>())),
        await ReadAsync(database, """
            select d.id, d.start_date, d.end_date, start_km, end_km, distance, duration_min, speed_max, power_max, power_min, outside_temp_avg,
                inside_temp_avg,
                start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km, ascent, descent, start_position_id,
                    end_position_id,
                sa.osm_id, ea.osm_id, sg.name, eg.name, d.car_id
            from drives d
            left join addresses sa on sa.id = start_address_id left join addresses ea on ea.id = end_address_id
            left join geofences sg on sg.id = start_geofence_id left join geofences eg on eg.id = end_geofence_id
            order by d.start_date, d.id
            """, row => new DriveRow(row.Get<int>(), row.Get<DateTime>(), row.Maybe<DateTime>(), row.Maybe<double>(), row.Maybe<double>(), row.Maybe<double>(), row.Maybe<short>(),
                row.Maybe<short>(), row.Maybe<short>(), row.Maybe<short>(), row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<decimal>(),
                row.Maybe<decimal>(),
                row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<short>(), row.Maybe<short>(), row.Maybe<int>(), row.Maybe<int>(),
                row.Maybe<long>(), row.Maybe<long>(),
                row.Text(), row.Text(), row.Get<short>())),
        await ReadAsync(database, """
            select date, charge_energy_added, charger_power, charger_actual_current, charger_voltage, charger_phases, ideal_battery_range_km,
                rated_battery_range_km,
                battery_level, outside_temp, fast_charger_type, charging_process_id
            from charges order by date, id
            """, row => new ChargeRow(row.Get<DateTime>(), row.Get<decimal>(), row.Get<short>(), row.Maybe<short>(), row.Maybe<short>(), row.Maybe<short>(), row.Get<decimal>(),
                row.Maybe<decimal>(), row.Maybe<short>(), row.Maybe<decimal>(), row.Text(), row.Get<int>())),
        await ReadAsync(database, """
            select p.id, start_date, end_date, charge_energy_added, charge_energy_used, start_ideal_range_km, end_ideal_range_km,
                start_rated_range_km, end_rated_range_km,
                start_battery_level, end_battery_level, duration_min, outside_temp_avg, cost, a.osm_id, g.name, p.car_id
            from charging_processes p left join addresses a on a.id = address_id left join geofences g on g.id = geofence_id
            order by start_date, p.id
            """, row => new ProcessRow(row.Get<int>(), row.Get<DateTime>(), row.Maybe<DateTime>(), row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<decimal>(),
                row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<decimal>(), row.Maybe<short>(), row.Maybe<short>(), row.Maybe<short>(),
                row.Maybe<decimal>(),
                row.Maybe<decimal>(), row.Maybe<long>(), row.Text(), row.Get<short>())),
        await ReadAsync(database, "select start_date, end_date, version, car_id from updates order by start_date, id",
            row => new UpdateRow(row.Get<DateTime>(), row.Maybe<DateTime>(), row.Text(), row.Get<short>())),
        await ReadAsync(database, "select state::text, start_date, end_date, car_id from states order by start_date, id",
            row => new StateRow(row.Get<string>(), row.Get<DateTime>(), row.Maybe<DateTime>(), row.Get<short>())));

    static async Task<List<T>> ReadAsync<T>(NpgsqlDataSource database, string sql, Func<Row, T> read)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<T> rows = [];
        while (await reader.ReadAsync())
            rows.Add(read(new Row(reader)));
        return rows;
    }

    sealed class Row(NpgsqlDataReader reader)
    {
        int _column;

        public T Get<T>() => reader.GetFieldValue<T>(_column++);

        public T? Maybe<T>() where T : struct => reader.IsDBNull(_column) ? Skip<T>() : Get<T>();

        public string? Text() => reader.IsDBNull(_column) ? Skip() : Get<string>();

        T? Skip<T>() where T : struct
        {
            _column++;
            return null;
        }

        string? Skip()
        {
            _column++;
            return null;
        }
    }
}
