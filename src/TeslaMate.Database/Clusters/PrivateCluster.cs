using System.Diagnostics;

namespace TeslaMate.Database.Clusters;

/// <summary>
/// A PostgreSQL server of one's own for demos and tests: made with the <c>initdb</c> and <c>postgres</c> found on the machine, reachable only
/// through a unix socket in its folder, stopped and (unless the folder was given) deleted on disposal.
/// </summary>
public sealed class PrivateCluster : IAsyncDisposable
{
    const string ServerUser = "postgres";

    // Ends the server when this process is gone, however it went: its end of the pipe closes then. The temporary folder goes with the server.
    // A signal to the whole process group, such as a terminal's, is for this process to answer, not for the guard.
    const string Guard = """
        trap '' TERM INT HUP
        folder=$1; shift
        exec 3<&0
        "$@" & server=$!
        (cat <&3 >/dev/null; kill -QUIT $server 2>/dev/null; while kill -0 $server 2>/dev/null; do sleep 0.1; done
            [ -n "$folder" ] && rm -rf "$folder") >/dev/null 2>&1 &
        wait $server
        """;

    readonly string _binaries;
    readonly bool _deleteFolder;
    // Kept to the end: a pipe closes with its process object, and would wake the guard of a server that was stopped and started again.
    readonly List<Process> _started = [];
    Process? _server;

    PrivateCluster(string binaries, string folder, bool deleteFolder)
    {
        _binaries = binaries;
        Folder = folder;
        _deleteFolder = deleteFolder;
    }

    /// <summary>The folder that holds the data, the log and the socket.</summary>
    public string Folder { get; }

    /// <summary>The folder of the unix socket, usable as <c>Host</c>.</summary>
    public string Socket => Folder;

    string Data => Path.Combine(Folder, "data");

    /// <summary>A connection string for the superuser <c>postgres</c>.</summary>
    public string ConnectionString(string database = "postgres")
        => $"Host={Socket};Username=postgres;Database={database};Timezone=UTC;Include Error Detail=true";

