using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using TeslaMate.Database.Clusters;

namespace TeslaMate.Benchmarks;

/// <summary>
/// Process start to <c>READY=1</c> on an up-to-date database, and resident memory when idle, of a published program: <c>start FOLDER [times]</c>.
/// Several programs, by turns, with the time of the first page and of later ones: <c>start-compared TIMES FOLDER FOLDER…</c>.
/// </summary>
static class ProgramStart
{
    static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    static readonly TimeSpan ComparedIdle = TimeSpan.FromSeconds(15);

    const int BrokerPort = 18_883;

    public static async Task RunAsync(string folder, int times)
    {
        await using var cluster = await PrivateCluster.StartAsync();
        await RunToEndAsync(folder, cluster, "migrate");
        var milliseconds = new List<double>();
        for (var i = 0; i < times; i++)
            milliseconds.Add((await StartAsync(folder, cluster, idle: TimeSpan.Zero, mqtt: false)).Ready.TotalMilliseconds);
        milliseconds.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"start to READY=1: median {milliseconds[times / 2]:0} ms, fastest {milliseconds[0]:0} ms, slowest {milliseconds[^1]:0} ms of {times}"));

        using var broker = Process.Start(
            new ProcessStartInfo("mosquitto", ["-p", BrokerPort.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true });
        foreach (var mqtt in new[] { false, true })
        {
            var (_, resident, own) = await StartAsync(folder, cluster, Idle, mqtt);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"idle for {Idle.TotalSeconds:0} s, MQTT {(mqtt ? "on" : "off")}: resident {resident / 1048576.0:0.0} MB, of it the program's own "
                    + $"{own / 1048576.0:0.0} MB (the rest is code that is shared)"));
        }

        broker?.Kill();
    }

    /// <param name="times">Runs of each; the median is told, with the fastest and slowest.</param>
    /// <param name="folders">Published programs. Each has a database of its own, migrated by itself.</param>
    public static async Task CompareAsync(int times, IReadOnlyList<string> folders)
    {
        var clusters = new List<PrivateCluster>();
        var runs = folders.Select(_ => new List<(TimeSpan Ready, long Resident, long Own, TimeSpan First, TimeSpan Later)>()).ToList();
        try
        {
            foreach (var folder in folders)
            {
                clusters.Add(await PrivateCluster.StartAsync());
                await RunToEndAsync(folder, clusters[^1], "migrate");
            }

            for (var i = 0; i < times; i++)
            {
                for (var program = 0; program < folders.Count; program++)
                {
                    var (first, later) = (TimeSpan.Zero, TimeSpan.Zero);
                    var socket = Path.Combine(clusters[program].Folder, "http.sock");
                    var (ready, resident, own) = await StartAsync(folders[program], clusters[program], ComparedIdle, mqtt: false,
                        async () => (first, later) = await PagesAsync(socket));
                    runs[program].Add((ready, resident, own, first, later));
                }
            }
        }
        finally
        {
            foreach (var cluster in clusters)
                await cluster.DisposeAsync();
        }

        for (var program = 0; program < folders.Count; program++)
        {
            Console.WriteLine(folders[program]);
            Tell("start to READY=1, ms", runs[program].Select(run => run.Ready.TotalMilliseconds));
            Tell("first page, ms", runs[program].Select(run => run.First.TotalMilliseconds));
            Tell("later pages, ms", runs[program].Select(run => run.Later.TotalMilliseconds));
            Tell("idle, resident MB", runs[program].Select(run => run.Resident / 1048576.0));
            Tell("idle, own MB", runs[program].Select(run => run.Own / 1048576.0));
        }

        static void Tell(string what, IEnumerable<double> values)
        {
            var sorted = values.Order().ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {what}: median {sorted[sorted.Count / 2]:0.0}, {sorted[0]:0.0} to {sorted[^1]:0.0} of {sorted.Count}"));
        }
    }

    /// <summary>The first page after the start, and the median of a hundred lists of drives after as many that are not counted.</summary>
    static async Task<(TimeSpan First, TimeSpan Later)> PagesAsync(string socket)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        using var browser = new HttpClient(handler) { BaseAddress = new Uri("http://localhost") };
        var first = await TimeAsync("/settings");
        for (var i = 0; i < 100; i++)
            await TimeAsync("/drives");
        var later = new List<TimeSpan>();
        for (var i = 0; i < 100; i++)
            later.Add(await TimeAsync("/drives"));
        later.Sort();
        return (first, later[later.Count / 2]);

        async Task<TimeSpan> TimeAsync(string path)
        {
            var clock = Stopwatch.StartNew();
            await browser.GetStringAsync(path);
            return clock.Elapsed;
        }
    }

    static async Task<(TimeSpan Ready, long ResidentBytes, long OwnBytes)> StartAsync(string folder, PrivateCluster cluster, TimeSpan idle, bool mqtt,
        Func<Task>? afterwards = null)
    {
        var notify = Path.Combine(cluster.Folder, "notify");
        File.Delete(notify);
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(notify));
        var clock = Stopwatch.StartNew();
        using var program = Process.Start(Describe(folder, cluster, "serve", notify, mqtt))
            ?? throw new InvalidOperationException("The program did not start.");
        var datagram = new byte[4096];
        while (!Encoding.UTF8.GetString(datagram, 0, await manager.ReceiveAsync(datagram)).Contains("READY=1", StringComparison.Ordinal))
        {
        }

        var ready = clock.Elapsed;
        await Task.Delay(idle);
        program.Refresh();
        var resident = program.WorkingSet64;
        // Private_Dirty and Private_Clean, in kB.
        var own = (await File.ReadAllLinesAsync($"/proc/{program.Id}/smaps_rollup")).Where(
            line => line.StartsWith("Private_", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) * 1024;
        if (afterwards is not null)
            await afterwards();
        using var stop = Process.Start("kill", ["-TERM", program.Id.ToString(CultureInfo.InvariantCulture)]);
        await program.WaitForExitAsync();
        return (ready, resident, own);
    }

    static async Task RunToEndAsync(string folder, PrivateCluster cluster, string verb)
    {
        using var program = Process.Start(Describe(folder, cluster, verb, notify: null))
            ?? throw new InvalidOperationException("The program did not start.");
        await program.WaitForExitAsync();
        if (program.ExitCode != 0)
            throw new InvalidOperationException($"{verb} ended with {program.ExitCode}.");
    }

    static ProcessStartInfo Describe(string folder, PrivateCluster cluster, string verb, string? notify, bool mqtt = false)
    {
        var start = new ProcessStartInfo(Path.Combine(folder, "teslamate"), verb) { RedirectStandardOutput = true };
        // As in the package and the image.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DATABASE_SOCKET_DIR"] = cluster.Socket;
        start.Environment["DATABASE_USER"] = "postgres";
        start.Environment["DATABASE_NAME"] = "postgres";
        start.Environment["DISABLE_MQTT"] = mqtt ? "false" : "true";
        start.Environment["MQTT_HOST"] = "127.0.0.1";
        start.Environment["MQTT_PORT"] = BrokerPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["ENCRYPTION_KEY"] = "key-of-the-benchmark";
        start.Environment["HTTP_BINDING_ADDRESS"] = Path.Combine(cluster.Folder, "http.sock");
        start.Environment["TESLAMATE_SPOOL_DIR"] = Path.Combine(cluster.Folder, "spool");
        start.Environment["SRTM_CACHE"] = Path.Combine(cluster.Folder, "srtm");
        if (notify is not null)
            start.Environment["NOTIFY_SOCKET"] = notify;
        return start;
    }
}
