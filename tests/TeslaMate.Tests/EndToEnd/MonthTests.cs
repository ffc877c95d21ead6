using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>Some days of three cars: what the tables say against what really happened and against the rules of the specification.</summary>
[Collection(NonParallelCollection.Name)]
public sealed class MonthTests(Month month) : IClassFixture<Month>
{
    const double KmPerMile = 1 / 0.62137119223733;

    [Fact]
    public void Every_drive_is_there_once_and_nothing_else_is()
    {
        foreach (var (life, car) in Cars())
        {
            var drives = month.Logged.Drives.Where(drive => drive.CarId == car).ToList();
            var truths = life.Drives.Where(drive => drive.End < month.End).ToList();
            drives.Count.ShouldBe(truths.Count, Listing(truths, drives));
            foreach (var (truth, drive) in truths.Zip(drives))
            {
                Late(truth.Start, drive.StartDate).ShouldBeInRange(-1, 60, drive.ToString());
                Late(truth.End, drive.EndDate!.Value).ShouldBeInRange(0, 30, drive.ToString());
                drive.EndKm!.Value.ShouldBe(truth.EndKm, 0.002, drive.ToString());
                drive.Distance!.Value.ShouldBe(truth.DistanceKm, 0.6, drive.ToString());
                ((double)drive.EndRated!.Value).ShouldBe(truth.EndRatedKm, 0.3, drive.ToString());
                drive.EndOsm.ShouldBe(truth.To.OsmId, drive.ToString());
            }
        }
    }

    [Fact]
    public void A_drive_has_the_values_that_the_specification_derives_from_its_positions()
    {
        var tracks = month.Logged.Positions.Where(position => position.DriveId is not null).ToLookup(position => position.DriveId!.Value);
        foreach (var drive in month.Logged.Drives)
        {
            var expected = SpecValues.Drive(drive, [.. tracks[drive.Id]]);
            drive.ShouldBe(expected);
            drive.StartOsm.ShouldNotBeNull();
            drive.EndOsm.ShouldNotBeNull();
        }
    }

    [Fact]
    public void Drives_begin_and_end_in_the_geofences_around_their_places()
    {
        var fences = month.Lives.SelectMany(life => life.Drives).Where(truth => truth.End < month.End).Count(truth => truth.To.Name.Length == 0);
        month.Logged.Drives.Count(drive => drive.EndFence is "Home" or "Castro" or "Zuhause").ShouldBe(fences);
        month.Logged.Drives.ShouldNotContain(drive => drive.EndFence == "Neighbourhood");
    }

    [Fact]
    public void Every_position_is_where_the_car_was()
    {
        foreach (var position in month.Logged.Positions)
        {
            var moment = month.Lives[position.CarId - 1].At(Utc(position.Date), DateTimeOffset.MaxValue);
            position.Latitude.ShouldBe((decimal)Math.Round(moment.Point.Latitude, 6), position.ToString());
            position.Longitude.ShouldBe((decimal)Math.Round(moment.Point.Longitude, 6), position.ToString());
            position.Odometer!.Value.ShouldBe(moment.OdometerMi * KmPerMile, position.Ideal is null ? 0.02 : 0.000001, position.ToString());
            position.Speed.ShouldBe(moment.SpeedMph is { } mph ? (short)Math.Round(mph * KmPerMile, MidpointRounding.AwayFromZero) : null,
                position.ToString());
            position.BatteryLevel.ShouldBe((short)moment.Level, position.ToString());
            if (position.Elevation is { } elevation)
                ((double)elevation).ShouldBe(moment.ElevationM, 0.51, position.ToString());
        }
    }

    [Fact]
    public void Every_charge_is_there_once_and_nothing_else_is()
    {
        foreach (var (life, car) in Cars())
        {
            var processes = month.Logged.Processes.Where(process => process.CarId == car).ToList();
            var truths = life.Charges.Where(charge => charge.End < month.End).ToList();
            processes.Count.ShouldBe(truths.Count);
            foreach (var (truth, process) in truths.Zip(processes))
            {
                // A car without a stream is not asked for 12 minutes after it was left alone.
                var late = car == 2 ? 12 * 60 + 130 : 130;
                Late(truth.Start, process.StartDate).ShouldBeInRange(-1, late, process.ToString());
                // It is asked every 20 s; on a busy machine one of these looks may come late.
                Late(truth.End, process.EndDate!.Value).ShouldBeInRange(0, 40, process.ToString());
                ((double)process.Added!.Value).ShouldBe(truth.AddedKwh, 0.1 + KwhIn(late, truth), process.ToString());
                ((double)process.Used!.Value).ShouldBe(truth.UsedKwh, 0.15 + truth.UsedKwh * 0.06 + KwhIn(late, truth), process.ToString());
                process.EndLevel.ShouldBe((short)truth.EndLevel, process.ToString());
                process.Osm.ShouldBe(truth.Place.OsmId, process.ToString());
            }
        }
    }