    /// <summary>
    /// Takes PostgreSQL's own variables (<c>PGPORT</c>, <c>PGHOST</c>, <c>PGOPTIONS</c> …) out of this process's environment and that of what it
    /// starts: they speak of another server.
    /// </summary>
    public static void ForgetOtherServers()
    {
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("PG", StringComparison.Ordinal)))
            Environment.SetEnvironmentVariable(name, null);
    }

    /// <summary>
    /// The folder with <c>initdb</c> and <c>postgres</c>: the newest version that Debian, the path or <paramref name="preferred"/> offers.
    /// </summary>
    /// <returns>Null when PostgreSQL's server is not installed.</returns>
    public static string? FindBinaries(string? preferred = null)
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var major) ? major : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> candidates = preferred is null ? [.. debian, .. onPath] : [preferred];
        return candidates.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    /// <summary>Makes (or, in a given folder that has one, reuses) a cluster and starts it.</summary>
    /// <param name="folder">Where to keep it; null for a temporary folder that disposal deletes.</param>
    /// <param name="binaries">The server's programs; null to look for them.</param>
    /// <param name="settings">Further lines for <c>postgresql.conf</c>, such as <c>fsync = off</c>.</param>
    /// <exception cref="InvalidOperationException">No server is installed, or it did not start; the message says what to do.</exception>
    public static async Task<PrivateCluster> StartAsync(
        string? folder = null, string? binaries = null, IReadOnlyList<string>? settings = null, CancellationToken cancellationToken = default)
    {
        binaries = FindBinaries(binaries)
            ?? throw new InvalidOperationException("PostgreSQL's server is not installed. On Debian: apt-get install postgresql");
        var path = folder ?? Directory.CreateTempSubdirectory("teslamate-pg-").FullName;
        Directory.CreateDirectory(path);
        // Whoever reaches the socket is let in, and as the server's administrator: nobody but this user may.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var cluster = new PrivateCluster(binaries, path, deleteFolder: folder is null);
        try
        {
            if (!Directory.Exists(cluster.Data))
                await cluster.MakeAsync(settings ?? [], cancellationToken);
            await cluster.StartServerAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server again after <see cref="StopServerAsync"/>.</summary>
    public async Task StartServerAsync(CancellationToken cancellationToken = default)
    {
        var (program, arguments) =
            AsServerUser("/bin/sh", ["-c", Guard, "sh", _deleteFolder ? Folder : "", Path.Combine(_binaries, "postgres"), "-D", Data,
            // On the command line, so that it holds for folders of older programs, too, and whatever PGPORT says.
            "-c", "unix_socket_permissions=0700", "-c", "listen_addresses=", "-c", "port=5432"]);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        _server = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        _started.Add(_server);
        var output = new List<string>();
        void Keep(object _, DataReceivedEventArgs line)
        {
            lock (output)
                if (line.Data is { } text && output.Count < 200)
                    output.Add(text);
        }

        _server.OutputDataReceived += Keep;
        _server.ErrorDataReceived += Keep;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        for (var attempt = 0; attempt < 600; attempt++)
        {
            if (_server.HasExited)
            {
                string said;
                lock (output)
                    said = string.Join('\n', output);
                throw new InvalidOperationException($"PostgreSQL stopped at once:\n{said}");
            }

            if (File.Exists(Path.Combine(Data, "postmaster.pid"))
                && (await File.ReadAllTextAsync(Path.Combine(Data, "postmaster.pid"), cancellationToken)).Contains("ready", StringComparison.Ordinal))
                return;
            await Task.Delay(50, cancellationToken);
        }

        throw new InvalidOperationException("PostgreSQL did not get ready within 30 s.");
    }

    /// <summary>Stops the server; <paramref name="immediately"/> as a power cut would, otherwise after closing the sessions.</summary>
    public async Task StopServerAsync(bool immediately = false, CancellationToken cancellationToken = default)
    {
        if (_server is not { HasExited: false })
            return;
        await RunAsServerUserAsync("pg_ctl", ["-D", Data, "-m", immediately ? "immediate" : "fast", "-w", "stop"], cancellationToken);
        await _server.WaitForExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopServerAsync(immediately: _deleteFolder);
        }
        catch (InvalidOperationException)
        {
            _server?.Kill(entireProcessTree: true);
        }

        // Before the pipe closes: the guard would delete at the same time, and each would stumble over what the other has just taken away.
        if (_deleteFolder && Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        _started.ForEach(process => process.Dispose());
    }

    async Task MakeAsync(IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        // Under another name until it is complete: what was cut off would not start, or listen on TCP to everybody of the machine.
        var unfinished = Data + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", [ServerUser, Folder], cancellationToken);
        await RunAsServerUserAsync("initdb", ["-D", unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            cancellationToken);
        string[] lines =
        [
            "listen_addresses = ''", $"unix_socket_directories = '{Folder}'", "max_connections = 200", "timezone = 'UTC'", "log_timezone = 'UTC'",
            .. settings,
        ];
        await File.AppendAllLinesAsync(Path.Combine(unfinished, "postgresql.conf"), lines, cancellationToken);
        Directory.Move(unfinished, Data);
    }

    Task RunAsServerUserAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var (file, all) = AsServerUser(program, arguments);
        return RunAsync(file, all, cancellationToken);
    }

    // PostgreSQL refuses to run as root.
    (string Program, IReadOnlyList<string> Arguments) AsServerUser(string program, IReadOnlyList<string> arguments)
    {
        var path = Path.Combine(_binaries, program);
        return Environment.IsPrivilegedProcess
            ? ("setpriv", [$"--reuid={ServerUser}", $"--regid={ServerUser}", "--clear-groups", path, .. arguments])
            : (path, arguments);
    }

    static async Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} failed with exit code {process.ExitCode}:\n{await errors}{await output}");
    }
}
