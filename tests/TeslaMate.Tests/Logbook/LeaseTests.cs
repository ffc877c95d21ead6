using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Spooling;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

public sealed class LeaseTests : IAsyncLifetime
{
    LogbookDatabase _database = null!;

    public async Task InitializeAsync() => _database = await LogbookDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    /// <summary>What the database's clock does in 21 s.</summary>
    Task LetTheLeaseRunOutAsync() => _database.ExecuteAsync("update teslamate.car_leases set expires_at = expires_at - interval '21 seconds'");

    [Fact]
    public async Task Of_many_instances_exactly_one_gets_the_lease()
    {
        var instances = Enumerable.Range(0, 8).Select(_ => new LogbookInstance(_database.DataSource)).ToList();
        var leases = await Task.WhenAll(instances.Select(instance => instance.Get<ICarLeases>().TryAcquireAsync(new(1), default)));
        leases.Count(lease => lease is not null).ShouldBe(1);
        foreach (var instance in instances)
            await instance.DisposeAsync();
        // All are gone, the lease with them.
        (await _database.ScalarAsync<long>("select count(*) from teslamate.car_leases")).ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_writes_without_a_lease()
    {
        await using var instance = new LogbookInstance(_database.DataSource);
        (await instance.WriteAsync(new LogbookEntry.InsertPosition(Position(0)))).ShouldBe(WriteResult.NotOurs);
        await using var lease = await instance.LeaseAsync();
        (await instance.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        (await instance.WriteAsync(new LogbookEntry.InsertPosition(Position(0)))).ShouldBe(WriteResult.Stored);
        await lease.DisposeAsync();
        (await instance.WriteAsync(new LogbookEntry.InsertPosition(Position(0)))).ShouldBe(WriteResult.NotOurs);
        await instance.LeaseAsync();
        (await instance.WriteAsync(new LogbookEntry.InsertPosition(Position(0)))).ShouldBe(WriteResult.Stored);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stalled_instance_cannot_write_after_a_takeover(bool positionsOnly)
    {
        await using var stalled = await LogbookInstance.OfCarAsync(_database);
        await using var other = new LogbookInstance(_database.DataSource);
        (await other.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        await LetTheLeaseRunOutAsync();
        // Late, but nobody else came: the lease is in force as long as it is not taken.
        (await stalled.WriteAsync(new LogbookEntry.InsertPosition(Position(0)))).ShouldBe(WriteResult.Stored);
        await other.LeaseAsync();
        LogbookEntry[] entries = positionsOnly
            ? [new LogbookEntry.InsertPosition(Position(1))] : [new LogbookEntry.StartState(CarActivity.Online, At(0))];
        (await stalled.WriteAsync(entries)).ShouldBe(WriteResult.NotOurs);
        (await other.WriteAsync(new LogbookEntry.InsertPosition(Position(2)))).ShouldBe(WriteResult.Stored);
        (await _database.RowsAsync("select date from positions order by id")).ShouldBe(["10:00:00", "10:00:02"]);
        (await _database.ScalarAsync<long>("select count(*) from states")).ShouldBe(0);
    }

    [Fact]
    public async Task Renewal_keeps_a_lease_and_notices_its_loss()
    {
        await using var first = new LogbookInstance(_database.DataSource);
        await using var second = new LogbookInstance(_database.DataSource);
        var lease = await first.LeaseAsync();
        await LetTheLeaseRunOutAsync();
        await first.Get<CarLeases>().RenewAsync(default);
        (await second.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        lease.Lost.IsCancellationRequested.ShouldBeFalse();
        (await _database.ScalarAsync<bool>("select expires_at between now() + interval '15 seconds' and now() + interval '20 seconds' from "
            + "teslamate.car_leases")).ShouldBeTrue();

        await LetTheLeaseRunOutAsync();
        await second.LeaseAsync();
        await first.Get<CarLeases>().RenewAsync(default);
        lease.Lost.IsCancellationRequested.ShouldBeTrue();
        first.Log.Lines.ShouldContain("Error: Car 1: another instance logs it now");
        // Giving back what was lost takes nothing from the new holder.
        await lease.DisposeAsync();
        (await second.WriteAsync(new LogbookEntry.InsertPosition(Position(2)))).ShouldBe(WriteResult.Stored);
    }

    [Fact]
    public async Task What_waits_on_the_disk_of_a_former_holder_is_void()
    {
        var folder = Directory.CreateTempSubdirectory("logbook-").FullName;
        await using var proxy = new LossyProxy(_database.ConnectionString);
        await using (var source = NpgsqlDataSource.Create(proxy.ConnectionString))
        {
            var cutOff = new LogbookInstance(source, settings: new() { SpoolFolder = folder });
            await cutOff.LeaseAsync();
            proxy.SwallowAnswers = true;
            var unacknowledged = cutOff.WriteAsync(new LogbookEntry.StartState(CarActivity.Asleep, At(0)));
            await _database.WaitForCountAsync(1, "states");
            proxy.Cut();
            (await unacknowledged).ShouldBe(WriteResult.Buffered);
            (await cutOff.WriteAsync(new LogbookEntry.StartState(CarActivity.Online, At(1)))).ShouldBe(WriteResult.Buffered);
            proxy.SwallowAnswers = false;

            await using var other = new LogbookInstance(_database.DataSource);
            await LetTheLeaseRunOutAsync();
            await other.LeaseAsync();
            var flush = new SpoolFlush(cutOff.Get<CarLeases>(), TimeProvider.System, NullLogger<SpoolFlush>.Instance);
            (await flush.FlushAsync(() => { }, default)).ShouldBeFalse();
            await other.WriteAsync(new LogbookEntry.StartState(CarActivity.Offline, At(10)));
            await other.Get<CarLeases>().DisposeAsync();

            // The lease is free again, and the former holder takes it.
            await cutOff.LeaseAsync();
            (await flush.FlushAsync(() => { }, default)).ShouldBeTrue();
            Directory.GetFiles(folder, "*.abandoned").ShouldHaveSingleItem();
            await cutOff.DisposeAsync();
        }

        (await _database.RowsAsync("select state::text from states order by id")).ShouldBe(["asleep", "offline"]);
    }

    [Fact]
    public async Task Two_processes_with_one_folder_are_two_instances()
    {
        var folder = Directory.CreateTempSubdirectory("logbook-").FullName;
        await using var first = new LogbookInstance(_database.DataSource, settings: new() { SpoolFolder = folder });
        await first.LeaseAsync();
        await using (var second = new LogbookInstance(_database.DataSource, settings: new() { SpoolFolder = folder }))
            (await second.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        Directory.CreateDirectory(folder);
    }

    [Fact]
    public async Task What_a_dead_instance_could_not_write_is_written_by_the_next_holder_on_the_machine()
    {
        await using var dead = await CutOffInstance.InADriveAsync(_database);
        await using var next = dead.Another();
        // Both work at the same time, so they have different folders.
        (await next.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        await dead.Instance.EndAsync();

        await LetTheLeaseRunOutAsync();
        await next.LeaseAsync();
        var open = await next.Logbook.OpenEntriesAsync(new(1), default);
        open.Drive.ShouldNotBeNull().Last.ShouldNotBeNull().OdometerKm.ShouldBe(14);
        (await next.WriteAsync(InDrive(Position(50, 15)), new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(WriteResult.Stored);

        (await _database.RowsAsync("select start_km || '-' || end_km from drives order by id")).ShouldBe(["10-12", "13-15"]);
        (await _database.RowsAsync("select odometer from positions order by id")).ShouldBe(["10", "11", "12", "13", "14", "15"]);
        next.Log.Lines.ShouldContain("Information: Car 1: what an instance that is gone could not write any more is written by this one");

        // The dead one comes back, takes the car over and has nothing to add.
        await next.Get<CarLeases>().DisposeAsync();
        await using var back = dead.Another();
        await back.LeaseAsync();
        (await back.Logbook.OpenEntriesAsync(new(1), default)).Drive.ShouldBeNull();
        (await _database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(6);
        Directory.GetFiles(dead.Folder, "*.abandoned", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_taken_over_but_not_yet_acknowledged_is_found_by_the_next_start()
    {
        await using var dead = await CutOffInstance.InADriveAsync(_database);
        await dead.Instance.EndAsync();
        // A power cut after the file was moved, and before the database knew.
        Directory.CreateDirectory(Path.Combine(dead.Folder, "2"));
        File.Move(Path.Combine(dead.Folder, "car-1.spool"), Path.Combine(dead.Folder, "2", "car-1.spool"));

        await using var next = dead.Another();
        await next.LeaseAsync();
        (await next.Logbook.OpenEntriesAsync(new(1), default)).Drive.ShouldNotBeNull().Last.ShouldNotBeNull().OdometerKm.ShouldBe(14);
    }

    [Fact]
    public async Task What_was_taken_over_but_not_yet_acknowledged_is_found_by_the_next_attempt()
    {
        await using var dead = await CutOffInstance.InADriveAsync(_database);
        await using var next = dead.Another();
        (await next.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        await dead.Instance.EndAsync();
        // The file was moved, and the database went away before it knew.
        File.Move(Path.Combine(dead.Folder, "car-1.spool"), Path.Combine(dead.Folder, "2", "car-1.spool"));

        await LetTheLeaseRunOutAsync();
        await next.LeaseAsync();
        (await next.Logbook.OpenEntriesAsync(new(1), default)).Drive.ShouldNotBeNull().Last.ShouldNotBeNull().OdometerKm.ShouldBe(14);
    }

    [Fact]
    public async Task What_a_living_instance_keeps_is_not_taken_from_it()
    {
        await using var cutOff = await CutOffInstance.InADriveAsync(_database);
        await using var next = cutOff.Another();

        await LetTheLeaseRunOutAsync();
        await next.LeaseAsync();
        (await next.Logbook.OpenEntriesAsync(new(1), default)).Drive.ShouldNotBeNull().Last.ShouldNotBeNull().OdometerKm.ShouldBe(11);
        File.Exists(Path.Combine(cutOff.Folder, "car-1.spool")).ShouldBeTrue();
    }

    [Fact]
    public async Task After_an_outage_the_holder_comes_before_those_who_wait()
    {
        await using var holder = await LogbookInstance.OfCarAsync(_database);
        await using var waiting = new LogbookInstance(_database.DataSource, takeoverDelay: TimeSpan.FromSeconds(0.5));
        // The outage: nobody could renew, nobody could look.
        await LetTheLeaseRunOutAsync();
        (await waiting.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        await Task.Delay(TimeSpan.FromSeconds(0.6));
        (await waiting.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        await holder.Get<CarLeases>().RenewAsync(default);
        (await waiting.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();

        // A holder that does not renew either is gone.
        await LetTheLeaseRunOutAsync();
        (await waiting.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        await Task.Delay(TimeSpan.FromSeconds(0.6));
        (await waiting.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldBeNull();
        (await waiting.Get<ICarLeases>().TryAcquireAsync(new(1), default)).ShouldNotBeNull();
    }

    /// <summary>An instance that lost its database in a drive: two positions are stored; three more, a close and a start wait on disk.</summary>
    sealed class CutOffInstance : IAsyncDisposable
    {
        readonly LogbookDatabase _database;
        readonly LossyProxy _proxy;
        readonly NpgsqlDataSource _source;

        CutOffInstance(LogbookDatabase database)
        {
            _database = database;
            _proxy = new LossyProxy(database.ConnectionString);
            _source = NpgsqlDataSource.Create(_proxy.ConnectionString);
            Instance = new LogbookInstance(_source);
        }

        public LogbookInstance Instance { get; }

        public string Folder => Instance.Folder;

        public static async Task<CutOffInstance> InADriveAsync(LogbookDatabase database)
        {
            var cutOff = new CutOffInstance(database);
            await cutOff.Instance.LeaseAsync();
            (await cutOff.Instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)), InDrive(Position(10, 11)))).ShouldBe(
                WriteResult.Stored);
            cutOff._proxy.SwallowAnswers = true;
            cutOff._proxy.Cut();
            (await cutOff.Instance.WriteAsync(InDrive(Position(20, 12)), new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(
                WriteResult.Buffered);
            (await cutOff.Instance.WriteAsync(new LogbookEntry.StartDrive(At(30), Position(30, 13)))).ShouldBe(WriteResult.Buffered);
            (await cutOff.Instance.WriteAsync(InDrive(Position(40, 14)))).ShouldBe(WriteResult.Buffered);
            return cutOff;
        }

        /// <summary>Another instance on the same machine, which reaches the database.</summary>
        public LogbookInstance Another() => new(_database.DataSource, settings: new() { SpoolFolder = Folder });

        public async ValueTask DisposeAsync()
        {
            await Instance.DisposeAsync();
            await _source.DisposeAsync();
            await _proxy.DisposeAsync();
        }
    }
}