    [Fact]
    public void A_charging_process_has_the_values_that_the_specification_derives_from_its_charges()
    {
        var prices = new Dictionary<string, (string, decimal?, decimal?)>
        {
            ["Home"] = ("per_kwh", 0.31m, null),
            ["Office"] = ("per_minute", 0.02m, 1.50m),
            ["Supercharger"] = ("per_kwh", 0.48m, 2m),
            ["Castro"] = ("per_kwh", -0.05m, null),
            ["Zuhause"] = ("per_kwh", null, null),
        };
        var charges = month.Logged.Charges.ToLookup(charge => charge.Process);
        foreach (var process in month.Logged.Processes)
        {
            var expected = SpecValues.Process(process, [.. charges[process.Id]], process.Fence is { } fence ? prices[fence] : null);
            process.ShouldBe(expected with { Cost = process.Cost });
            (process.Cost ?? -999).ShouldBe(expected.Cost ?? -999, 0.01m, process.ToString());
        }

        month.Logged.Processes.Count(process => process.Fence is not null).ShouldBeGreaterThan(month.Logged.Processes.Count / 2);
    }

    [Fact]
    public void Updates_are_there_and_cancelled_ones_are_not()
    {
        foreach (var (life, car) in Cars())
        {
            var updates = month.Logged.Updates.Where(update => update.CarId == car).ToList();
            var truths = life.Updates.Where(update => !update.Cancelled && update.End < month.End).ToList();
            // The first row is the version that the car had when it was first seen.
            updates.Skip(1).Select(update => update.Version).ShouldBe(truths.Select(truth => truth.Version));
            updates.ShouldAllBe(update => update.EndDate != null);
            var looks = month.Logged.Positions.Where(position => position.CarId == car).Select(position => Utc(position.Date)).ToList();
            foreach (var (truth, update) in truths.Zip(updates.Skip(1)))
            {
                if (update.EndDate != update.StartDate)
                {
                    // A car without a stream is not asked for 12 minutes after it was left alone.
                    Late(truth.Start, update.StartDate).ShouldBeInRange(0, car == 2 ? 13 * 60 : 60, update.ToString());
                    Late(truth.End, update.EndDate!.Value).ShouldBeInRange(0, 60, update.ToString());
                    continue;
                }

                // A suspended car is not looked at (spec vehicle 9.3); its new version is seen when it is next online (spec vehicle 11).
                looks.ShouldNotContain(look => look > truth.Start && look < truth.End, update.ToString());
                Utc(update.StartDate).ShouldBe(looks.First(look => look >= truth.End), update.ToString());
            }
        }
    }

    [Fact]
    public void States_follow_one_another_without_a_gap()
    {
        foreach (var (_, car) in Cars())
        {
            var states = month.Logged.States.Where(state => state.CarId == car).ToList();
            foreach (var (before, after) in states.Zip(states.Skip(1)))
            {
                before.EndDate.ShouldBe(after.StartDate);
                before.State.ShouldNotBe(after.State);
            }

            states[^1].EndDate.ShouldBeNull();
        }
    }

    [Fact]
    public void A_car_that_may_sleep_is_never_kept_awake()
    {
        // The stream lets a car be left alone after 3 minutes; the settings of the one without a stream say the same. Its last request ends the
        // stay's first minutes, and then nothing disturbs it.
        foreach (var (simulated, car) in month.Cars.Zip(Enumerable.Range(1, 3)))
        {
            var slept = simulated.FellAsleep(month.End).ToDictionary(entry => entry.Parked, entry => entry.Awake);
            var stays = simulated.Life.Episodes.OfType<Episode.Parked>()
                .Where(stay => stay.Start > ThreeCars.Start && stay.End <= month.End)
                .ToList();
            var undisturbed = stays.Where(stay => stay.End - stay.Start > TimeSpan.FromMinutes(20)
                && !simulated.Life.Circumstances.Any(
                    circumstance => circumstance.From < stay.Start.AddMinutes(20) && circumstance.Until > stay.Start)).ToList();
            undisturbed.Count.ShouldBeGreaterThanOrEqualTo(Month.Days);
            foreach (var stay in undisturbed)
                slept.GetValueOrDefault(stay.Start, TimeSpan.MaxValue).ShouldBeLessThan(TimeSpan.FromMinutes(17), $"car {car} at {stay.Start:O}");
        }
    }

