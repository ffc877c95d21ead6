using TeslaMate.Logbook;
using TeslaMate.Logbook.Spooling;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

public sealed class SpoolFileTests : IDisposable
{
    static readonly Guid Epoch = Guid.NewGuid();

    readonly string _folder = Directory.CreateTempSubdirectory("spool-").FullName;

    string FilePath => Path.Combine(_folder, "car-1.spool");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    SpoolFile Open(long limit = long.MaxValue) => SpoolFile.Open(FilePath, Epoch, limit, out _);

    static SpooledBatch Positions(long number) => new(number, [InDrive(Position(number, number))]);

    [Fact]
    public void Every_kind_of_entry_survives_the_disk()
    {
        LogbookEntry[] entries =
        [
            new LogbookEntry.StartState(CarActivity.Asleep, At(1.234567)),
            new LogbookEntry.InsertPosition(Position(2, 3.25) with { IsClimateOn = true, TirePressureRearRightBar = 2.9, FanStatus = 3 }),
            new LogbookEntry.StartDrive(At(3), Position(3)),
            new LogbookEntry.InsertDrivePosition(Position(4)),
            new LogbookEntry.CloseDrive(DriveEnd.Timeout, LookUpAddresses: false),
            new LogbookEntry.StartCharging(At(5), Position(5), LookUpAddress: false),
            new LogbookEntry.InsertCharge(new ChargeReading { Date = At(6), FastChargerType = "Комбо \" \n", EnergyAddedKwh = double.NaN }),
            new LogbookEntry.CompleteCharging(At(7), UsedKwh: 18.75),
            new LogbookEntry.StartUpdate(At(8)),
            new LogbookEntry.CancelUpdate(),
            new LogbookEntry.FinishUpdate(At(9), "2024.8.1 abc"),
            new LogbookEntry.NoteVersion(At(10), "2024.8.1"),
            new LogbookEntry.UpdateCar(new("a", "3", null, null, null, null, null)),
            new LogbookEntry.InsertLatePositions([Position(11), Position(12)]),
            new LogbookEntry.SegmentDrives(At(13), At(14), [new(At(13), At(14))], [Position(13)]),
            new LogbookEntry.ApplyTelemetry([1, 2]),
        ];
        // A new case has to be in this list.
        entries.Select(entry => entry.GetType()).ShouldBe(typeof(LogbookEntry).GetNestedTypes(), ignoreOrder: true);
        using (var spool = Open())
            spool.TryAppend(new(1, entries)).ShouldBeTrue();
        using var again = Open();
        again.Peek(10, out _, out var unreadable).ShouldHaveSingleItem().Entries.ShouldBe(entries);
        unreadable.ShouldBeEmpty();
    }

    [Fact]
    public void A_power_cut_at_any_byte_costs_at_most_the_record_being_written()
    {
        List<long> ends = [];
        using (var spool = Open())
        {
            for (var number = 1; number <= 3; number++)
            {
                spool.TryAppend(Positions(number));
                ends.Add(24 + spool.Length);
            }
        }

        var whole = File.ReadAllBytes(FilePath);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            using (var spool = Open())
            {
                spool.Peek(10, out _, out _).Select(batch => batch.Number)
                    .ShouldBe(Enumerable.Range(1, ends.Count(end => end <= length)).Select(n => (long)n));
                spool.TryAppend(Positions(99));
            }

            using var again = Open();
            again.Peek(10, out _, out _)[^1].Entries.ShouldBe(Positions(99).Entries);
            again.LastNumber.ShouldBe(99);
        }
    }

    [Fact]
    public void A_damaged_byte_never_changes_an_entry()
    {
        using (var spool = Open())
            for (var number = 1; number <= 3; number++)
                spool.TryAppend(Positions(number));
        var whole = File.ReadAllBytes(FilePath);
        for (var at = 24; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x40;
            File.WriteAllBytes(FilePath, damaged);
            using var spool = Open();
            var read = spool.Peek(10, out _, out _);
            read.Count.ShouldBeLessThan(3);
            read.ShouldAllBe(batch => batch.Entries[0] == Positions(batch.Number).Entries[0]);
        }
    }

    [Fact]
    public void What_is_forgotten_makes_room_once_all_is()
    {
        using var spool = Open();
        spool.TryAppend(Positions(1));
        spool.TryAppend(Positions(2));
        spool.Peek(1, out var next, out _).ShouldHaveSingleItem().Number.ShouldBe(1);
        spool.Forget(next);
        spool.IsEmpty.ShouldBeFalse();
        spool.Peek(9, out next, out _).ShouldHaveSingleItem().Number.ShouldBe(2);
        spool.Forget(next);
        spool.IsEmpty.ShouldBeTrue();
        new FileInfo(FilePath).Length.ShouldBe(24);
    }

    [Fact]
    public void Entries_of_another_epoch_are_moved_aside()
    {
        using (var spool = Open())
            spool.TryAppend(Positions(1));
        using (var other = SpoolFile.Open(FilePath, Guid.NewGuid(), long.MaxValue, out var abandoned))
        {
            other.IsEmpty.ShouldBeTrue();
            abandoned.ShouldNotBeNull();
            File.Move(abandoned, FilePath + ".kept");
        }

        File.Move(FilePath + ".kept", FilePath, overwrite: true);
        using var same = Open();
        same.Peek(9, out _, out _).ShouldHaveSingleItem();
    }

    [Fact]
    public void At_the_limit_positions_are_thinned_and_everything_else_is_kept()
    {
        const long limit = 100_000;
        var number = 0L;
        using (var spool = Open(limit))
        {
            for (var drive = 0; drive < 5; drive++)
            {
                spool.TryAppend(new(++number, [new LogbookEntry.StartDrive(At(number), Position(number))])).ShouldBeTrue();
                for (var i = 0; i < 300; i++)
                    spool.TryAppend(Positions(++number)).ShouldBeTrue();
                spool.TryAppend(new(++number, [new LogbookEntry.CloseDrive()])).ShouldBeTrue();
            }

            spool.Length.ShouldBeLessThan(limit);
        }

        using var again = Open(limit);
        var batches = again.Peek(int.MaxValue, out _, out _);
        var entries = batches.SelectMany(batch => batch.Entries).ToList();
        entries.Count(entry => entry is LogbookEntry.StartDrive).ShouldBe(5);
        entries.Count(entry => entry is LogbookEntry.CloseDrive).ShouldBe(5);
        batches.Select(batch => batch.Number).ShouldBeInOrder();
        // The first and the last position of each drive are still there.
        for (var drive = 0; drive < 5; drive++)
        {
            batches.ShouldContain(batch => batch.Number == drive * 302 + 2);
            batches.ShouldContain(batch => batch.Number == drive * 302 + 301);
        }

        entries.Count(entry => entry is LogbookEntry.InsertDrivePosition).ShouldBeGreaterThan(150);
    }

    [Fact]
    public void When_nothing_can_be_thinned_positions_are_refused_before_ends_are()
    {
        using var spool = Open(limit: 3000);
        var number = 0L;
        while (spool.TryAppend(new(++number, [new LogbookEntry.StartState(CarActivity.Online, At(number))])))
            number.ShouldBeLessThan(1000);
        spool.Length.ShouldBeInRange(3000, 6000);
        spool.TryAppend(Positions(number)).ShouldBeFalse();
        spool.Peek(int.MaxValue, out _, out _).Select(batch => batch.Number).ShouldBe(Enumerable.Range(1, (int)number - 1).Select(n => (long)n));
    }
}
