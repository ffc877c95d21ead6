using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>The unit of <c>nix/module.nix</c> on a booted machine: its life from the first start to the reboot.</summary>
[Collection(MachineTests.Name)]
public sealed partial class ServiceTests
{
    const string Newest = "select max(version) from schema_migrations";

    [SkippableFact]
    public async Task A_new_machine_sets_itself_up_serves_and_stops_in_time()
    {
        string[] credentials = ["WEB_PASSWORD", "WEB_API_TOKEN", "SECRET_KEY_BASE", "MQTT_PASSWORD"];
        await using var machine = await Machine.BootAsync($$"""
            settings = { LOG_LEVEL = "debug"; MQTT_USERNAME = "cars"; NOMINATIM_PROXY = "http://user:proxy-secret@127.0.0.1:1"; };
            mqtt.enable = true;
            credentials = { {{string.Concat(credentials.Select(name => $"{name} = \"/etc/{name}\"; "))}} };
            """, async root =>
        {
            foreach (var name in credentials)
                await File.WriteAllTextAsync($"{root}/etc/{name}", $"{name}-secret");
        });
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());

        // Type=notify: systemctl came back because the program said that it is ready.
        (await machine.UnitAsync("ActiveState")).ShouldBe("active");
        (await machine.ShellAsync("curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:4000/health_check")).ShouldBe("200");
        (await machine.QueryAsync("select count(*) from schema_migrations")).ShouldBe(Machine.Versions);
        (await machine.QueryAsync("select rolsuper from pg_roles where rolname = 'teslamate'")).ShouldBe("f");
        await machine.UntilAsync("the status line tells that there is no sign-in",
            async () => (await machine.UnitAsync("StatusText")).Contains("not signed in", StringComparison.Ordinal));

