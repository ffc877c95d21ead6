using System.Diagnostics;
using System.Globalization;
using TeslaMate.Database.Migrations;

namespace TeslaMate.SystemTests.Machines;

/// <summary>
/// A Debian machine of a test's own, booted with systemd as process 1 in a container: PostgreSQL from Debian, and what <c>nix/module.nix</c> renders
/// for a configuration, with the store's paths leading to the published program and to Debian's programs.
/// </summary>
sealed class Machine : IAsyncDisposable
{
    /// <summary>The service under test.</summary>
    public const string Unit = "teslamate.service";

    /// <summary>How many rows <c>schema_migrations</c> has at the newest version.</summary>
    public static string Versions { get; } = KnownVersions.Reference.Count.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the machine finds Tesla's cloud.</summary>
    public const string CloudAddress = "http://127.0.0.1:8080";

    const string Settings = """
        ENCRYPTION_KEY="machine-encryption-key"
        DATABASE_PASS="pass'word \"$(x)\\"

        """;

    static readonly TimeSpan LongestBoot = TimeSpan.FromMinutes(2);

    readonly string _root;
    readonly ProcessStartInfo _boot;
    Process _container;

    Machine(string root, ProcessStartInfo boot)
    {
        _root = root;
        _boot = boot;
        _container = Start(boot);
    }

    /// <summary>What the machine needs to be booted here; null when it can.</summary>
    public static string? Hindrance
        => !OperatingSystem.IsLinux() ? "systemd runs on Linux only"
            : !Environment.IsPrivilegedProcess ? "a container can only be booted as root"
            : null;

    /// <summary>Boots a machine.</summary>
    /// <param name="configuration">The body of <c>services.teslamate</c>, as Nix.</param>
    /// <param name="prepare">Changes the root file system before the boot; gets its folder.</param>
    /// <param name="cloud">Leads to what the machine finds at <see cref="CloudAddress"/>.</param>
    /// <param name="hasServer">Whether the module sets up PostgreSQL, rather than somebody else.</param>
    public static async Task<Machine> BootAsync(
        string configuration = "", Func<string, Task>? prepare = null, CloudBridge? cloud = null, bool autoStart = false, bool hasServer = true)
    {
        Skip.If(Hindrance is not null, Hindrance);
        var published = await Publication.FolderAsync();
        var nix = await NixMachine.RenderAsync($$"""
            { services.teslamate = { enable = true; autoStart = {{(autoStart ? "true" : "false")}}; secretsFile = "/etc/teslamate.env"; postgres.enable_server = {{(hasServer ? "true" : "false")}}; {{configuration}} }; }
            """);
        var root = Path.Combine(Directory.CreateTempSubdirectory("teslamate-machine-").FullName, "root");
        await DebianRoot.CopyAsync(root);
        await InstallAsync(root, nix);
        if (prepare is not null)
            await prepare(root);

        var boot = new ProcessStartInfo("systemd-nspawn",
            ["--quiet", "--boot", "--directory", root, "--machine", $"teslamate-{Path.GetFileName(Path.GetDirectoryName(root))!.ToLowerInvariant()}",
                "--register=no", "--keep-unit",
                "--private-network", "--console=read-only", "--bind-ro", $"{published}:/opt/teslamate",
                .. cloud is null ? [] : (string[])["--bind", $"{cloud.Folder}:/srv/cloud"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        var machine = new Machine(root, boot);
        await machine.WaitUntilBootedAsync();
        return machine;
    }

    static Process Start(ProcessStartInfo boot)
    {
        var container = Process.Start(boot) ?? throw new InvalidOperationException("systemd-nspawn did not start.");
        container.BeginOutputReadLine();
        container.BeginErrorReadLine();
        return container;
    }

    /// <summary>The place of a file of the machine on the machine that runs the tests.</summary>
    public string Outside(string path) => _root + path;

    /// <summary>Runs a program inside.</summary>
    public async Task<CommandResult> RunAsync(string program, params string[] arguments)
        => await Shell.RunAsync("nsenter",
            ["--all", $"--target={Leader() ?? throw new InvalidOperationException("The machine is down.")}", "--", program, .. arguments]);

    /// <summary>Runs shell commands inside and returns what they print; they must succeed.</summary>
    public async Task<string> ShellAsync(string commands) => (await RunAsync("/bin/bash", "-euo", "pipefail", "-c", commands)).Succeeded();

    /// <summary>One value from the database, as its administrator.</summary>
    public async Task<string> QueryAsync(string sql, string database = "teslamate")
        => (await RunAsync("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d",
            database, "-c", sql)).Succeeded();

    /// <summary>A property of the unit, as <c>systemctl show</c> tells it.</summary>
    public async Task<string> UnitAsync(string property) => (await RunAsync("systemctl", "show", "--value", "-p", property, Unit)).Succeeded();

    /// <summary>The journal of the unit as text, with <paramref name="filter"/> for <c>journalctl</c>.</summary>
    public async Task<string> JournalAsync(params string[] filter)
    {
        await RunAsync("journalctl", "--sync");
        return (await RunAsync("journalctl", ["-u", Unit, "--no-pager", "-o", "cat", .. filter])).Output;
    }

    /// <summary>Waits until <paramref name="holds"/>; fails with the unit's journal if that takes too long.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, int seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                throw new TimeoutException(
                    $"Not within {seconds} s: "
                        + $"{what}.\n{(await RunAsync("systemctl", "status", "--no-pager", "-l", Unit)).Output}\n{await JournalAsync()}");
            await Task.Delay(250);
        }
    }

