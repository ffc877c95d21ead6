using System.Globalization;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.EndToEnd;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.Import;

/// <summary>A car that is logged live while what another logger saw of it is imported again and again.</summary>
[Collection(NonParallelCollection.Name)]
public sealed class LiveWeekTests
{
    /// <summary>How many days the car is logged live: <c>TESLAMATE_TEST_DAYS</c>; a week takes a minute.</summary>
    static readonly int Days = int.TryParse(Environment.GetEnvironmentVariable("TESLAMATE_TEST_DAYS"), out var days) ? days : 1;

    [Fact]
    public Task Every_drive_and_charge_is_there_once() => NonParallelCollection.RunAsync(async () =>
    {
        // A day before anybody of ours looks, then days of both.
        var life = RandomLife.Of(TeslaMate.Simulator.Lives.CarIdentity.Number(1, "Nimbus"), CarModel.Model3, City.Berlin(),
            new Habits(Charger.Wallbox, Charger.Socket), ThreeCars.Start.AddHours(-12), Days + 2, seed: 77);
        var start = Quiet(life, ThreeCars.Start.AddHours(12));
        var end = Quiet(life, start.AddDays(Days));
        // Once, nobody logs it for some hours, in which it drives.
        var missed = life.Drives.First(drive => drive.Start > start.AddHours(4));
        var (away, back) = (Quiet(life, missed.Start.AddMinutes(-40)), Quiet(life, missed.End.AddMinutes(90)));

        TeslaCloud? cloud = null;
        using var idle = new IdleDetector(() => cloud!.WaitingOnPurpose, () => cloud!.StreamMessages).Start();
        var time = new SteppedTime(start, idle.IsIdle);
        await using var running = cloud = new TeslaCloud([life], time) { StreamInterval = TimeSpan.FromSeconds(5) };
        await cloud.StartAsync();
        var database = await TestServer.CreateDatabaseAsync();
        await ProgramUnderTest.PrepareAsync(database.ConnectionString, cloud, ThreeCars.Cars([life]));
        await using var import = new ImportUnderTest(new LogbookDatabase(database)) { Time = time };
        var folder = Directory.CreateTempSubdirectory("teslamate-live-").FullName;
        try
        {
            await LogUntilAsync(away);
            await time.AdvanceToAsync(back);
            await LogUntilAsync(end);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        var logged = await Logged.ReadAsync(database.TestSource);
        var (drives, driven) = (logged.Drives.OrderBy(drive => drive.EndKm).ToList(), life.Drives.Where(drive => drive.End < end).ToList());
        var listing = string.Join('\n', [
            .. drives.Select(drive => $"logged {drive.StartDate:MM-dd HH:mm:ss} {drive.EndDate:MM-dd HH:mm:ss} {drive.StartKm:0.0} "
                + $"{drive.EndKm:0.0}"),
            .. driven.Select(drive => $"real   {drive.Start:MM-dd HH:mm:ss} {drive.End:MM-dd HH:mm:ss} {drive.StartKm:0.0} {drive.EndKm:0.0}"),
        ]);
        drives.Count.ShouldBe(driven.Count, listing);
        foreach (var (drive, real) in drives.Zip(driven))
        {
            drive.EndKm!.Value.ShouldBe(real.EndKm, 1.5, listing);
            drive.Distance!.Value.ShouldBe(real.DistanceKm, 3, listing);
        }

        // Of what nobody logged, the live car knows the kilometres when it is seen next, but not the time; unless the import was earlier.
        drives.Zip(driven).Count(pair => Math.Abs((pair.First.StartDate - pair.Second.Start.UtcDateTime).TotalMinutes) > 3)
            .ShouldBeLessThanOrEqualTo(1, listing);
        ShouldBe(logged.Processes.Select(process => (process.StartDate, process.EndDate)),
            life.Charges.Where(charge => charge.End < end).Select(charge => (charge.Start, charge.End)));
        // Both have brought some.
        (await database.ScalarAsync<long>("select count(*) from teslamate.imported_entries where kind = 'drive'")).ShouldBeInRange(1,
            logged.Drives.Count - 1);
        // States neither overlap nor end before they begin, and one is open.
        (await database.ScalarAsync<long>("""
            select count(*)
            from states a
            join states b on b.id > a.id and tsrange(a.start_date, a.end_date) && tsrange(b.start_date, b.end_date)
            """)).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from states where end_date is null")).ShouldBe(1);

        async Task LogUntilAsync(DateTimeOffset until)
        {
            await using var program = await ProgramUnderTest.StartAsync(database.ConnectionString, cloud, time, folder);
            while (time.GetUtcNow() < until)
            {
                Write(time.GetUtcNow());
                var next = time.GetUtcNow().AddHours(3.1) is var later && later < until ? later : until;
                // At the same time, which is more than a day of the car's in a second of ours.
                var reports = Task.Run(() => import.ImportAsync());
                await time.AdvanceToAsync(next);
                (await reports).IsClean.ShouldBeTrue();
            }

            Write(time.GetUtcNow());
        }

        void Write(DateTimeOffset until) => import.Write("012026.csv", Rows(life, until));
    });

    /// <summary>The first moment from here on at which the car stands still and does not charge for a while.</summary>
    static DateTimeOffset Quiet(Life life, DateTimeOffset from)
    {
        while (life.Drives.Any(drive => drive.Start.AddMinutes(-15) < from && from < drive.End.AddMinutes(15))
            || life.Charges.Any(charge => charge.Start.AddMinutes(-15) < from && from < charge.End.AddMinutes(15)))
            from = from.AddMinutes(5);
        return from;
    }

    /// <summary>A row a minute, as the other logger saw the car.</summary>
    static IEnumerable<CsvRow> Rows(Life life, DateTimeOffset until)
    {
        for (var now = life.Start; now < until; now = now.AddMinutes(1))
        {
            var moment = life.At(now, DateTimeOffset.MinValue);
            yield return new CsvRow(now.ToString("HH:mm", CultureInfo.InvariantCulture))
            {
                Date = now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                State = moment.Reach switch { Reach.Online => "online", Reach.Asleep => "asleep", _ => "offline" },
                Shift = moment.Shift,
                Odometer = moment.OdometerMi,
                Ideal = moment.IdealMi,
                Charging = moment.ChargingState,
                Energy = moment.AddedKwh,
            }.With("vin", life.Car.Vin).With("vehicle_id", "").With("latitude", Number(moment.Point.Latitude)).With("longitude",
                Number(moment.Point.Longitude))
                .With("car_version", moment.CarVersion).With("battery_level", Number(moment.Level));
        }
    }

    static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    static void ShouldBe(IEnumerable<(DateTime Start, DateTime? End)> logged, IEnumerable<(DateTimeOffset Start, DateTimeOffset End)> truth)
    {
        var (rows, real) = (logged.OrderBy(row => row.Start).ToList(), truth.ToList());
        var listing = string.Join('\n', [.. rows.Select(row => $"logged {row.Start:MM-dd HH:mm:ss} {row.End:MM-dd HH:mm:ss}"),
            .. real.Select(row => $"real   {row.Start:MM-dd HH:mm:ss} {row.End:MM-dd HH:mm:ss}")]);
        rows.Count.ShouldBe(real.Count, listing);
        foreach (var (row, expected) in rows.Zip(real))
        {
            Math.Abs((row.Start - expected.Start.UtcDateTime).TotalMinutes).ShouldBeLessThan(3, listing);
            Math.Abs((row.End!.Value - expected.End.UtcDateTime).TotalMinutes).ShouldBeLessThan(3, listing);
        }
    }
}