        var exposure = ExposureLevel().Match((await machine.RunAsync("systemd-analyze", "security", "--no-pager", Machine.Unit)).Output);
        double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture).ShouldBeLessThanOrEqualTo(1.5);

        var entries = await EntriesAsync(machine);
        entries.ShouldContain(entry => entry.GetProperty("SYSLOG_IDENTIFIER").GetString() == "teslamate"
            && entry.GetProperty("PRIORITY").GetString() == "6"
            && entry.GetProperty("MESSAGE").GetString()!.StartsWith("Listening on", StringComparison.Ordinal));
        // Whichever way a secret came: it is in no field of no entry at the most talkative level, and on nobody's command line.
        var commands = await machine.ShellAsync("cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
        commands.ShouldContain("serve");
        foreach (var secret in (string[])["machine-encryption-key", "pass'word", "proxy-secret", .. credentials.Select(name => $"{name}-secret")])
        {
            entries.ShouldNotContain(entry => entry.GetRawText().Contains(secret, StringComparison.Ordinal), secret);
            commands.ShouldNotContain(secret);
        }

        var clock = Stopwatch.StartNew();
        (await machine.RunAsync("systemctl", "stop", Machine.Unit)).Succeeded();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        (await machine.UnitAsync("Result")).ShouldBe("success");
        (await machine.UnitAsync("ExecMainStatus")).ShouldBe("0");
    }

    [SkippableFact]
    public async Task Every_setting_reaches_the_program_byte_for_byte_and_wrong_ones_are_not_tried_again()
    {
        var chance = new Random(20261129);
        string[] pieces = ["%", "%n", "%%", "$", "$HOME", "${x}", "''", "'", "\"", "\\", "\\n", "\n", "\t", " ", "`id`", ";", "#", "~",
            "<a href=\"x\">\u00a9</a>", "\u0001", "\u26a1", "=", "-", "\u007f", "!", "*", "&"];
        var values = Enumerable.Range(0, 60).ToDictionary(i => $"HOSTILE_{i}",
            i => string.Concat(Enumerable.Range(0, 1 + chance.Next(6)).Select(_ => pieces[chance.Next(pieces.Length)])));
        var settings = string.Concat(values.Select(pair => $"{pair.Key} = {Nix(pair.Value)}; "));
        await using var machine = await Machine.BootAsync($"settings = {{ {settings} }};");
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());

        var process = await machine.UnitAsync("MainPID");
        var scripts = (await machine.ShellAsync("ls /nix/store/*-teslamate-settings.sh"));
        foreach (var command in new[] { $"cat /proc/{process}/environ", $"env -i bash -euc '. {scripts}; env -0'" })
        {
            var seen = (await machine.ShellAsync(command)).Split('\0').Select(line => line.Split('=', 2)).Where(line => line.Length == 2)
                .ToDictionary(line => line[0], line => line[1]);
            foreach (var (name, value) in values)
                seen.GetValueOrDefault(name).ShouldBe(value, $"{command}: {name}");
        }

        // The main process says that the settings are wrong, so that systemd does not start it again.
        await machine.EditUnitAsync("Environment=DATABASE_PORT=x");
        (await machine.RunAsync("systemctl", "restart", Machine.Unit)).ExitCode.ShouldNotBe(0);
        (await machine.UnitAsync("NRestarts")).ShouldBe("0");
        (await machine.UnitAsync("ExecMainStatus")).ShouldBe("78");
        (await machine.JournalAsync()).ShouldContain("DATABASE_PORT");

        static string Nix(string value)
            => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("${", "\\${",
                StringComparison.Ordinal) + "\"";
    }

    [SkippableFact]
    public async Task A_crash_and_a_hang_both_end_in_a_restart()
    {
        await using var machine = await Machine.BootAsync();
        await machine.EditUnitAsync("WatchdogSec=6\nTimeoutStopSec=3\nRestartSec=1");
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());

        await machine.RunAsync("systemctl", "kill", "--kill-whom=main", "--signal=KILL", Machine.Unit);
        await machine.UntilAsync("the killed program is back", () => RestartedAsync(machine, 1));

        // A stopped process is the purest hang: it does nothing at all, and does not even answer the watchdog's SIGABRT.
        await machine.RunAsync("systemctl", "kill", "--kill-whom=main", "--signal=STOP", Machine.Unit);
        await machine.UntilAsync("the hung program is back", () => RestartedAsync(machine, 2));
        (await machine.ShellAsync($"journalctl -u {Machine.Unit} -o cat --no-pager")).ShouldContain("Watchdog timeout");
    }

    [SkippableFact]
    public async Task The_database_may_come_late_and_go_away()
    {
        await using var machine = await Machine.BootAsync();
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());
        var pid = await machine.UnitAsync("MainPID");

        // The unit requires PostgreSQL, so systemd would stop it along; a crash of the server it would not notice.
        await machine.ShellAsync("pg_ctlcluster 15 main stop --mode immediate || true");
        await machine.UntilAsync("the status line tells of the outage",
            async () => (await machine.UnitAsync("StatusText")).Contains("away since", StringComparison.Ordinal));
        (await machine.ShellAsync("curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:4000/health_check")).ShouldBe("200");
        (await machine.ShellAsync("curl -sS -o /dev/null -w '%{http_code}' 'http://127.0.0.1:4000/health_check?verbose'")).ShouldBe("503");

        await machine.ShellAsync("pg_ctlcluster 15 main start || systemctl restart postgresql@15-main");
        await machine.UntilAsync("the database is there again",
            async () => !(await machine.UnitAsync("StatusText")).Contains("away since", StringComparison.Ordinal));
        (await machine.UnitAsync("MainPID")).ShouldBe(pid);
        (await machine.UnitAsync("NRestarts")).ShouldBe("0");
    }

    [SkippableFact]
    public async Task The_service_is_back_after_a_reboot()
    {
        await using var machine = await Machine.BootAsync(autoStart: true,
            prepare: root => Shell.RunAsync("systemctl", "--root", root, "enable", Machine.Unit));
        await machine.UntilActiveAsync();
        await machine.RebootAsync();
        await machine.UntilActiveAsync();
        (await machine.ShellAsync("journalctl --list-boots --no-pager | grep -cE '^ *-?[0-9]'")).ShouldBe("2");
        (await machine.QueryAsync("select count(*) from schema_migrations")).ShouldBe(Machine.Versions);
    }

    static async Task<bool> RestartedAsync(Machine machine, int times)
        => await machine.UnitAsync("NRestarts") == times.ToString(CultureInfo.InvariantCulture) && await machine.UnitAsync("ActiveState") == "active";

    static async Task<List<JsonElement>> EntriesAsync(Machine machine)
    {
        await machine.RunAsync("journalctl", "--sync");
        var lines = (await machine.RunAsync("journalctl", "-u", Machine.Unit, "--no-pager", "-o", "json", "--all")).Succeeded();
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    [GeneratedRegex("Overall exposure level for .*: ([0-9.]+)")]
    private static partial Regex ExposureLevel();
}
