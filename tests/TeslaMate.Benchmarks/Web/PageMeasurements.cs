using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// How long each page takes from request to last byte on a database of years (<c>pages FOLDER [published program [positions [drives]]]</c>), what
/// the first page weighs, what the program keeps in memory after all of them, and what open pages cost (<c>open-pages FOLDER [published
/// program]</c>). The folder keeps the databases for the next time; <c>pages-data FOLDER [layout…]</c> makes them, and those of other layouts, which
/// are measured where they are.
/// </summary>
static partial class PageMeasurements
{
    const int Times = 100;

    // A slow page is asked for fewer times, and at least for ten.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public static async Task RunAsync(string folder, string? published, YearsOfDriving.Size size)
    {
        await using var cluster = await YearsOfDriving.StartAsync(folder, size);
        var drives = size.Drives;
        await using (var visit = await VisitAsync(cluster, published, YearsOfDriving.InOrder))
        {
            await visit.WeighAsync();
            foreach (var (name, path) in Pages(drives))
                await visit.MeasureAsync(name, path);
            visit.PrintMemory();
        }

        foreach (var layout in (string[])[YearsOfDriving.Refilled, YearsOfDriving.Imported, YearsOfDriving.Shuffled])
        {
            if (!await YearsOfDriving.HasAsync(cluster, layout))
                continue;
            await using var visit = await VisitAsync(cluster, published, layout);
            await visit.MeasureAsync($"a drive, positions {layout}", number => $"/drive/{1 + number * 7919 % drives}",
                layout == YearsOfDriving.Shuffled ? 8 : Times);
            await visit.MeasureAsync($"a new drive, positions {layout}", number => $"/drive/{drives + 1 + number}",
                layout == YearsOfDriving.Shuffled ? 8 : Times);
            await visit.MeasureAsync($"a drive as GPX, positions {layout}", number => $"/drive/{1 + number * 7919 % drives}/gpx",
                layout == YearsOfDriving.Shuffled ? 8 : Times);
            await visit.MeasureAsync($"a charge, positions {layout}", number => $"/charge/{1 + number * 101 % (drives * 3 / 10)}");
        }
    }

    /// <summary>Opens the live connection of ever more pages and tells what each takes of memory and processor.</summary>
    public static async Task RunOpenPagesAsync(string folder, string? published)
    {
        await using var cluster = await YearsOfDriving.StartAsync(folder, new(10_000_000, 20_000));
        await using var visit = await VisitAsync(cluster, published, YearsOfDriving.InOrder, drive: true);
        await Task.Delay(TimeSpan.FromSeconds(20));
        (double Cores, long Bytes) before = default;
        using var close = new CancellationTokenSource();
        var events = new long[1];
        var pages = new List<Task>();
        foreach (var count in (int[])[0, 1, 100, 500])
        {
            while (pages.Count < count)
                pages.Add(visit.FollowAsync(events, close.Token));
            await Task.Delay(TimeSpan.FromSeconds(10));
            var began = Interlocked.Read(ref events[0]);
            var (cores, bytes) = await visit.LoadAsync(TimeSpan.FromSeconds(30));
            var perSecond = (Interlocked.Read(ref events[0]) - began) / 30.0;
            if (count == 0)
                before = (cores, bytes);
            Print($"{count} open pages, {YearsOfDriving.Cars} cars driving", string.Create(CultureInfo.InvariantCulture,
                $"{cores:0.000} cores, {bytes / 1048576.0:0.0} MB resident, {perSecond:0} events/s; per page "
                    + $"{(count == 0 ? 0 : (cores - before.Cores) / count * 1e6):0} µs/s, "
                    + $"{(count == 0 ? 0 : (bytes - before.Bytes) / 1024.0 / count):0.0} kB"));
        }

        await close.CancelAsync();
        await Task.WhenAll(pages);
    }

