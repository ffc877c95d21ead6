using TeslaMate.Simulator.Lives;
using TeslaMate.Tests.Simulator.Clocks;
using Xunit.Abstractions;

namespace TeslaMate.Tests.EndToEnd;

[Collection(NonParallelCollection.Name)]
public sealed class HardMonthTests(ITestOutputHelper output)
{
    // The longest that nothing is known of a driving car when nothing is wrong: a poll or two, or what it takes to see that it is awake.
    const double Usual = 45;

    // What it takes after a new start, or when the cloud is back, until a driving car is seen again.
    const double FreshStart = 60;

    // What a fault costs at most: some failed requests in a row, with their pauses.
    const double FaultSeconds = 150;

    /// <summary>
    /// A day with a dozen kills, or as long as <c>TESLAMATE_TEST_DAYS</c> says; a month of 30 days has 200 kills and 20 outages of each kind.
    /// </summary>
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
            output.WriteLine($"{Month.Days} days, {month.Kills} kills, {month.DatabaseStops} outages of the database and {month.CloudStops} of "
                + "the cloud, "
                + $"{month.Faults.Happened.Values.Sum()} faults of {month.Faults.Happened.Count} kinds");
            output.WriteLine($"{logged.Drives.Count} drives, {logged.Processes.Count} charging processes, {logged.Positions.Count} positions; "
                + $"nothing ran for {month.Away.Sum(entry => (entry.Until - entry.From).TotalSeconds):0} s");
            logged.ShouldSatisfyAllConditions(
            [
                .. month.Lives.Select((life, index) => (Action)(() => Everything_is_there_once(life, (short)(index + 1), month.End, logged))),
                () => Nothing_is_missing_without_a_cause(month, logged),
                () => No_position_is_there_twice(logged),
                () => States_follow_one_another(logged),
            ]);
        }
        catch (Exception)
        {
            output.WriteLine(string.Join('\n', month.ProgramLog.Split('\n').TakeLast(200)));
            throw;
        }
    }

    static void Everything_is_there_once(Life life, short car, DateTimeOffset end, Logged logged)
    {
        var drives = logged.Drives.Where(drive => drive.CarId == car).ToList();
        drives.ShouldAllBe(drive => drive.EndDate != null);
        var truths = life.Drives.Where(drive => drive.End < end).ToList();
        drives.Count.ShouldBe(truths.Count, Listing(truths, drives));
        foreach (var (truth, drive) in truths.Zip(drives))
        {
            var what = $"car {car}: {truth.Start:u} to {truth.End:u}, {truth.DistanceKm:0.0} km; logged {drive}";
            Late(truth.Start, drive.StartDate).ShouldBeInRange(-60, 75 + FaultSeconds, what);
            Late(truth.End, drive.EndDate!.Value).ShouldBeInRange(-FaultSeconds, 30 + FaultSeconds, what);
            drive.EndKm!.Value.ShouldBe(truth.EndKm, 1.5, what);
            drive.Distance!.Value.ShouldBeInRange(truth.DistanceKm * 0.85 - 1.5, truth.DistanceKm + 0.01, what);
        }

        var processes = logged.Processes.Where(process => process.CarId == car).ToList();
        processes.ShouldAllBe(process => process.EndDate != null);
        var charges = life.Charges.Where(charge => charge.End < end).ToList();
        processes.Count.ShouldBe(charges.Count, string.Join('\n', processes));
        foreach (var (truth, process) in charges.Zip(processes))
        {
            var what = $"car {car}: {truth}; logged {process}";
            // A car without a stream is not asked for 12 minutes after it was left alone.
            Late(truth.Start, process.StartDate).ShouldBeInRange(-1, (car == 2 ? 12 * 60 : 0) + 130 + FaultSeconds, what);
            Late(truth.End, process.EndDate!.Value).ShouldBeInRange(-FaultSeconds, 30 + FaultSeconds, what);
            ((double)process.Added!.Value).ShouldBe(AddedBy(process.EndDate.Value) - AddedBy(process.StartDate), 0.1, what);

            double AddedBy(DateTime date) => Utc(date) >= truth.End ? truth.AddedKwh : life.At(Utc(date), DateTimeOffset.MaxValue).AddedKwh;
        }

        var updates = logged.Updates.Where(update => update.CarId == car).ToList();
        updates.ShouldAllBe(update => update.EndDate != null);
        updates.Select(update => update.Version).Skip(1)
            .ShouldBe(life.Updates.Where(update => !update.Cancelled && update.End < end).Select(update => update.Version));
    }

    static void No_position_is_there_twice(Logged logged)
        => logged.Positions.Where(position => position.DriveId is not null).GroupBy(position => (position.CarId, position.Date, position.Ideal))
            .Where(same => same.Count() > 1)
            .Select(same => same.First().ToString()).ShouldBeEmpty();

    void Nothing_is_missing_without_a_cause(HardMonth month, Logged logged)
    {
        var faults = month.Faults.Moments.ToLookup(moment => moment.Car, moment => moment.At);
        Dictionary<string, double> longest = [];
        List<string> unexplained = [];
        foreach (var track in logged.Positions.Where(position => position.DriveId is not null).GroupBy(position => position.DriveId))
        {
            var life = month.Lives[track.First().CarId - 1];
            var moments = faults[life.Car.Id].Concat(faults[null]).ToList();
            var gone = month.Away.Concat(life.Circumstances.OfType<Circumstance.NoSignal>().Select(tunnel => (tunnel.From, tunnel.Until))).ToList();
            var dates = track.Select(position => Utc(position.Date)).ToList();
            foreach (var (before, after) in dates.Zip(dates.Skip(1)).Where(pair => (pair.Second - pair.First).TotalSeconds > 15))
            {
                var away = gone.Where(entry => entry.From < after && entry.Until > before).ToList();
                var seconds = (after - before).TotalSeconds - away.Sum(entry => (entry.Until - entry.From).TotalSeconds);
                var (cause, most) = moments.Any(at => at > before.AddSeconds(-60) && at < after) ? ("beside a fault", FaultSeconds)
                    : away.Count > 0 ? ("beyond the time in which nothing ran", FreshStart)
                    : ("with everything at work", Usual);
                longest[cause] = Math.Max(longest.GetValueOrDefault(cause), seconds);
                if (seconds > most)
                    unexplained.Add($"car {track.First().CarId}, drive {track.Key}: {before:u} to {after:u}, {seconds:0} s {cause}");
            }
        }

        output.WriteLine("the longest time between two positions of a drive: "
            + string.Join(", ", longest.Select(entry => $"{entry.Value:0} s {entry.Key}")));
        unexplained.ShouldBeEmpty();
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

    static double Late(DateTimeOffset truth, DateTime logged) => (Utc(logged) - truth).TotalSeconds;

    static DateTimeOffset Utc(DateTime logged) => new(DateTime.SpecifyKind(logged, DateTimeKind.Utc));
}
