using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MQTTnet;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Lives;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// What the program has of the machine's memory when idle, and what it still has a minute after work: <c>memory FOLDER ROUNDS PROGRAM…</c>, published
/// programs by turns, on the database of years that the folder keeps.
/// </summary>
static class MemoryMeasurements
{
    const int Requests = 2000;
    const int Clients = 8;
    const int Messages = 200_000;

    static readonly YearsOfDriving.Size Size = new(1_000_000, 5_000);

    /// <summary>How long the program is left alone before it is looked at.</summary>
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(string folder, int rounds, IReadOnlyList<string> programs)
    {
        await using var cluster = await YearsOfDriving.StartAsync(folder, Size);
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var settings = Path.Combine(folder, "mosquitto.conf");
        // It hands on as fast as it takes, so that the flood is the program's to stand.
        await File.WriteAllTextAsync(settings, $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n"
            + "max_queued_messages 0\n");
        using var broker = Process.Start(new ProcessStartInfo("mosquitto", ["-c", settings]))!;
        var measured = programs.Select(_ => new List<IReadOnlyList<(string When, double Megabytes)>>()).ToList();
        try
        {
            for (var round = 0; round < rounds; round++)
            {
                for (var program = 0; program < programs.Count; program++)
                    measured[program].Add(await MeasureAsync(cluster, programs[program], port));
            }
        }
        finally
        {
            broker.Kill();
            await broker.WaitForExitAsync();
        }

        for (var program = 0; program < programs.Count; program++)
        {
            Console.WriteLine(programs[program]);
            foreach (var times in measured[program].SelectMany(run => run).GroupBy(moment => moment.When))
            {
                var sorted = times.Select(moment => moment.Megabytes).Order().ToList();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {times.Key}: median {sorted[sorted.Count / 2]:0.0} MB, {sorted[0]:0.0} to {sorted[^1]:0.0} of {sorted.Count}"));
            }
        }
    }

    static async Task<IReadOnlyList<(string When, double Megabytes)>> MeasureAsync(PrivateCluster cluster, string program, int port)
    {
        var variables = new Dictionary<string, string>
        {
            // As in the package and the image.
            ["DOTNET_EnableDiagnostics"] = "0",
            ["TELEMETRY_MQTT"] = string.Create(CultureInfo.InvariantCulture, $"mqtt://127.0.0.1:{port}/telemetry"),
        };
        await using var visit = await PageMeasurements.VisitAsync(cluster, program, YearsOfDriving.InOrder, variables: variables);
        List<(string, double)> moments = [];
        await LookAsync("idle");
        var pages = PageMeasurements.Pages(Size.Drives);
        foreach (var thousands in (int[])[1, 2])
        {
            await visit.AskAsync(Enumerable.Range(0, Requests).Select(number => pages[number % pages.Length].Path(number / pages.Length)), Clients);
            await LookAsync(string.Create(CultureInfo.InvariantCulture, $"after {thousands * Requests} pages"));
        }

        await FloodAsync(port);
        await LookAsync(string.Create(CultureInfo.InvariantCulture, $"after {Messages} messages more"));
        return moments;

        async Task LookAsync(string when)
        {
            var most = visit.ResidentBytes();
            await Task.Delay(Rest);
            moments.Add((when, visit.ResidentBytes() / 1048576.0));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Path.GetFileName(program)}, {when}: {most / 1048576.0:0.0} MB at once, {moments[^1].Item2:0.0} MB after {Rest.TotalSeconds:0} s"));
        }
    }

    /// <summary>What Tesla's own server would publish of a car that says a lot.</summary>
    static async Task FloodAsync(int port)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build());
        for (var number = 0; number < Messages; number++)
        {
            await client.PublishAsync(new MqttApplicationMessageBuilder()
                .WithTopic($"telemetry/{CarIdentity.Number(1 + number % YearsOfDriving.Cars, "").Vin}/v/VehicleSpeed")
                .WithPayload((number % 130).ToString(CultureInfo.InvariantCulture)).Build());
        }
    }
}
