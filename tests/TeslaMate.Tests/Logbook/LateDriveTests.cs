using Microsoft.Extensions.Hosting;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Writing;
using TeslaMate.Tests.Tesla;
using TeslaMate.Tests.Time;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>Closed drives that positions come late for (spec fleet-telemetry 4.5).</summary>
public sealed class LateDriveTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    LogbookDatabase _database = null!;
    LogbookInstance _instance = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateAsync();
        _instance = await LogbookInstance.OfCarAsync(_database, _time);
        await DriveAsync(0);
    }

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task However_fast_positions_come_late_their_drive_is_computed_again_every_ten_seconds_at_most()
    {
        await using var job = await Running.StartAsync(_instance);
        await LateAsync(60, speed: 61);
        await Eventually.BecomesTrueAsync(() => Computed() == 1, "the drive is computed again at once");
        (await FastestAsync()).ShouldBe(61);

        for (var second = 61; second <= 80; second++)
            await LateAsync(second, speed: second + 1);
        _time.Advance(TimeSpan.FromSeconds(9));
        Computed().ShouldBe(1);
        (await FastestAsync()).ShouldBe(61);
        (await WaitingAsync()).ShouldBe(1);

        await Eventually.BecomesTrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Computed() == 2;
            },
            "the drive is computed for the second time");
        (await WaitingAsync()).ShouldBe(0);
        (await FastestAsync()).ShouldBe(81);
        (await _database.ScalarAsync<long>("select count(*) from positions where drive_id = 1")).ShouldBe(24);
    }

    [Fact]
    public async Task What_a_killed_run_has_not_computed_is_computed_by_the_next_one()
    {
        await DriveAsync(1000);
        await LateAsync(60, speed: 70);
        await LateAsync(1060, speed: 90);
        await _instance.EndAsync();
        (await _database.RowsAsync("select speed_max from drives order by id")).ShouldBe(["-", "-"]);

        await using var next = new LogbookInstance(_database.DataSource, _time);
        await using var job = await Running.StartAsync(next);
        await Eventually.BecomesTrueAsync(() => WaitingAsync().GetAwaiter().GetResult() == 0, "nothing waits to be computed again");
        // Both of them, though one came after the other.
        (await _database.RowsAsync("select speed_max from drives order by id")).ShouldBe(["70", "90"]);
    }

    [Fact]
    public async Task What_comes_while_its_drive_is_computed_makes_it_due_again()
    {
        await LateAsync(60, speed: 70);
        await using var connection = await _database.TestSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await DatabaseWriter.RunAsync(
            connection, [DriveStatements.InsertLate(new(1), Position(70) with { SpeedKmH = 99 })], TimeSpan.FromSeconds(10), default);
        var computing = _instance.Get<LateDrives>().CloseDueAsync(() => { }, default);
        await Eventually.BecomesTrueAsync(
            () => computing.IsCompleted || _database.ScalarAsync<bool>(
                "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')")
                .GetAwaiter().GetResult(),
            "the computation has ended, or waits");
        await transaction.CommitAsync();
        await computing;
        await _instance.Get<LateDrives>().CloseDueAsync(() => { }, default);
        (await FastestAsync()).ShouldBe(99);
    }

    [Fact]
    public async Task A_drive_that_cannot_be_computed_keeps_no_other_waiting()
    {
        await DriveAsync(1000);
        await LateAsync(60, speed: 70);
        await LateAsync(1060, speed: 90);
        await _database.ExecuteAsync("alter table drives add constraint slow check (speed_max <> 70)");
        (await _instance.Get<LateDrives>().CloseDueAsync(() => { }, default)).ShouldBe(2);
        (await _database.RowsAsync("select speed_max from drives order by id")).ShouldBe(["-", "90"]);
        (await WaitingAsync()).ShouldBe(0);
        _instance.Log.Lines.ShouldContain(line => line.StartsWith("Error: Car 1: drive 1 got positions late, but cannot be computed again: ",
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_late_position_of_the_open_drive_makes_nothing_due()
    {
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(1000), Position(1000, 20)), InDrive(Position(1100, 21)));
        await LateAsync(1050, speed: 50);
        (await WaitingAsync()).ShouldBe(0);
        (await _database.ScalarAsync<long>("select count(*) from positions where drive_id = 2")).ShouldBe(3);
    }

    Task<WriteResult> DriveAsync(double second) => _instance.WriteAsync(
        new LogbookEntry.StartDrive(At(second), Position(second, second)), InDrive(Position(second + 50, second + 1)),
        InDrive(Position(second + 600, second + 10)), new LogbookEntry.CloseDrive(LookUpAddresses: false));

    async Task LateAsync(double second, int speed)
    {
        var late = new LogbookEntry.InsertLatePositions([Position(second) with { SpeedKmH = speed }]);
        (await _instance.WriteAsync(late)).ShouldBe(WriteResult.Stored);
    }

    Task<int> FastestAsync() => _database.ScalarAsync<int>("select speed_max::int from drives where id = 1");

    Task<long> WaitingAsync() => _database.ScalarAsync<long>("select count(*) from teslamate.late_drives");

    /// <summary>How often a drive was closed, the first time apart.</summary>
    int Computed() => _instance.Log.Lines.Count(line => line.Contains("Driving / Ended", StringComparison.Ordinal)) - 1;

    /// <summary>The job, until the end of a test.</summary>
    sealed class Running(IHostedService job) : IAsyncDisposable
    {
        public static async Task<Running> StartAsync(LogbookInstance instance)
        {
            var job = instance.Get<LateDrives>();
            await job.StartAsync(default);
            return new(job);
        }

        public async ValueTask DisposeAsync() => await job.StopAsync(default);
    }
}
