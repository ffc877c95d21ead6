using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook.Statistics;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Demo;

/// <summary>A car of the demo and the two years behind it.</summary>
/// <param name="Level">In percent, at the end of the history, where the car's life begins.</param>
/// <param name="OdometerKm">Then.</param>
/// <param name="Way">Where the journeys go: towns with the kilometres to each as the road runs.</param>
/// <param name="HomePowerKw">Of the charger at home.</param>
/// <param name="HomePrice">Per kWh.</param>
/// <param name="NewWheels">How many days before the end the wheels were changed; null for never.</param>
sealed record DemoPast(
    CarIdentity Car, string Model, City City, double CapacityKwh, double KwhPerKm, double Level, double OdometerKm,
    IReadOnlyList<(Place Place, double Km)> Way,
    double HomePowerKw, decimal HomePrice, int? NewWheels, double MeanTemperature, double Swing, int Seed);

/// <summary>
/// Two plausible years of both cars, written in one transaction: commutes, errands, journeys with fast charging, winters, software, new wheels, a
/// battery that ages, losses while parked. The same each time.
/// </summary>
sealed class DemoHistory
{
    const int Days = 730;

    readonly List<object?[]> _positions = [];
    readonly List<object?[]> _drives = [];
    readonly List<object?[]> _processes = [];
    readonly List<object?[]> _charges = [];
    readonly List<object?[]> _states = [];
    readonly List<object?[]> _updates = [];
    readonly Dictionary<Place, int> _addresses = [];

    /// <summary>
    /// Writes the history into a database that has no car, with all that is kept for the measures, so that the first page is quick and whole; one
    /// that has a car is left alone.
    /// </summary>
    /// <param name="end">Where it ends.</param>
    public static async Task WriteAsync(NpgsqlDataSource database, IReadOnlyList<DemoPast> cars, DateTimeOffset end,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var any = new NpgsqlCommand("select exists (select from public.cars)", connection))
        {
            if (await any.ExecuteScalarAsync(cancellationToken) is true)
                return;
        }

        var history = new DemoHistory();
        for (var number = 0; number < cars.Count; number++)
            history.Live((short)(number + 1), cars[number], Timestamps.ToColumn(end));
        await history.CopyAsync(connection, cars, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await new StatisticsStore(database).RefreshAsync(null, null, cancellationToken);
    }

    void Live(short car, DemoPast past, DateTime end)
    {
        var random = new Random(past.Seed);
        var begin = end.Date.AddDays(-Days);
        // The car's own days, of which the last is long enough over for its evening not to reach into the future.
        var last = (end + past.City.UtcOffset).AddHours(-6).Date.AddDays(-1);
        var life = new CarLife(this, car, past, random, begin, end);
        for (var day = begin; day <= last; day = day.AddDays(1))
        {
            life.LiveDay(day);
            if (day < last)
                life.ChargeAtHome();
        }

        life.Settle();
    }

    int Address(Place place) => _addresses.TryGetValue(place, out var id) ? id : _addresses[place] = _addresses.Count + 1;