    /// <summary>Adds lines to a section of the unit, as an administrator would with <c>systemctl edit</c>.</summary>
    public async Task EditUnitAsync(string lines, string section = "Service")
    {
        await WriteAsync(_root, $"/etc/systemd/system/{Unit}.d/test-{section}.conf", $"[{section}]\n{lines}\n");
        (await RunAsync("systemctl", "daemon-reload")).Succeeded();
    }

    public Task UntilActiveAsync(int seconds = 60)
        => UntilAsync("the unit is active", async () => await UnitAsync("ActiveState") == "active", seconds);

    /// <summary>Reboots and waits until everything is up again.</summary>
    public async Task RebootAsync()
    {
        await RunAsync("systemctl", "reboot");
        // Without a unit of its own systemd-nspawn ends at a reboot and leaves it to its caller to boot again.
        using var limit = new CancellationTokenSource(LongestBoot);
        await _container.WaitForExitAsync(limit.Token);
        _container.Dispose();
        _container = Start(_boot);
        await WaitUntilBootedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_container.HasExited)
        {
            // nspawn ends the machine at once and orderly enough for something that is deleted.
            if (Leader() is { } leader)
                await Shell.RunAsync("kill", "-KILL", leader);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await _container.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _container.Kill(entireProcessTree: true);
            }
        }

        _container.Dispose();
        await Shell.RunAsync("rm", "-rf", Path.GetDirectoryName(_root)!);
    }

    // Process 1 of the machine, as this machine numbers it.
    string? Leader()
    {
        try
        {
            return File.ReadAllText($"/proc/{_container.Id}/task/{_container.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .FirstOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }

    async Task WaitUntilBootedAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            _container.HasExited.ShouldBeFalse("systemd-nspawn ended");
            if (Leader() is not null && (await RunAsync("systemctl", "is-system-running", "--wait")).Output.Trim() is "running" or "degraded")
                return;
            clock.Elapsed.ShouldBeLessThan(LongestBoot, "the machine boots");
            await Task.Delay(200);
        }
    }

    static async Task InstallAsync(string root, NixMachine nix)
    {
        (await Shell.RunAsync("useradd", "--root", root, "--system", "--user-group", "--home-dir", "/var/lib/teslamate", "--shell",
            "/usr/sbin/nologin", "teslamate")).Succeeded();
        string[] folders = ["var/log/journal", "opt/teslamate", "etc/systemd/system/postgresql-setup.service.d", "run"];
        foreach (var folder in folders)
            Directory.CreateDirectory(Path.Combine(root, folder));
        await WriteAsync(root, "/etc/teslamate.env", Settings, mode: 0b110_000_000);
        foreach (var configuration in Directory.GetFiles(Path.Combine(root, "etc/postgresql"), "postgresql.conf", SearchOption.AllDirectories))
            await File.AppendAllTextAsync(configuration, "fsync = off\nfull_page_writes = off\n");

        // The store's paths, and the names by which they are in NixOS' system path.
        foreach (var (path, script) in nix.Scripts)
            await WriteAsync(root, path, script, mode: 0b111_101_101);
        var postgresql = "/" + Path.GetRelativePath(root, Directory.GetDirectories(Path.Combine(root, "usr/lib/postgresql")).Single()) + "/bin";
        foreach (var path in nix.Programs)
        {
            var target = path.Contains("-teslamate/", StringComparison.Ordinal)
                ? "/opt/teslamate" : path.Contains("-postgresql/", StringComparison.Ordinal) ? postgresql : "/usr/bin";
            Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
            File.CreateSymbolicLink(root + path, target);
        }

        foreach (var path in nix.Commands)
            File.CreateSymbolicLink(Path.Combine(root, "usr/local/bin", Path.GetFileName(path)), path);

        await WriteAsync(root, "/etc/systemd/system/cloud.socket", """
            [Socket]
            ListenStream=127.0.0.1:8080
            [Install]
            WantedBy=sockets.target

            """);
        await WriteAsync(root, "/etc/systemd/system/cloud.service", """
            [Service]
            ExecStart=/lib/systemd/systemd-socket-proxyd /srv/cloud/socket

            """);

        // What NixOS' own modules bring: the set-up of PostgreSQL, here for Debian's.
        await WriteAsync(root, "/etc/systemd/system/postgresql.target", """
            [Unit]
            Requires=postgresql.service postgresql-setup.service
            After=postgresql.service postgresql-setup.service

            """);
        await WriteAsync(root, "/etc/systemd/system/postgresql-setup.service", """
            [Unit]
            Requires=postgresql.service
            After=postgresql.service
            [Service]
            Type=oneshot
            RemainAfterExit=yes
            User=postgres
            ExecStart=/usr/local/lib/postgresql-setup

            """);
        await WriteAsync(root, "/usr/local/lib/postgresql-setup", """
            #!/bin/sh -e
            [ "$(psql -XAtqc "select count(*) from pg_roles where rolname = 'teslamate'")" = 1 ] || createuser teslamate
            [ "$(psql -XAtqc "select count(*) from pg_database where datname = 'teslamate'")" = 1 ] || createdb -O teslamate teslamate

            """, mode: 0b111_101_101);
        await WriteAsync(root, "/etc/tmpfiles.d/00-nixos.conf", string.Concat(nix.Tmpfiles.Select(rule => rule + "\n")));
        foreach (var (name, text) in nix.Units)
        {
            await WriteAsync(root, name == "postgresql-setup.service"
                ? "/etc/systemd/system/postgresql-setup.service.d/teslamate.conf"
                : $"/etc/systemd/system/{name}", text);
        }
    }

    static async Task WriteAsync(string root, string path, string text, int mode = 0b110_100_100)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
        await File.WriteAllTextAsync(root + path, text);
        File.SetUnixFileMode(root + path, (UnixFileMode)mode);
    }
}
