using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class InterruptionTests
{
    const long Start = 20190812191616;
    const long Newest = 20260808090000;

    [Fact]
    public async Task Killed_fifty_times_at_random_moments_the_database_always_stands_at_a_whole_version()
    {
        var chance = new Random(20260808);
        var kills = 0;
        var betweenVersions = 0;
        TimeSpan? whole = null;
        while (kills < 50)
        {
            await using var database = await OldDatabase.CreateAsync(Start);
            if (whole is null)
            {
                // How long the program takes when nobody disturbs it says when to disturb it.
                await using var undisturbed = await OldDatabase.CreateAsync(Start);
                var begin = Stopwatch.GetTimestamp();
                using var process = Program(undisturbed);
                await process.WaitForExitAsync();
                process.ExitCode.ShouldBe(0);
                whole = Stopwatch.GetElapsedTime(begin);
            }

            for (var isComplete = false; !isComplete && kills < 50;)
            {
                using var process = Program(database);
                using var soon = new CancellationTokenSource(whole.Value * (0.15 + (0.5 * chance.NextDouble())));
                try
                {
                    await process.WaitForExitAsync(soon.Token);
                    process.ExitCode.ShouldBe(0);
                    isComplete = true;
                }
                catch (OperationCanceledException)
                {
                    process.Kill();
                    await process.WaitForExitAsync();
                    kills++;
                    if (await StandsAtWholeVersionAsync(database) is > Start and < Newest)
                        betweenVersions++;
                }
            }

            await database.MigrateAsync();
            (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
            (await database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(20_000);
        }

        betweenVersions.ShouldBeGreaterThan(3, "the kills came too early or too late to show anything");
    }

    [Fact]
    public async Task Two_migrators_at_once_share_the_work_and_both_succeed()
    {
        await using var empty = await TestServer.CreateDatabaseAsync();
        await using var old = await OldDatabase.CreateAsync(Start);
        foreach (var database in new[] { empty, old })
        {
            var outcomes = await Task.WhenAll(
                Enumerable.Range(0, 3).Select(_ => database.Migrator().MigrateAsync(new Told(), CancellationToken.None)));
            outcomes.Count(outcome => outcome == new MigrationOutcome.Done(0)).ShouldBe(2);
            outcomes.ShouldAllBe(outcome => outcome is MigrationOutcome.Done);
            (await database.ScalarAsync<long>("select count(*) from changelog where type = 0")).ShouldBe(RecordedSteps.Count);
            (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
        }
    }

    [Fact]
    public async Task Who_waits_for_another_migrator_says_for_whom()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var other = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(
            database.ConnectionString)
        { ApplicationName = "the other migrator", Pooling = false }.ConnectionString);
        await other.OpenAsync();
        await using (var hold = new NpgsqlCommand("select pg_advisory_lock(12345)", other))
            await hold.ExecuteNonQueryAsync();
        var told = new Told();
        var run = database.Migrator().MigrateAsync(told, CancellationToken.None);
        while (!told.All.OfType<MigrationProgress.Working>().Any(working => working.Doing.Contains("the other migrator", StringComparison.Ordinal)))
            await Task.Delay(50);
        await other.CloseAsync();
        (await run).ShouldBeOfType<MigrationOutcome.Done>();
    }

    /// <summary>Everybody who may connect can take that lock.</summary>
    [Theory]
    [InlineData("pg_advisory_lock")]
    [InlineData("pg_advisory_lock_shared")]
    public async Task Who_may_not_migrate_is_named_and_not_waited_for(string function)
    {
        await using var database = await OldDatabase.CreateAsync(Start);
        var role = $"stranger_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"create role {role} login");
        await using var stranger = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(
            database.ConnectionString)
        { Username = role, ApplicationName = "a dashboard", Pooling = false }.ConnectionString);
        await stranger.OpenAsync();
        await using (var hold = new NpgsqlCommand($"select {function}(12345)", stranger))
            await hold.ExecuteNonQueryAsync();
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        var error = refused.Errors.ShouldHaveSingleItem();
        error.Cause.ShouldContain($"process {stranger.ProcessID} (a dashboard of {role}");
        error.Remedy.ShouldContain("pg_terminate_backend");
        await stranger.CloseAsync();
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        await database.ExecuteAsync($"drop role {role}");
    }

    [Fact]
    public async Task The_lock_of_the_references_migrator_is_waited_for()
    {
        await using var database = await OldDatabase.CreateAsync(Start);
        await using var reference = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await reference.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("lock table schema_migrations in share update exclusive mode", reference))
            await hold.ExecuteNonQueryAsync();
        var told = new Told();
        var run = database.Migrator().MigrateAsync(told, CancellationToken.None);
        while (!told.All.OfType<MigrationProgress.Working>().Any(working => working.Doing.StartsWith("waits for process", StringComparison.Ordinal)))
            await Task.Delay(50);
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Versions.Count(version => version <= Start));
        await transaction.CommitAsync();
        (await run).ShouldBeOfType<MigrationOutcome.Done>();
    }

    [Fact]
    public async Task A_reader_that_stays_ends_the_run_with_its_name_and_one_that_goes_does_not()
    {
        await using var database = await OldDatabase.CreateAsync(Start);
        await using var reader = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await reader.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand("select count(*) from positions", reader))
            await read.ExecuteNonQueryAsync();
        var failed = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();
        failed.Message.ShouldContain($"process {reader.ProcessID} ");
        // Meanwhile nobody queued up behind the migration for longer than one attempt, and what was finished stays.
        (await StandsAtWholeVersionAsync(database)).ShouldBeGreaterThan(Start);

        var told = new Told();
        var run = database.Migrator().MigrateAsync(told, CancellationToken.None);
        while (!told.Notes.Any(note => note.Contains("attempt 2 of 3", StringComparison.Ordinal)))
            await Task.Delay(10);
        await transaction.CommitAsync();
        (await run).ShouldBeOfType<MigrationOutcome.Done>();
    }

    [Theory]
    [InlineData("schema_migrations")]
    [InlineData("drives")]
    public async Task A_table_that_somebody_keeps_to_himself_ends_the_run_with_his_name_and_nothing_done(string table)
    {
        await using var database = await OldDatabase.CreateAsync(Start);
        var before = await database.FingerprintAsync();
        await using var keeper = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await keeper.BeginTransactionAsync();
        await using (var keep = new NpgsqlCommand($"lock table {table} in access exclusive mode", keeper))
            await keep.ExecuteNonQueryAsync();
        // Long enough for the second session to have looked who it is.
        var patient = database.Migrator(retries: new LockRetryPolicy(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 1));
        var failed = (await patient.MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();
        failed.Message.ShouldContain($"process {keeper.ProcessID} ");
        failed.Remedy.ShouldContain("pg_terminate_backend");
        await transaction.CommitAsync();
        (await database.FingerprintAsync()).ShouldBe(before);
        await database.MigrateAsync();
    }

    [Fact]
    public async Task A_connection_that_is_cut_ends_the_run_at_a_whole_version()
    {
        await using var database = await OldDatabase.CreateAsync(Start);
        var failed = await WhileBlockedAsync(database, async blocked
            => await database.ExecuteAsync($"select pg_terminate_backend({blocked})"));
        failed.Message.ShouldBe("terminating connection due to administrator command");
        failed.Remedy.ShouldContain("Run the same command again");
        (await StandsAtWholeVersionAsync(database)).ShouldBeGreaterThan(Start);
        await database.MigrateAsync();
    }

    [Fact]
    public async Task A_server_that_restarts_in_the_middle_ends_the_run_at_a_whole_version()
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await TestServer.ExecuteAsync(cluster.ConnectionString(), "create database restarted");
        // Goes with its cluster.
        var database = new TestDatabase(cluster.ConnectionString("restarted"), cluster.ConnectionString(), "restarted");
        await database.MigrateAsync(to: Start);
        var failed = await WhileBlockedAsync(database, async _ => await cluster.StopServerAsync(immediately: true));
        failed.Remedy.ShouldContain("Run the same command again");
        await cluster.StartServerAsync();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(database.ConnectionString));
        (await StandsAtWholeVersionAsync(database)).ShouldBeGreaterThan(Start);
        await database.MigrateAsync();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
    }

    [SkippableFact]
    public async Task A_full_disk_ends_the_run_at_a_whole_version_and_room_lets_it_go_on()
    {
        Skip.IfNot(SmallDisk.IsPossible, "only root can mount a small file system, and only for a server that is ours");
        await using var template = await OldDatabase.CreateAsync(Start);
        // As much as there is, and a little to begin with.
        await using var disk = await SmallDisk.CreateAsync(
            (await template.ScalarAsync<long>("select pg_database_size(current_database())") / 1024) + 3000);
        await template.TestSource.DisposeAsync();
        await using var database = await disk.CopyAsync(template);
        // A superuser on the server's machine is told before; whoever cannot know runs into it.
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>()
            .Errors.ShouldHaveSingleItem().Cause.ShouldContain("writes");
        await database.ExecuteAsync("create extension earthdistance with schema public cascade");
        await using (var role = await TestRole.CreateAsync(database))
        {
            await database.ExecuteAsync($"""
                do $$
                declare statement text;
                begin
                    for statement in
                        select format('alter table %s owner to {role.Name}', oid::regclass) from pg_class
                            where relnamespace = 'public'::regnamespace and relkind = 'r'
                        union all
                        select format('alter type %s owner to {role.Name}', oid::regtype) from pg_type
                            where typnamespace = 'public'::regnamespace and typtype = 'e'
                        union all
                        select format('alter function %s owner to {role.Name}', oid::regprocedure) from pg_proc
                            where pronamespace = 'public'::regnamespace and proname like 'convert%'
                    loop
                        execute statement;
                    end loop;
                end
                $$
                """);
            var failed = (await database.Migrator(user: role.Name).MigrateAsync(new Told(),
                CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();
            failed.Message.ShouldContain("No space left on device");
            failed.Remedy.ShouldContain("Make room");
            (await StandsAtWholeVersionAsync(database)).ShouldBeGreaterThan(Start);
            await disk.GrowAsync();
            var roomy = await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None);
            roomy.ShouldBeOfType<MigrationOutcome.Done>(roomy.ToString());
            (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
        }
    }

    [Fact]
    public async Task A_request_to_stop_leaves_a_whole_version_and_no_lock()
    {
        await using var database = await OldDatabase.CreateAsync(Start);
        await using var reader = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await reader.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand("select count(*) from positions", reader))
            await read.ExecuteNonQueryAsync();
        using var stop = new CancellationTokenSource();
        var run = Patient(database).MigrateAsync(new Told(), stop.Token);
        await BlockedProcessAsync(database);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        await transaction.RollbackAsync();
        (await StandsAtWholeVersionAsync(database)).ShouldBeGreaterThan(Start);
        await database.MigrateAsync();
    }

    /// <summary>Starts a run, waits until it hangs at a lock in the middle of its versions, and disturbs it there.</summary>
    static async Task<MigrationOutcome.Failed> WhileBlockedAsync(TestDatabase database, Func<int, Task> disturb)
    {
        var holder = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select count(*) from positions", holder))
            await hold.ExecuteNonQueryAsync();
        var run = Patient(database).MigrateAsync(new Told(), CancellationToken.None);
        await disturb(await BlockedProcessAsync(database));
        return (await run).ShouldBeOfType<MigrationOutcome.Failed>();
    }

    static Migrator Patient(TestDatabase database)
        => new(database.Settings(), new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = Migrations.Key }), TimeProvider.System);

    static async Task<int> BlockedProcessAsync(TestDatabase database)
    {
        while (true)
        {
            if (await database.ScalarAsync<int?>("""
                select pid from pg_stat_activity
                where datname = current_database() and application_name = 'teslamate migrate' and wait_event_type = 'Lock'
                """) is { } process)
                return process;
            await Task.Delay(20);
        }
    }

    /// <summary>Checks that tables and records agree, once the server has noticed that a program is gone.</summary>
    /// <returns>The newest version.</returns>
    static async Task<long> StandsAtWholeVersionAsync(TestDatabase database)
    {
        while (await database.ScalarAsync<bool>("select exists (select from pg_stat_activity where datname = current_database() and "
            + "application_name = 'teslamate migrate')"))
            await Task.Delay(20);
        var versions = (await database.VersionsAsync()).Select(version => long.Parse(version, CultureInfo.InvariantCulture)).ToList();
        versions.ShouldBe(RecordedSteps.Versions.Take(versions.Count));
        // Before the first commit there is nothing but the reference's table.
        if (versions[^1] == Start && await database.ScalarAsync<bool>("select to_regclass('changelog') is null"))
            return Start;
        (await database.LinesAsync("select version from changelog where type = 0 order by version")).ShouldBe(
            versions.Select(version => $"{version}"));
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(versions[^1]));
        return versions[^1];
    }

    static Process Program(TestDatabase database)
    {
        var settings = database.Settings();
        var start = new ProcessStartInfo("dotnet", [typeof(ProgramCommand).Assembly.Location, "migrate"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        start.Environment["DATABASE_SOCKET_DIR"] = settings.Host.StartsWith('/') ? settings.Host : null;
        start.Environment["DATABASE_HOST"] = settings.Host;
        start.Environment["DATABASE_PORT"] = $"{settings.Port}";
        start.Environment["DATABASE_USER"] = settings.User;
        start.Environment["DATABASE_PASS"] = settings.Password?.Reveal() ?? "none";
        start.Environment["DATABASE_NAME"] = settings.Name;
        start.Environment["ENCRYPTION_KEY"] = Migrations.Key;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