    async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<DemoPast> cars, CancellationToken cancellationToken)
    {
        for (var number = 0; number < cars.Count; number++)
        {
            var (id, past) = ((short)(number + 1), cars[number]);
            await ExecuteAsync("""
                insert into public.car_settings (id) values ($1);
                """, (long)id);
            await ExecuteAsync("""
                insert into public.cars (id, eid, vid, vin, name, model, efficiency, settings_id, inserted_at, updated_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, now() at time zone 'utc', now() at time zone 'utc')
                """, id, past.Car.Id, past.Car.VehicleId, past.Car.Vin, past.Car.Name, past.Model, Math.Round(past.KwhPerKm, 3), (long)id);
            await ExecuteAsync("""
                insert into public.geofences (id, name, latitude, longitude, radius, billing_type, cost_per_unit, inserted_at, updated_at)
                values ($1, $2, $3, $4, 60, 'per_kwh', $5, now() at time zone 'utc', now() at time zone 'utc')
                """, (int)id, number == 0 ? "Home" : $"Home of {past.Car.Name}", (decimal)past.City.Home.Point.Latitude,
                (decimal)past.City.Home.Point.Longitude, past.HomePrice);
        }

        foreach (var (place, id) in _addresses)
        {
            string[] parts = [place.Name, $"{place.Street} {place.HouseNumber}".Trim(), place.City, place.Country];
            var label = string.Join(", ", parts.Where(part => part.Length > 0));
            await ExecuteAsync("""
                insert into public.addresses (id, display_name, name, road, house_number, neighbourhood, city, county, state, postcode, country,
                    latitude, longitude, osm_id, osm_type, raw, inserted_at, updated_at)
                values ($1, $2, nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'node', '{}', now() at time zone 'utc',
                    now() at time zone 'utc')
                """, id, label, place.Name, place.Street, place.HouseNumber, place.Quarter, place.City,
                place.County, place.State, place.Postcode, place.Country, (decimal)place.Point.Latitude,
                (decimal)place.Point.Longitude, place.OsmId);
        }

        await CopyRowsAsync("drives", "id, car_id, start_date, end_date, outside_temp_avg, inside_temp_avg, speed_max, power_max, power_min, "
            + "start_ideal_range_km, end_ideal_range_km, "
            + "start_rated_range_km, end_rated_range_km, start_km, end_km, distance, duration_min, ascent, descent, start_address_id, "
            + "end_address_id, start_geofence_id, end_geofence_id", _drives);
        await CopyRowsAsync("positions", "id, car_id, drive_id, date, latitude, longitude, elevation, speed, power, odometer, "
            + "ideal_battery_range_km, est_battery_range_km, rated_battery_range_km, "
            + "battery_level, usable_battery_level, outside_temp, inside_temp, is_climate_on, tpms_pressure_fl, tpms_pressure_fr, "
            + "tpms_pressure_rl, tpms_pressure_rr", _positions);
        await CopyRowsAsync("charging_processes", "id, car_id, position_id, start_date, end_date, charge_energy_added, charge_energy_used, "
            + "start_ideal_range_km, end_ideal_range_km, start_rated_range_km, "
            + "end_rated_range_km, start_battery_level, end_battery_level, duration_min, outside_temp_avg, cost, address_id, geofence_id",
            _processes);
        await CopyRowsAsync("charges", "charging_process_id, date, battery_level, usable_battery_level, charge_energy_added, charger_power, "
            + "charger_voltage, charger_actual_current, charger_pilot_current, "
            + "charger_phases, fast_charger_present, fast_charger_type, fast_charger_brand, ideal_battery_range_km, rated_battery_range_km, "
            + "outside_temp, battery_heater_on", _charges);
        await CopyRowsAsync("states", "car_id, state, start_date, end_date", _states);
        await CopyRowsAsync("updates", "car_id, start_date, end_date, version", _updates);
        await ExecuteAsync("""
            update public.drives set start_position_id = ends.first_id, end_position_id = ends.last_id
            from (select drive_id, min(id) as first_id, max(id) as last_id from public.positions where drive_id is not null group by drive_id) as ends
            where ends.drive_id = drives.id
            """);
        await ExecuteAsync("""
            select setval('public.cars_id_seq', (select max(id) from public.cars)),
                setval('public.car_settings_id_seq', (select max(id) from public.car_settings)),
                setval('public.geofences_id_seq', (select max(id) from public.geofences)),
                setval('public.addresses_id_seq', (select max(id) from public.addresses)),
                    setval('public.trips_id_seq', (select max(id) from public.drives)),
                    setval('public.positions_id_seq', (select max(id) from public.positions)),
                setval('public.charging_processes_id_seq', (select max(id) from public.charging_processes))
            """);
        await ExecuteAsync("analyze");

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        async Task CopyRowsAsync(string table, string columns, List<object?[]> rows)
        {
            var types = await ColumnTypesAsync(table, columns);
            await using var writer = await connection.BeginBinaryImportAsync($"copy public.{table} ({columns}) from stdin (format binary)",
                cancellationToken);
            foreach (var row in rows)
            {
                await writer.StartRowAsync(cancellationToken);
                for (var column = 0; column < row.Length; column++)
                {
                    if (row[column] is { } value)
                        await writer.WriteAsync(Fitting(value, types[column]), types[column], cancellationToken);
                    else
                        await writer.WriteNullAsync(cancellationToken);
                }
            }

            await writer.CompleteAsync(cancellationToken);
        }

        async Task<string[]> ColumnTypesAsync(string table, string columns)
        {
            await using var command = new NpgsqlCommand($"select {columns} from public.{table} limit 0", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return [.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetDataTypeName(column).Split('(')[0])];
        }
    }

    // Numbers are computed as doubles; each column has the type of its own.
    static object Fitting(object value, string type) => (value, type) switch
    {
        (double number, "smallint") => (short)Math.Round(number, MidpointRounding.AwayFromZero),
        (int number, "smallint") => (short)number,
        (double number, "numeric") => Math.Round((decimal)number, 6),
        _ => value,
    };

    /// <summary>One car on its way through the two years.</summary>
    sealed class CarLife(DemoHistory history, short car, DemoPast past, Random random, DateTime start, DateTime end)
    {
        // Energy of a full battery when new, compared with the end.
        const double Fade = 1.055;

        readonly int _home = car;
        double _kwh = past.CapacityKwh * Fade * 0.7;
        double _km;
        readonly DateTime _begin = start;
        DateTime _free = start;
        Place _place = past.City.Home;
        int _version;
        DateTime? _nextUpdate;

        double Share(DateTime time) => (time - _begin) / (end - _begin);

        double Capacity(DateTime time) => past.CapacityKwh * (Fade - (Fade - 1) * Math.Sqrt(Share(time)));

        double Level(DateTime time) => Math.Clamp(_kwh / Capacity(time) * 100, 1, 100);

        double Rated(DateTime time) => Math.Max(1, _kwh) / Constant(time);

        // The other wheels cost range: the car's own constant changes with them.
        double Constant(DateTime time) => past.NewWheels is { } days && time < end.AddDays(-days) ? past.KwhPerKm * 0.95 : past.KwhPerKm;

        double Temperature(DateTime time)
            => Math.Round(past.MeanTemperature - past.Swing * Math.Cos((time.DayOfYear - 20) / 365.25 * 2 * Math.PI)
                - 3.5 * Math.Cos((time.TimeOfDay.TotalHours + past.City.UtcOffset.TotalHours - 3) / 24 * 2 * Math.PI)
                + Math.Sin(time.DayOfYear * 0.7) * 2.5, 1);

        DateTime Local(DateTime day, double hours) => day.AddHours(hours - past.City.UtcOffset.TotalHours);

        public void LiveDay(DateTime day)
        {
            var number = (day - _begin).Days;
            if (day >= (_nextUpdate ??= _begin.AddDays(12)).Date)
                Update(Local(day, 2.2));
            if (number % 41 == 17)
                Journey(day);
            else if (_free > Local(day, 7))
                return;
            else if (day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
                Errand(day);
            else if (random.Next(12) > 0)
                Commute(day);
        }

        public void ChargeAtHome()
        {
            if (_place == past.City.Home && Level(_free) < 45 + random.Next(15))
                Charge(_free.AddMinutes(8 + random.Next(40)), past.City.Home, 80, past.HomePowerKw, past.HomePrice);
        }

        void Commute(DateTime day)
        {
            Follow(Local(day, 7.3 + random.NextDouble() * 0.6), past.City.ToWork);
            if (random.Next(14) == 0)
                Charge(_free.AddMinutes(4), past.City.Work, 90, 11, 0);
            Follow(Local(day, 16.4 + random.NextDouble() * 1.4), past.City.ToWork.Reversed());
            if (random.Next(5) == 0)
            {
                Follow(_free.AddMinutes(35 + random.Next(30)), past.City.ToShop);
                Follow(_free.AddMinutes(25 + random.Next(40)), past.City.ToShop.Reversed());
            }
        }

        void Errand(DateTime day)
        {
            var road = random.Next(4) == 0 ? past.City.ToCharger : past.City.ToShop;
            Follow(Local(day, 9.5 + random.NextDouble() * 3), road);
            if (road == past.City.ToCharger)
                Charge(_free.AddMinutes(3), past.City.Charger, 75, 170, 0.45m);
            Follow(_free.AddMinutes(40 + random.Next(150)), road.Reversed());
        }

        /// <summary>There in one day, two nights, and back, with fast chargers on the way.</summary>
        void Journey(DateTime day)
        {
            if (Level(_free) < 85)
                Charge(Later(_free.AddMinutes(10), Local(day.AddDays(-1), 22)), past.City.Home, 95, past.HomePowerKw, past.HomePrice);
            var stops = past.Way.Take(1 + random.Next(past.Way.Count)).ToList();
            Lead(Local(day, 8.2), [past.City.Home, .. stops.Select(stop => stop.Place)], [.. stops.Select(stop => stop.Km)]);
            var back = Local(_free.Date.AddDays(2), 10);
            stops.Reverse();
            Lead(back, [.. stops.Select(stop => stop.Place), past.City.Home], [.. stops.Select(stop => stop.Km)]);
        }

        void Lead(DateTime start, IReadOnlyList<Place> places, IReadOnlyList<double> lengths)
        {
            for (var leg = 0; leg < lengths.Count; leg++)
            {
                var (from, to) = (places[leg], places[leg + 1]);
                Drive(leg == 0 ? start : _free.AddMinutes(6 + random.Next(20)), from, to, lengths[leg], 104,
                    share => Winding(from.Point, to.Point, share));
                if (to == past.City.Home)
                    continue;
                // On the way enough for what comes next, where it ends as much as it takes.
                var level = leg + 1 == lengths.Count
                    ? 80 + random.Next(6)
                    : Math.Min(90, (PerKm(Temperature(_free), 104) * 1.07 * lengths[leg + 1] + 5) / Capacity(_free) * 100);
                Charge(_free.AddMinutes(2), to, level, 170, random.Next(3) == 0 ? null : 0.49m);
            }
        }

        // No straight line across the fields.
        static GeoPoint Winding(GeoPoint from, GeoPoint to, double share)
        {
            var on = from.Towards(to, share);
            var sway = Math.Sin(share * Math.PI) * (0.04 * Math.Sin(share * 23) + 0.02 * Math.Sin(share * 61));
            return new GeoPoint(on.Latitude + sway * (to.Longitude - from.Longitude > 0 ? 1 : -1) * 0.6, on.Longitude + sway);
        }

        // More in cold, in heat and at speed.
        double PerKm(double temperature, double speed)
            => past.KwhPerKm * (0.83 + Math.Max(0, 19 - temperature) * 0.014 + Math.Max(0, speed - 60) * 0.0035
                + Math.Max(0, temperature - 27) * 0.008);

        void Follow(DateTime start, Road road)
            => Drive(start, road.From, road.To, road.LengthMetres / 1000, 34, share => road.At(Math.Clamp(share, 0, 1) * road.LengthMetres).Point);

        void Drive(DateTime start, Place from, Place to, double km, double speed, Func<double, GeoPoint> at)
        {
            start = Later(start, _free.AddMinutes(3));
            Park(start);
            var temperature = Temperature(start);
            // By chance 7 % more or less.
            var perKm = PerKm(temperature, speed) * (0.93 + random.NextDouble() * 0.14);
            var hours = km / (speed * (0.88 + random.NextDouble() * 0.2));
            if (_kwh < perKm * km + 3)
                Charge(_free.AddMinutes(2), from, Math.Min(100, Level(start) + perKm * km / past.CapacityKwh * 100 + 15),
                    from == past.City.Home ? past.HomePowerKw : 11, from == past.City.Home ? past.HomePrice : 0.39m);
            start = Later(start, _free.AddMinutes(2));
            var id = history._drives.Count + 1;
            var (fromKwh, fromKm, fromRated) = (_kwh, _km, Rated(start));
            var finish = start.AddHours(hours);
            var points = Math.Clamp((int)(hours * 3600 / 30), 12, 500);
            var (climb, drop, last, fastest, most, least) = (0.0, 0.0, double.NaN, 0.0, 0.0, 0.0);
            for (var point = 0; point <= points; point++)
            {
                var share = (double)point / points;
                var date = start + (finish - start) * share;
                var moving = point == 0 || point == points
                    ? 0 : speed * (0.75 + 0.5 * Math.Abs(Math.Sin(point * 1.3 + id))) * (point % 9 == 4 && speed < 60 ? 0 : 1);
                var power = moving == 0 ? 1 : point % 6 == 5 ? -moving * 0.28 : moving * perKm * 1.5;
                var height = 45 + 18 * Math.Sin(share * 5 + id % 7) + (km > 60 ? 160 * Math.Sin(share * Math.PI) : 0);
                if (!double.IsNaN(last))
                    (climb, drop) = (climb + Math.Max(0, height - last), drop + Math.Max(0, last - height));
                last = height;
                (fastest, most, least) = (Math.Max(fastest, moving), Math.Max(most, power), Math.Min(least, power));
                _kwh = fromKwh - perKm * km * share;
                _km = fromKm + km * share;
                Position(date, at(share), id, moving, power, height, temperature, climate: true);
            }

            history._drives.Add([
                id, car, start, finish, temperature, 20.5, fastest, most, least, fromRated * 1.04, Rated(finish) * 1.04, fromRated, Rated(finish),
                fromKm, _km, km,
                (finish - start).TotalMinutes, climb, drop, history.Address(from), history.Address(to), Fence(from), Fence(to),
            ]);
            (_free, _place) = (finish, to);
        }

        void Charge(DateTime start, Place place, double level, double kw, decimal? price)
        {
            var from = Level(start);
            if (level - from < 3)
                return;
            start = Later(start, _free.AddMinutes(1));
            Park(start);
            var (isDc, temperature) = (kw > 22, Temperature(start));
            var id = history._processes.Count + 1;
            var position = Position(start, place.Point, null, null, isDc ? -1 : 0, null, temperature, climate: false);
            var (fromKwh, fromRated, fromLevel) = (_kwh, Rated(start), (int)from);
            var (date, step) = (start, isDc ? 1.0 : 10.0);
            while (Level(date) < level && (date - start).TotalHours < 14)
            {
                // A fast charger gives most at low levels and to a warm battery.
                var power = isDc ? Math.Max(24, kw * Math.Min(1, 1.18 - Level(date) / 88) * (temperature < 4 ? 0.78 : 1)) : kw;
                Row(date, power);
                _kwh = Math.Min(_kwh + power * (isDc ? 0.97 : 0.92) * step / 60, Capacity(date) * level / 100 + 0.01);
                date = date.AddMinutes(step);
            }

            Row(date, 0);
            var added = _kwh - fromKwh;
            var used = added / (isDc ? 0.965 : 0.915);
            history._processes.Add([
                id, car, position, start, date, Math.Round(added, 2), Math.Round(used, 2), fromRated * 1.04, Rated(date) * 1.04, fromRated,
                Rated(date), fromLevel, (int)Level(date),
                (date - start).TotalMinutes, temperature, price is { } known ? Math.Round(known * (decimal)used, 2) : null, history.Address(place),
                Fence(place),
            ]);
            _free = date;

            void Row(DateTime time, double power) => history._charges.Add([
                id, time, (int)Level(time), (int)Level(time), Math.Round(_kwh - fromKwh, 2), power, isDc ? 2.0 : 230.0,
                isDc ? 0.0 : power > 8 ? 16.0 : 32.0, isDc ? 0.0 : power > 8 ? 16.0 : 32.0,
                isDc ? null : power > 8 ? 3 : 1, isDc, isDc ? "Combo" : past.HomePowerKw > 8 ? "IEC" : "SNA", isDc ? "Tesla" : "<invalid>",
                Rated(time) * 1.04, Rated(time), temperature, isDc && temperature < 4,
            ]);
        }

        /// <summary>From the last event until now: awake for a while, asleep, awake before the next.</summary>
        void Park(DateTime until)
        {
            var span = until - _free;
            if (span <= TimeSpan.Zero)
                return;
            // Some days somebody lets the car watch over itself, and it stays awake.
            var watchful = span < TimeSpan.FromHours(12) && random.Next(6) == 0;
            var awake = watchful ? span : TimeSpan.FromMinutes(Math.Min(17, span.TotalMinutes / 2));
            var asleep = span > TimeSpan.FromMinutes(40) && !watchful;
            State("online", _free, asleep ? _free + awake : until);
            if (asleep)
            {
                var wakes = until.AddMinutes(-4);
                var stumbles = random.Next(9) == 0 && span > TimeSpan.FromHours(5);
                State("asleep", _free + awake, stumbles ? _free + span * 0.6 : wakes);
                if (stumbles)
                    State("offline", _free + span * 0.6, wakes);
                State("online", wakes, until);
            }

            Position(_free.AddSeconds(30), _place.Point, null, null, 0, null, Temperature(_free), climate: watchful);
            _kwh = Math.Max(2, _kwh - (watchful ? span.TotalHours * 0.24 : span.TotalHours * 0.012 + awake.TotalHours * 0.2));
            if (span > TimeSpan.FromMinutes(10))
                Position(until.AddSeconds(-40), _place.Point, null, null, 0, null, Temperature(until), climate: Temperature(until) < 3);
        }

        void State(string state, DateTime start, DateTime finish)
        {
            if (finish > start)
                history._states.Add([car, state, start, finish]);
        }

        int Position(DateTime date, GeoPoint point, int? drive, double? speed, double? power, double? elevation, double temperature, bool climate)
        {
            var id = history._positions.Count + 1;
            var (rated, level) = (Rated(date), Level(date));
            var usable = temperature < 1 && drive is null ? Math.Max(1, level - 2) : level;
            var bar = 3.05 + (temperature - 15) * 0.011;
            history._positions.Add([
                id, car, drive, date, point.Latitude, point.Longitude, elevation, speed, power, _km, rated * 1.04, rated * 0.9, rated, (int)level,
                (int)usable, temperature, 20.5, climate,
                Math.Round(bar - 0.03, 1), Math.Round(bar + 0.02, 1), Math.Round(bar + 0.12, 1), Math.Round(bar + 0.08, 1),
            ]);
            return id;
        }

        void Update(DateTime start)
        {
            var year = start.Year;
            history._updates.Add([car, start, start.AddMinutes(24),
                $"{year}.{2 + start.DayOfYear / 8}.{1 + _version % 5} {random.Next(0x1000000, 0xfffffff):x}"]);
            _version++;
            _nextUpdate = start.AddDays(24 + random.Next(28));
        }

        int? Fence(Place place) => place == past.City.Home ? _home : null;

        static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;

        /// <summary>
        /// The last evening: a drive round the town that uses what is more than where the car's life begins, or a charge of what is less; and the
        /// odometer set so that it ends where that begins.
        /// </summary>
        public void Settle()
        {
            const double Speed = 70;
            var (start, town) = (_free.AddMinutes(30), past.City.ToCharger);
            // The drive needs by chance 7 % more or less; a charge makes up for it.
            var surplus = (_kwh - Capacity(end) * past.Level / 100) * 1.08 + 3;
            if (Level(_free) > past.Level + 1)
            {
                Drive(start, past.City.Home, past.City.Home, surplus / PerKm(Temperature(start), Speed), Speed,
                    share => town.At((1 - Math.Abs(1 - 2 * share)) * town.LengthMetres).Point);
            }

            if (Level(_free) < past.Level)
                Charge(_free.AddMinutes(20), past.City.Home, past.Level, past.HomePowerKw, past.HomePrice);
            Park(end);
            var offset = past.OdometerKm - _km;
            foreach (var position in history._positions.Where(row => (short)row[1]! == car))
                position[9] = (double)position[9]! + offset;
            foreach (var drive in history._drives.Where(row => (short)row[1]! == car))
                (drive[13], drive[14]) = ((double)drive[13]! + offset, (double)drive[14]! + offset);
        }
    }
}