    [Fact]
    public void A_sleeping_car_is_asked_only_whether_it_sleeps()
    {
        foreach (var (simulated, car) in month.Cars.Zip(Enumerable.Range(1, 3)))
        {
            // One that is asked when it has just fallen asleep, and only then.
            var stays = simulated.Life.Episodes.OfType<Episode.Parked>().Count(stay => stay.Start <= month.End);
            simulated.Count(RequestKind.VehicleData, (_, reach) => reach == Reach.Asleep).ShouldBeLessThan(2 * stays, $"car {car}");
            var asleep = simulated.Count(RequestKind.Vehicle, (_, reach) => reach == Reach.Asleep);
            asleep.ShouldBeGreaterThan(400 * Month.Days, $"car {car}");
            asleep.ShouldBeLessThan((int)(month.End - ThreeCars.Start).TotalMinutes + 10 * stays, $"car {car} is asked once a minute");
            // Without a stream nothing tells a check from a driver who comes (spec vehicle 5.3).
            if (car != 2)
                simulated.DisturbedChecks.ShouldBe(0, $"car {car}");
        }
    }

    /// <summary>What a stranger puts in front of the server's own is never run, while the program does all that it does.</summary>
    [Fact]
    public async Task A_second_run_beside_a_strangers_traps_runs_none_and_logs_the_same_drives_charges_and_updates()
    {
        Stranger? stranger = null;
        var again = await Month.LiveAsync(Month.Days, before: async database => stranger = await Stranger.InAsync(database), after: async database =>
        {
            await Stranger.HasCaughtNobodyAsync(database);
            await stranger!.DisposeAsync();
        });
        var told = Told(again.Logged);
        told.ShouldBe(Told(month.Logged));
        told.Count.ShouldBeGreaterThan(4 * Month.Days);
    }

    // What does not depend on the second at which a request happened to be made: the order in which the parts of the program get ready may shift
    // that.
    static IReadOnlyList<string> Told(Logged logged) =>
    [
        .. logged.Drives.OrderBy(drive => (drive.CarId, drive.EndDate))
            .Select(drive => FormattableString.Invariant(
                $"car {drive.CarId} drove to {drive.EndOsm} in {drive.EndFence}, {drive.EndKm:0.000} km, {drive.EndRated:0.0} km left")),
        .. logged.Processes.OrderBy(process => (process.CarId, process.EndDate))
            .Select(process => $"car {process.CarId} charged at {process.Osm} in {process.Fence} to {process.EndLevel} %"),
        .. logged.Updates.OrderBy(update => (update.CarId, update.EndDate))
            .Select(update => $"car {update.CarId} got {update.Version}"),
    ];

    IEnumerable<(Life Life, short Car)> Cars() => month.Lives.Select((life, index) => (life, (short)(index + 1)));

    static double KwhIn(double seconds, ChargeTruth truth)
        => truth.AddedKwh * Math.Min(1, seconds / (truth.End - truth.Start).TotalSeconds) * (truth.Charger is Charger.Direct ? 3 : 1);

    static double Late(DateTimeOffset truth, DateTime logged) => (Utc(logged) - truth).TotalSeconds;

    static DateTimeOffset Utc(DateTime logged) => new(DateTime.SpecifyKind(logged, DateTimeKind.Utc));

    static string Listing(IEnumerable<DriveTruth> truths, IEnumerable<DriveRow> drives)
        => "really:\n" + string.Join('\n', truths.Select(truth => $"{truth.Start:u} {truth.End:u} {truth.DistanceKm:0.00}"))
            + "\nlogged:\n" + string.Join('\n', drives.Select(drive => $"{drive.StartDate:u} {drive.EndDate:u} {drive.Distance:0.00}"));
}
