using TeslaMate.Simulator.Lives;
using TeslaMate.Tests.Simulator.Clocks;
using Xunit.Abstractions;

namespace TeslaMate.Tests.EndToEnd;

[Collection(SilenceCollection.Name)]
public sealed class HardMonthTests(ITestOutputHelper output)
{
    // The longest that nothing is known of a driving car when nothing is wrong: a poll or two, or what it takes to see that it is awake.
    const double Usual = 45;

    // What a fault costs at most: some failed requests in a row, with their pauses.
    const double FaultSeconds = 150;

    /// <summary>A day with a dozen kills, or as long as <c>TESLAMATE_TEST_DAYS</c> says; a month of 30 days has 200 kills and 20 outages of each kind.</summary>
    [Fact]
    public async Task Kills_outages_and_faults_lose_no_drive_and_no_charge()
    {
        var share = Month.Days / 30.0;
        var (kills, outages) = ((int)Math.Max(12, 200 * share), (int)Math.Max(2, 20 * share));
        await using var month = await HardMonth.PrepareAsync(Month.Days);
        try
        {
            var logged = await month.LiveAsync(Month.Days, kills, outages);
            month.Kills.ShouldBeGreaterThanOrEqualTo(kills);
            (month.DatabaseStops, month.CloudStops).ShouldBe((outages, outages));
            output.WriteLine($"{Month.Days} days, {month.Kills} kills, {month.DatabaseStops} outages of the database and {month.CloudStops} of the cloud, "
                + $"{month.Faults.Happened.Values.Sum()} faults of {month.Faults.Happened.Count} kinds");
            output.WriteLine($"{logged.Drives.Count} drives, {logged.Processes.Count} charging processes, {logged.Positions.Count} positions; "
                + $"nothing ran for {month.Away.Sum(entry => (entry.Until - entry.From).TotalSeconds):0} s");
            Everything_is_there_once(month, logged);
            Nothing_is_missing_without_a_cause(month, logged);
            States_follow_one_another(logged);
        }
        catch (Exception)
        {
            output.WriteLine(string.Join('\n', month.ProgramLog.Split('\n').TakeLast(200)));
            throw;
        }
    }

    static void Everything_is_there_once(HardMonth month, Logged logged)
    {
        foreach (var (life, index) in month.Lives.Select((life, index) => (life, index)))
        {
            var car = (short)(index + 1);
            var drives = logged.Drives.Where(drive => drive.CarId == car).ToList();
            drives.ShouldAllBe(drive => drive.EndDate != null);
            var truths = life.Drives.Where(drive => drive.End < month.End).ToList();
            drives.Count.ShouldBe(truths.Count, Listing(truths, drives));
            foreach (var (truth, drive) in truths.Zip(drives))
            {
                var what = $"car {car}: {truth.Start:u} to {truth.End:u}, {truth.DistanceKm:0.0} km; logged {drive}";
                (Utc(drive.StartDate) - truth.Start).TotalSeconds.ShouldBeInRange(-60, 75 + FaultSeconds, what);
                (Utc(drive.EndDate!.Value) - truth.End).TotalSeconds.ShouldBeInRange(-FaultSeconds, 30 + FaultSeconds, what);
                drive.EndKm!.Value.ShouldBe(truth.EndKm, 1.5, what);
                drive.Distance!.Value.ShouldBeInRange(truth.DistanceKm * 0.85 - 1.5, truth.DistanceKm + 0.01, what);
            }

            var processes = logged.Processes.Where(process => process.CarId == car).ToList();
            processes.ShouldAllBe(process => process.EndDate != null);
            var charges = life.Charges.Where(charge => charge.End < month.End).ToList();
            processes.Count.ShouldBe(charges.Count, string.Join('\n', processes));
            foreach (var (truth, process) in charges.Zip(processes))
                ((double)process.Added!.Value).ShouldBe(truth.AddedKwh, 0.6 + truth.AddedKwh * 0.12, $"car {car}: {truth}; logged {process}");

            logged.Updates.Where(update => update.CarId == car).ShouldAllBe(update => update.EndDate != null);
            logged.Updates.Where(update => update.CarId == car).Select(update => update.Version).Distinct().Skip(1)
                .ShouldBe(life.Updates.Where(update => !update.Cancelled && update.End < month.End).Select(update => update.Version));
        }

        logged.Positions.GroupBy(position => (position.CarId, position.DriveId, position.Date, position.Ideal)).Where(same => same.Count() > 1 && same.Key.DriveId is not null)
            .Select(same => same.First().ToString()).ShouldBeEmpty();
    }

    void Nothing_is_missing_without_a_cause(HardMonth month, Logged logged)
    {
        var faults = month.Faults.Moments.ToLookup(moment => moment.Car, moment => moment.At);
        var longest = 0.0;
        foreach (var track in logged.Positions.Where(position => position.DriveId is not null).GroupBy(position => position.DriveId))
        {
            var life = month.Lives[track.First().CarId - 1];
            var moments = faults[life.Car.Id].Concat(faults[null]).ToList();
            var gone = month.Away.Concat(life.Circumstances.OfType<Circumstance.NoSignal>().Select(tunnel => (From: tunnel.From, Until: tunnel.Until))).ToList();
            var dates = track.Select(position => Utc(position.Date)).ToList();
            foreach (var (before, after) in dates.Zip(dates.Skip(1)))
            {
                var away = gone.Where(entry => entry.From < after && entry.Until > before).Sum(entry => (entry.Until - entry.From).TotalSeconds);
                var isFaulty = moments.Any(at => at > before.AddSeconds(-60) && at < after);
                var unexplained = (after - before).TotalSeconds - away;
                if (!isFaulty)
                    longest = Math.Max(longest, unexplained);
                unexplained.ShouldBeLessThan(isFaulty ? FaultSeconds : Usual, $"car {track.First().CarId}, drive {track.Key}: {before:u} to {after:u}, {away:0} s of it explained");
            }
        }

        output.WriteLine($"the longest time between two positions of a drive, with everything at work: {longest:0} s");
    }

    static void States_follow_one_another(Logged logged)
    {
        foreach (var states in logged.States.GroupBy(state => state.CarId).Select(states => states.ToList()))
        {
            foreach (var (before, after) in states.Zip(states.Skip(1)))
            {
                before.EndDate.ShouldBe(after.StartDate, before.ToString());
                before.State.ShouldNotBe(after.State, before.ToString());
            }

            states[^1].EndDate.ShouldBeNull();
        }
    }

    static string Listing(IEnumerable<DriveTruth> truths, IEnumerable<DriveRow> drives)
        => "really:\n" + string.Join('\n', truths.Select(truth => $"{truth.Start:u} {truth.End:u} {truth.DistanceKm:0.00}"))
            + "\nlogged:\n" + string.Join('\n', drives.Select(drive => $"{drive.StartDate:u} {drive.EndDate:u} {drive.Distance:0.00}"));

    static DateTimeOffset Utc(DateTime logged) => new(DateTime.SpecifyKind(logged, DateTimeKind.Utc));
}
