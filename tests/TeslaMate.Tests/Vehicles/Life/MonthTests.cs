using TeslaMate.Logbook;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Tests.Telemetry.Pipeline;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Life;
using Xunit.Abstractions;
using CarLife = TeslaMate.Simulator.Lives.Life;
using Datum = TeslaMate.Telemetry.Records.Datum;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>
/// Three simulated weeks of a car before the machine alone, event by event: every drive, charge and update of the script is logged, nothing else is,
/// and nothing stays open, however often the logger is killed.
/// </summary>
public class MonthTests(ITestOutputHelper output)
{
    const int Days = 21;

    static readonly DateTimeOffset Monday = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true, 1, false)]
    [InlineData(false, 2, false)]
    [InlineData(true, 3, true)]
    [InlineData(false, 4, true)]
    public void Every_drive_charge_and_update_of_the_script_is_logged_once(bool streaming, int seed, bool isKilled)
    {
        var life = RandomLife.Of(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, City.Berlin(),
            new Habits(Charger.Wallbox, Charger.TwoPhases, Garage: true), Monday, Days, seed);
        var log = new Log();
        var play = new Play(life, log, streaming, isKilled ? new Random(seed) : null);
        play.Run();

        log.OpenDrive.ShouldBeNull();
        log.OpenCharging.ShouldBeNull();
        log.OpenUpdate.ShouldBeNull();
        log.Misuses.ShouldBeEmpty();

        var truth = life.Drives.ToList();
        truth.Count.ShouldBeGreaterThan(20);
        log.Drives.Count.ShouldBe(truth.Count, Told(log, truth));
        foreach (var (drive, real) in log.Drives.Zip(truth))
        {
            drive[0].OdometerKm!.Value.ShouldBe(real.StartKm, tolerance: 0.8, Told(log, truth));
            drive[^1].OdometerKm!.Value.ShouldBe(real.EndKm, tolerance: 0.3, Told(log, truth));
            drive.ShouldBeInOrder(SortDirection.Ascending, Comparer<PositionReading>.Create((a, b) => a.Date.CompareTo(b.Date)));
        }

        log.Charges.Count.ShouldBe(life.Charges.Count(), string.Join('\n',
        [
            .. life.Charges.Select(charge => $"real   {charge.Start:MM-dd HH:mm:ss} {charge.End:MM-dd HH:mm:ss} {charge.AddedKwh:0.0}"),
            .. log.Charges.Select(charge => $"logged {charge[0].Date:MM-dd HH:mm:ss} {charge[^1].Date:MM-dd HH:mm:ss} "
                + $"{charge[^1].EnergyAddedKwh - charge[0].EnergyAddedKwh:0.0}"),
        ]));
        if (streaming)
        {
            foreach (var (charges, real) in log.Charges.Zip(life.Charges))
                (charges[^1].EnergyAddedKwh!.Value - charges[0].EnergyAddedKwh!.Value).ShouldBe(real.AddedKwh, tolerance: 0.5);
        }

        if (streaming && !isKilled)
            play.LongestKeptAwake.ShouldBeLessThan(TimeSpan.FromMinutes(5), "three idle minutes, and a check of the car's systems is left alone");

        log.Updates.ShouldBe(life.Updates.Where(update => !update.Cancelled).Select(update => update.Version));
    }

    /// <summary>
    /// What a month of a streaming car asks Tesla beside the same car polled (spec fleet-telemetry 4.9 and 5.2): a week, scaled, or as many days as
    /// <c>TESLAMATE_TEST_DAYS</c> says.
    /// </summary>
    [Fact]
    public void A_streaming_car_costs_a_fraction_of_the_requests_of_a_polled_one()
    {
        var days = int.TryParse(Environment.GetEnvironmentVariable("TESLAMATE_TEST_DAYS"), out var given) ? given : 7;
        var month = 30.0 / days;
        var life = RandomLife.Of(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, City.Berlin(),
            new Habits(Charger.Wallbox, Charger.TwoPhases, Garage: true), Monday, days, seed: 1);
        var polled = new Play(life, new Log(), streaming: false, null);
        polled.Run();
        var legacy = new Play(life, new Log(), streaming: true, null);
        legacy.Run();
        var (scene, datums) = Streamed(life);

        // The list of cars and the look at the configuration once a day each (what brings these is tested where they are).
        var light = scene.Requests.Count(request => request.Request == TelemetryRequest.Vehicle);
        var full = scene.Requests.Count(request => request.Request == TelemetryRequest.VehicleData);
        var requests = (light + full + days + days) * month;
        var price = Budget.PriceUsd((long)(datums * month), requests);
        output.WriteLine($"{life.Drives.Sum(drive => drive.DistanceKm) * month:0} km, {life.Drives.Count() * month:0} drives, "
            + $"{life.Charges.Count() * month:0} charges a month");
        output.WriteLine($"telemetry: {light * month:0} light, {full * month:0} full, 30 lists, 30 looks; "
            + $"{datums * month:0} signals, {price:0.00} USD");
        foreach (var (name, play) in new[] { ("polled", polled), ("polled with its stream", legacy) })
            output.WriteLine($"{name}: {play.Light * month:0} light, {play.Full * month:0} full, "
                + $"{Budget.PriceUsd(0, (play.Light + play.Full) * month):0.00} USD");
        scene.Effects.ShouldNotContain(effect => effect is Effect.Fetch || effect is Effect.ConnectStream, "nothing polls it");
        scene.Entries.OfType<LogbookEntry.StartDrive>().Count().ShouldBe(life.Drives.Count());
        full.ShouldBeLessThanOrEqualTo(1 + life.Updates.Count(), "the first contact, and each version");
        light.ShouldBeLessThanOrEqualTo(Budget.MostLightADay * days);
        requests.ShouldBeLessThan(150, "the budget of a month");
        price.ShouldBeLessThan(10, "what is free for an account");
        Math.Min(polled.Light + polled.Full, legacy.Light + legacy.Full).ShouldBeGreaterThan(20 * (light + full + (2 * days)));
    }

    /// <summary>The life as a streaming car tells it, and how many values that takes.</summary>
    static (TelemetryScene Scene, long Datums) Streamed(CarLife life)
    {
        Moment moment = null!;
        var scene = new TelemetryScene(life.Start)
        {
            Tesla = request => request == TelemetryRequest.VehicleData
                ? new ApiAnswer<VehicleData>.Ok(ACar.Online())
                : new ApiAnswer<VehicleData>.Ok(ACar.Elsewhere(moment.Reach.ToString().ToLowerInvariant())),
        };
        var sender = new SignalSender("standard");
        var kept = new Queue<TelemetryRecord.Data>();
        var (datums, connection, isUp) = (0L, 0, false);
        for (var now = life.Start + TimeSpan.FromMinutes(1); now < life.End - TimeSpan.FromMinutes(10); now = Next(now))
        {
            moment = life.At(now, DateTimeOffset.MinValue);
            scene.Until(now);
            if (moment.Reach == Reach.Online && !isUp)
            {
                scene.Connected(now, $"{++connection}");
                isUp = true;
            }

            if (moment.Reach == Reach.Online || (moment.Reach == Reach.Offline && moment.Doing != Doing.Parked))
            {
                if (sender.Take(CarSignals.Of(life, moment), now) is { Count: > 0 } due)
                    kept.Enqueue(new TelemetryRecord.Data(life.Car.Vin, now, false, due));
            }
            else
            {
                if (isUp)
                    kept.Enqueue(new TelemetryRecord.Data(life.Car.Vin, now, false, [new Datum((int)Field.Gear, TelemetryValue.Invalid.Instance)]));
                sender.Forget();
            }

            while (isUp && moment.Reach != Reach.Offline && kept.TryDequeue(out var record))
            {
                datums += record.Values.Count;
                scene.Gets(record, record.CreatedAt!.Value);
            }

            if (moment.Reach != Reach.Online && isUp)
            {
                scene.Disconnected(now, $"{connection}");
                isUp = false;
            }
        }

        return (scene, datums);

        DateTimeOffset Next(DateTimeOffset now)
        {
            var step = now + TimeSpan.FromSeconds(moment.Doing == Doing.Driving ? 2 : moment.Reach == Reach.Online ? 10 : 300);
            return life.NextChange(now) is { } change && change < step ? change : step;
        }
    }

    static string Told(Log log, IEnumerable<DriveTruth> truth) => string.Join('\n',
    [
        .. truth.Select(drive => $"real   {drive.Start:MM-dd HH:mm:ss} {drive.End:MM-dd HH:mm:ss} {drive.StartKm:0.0} {drive.EndKm:0.0}"),
        .. log.Drives.Select(drive => $"logged {drive[0].Date:MM-dd HH:mm:ss} {drive[^1].Date:MM-dd HH:mm:ss} {drive[0].OdometerKm:0.0} "
            + $"{drive[^1].OdometerKm:0.0}"),
    ]);

    /// <summary>A car, its logger and the time between them.</summary>
    sealed class Play(CarLife life, Log log, bool streaming, Random? killer)
    {
        readonly DateTimeOffset _end = life.End - TimeSpan.FromMinutes(10);
        DateTimeOffset _now = life.Start + TimeSpan.FromMinutes(1);
        DateTimeOffset _lastKeptAwake = DateTimeOffset.MinValue;
        DateTimeOffset? _poll;
        DateTimeOffset? _position;
        DateTimeOffset? _sample;
        DateTimeOffset? _kill;
        Vehicle? _vehicle;

        /// <summary>Requests for the vehicle object.</summary>
        public int Light { get; private set; }

        /// <summary>Requests for all its data.</summary>
        public int Full { get; private set; }

        /// <summary>How long after the beginning of a stay without anything going on a request last kept the car awake, at most.</summary>
        public TimeSpan LongestKeptAwake { get; private set; }

        public void Run()
        {
            Begin();
            while (Next() is { } next && next < _end)
            {
                _now = next > _now ? next : _now;
                if (_kill <= _now)
                    Begin();
                else if (_sample <= _now)
                    Sample();
                else if (_poll <= _now)
                    Due();
                else
                    DuePosition();
            }
        }

        DateTimeOffset? Next() => new[] { _poll, _position, _sample, _kill }.Min();

        /// <summary>The logger starts, be it for the first time or after it was killed.</summary>
        void Begin()
        {
            _kill = killer is null ? null : _now + TimeSpan.FromMinutes(5 + killer.Next(240));
            (_poll, _position, _sample) = (null, null, null);
            if (_vehicle is not null)
                _now += TimeSpan.FromSeconds(killer?.Next(60) ?? 0);
            _vehicle = Vehicle.Begin(ACar.Row(streaming, idleMin: 15), new VehicleSettings(), log.Open(), _now);
            Send(new VehicleEvent.Started(_now));
        }

        void Due()
        {
            _poll = null;
            Send(new VehicleEvent.PollDue(_now, _vehicle!.Poll ?? -1));
        }

        void DuePosition()
        {
            _position = null;
            Send(new VehicleEvent.PositionDue(_now));
        }

        void Sample()
        {
            var moment = At();
            _sample = _now + TimeSpan.FromSeconds(moment.Doing == Doing.Driving ? 2 : 30);
            if (life.NextChange(_now) is { } change && change < _sample)
                _sample = change;
            if (!moment.IsOnline || _vehicle!.Stream is not { } stream)
                return;
            var reading = new StreamReading(
                _now, moment.SpeedMph, moment.OdometerMi, moment.Level, (int)moment.ElevationM, 0, moment.Point.Latitude, moment.Point.Longitude,
                moment.SubsystemCheck ? null : moment.PowerKw, Gear(moment), null, null, null);
            Send(new VehicleEvent.Streamed(_now, stream, new StreamEvent.Data(new StreamId(stream), reading), Surroundings.Unknown));
        }

        void Send(VehicleEvent @event)
        {
            (_vehicle, var effects) = Vehicle.Transition(_vehicle!, @event);
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case Effect.Write(var entries):
                        log.Write(entries);
                        break;
                    case Effect.Poll(_, var after):
                        _poll = _now + after;
                        break;
                    case Effect.ArmPositionTimer(var after):
                        _position = _now + after;
                        break;
                    case Effect.ConnectStream:
                        _sample = _now + TimeSpan.FromSeconds(1);
                        break;
                    case Effect.DisconnectStream:
                        _sample = null;
                        break;
                }
            }

            if (effects.OfType<Effect.Fetch>().SingleOrDefault() is { } fetch)
                Send(new VehicleEvent.Answered(_now, fetch.Request, Ask(fetch.Plan), Surroundings.Unknown));
        }

        ApiAnswer<VehicleData> Ask(FetchPlan plan)
        {
            if (plan == FetchPlan.VehicleDataElseVehicle)
            {
                var full = AskFull();
                return full is ApiAnswer<VehicleData>.Failed(ApiError.VehicleUnavailable) ? AskLight() : full;
            }

            var light = AskLight();
            return plan == FetchPlan.VehicleThenVehicleData && light is ApiAnswer<VehicleData>.Ok({ IsBare: true }) ? AskFull() : light;
        }

        ApiAnswer<VehicleData> AskLight()
        {
            Light++;
            return At().Reach switch
            {
                Reach.InService => new ApiError.VehicleInService(),
                var reach => new ApiAnswer<VehicleData>.Ok(ACar.Elsewhere(reach.ToString().ToLowerInvariant())),
            };
        }

        ApiAnswer<VehicleData> AskFull()
        {
            Full++;
            var moment = At();
            if (moment.IsOnline)
                _lastKeptAwake = _now;
            var stay = life.EpisodeAt(_now);
            var isWatched = life.Circumstances.Any(
                circumstance => circumstance is Circumstance.Sentry && circumstance.From <= _now && circumstance.Until >= stay.Start);
            if (moment is { IsOnline: true, Doing: Doing.Parked, UserPresent: false } && !isWatched && _now - stay.Start > LongestKeptAwake)
                LongestKeptAwake = _now - stay.Start;
            return moment.Reach switch
            {
                Reach.InService => new ApiError.VehicleInService(),
                Reach.Online => new ApiAnswer<VehicleData>.Ok(Data(moment)),
                _ => new ApiError.VehicleUnavailable(),
            };
        }

        Moment At() => life.At(_now, _lastKeptAwake);

        static VehicleData Data(Moment moment) => new()
        {
            State = "online",
            DriveState = new DriveState
            {
                Timestamp = moment.At,
                Latitude = moment.Point.Latitude,
                Longitude = moment.Point.Longitude,
                Speed = moment.SpeedMph,
                Power = moment.PowerKw,
                ShiftState = Gear(moment),
            },
            ChargeState = new ChargeState
            {
                Timestamp = moment.At,
                BatteryLevel = moment.Level,
                IdealBatteryRange = moment.IdealMi,
                BatteryRange = moment.RatedMi,
                ChargingState = moment.ChargingState,
                ChargeEnergyAdded = moment.AddedKwh,
                ChargerPower = (int)moment.ChargerKw,
            },
            ClimateState = new ClimateState { OutsideTemp = moment.OutsideTemp },
            VehicleState = new VehicleState
            {
                Timestamp = moment.At,
                OdometerMiles = moment.OdometerMi,
                CarVersion = moment.CarVersion,
                IsUserPresent = moment.UserPresent,
                SentryMode = moment.Sentry,
                Locked = moment.Locked,
                SoftwareUpdate = new SoftwareUpdate
                {
                    Status = moment.UpdateStatus,
                    Version = moment.UpdateVersion,
                    DownloadPerc = moment.DownloadPercent
                },
            },
            VehicleConfig = new VehicleConfig { CarType = "model3" },
        };

        static ShiftState? Gear(Moment moment) => moment.Shift is { } gear ? Enum.Parse<ShiftState>(gear) : null;
    }

    /// <summary>What the logbook makes of entries, in memory.</summary>
    sealed class Log
    {
        PositionReading? _latest;
        OpenState? _state;
        string? _version;

        public List<List<PositionReading>> Drives { get; } = [];

        public List<List<ChargeReading>> Charges { get; } = [];

        public List<string?> Updates { get; } = [];

        public List<string> Misuses { get; } = [];

        public List<PositionReading>? OpenDrive { get; private set; }

        public (PositionReading Place, List<ChargeReading> Charges)? OpenCharging { get; private set; }

        public DateTimeOffset? OpenUpdate { get; private set; }

        public OpenEntries Open() => new(
            _state,
            OpenDrive is { } drive ? new OpenDrive(new DriveId(1), drive[0].Date, drive[0], drive[^1],
                drive.LastOrDefault(position => position.IdealRangeKm is not null)) : null,
            OpenCharging is { } charging
                ? new OpenCharging(new ChargingProcessId(1), charging.Place.Date, charging.Place, null, charging.Charges.FirstOrDefault(),
                    charging.Charges.LastOrDefault())
                : null,
            OpenUpdate is { } update ? new OpenUpdate(new UpdateId(1), update, _version) : null,
            _latest,
            null);

        public void Write(IReadOnlyList<LogbookEntry> entries)
        {
            foreach (var entry in entries)
            {
                switch (entry)
                {
                    case LogbookEntry.StartState(var activity, var since):
                        _state = _state?.Activity == activity ? _state : new OpenState(activity, since);
                        break;
                    case LogbookEntry.InsertPosition(var position):
                        See(position);
                        break;
                    case LogbookEntry.StartDrive(_, var position, _):
                        Expect(OpenDrive is null, entry);
                        OpenDrive = [See(position)];
                        break;
                    case LogbookEntry.InsertDrivePosition(var position):
                        Expect(OpenDrive is not null, entry);
                        OpenDrive?.Add(See(position));
                        break;
                    case LogbookEntry.CloseDrive:
                        Expect(OpenDrive is not null, entry);
                        if (OpenDrive is { Count: >= 2 } drive && drive[^1].OdometerKm - drive[0].OdometerKm >= 0.01
                            && drive.Exists(position => position.IdealRangeKm is not null))
                            Drives.Add(drive);
                        OpenDrive = null;
                        break;
                    case LogbookEntry.StartCharging(_, var position, _):
                        Expect(OpenCharging is null, entry);
                        OpenCharging = (See(position), []);
                        break;
                    case LogbookEntry.InsertCharge(var charge):
                        Expect(OpenCharging is not null, entry);
                        OpenCharging?.Charges.Add(charge);
                        break;
                    case LogbookEntry.CompleteCharging:
                        Expect(OpenCharging is not null, entry);
                        Charges.Add(OpenCharging?.Charges ?? []);
                        OpenCharging = null;
                        break;
                    case LogbookEntry.StartUpdate(var at):
                        Expect(OpenUpdate is null, entry);
                        OpenUpdate = at;
                        break;
                    case LogbookEntry.CancelUpdate:
                        OpenUpdate = null;
                        break;
                    case LogbookEntry.FinishUpdate(_, var version):
                        (OpenUpdate, _version) = (null, version);
                        Updates.Add(version);
                        break;
                    case LogbookEntry.NoteVersion(_, var version) when version != _version:
                        // The first version that is seen is no update of the script.
                        if (_version is not null)
                            Updates.Add(version);
                        _version = version;
                        break;
                }
            }
        }

        PositionReading See(PositionReading position)
        {
            if (position.IdealRangeKm is not null && !(position.Date < _latest?.Date))
                _latest = position;
            return position;
        }

        void Expect(bool isSo, LogbookEntry entry)
        {
            if (!isSo)
                Misuses.Add(entry.ToString());
        }
    }
}