    /// <summary>Every page, by a name and the path of its n-th call.</summary>
    internal static (string Name, Func<int, string> Path)[] Pages(int drives) =>
    [
        ("home", _ => "/"),
        ("drives", _ => "/drives"),
        ("drives, a page in the middle", number => $"/drives?page={100 + number}"),
        ("drives of a car and a month", number
            => $"/drives?car={1 + number % YearsOfDriving.Cars}&from=2024-{1 + number % 12:00}-01&to=2024-{1 + number % 12:00}-28"),
        ("drives to a place", number => $"/drives?place=City+{number % 50}"),
        ("drives from 30 km", _ => "/drives?distance=30"),
        ("a drive", number => $"/drive/{1 + number * 7919 % drives}"),
        ("a drive as GPX", number => $"/drive/{1 + number * 7919 % drives}/gpx"),
        ("charges", _ => "/charges"),
        ("charges at a place", number => $"/charges?place=City+{number % 50}"),
        ("a charge", number => $"/charge/{1 + number * 101 % (drives * 3 / 10)}"),
        ("a charge's cost", number => $"/charge-cost/{1 + number * 101 % (drives * 3 / 10)}"),
        ("geo-fences", _ => "/geo-fences"),
        ("a new geo-fence", _ => "/geo-fences/new"),
        ("a geo-fence", number => $"/geo-fences/{1 + number % 30}/edit"),
        ("settings", _ => "/settings"),
        ("sign in", _ => "/sign_in"),
        .. StatisticsPages.Select(page => ($"{page}, as it opens", (Func<int, string>)(_ => $"/{page}"))),
        .. StatisticsPages.Select(page => ($"{page}, all years", (Func<int, string>)(number
            => $"/{page}?car={1 + number % YearsOfDriving.Cars}&preset=all&time_zone=Europe/Berlin"))),
        .. StatisticsPages.Select(page => ($"{page}, a month", (Func<int, string>)(number
            => $"/{page}?car=1&from=2024-{1 + number % 12:00}-01&to=2024-{1 + number % 12:00}-28&time_zone=Europe/Berlin"))),
    ];

    static readonly string[] StatisticsPages =
    [
        "statistics", "driving", "mileage", "trips", "trip", "timeline", "review", "charging", "charging-stops", "charge-curve", "battery", "parked",
        "tyres", "software", "visited", "all-cars", "stored",
    ];

    internal static async Task<PagesVisit> VisitAsync(PrivateCluster cluster, string? published, string database, bool drive = false,
        IReadOnlyDictionary<string, string>? variables = null)
    {
        var folder = Directory.CreateTempSubdirectory("tm-pages-").FullName;
        var city = City.Berlin();
        var now = TimeProvider.System.GetUtcNow();
        var cloud = new TeslaCloud(Enumerable.Range(1, YearsOfDriving.Cars).Select(number =>
        {
            var car = CarIdentity.Number(number, $"Car {number}");
            var life = new LifeScript(car, CarModel.Model3, city.Home, now - TimeSpan.FromMinutes(1), seed: number);
            return drive
                ? life.Drive(city.ToCharger).Drive(city.ToCharger.Reversed()).Drive(city.ToCharger).Build()
                : life.Park(TimeSpan.FromHours(6)).Build();
        }), TimeProvider.System);
        await cloud.StartAsync();
        var source = NpgsqlDataSource.Create(cluster.ConnectionString(database));
        for (var number = 1; number <= YearsOfDriving.Cars; number++)
        {
            // The cloud's cars are those of the database.
            await using var name = source.CreateCommand("update cars set eid = $2, vid = $3, vin = $4 where id = $1");
            var identity = CarIdentity.Number(number, "");
            name.Parameters.AddWithValue((short)number);
            name.Parameters.AddWithValue(identity.Id);
            name.Parameters.AddWithValue(identity.VehicleId);
            name.Parameters.AddWithValue(identity.Vin);
            await name.ExecuteNonQueryAsync();
        }

        var program = new ProgramWithCars(cluster, cloud, folder, database, variables);
        await program.SignInAsync(source);
        program.Start(published);
        var visit = new PagesVisit(program, cloud, source, folder, new ServerTime(cluster));
        await visit.WaitAsync();
        return visit;
    }

    static void Print(string what, string result) => Console.WriteLine($"{what}: {result}");

