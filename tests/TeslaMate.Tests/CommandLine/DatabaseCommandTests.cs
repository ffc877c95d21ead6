using System.Diagnostics;
using System.Text.Json;
using TeslaMate.CommandLine;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.CommandLine;

public sealed class DatabaseCommandTests
{
    [Fact]
    public async Task Status_migrate_and_rollback_work_on_a_real_database()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var (code, output, error) = await RunAsync(database, ["migrate"]);
        (code, error).ShouldBe((ExitCode.Ok, ""));
        output.ShouldContain("[1/1] 20260808090000");
        (await RunAsync(database, ["migrate"])).Output.ShouldEndWith("The database is up to date.\n");

        (code, output, _) = await RunAsync(database, ["status", "--json", "--check"]);
        code.ShouldBe(ExitCode.Ok);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("applied").GetArrayLength().ShouldBe(RecordedSteps.Count);
        json.RootElement.GetProperty("pending").GetArrayLength().ShouldBe(0);
        json.RootElement.GetProperty("differences").GetArrayLength().ShouldBe(0);
        json.RootElement.GetProperty("seconds_since_last_migration").GetInt64().ShouldBeInRange(0, 600);

        await database.ExecuteAsync("drop index positions_car_id_index; alter table cars add colour text");
        (code, output, _) = await RunAsync(database, ["status", "--check"]);
        code.ShouldBe(ExitCode.Failure);
        output.ShouldContain("index positions_car_id_index on public.positions is missing");
        output.ShouldContain("CREATE INDEX positions_car_id_index ON public.positions USING btree (car_id);");
        output.ShouldContain("extra column colour of table public.cars (text)");

        (code, _, error) = await RunAsync(database, ["rollback", "20251207212310"]);
        code.ShouldBe(ExitCode.Failure);
        error.ShouldContain("the theme of the pages");
        error.ShouldContain("--yes");
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
        (code, output, _) = await RunAsync(database, ["rollback", "20251207212310", "--yes"]);
        code.ShouldBe(ExitCode.Ok);
        output.ShouldContain("undone 20251207212310");
        (await database.VersionsAsync())[^1].ShouldBe("20250924215353");
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_says_rewrites_scans_and_locks()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        var before = await database.FingerprintAsync();
        var (code, output, _) = await RunAsync(database, ["migrate", "--dry-run"]);
        code.ShouldBe(ExitCode.Ok);
        output.ShouldContain("20200410112005 database_efficiency_improvements");
        output.ShouldContain("rewrites positions (20000 rows, ");
        output.ShouldContain("strongest lock: access exclusive on ");
        (await database.FingerprintAsync()).ShouldBe(before);
        (await database.ScalarAsync<bool>("select to_regclass('changelog') is null and to_regnamespace('teslamate') is null")).ShouldBeTrue();
    }

    [Fact]
    public async Task Bad_settings_are_all_listed_with_exit_code_78()
    {
        var (code, _, error) = await RunAsync(new Dictionary<string, string?> { ["DATABASE_PORT"] = "x", ["DATABASE_SSL"] = "maybe" }, ["migrate"]);
        code.ShouldBe(ExitCode.Configuration);
        foreach (var name in new[] { "DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASS", "DATABASE_PORT", "DATABASE_SSL" })
            error.ShouldContain(name);
    }

    [Fact]
    public async Task A_step_before_a_service_leaves_wrong_settings_to_the_service_itself()
    {
        // systemd keeps a unit from being started again by the exit code of its main process alone.
        var environment = new Dictionary<string, string?> { ["DATABASE_PORT"] = "x", ["NOTIFY_SOCKET"] = "/nonexistent" };
        foreach (var (arguments, expected) in new (string[], int)[] { (["migrate", "--wait"], ExitCode.Ok), (["migrate"], ExitCode.Configuration) })
        {
            var (code, _, error) = await RunAsync(environment, arguments);
            code.ShouldBe(expected);
            error.ShouldContain("DATABASE_PORT");
        }
    }

    [Fact]
    public async Task Root_restores_nothing()
    {
        var (code, _, error) = await RunAsync(new Dictionary<string, string?> { ["DATABASE_SOCKET_DIR"] = "/x", ["DATABASE_NAME"] = "x" },
            ["restore", "/nonexistent"]);
        code.ShouldBe(ExitCode.Failure);
        error.ShouldContain(Environment.IsPrivilegedProcess ? "does not run as root" : "/x");
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("restore", "a", "--drop-old")]
    [InlineData("migrate", "--to", "soon")]
    [InlineData("rollback")]
    [InlineData("rollback", "20200101000000", "--to-known")]
    [InlineData("status", "--verbose")]
    public async Task Usage_errors_exit_with_2(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        (await new ProgramCommand().RunAsync(arguments, output, error)).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task A_version_that_does_not_exist_is_said()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var (code, _, error) = await RunAsync(database, ["migrate", "--to", "20200101000000"]);
        code.ShouldBe(ExitCode.Failure);
        error.ShouldContain("This program has no version 20200101000000.");
    }

    [Fact]
    public async Task A_server_that_is_away_is_a_failure_with_a_remedy()
    {
        foreach (var verb in new[] { "migrate", "status" })
        {
            var (code, _, error) = await RunAsync(
                new Dictionary<string, string?>
                {
                    ["DATABASE_SOCKET_DIR"] = "/nowhere",
                    ["DATABASE_NAME"] = "teslamate",
                    ["DATABASE_USER"] = "teslamate"
                }, [verb]);
            code.ShouldBe(ExitCode.Failure);
            error.ShouldContain("remedy: Check DATABASE_SOCKET_DIR");
        }
    }

    static Task<(int Code, string Output, string Error)> RunAsync(TestDatabase database, string[] arguments)
    {
        var settings = database.Settings();
        return RunAsync(new Dictionary<string, string?>
        {
            ["DATABASE_SOCKET_DIR"] = settings.Host.StartsWith('/') ? settings.Host : null,
            ["DATABASE_HOST"] = settings.Host,
            ["DATABASE_PORT"] = $"{settings.Port}",
            ["DATABASE_USER"] = settings.User,
            ["DATABASE_PASS"] = settings.Password?.Reveal() ?? "none",
            ["DATABASE_NAME"] = settings.Name,
            ["ENCRYPTION_KEY"] = "correct-horse-battery-staple",
        }, arguments);
    }

    // A process of its own, since the variables are the process's.
    static async Task<(int Code, string Output, string Error)> RunAsync(Dictionary<string, string?> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ProgramCommand).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("DATABASE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
