using System.Diagnostics;
using System.Net.Sockets;
using TeslaMate.Database.Clusters;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>
/// <c>teslamate start</c> as process 1 of a namespace of its own, in a root file system of its own: what a container runtime gives it.
/// </summary>
[Collection(MachineTests.Name)]
public sealed class StartAsProcess1Tests : IAsyncLifetime
{
    string _root = "";
    PrivateCluster? _cluster;

    [SkippableFact]
    public async Task A_database_that_comes_late_is_waited_for_migrated_and_served_and_a_signal_ends_it_in_order()
    {
        await _cluster!.StopServerAsync();
        using var program = await StartAsync();
        await UntilSaidAsync(program, "Waiting for database");
        await _cluster.StartServerAsync();
        await UntilSaidAsync(program, "Listening on");
        (await HealthAsync()).ShouldBe("200");

        await SignalAsync(program, "TERM");
        (await EndAsync(program)).ShouldBe(0, program.Said);
        File.Exists(Path.Combine(_cluster.Folder, "http.sock")).ShouldBeFalse("the socket is removed");
    }

    [SkippableFact]
    public async Task A_signal_while_waiting_for_the_database_ends_it_at_once()
    {
        await _cluster!.StopServerAsync();
        using var program = await StartAsync();
        await UntilSaidAsync(program, "Waiting for database");
        await SignalAsync(program, "INT");
        (await EndAsync(program)).ShouldBe(0, program.Said);
    }

    [SkippableFact]
    public async Task A_second_signal_does_not_wait_for_anything()
    {
        using var program = await StartAsync();
        await UntilSaidAsync(program, "Listening on");
        // A request that never ends keeps the orderly stop waiting.
        using var slow = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await slow.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_cluster!.Folder, "http.sock")));
        await slow.SendAsync(
            "POST /log_in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na"u8.ToArray());
        await SignalAsync(program, "TERM");
        await SignalAsync(program, "TERM");
        (await EndAsync(program)).ShouldBeOneOf(130, 0);
    }

    [SkippableFact]
    public async Task Settings_that_cannot_be_used_are_all_named_and_the_exit_code_says_so()
    {
        using var program = await StartAsync("PORT=x", "DATABASE_POOL_SIZE=ten", "DISABLE_MQTT=false");
        (await EndAsync(program)).ShouldBe(78);
        program.Said.ShouldContain("PORT is \"x\"");
        program.Said.ShouldContain("DATABASE_POOL_SIZE is \"ten\"");
    }

    public async Task InitializeAsync()
    {
        Skip.If(Machine.Hindrance is not null, Machine.Hindrance);
        _root = Path.Combine(Directory.CreateTempSubdirectory("teslamate-chroot-").FullName, "root");
        await DebianRoot.CopyAsync(_root);
        foreach (var folder in new[] { "opt/teslamate", "srv/database" })
            Directory.CreateDirectory(Path.Combine(_root, folder));
        _cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        if (_root.Length > 0)
            await Shell.RunAsync("rm", "-rf", Path.GetDirectoryName(_root)!);
    }

    async Task<RunningProgram> StartAsync(params string[] environment)
    {
        string[] variables =
        [
            "DATABASE_SOCKET_DIR=/srv/database", "DATABASE_USER=postgres", "DATABASE_NAME=postgres", "DISABLE_MQTT=true",
            "ENCRYPTION_KEY=chroot-encryption-key",
            "HTTP_BINDING_ADDRESS=/srv/database/http.sock", "SOCKET_PERM=666", "TESLAMATE_SPOOL_DIR=/tmp/spool", .. environment,
        ];
        // Whoever runs the tests in the background of a shell bequeaths an ignored SIGINT, which the program would respect.
        const string Enter = """
            root=$1 published=$2 database=$3; shift 3
            mount --bind "$published" "$root/opt/teslamate"
            mount --bind "$database" "$root/srv/database"
            mount -t proc proc "$root/proc"
            exec chroot "$root" /usr/bin/env --default-signal=INT -i PATH=/usr/bin "$@" /opt/teslamate/teslamate start
            """;
        var start = new ProcessStartInfo("unshare",
            ["--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-ec", Enter, "sh", _root, await Publication.FolderAsync(),
                _cluster!.Folder, .. variables])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        return new RunningProgram(Process.Start(start) ?? throw new InvalidOperationException("unshare did not start."));
    }

    async Task<string> HealthAsync()
        => (await Shell.RunAsync("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", Path.Combine(_cluster!.Folder, "http.sock"),
            "http://x/health_check")).Succeeded();

    static async Task SignalAsync(RunningProgram program, string signal)
    {
        // unshare stays outside; its child is process 1 inside.
        var children = await File.ReadAllTextAsync($"/proc/{program.Process.Id}/task/{program.Process.Id}/children");
        await Shell.RunAsync("kill", $"-{signal}", children.Trim());
    }

    static async Task<int> EndAsync(RunningProgram program)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await program.Process.WaitForExitAsync(limit.Token);
        return program.Process.ExitCode;
    }

    static async Task UntilSaidAsync(RunningProgram program, string text)
    {
        for (var attempt = 0; attempt < 600 && !program.Said.Contains(text, StringComparison.Ordinal); attempt++)
        {
            program.Process.HasExited.ShouldBeFalse(program.Said);
            await Task.Delay(100);
        }

        program.Said.ShouldContain(text);
    }

    sealed class RunningProgram : IDisposable
    {
        readonly System.Text.StringBuilder _said = new();

        public RunningProgram(Process process)
        {
            Process = process;
            process.OutputDataReceived += Keep;
            process.ErrorDataReceived += Keep;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public Process Process { get; }

        /// <summary>Both streams until now.</summary>
        public string Said
        {
            get
            {
                lock (_said)
                    return _said.ToString();
            }
        }

        public void Dispose()
        {
            if (!Process.HasExited)
                Process.Kill(entireProcessTree: true);
            Process.Dispose();
        }

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (_said)
                _said.AppendLine(line.Data);
        }
    }
}