    internal sealed partial class PagesVisit(ProgramWithCars program, TeslaCloud cloud, NpgsqlDataSource source, string folder, ServerTime server)
        : IAsyncDisposable
    {
        readonly HttpClient _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 1000,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(program.Socket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost/"), Timeout = Timeout.InfiniteTimeSpan };

        int _requests;

        public async Task WaitAsync()
        {
            for (var attempt = 0; attempt < 600; attempt++)
            {
                try
                {
                    using var response = await _http.GetAsync("/");
                    if (response.IsSuccessStatusCode
                        && Regex.Count(await response.Content.ReadAsStringAsync(), "id=\"car_[0-9]+\"") == YearsOfDriving.Cars)
                        return;
                }
                catch (HttpRequestException)
                {
                }

                await Task.Delay(100);
            }

            throw new TimeoutException($"The pages do not come up; see {folder}/log.");
        }

        /// <summary>
        /// From request to last byte: the first of all (which compiles what it needs), then the others; and the processor time of the program and
        /// of the server for each.
        /// </summary>
        public async Task MeasureAsync(string name, Func<int, string> path, int times = Times)
        {
            var took = new List<double>();
            var (bytes, first, before) = (0, 0.0, TimeSpan.Zero);
            var whole = Stopwatch.StartNew();
            for (var number = 0; number <= times && (number <= 10 || whole.Elapsed < Patience); number++)
            {
                var clock = Stopwatch.StartNew();
                using var response = await _http.GetAsync(path(number));
                bytes = (await response.Content.ReadAsByteArrayAsync()).Length;
                _requests++;
                if (!response.IsSuccessStatusCode)
                    throw new InvalidOperationException($"{path(number)}: {response.StatusCode}");
                if (number > 0)
                {
                    took.Add(clock.Elapsed.TotalMilliseconds);
                    continue;
                }

                first = clock.Elapsed.TotalMilliseconds;
                before = ProcessorTime();
            }

            var processor = (ProcessorTime() - before).TotalMilliseconds / took.Count;
            took.Sort();
            Print(name, string.Create(CultureInfo.InvariantCulture,
                $"median {took[took.Count / 2]:0.0} ms, 99 % {took[(int)Math.Ceiling(took.Count * 0.99) - 1]:0.0} ms of {took.Count}, "
                    + $"{processor:0} ms of a processor each, the first {first:0} ms; {bytes / 1024.0:0} kB"));
        }

        /// <summary>Asks for one page after another by several clients at once.</summary>
        public Task AskAsync(IEnumerable<string> paths, int clients) => Parallel.ForEachAsync(paths,
            new ParallelOptions { MaxDegreeOfParallelism = clients }, async (path, cancellationToken) =>
            {
                using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                await response.Content.CopyToAsync(Stream.Null, cancellationToken);
                if (!response.IsSuccessStatusCode)
                    throw new InvalidOperationException($"{path}: {response.StatusCode}");
            });

        /// <summary>What the program has of the machine's memory, in bytes.</summary>
        public long ResidentBytes()
        {
            program.Process.Refresh();
            return program.Process.WorkingSet64;
        }

        TimeSpan ProcessorTime()
        {
            program.Process.Refresh();
            return program.Process.TotalProcessorTime + server.Taken();
        }

        /// <summary>What the program keeps after what was asked so far.</summary>
        public void PrintMemory()
        {
            program.Process.Refresh();
            Print("memory after all pages", string.Create(CultureInfo.InvariantCulture,
                $"{program.Process.WorkingSet64 / 1048576.0:0} MB resident after {_requests} requests"));
        }

        /// <summary>The first page and all that it refers to, as a browser that knows brotli gets them.</summary>
        public async Task WeighAsync()
        {
            var page = await (await _http.GetAsync("/")).Content.ReadAsStringAsync();
            var total = 0;
            var waiting = new Queue<string>(["/",
                .. Links().Matches(page).Select(link => System.Net.WebUtility.HtmlDecode(link.Groups[1].Value).Split('#')[0])]);
            var seen = new HashSet<string>();
            while (waiting.TryDequeue(out var path))
            {
                if (!seen.Add(path))
                    continue;
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Add("Accept-Encoding", "br");
                using var response = await _http.SendAsync(request);
                var bytes = (await response.Content.ReadAsByteArrayAsync()).Length;
                total += bytes;
                Print($"    {path}", string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} kB"));
            }

            Print("first page with all its parts", string.Create(CultureInfo.InvariantCulture, $"{total / 1024.0:0.0} kB"));
        }

        public async Task FollowAsync(long[] events, CancellationToken cancellationToken)
        {
            try
            {
                using var response = await _http.GetAsync("/live/cars", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
                while (await reader.ReadLineAsync(cancellationToken) is { } line)
                {
                    if (line.StartsWith("event:", StringComparison.Ordinal))
                        Interlocked.Increment(ref events[0]);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }

        /// <summary>Processor time and resident memory of the program while the time passes.</summary>
        public async Task<(double Cores, long ResidentBytes)> LoadAsync(TimeSpan duration)
        {
            program.Process.Refresh();
            var before = program.Process.TotalProcessorTime;
            await Task.Delay(duration);
            program.Process.Refresh();
            return ((program.Process.TotalProcessorTime - before) / duration, program.Process.WorkingSet64);
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await program.DisposeAsync();
            await cloud.DisposeAsync();
            await source.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        [GeneratedRegex("(?:src|href)=\"(/(?:assets/[^\"]+|[^\"]+\\.(?:png|svg|webmanifest)[^\"]*))\"")]
        private static partial Regex Links();
    }
}
