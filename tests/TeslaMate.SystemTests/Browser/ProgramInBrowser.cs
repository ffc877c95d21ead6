using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Web.LogIn;

namespace TeslaMate.SystemTests.Browser;

/// <summary>
/// The program as it is shipped, with its own PostgreSQL and a simulated cloud of three cars, one driving, one charging and one guarded,
/// looked at with Chromium.
/// </summary>
public class ProgramInBrowser : IAsyncLifetime
{
    const string Chromium = "/usr/bin/chromium";

    // Milliseconds. The whole machine may be busy; a wait ends as soon as what it waits for is there.
    const int WaitTimeoutMs = 60_000;

    static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    ];

    readonly List<string> _output = [];
    PrivateCluster _cluster = null!;
    Process _program = null!;
    Dictionary<string, string> _environment = [];
    IPlaywright _playwright = null!;
    IBrowser _browser = null!;

    /// <summary>Where screenshots are left to be looked at.</summary>
    public static string Artifacts { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "artifacts", "screenshots")).FullName;

    public string Address { get; private set; } = "";

    public NpgsqlDataSource Database { get; private set; } = null!;

    internal TeslaCloud Cloud { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await using (var administration = NpgsqlDataSource.Create(_cluster.ConnectionString()))
        await using (var create = administration.CreateCommand("create database teslamate"))
            await create.ExecuteNonQueryAsync();
        Database = NpgsqlDataSource.Create(_cluster.ConnectionString("teslamate"));
        Cloud = new TeslaCloud(Lives(TimeProvider.System.GetUtcNow()), TimeProvider.System);
        await Cloud.StartAsync();
        await StartProgramAsync();
        Assertions.SetDefaultExpectTimeout(WaitTimeoutMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Arguments, Timeout = WaitTimeoutMs });
    }

    private protected virtual IReadOnlyList<Life> Lives(DateTimeOffset now)
    {
        var city = City.Berlin();
        return
        [
            new LifeScript(CarIdentity.Number(42, "Nimbus"), CarModel.Model3, city.Home, now - TimeSpan.FromMinutes(2), seed: 1)
                .Park(TimeSpan.FromMinutes(1)).Drive(city.ToCharger).Drive(city.ToCharger.Reversed()).Drive(city.ToCharger)
                .Drive(city.ToCharger.Reversed()).Build(),
            new LifeScript(CarIdentity.Number(43, "Juniper"), CarModel.ModelY, city.Home, now - TimeSpan.FromMinutes(10), seed: 2, level: 20)
                .Park(TimeSpan.FromMinutes(5)).Charge(Charger.Wallbox, 90).Park(TimeSpan.FromHours(12)).Build(),
            new LifeScript(CarIdentity.Number(44, Household.LongName), CarModel.ModelS, city.Home, now - TimeSpan.FromMinutes(10), seed: 3)
                .WatchOver(TimeSpan.FromHours(12)).Build(),
        ];
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        _program.Kill(entireProcessTree: true);
        _program.Dispose();
        await Cloud.DisposeAsync();
        await Database.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>A new visitor, whose trouble (script errors, policy violations, failed requests) is collected.</summary>
    internal async Task<Visit> VisitAsync(int width = 1200, ColorScheme theme = ColorScheme.Light, string language = "en-GB", bool scripts = true)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = Address,
            ViewportSize = new() { Width = width, Height = 800 },
            ColorScheme = theme,
            Locale = language,
            TimezoneId = "Europe/Berlin",
            JavaScriptEnabled = scripts,
            HasTouch = width < 1024,
        });
        // The map's tiles: one grey picture for all of the world.
        await context.RouteAsync("http://tiles.test/**",
            route => route.FulfillAsync(new() { ContentType = "image/png", BodyBytes = Convert.FromBase64String(GreyTile) }));
        context.SetDefaultTimeout(WaitTimeoutMs);
        return new Visit(context, await context.NewPageAsync());
    }

    /// <summary>Signs the program in to the simulated account, unless it is.</summary>
    public async Task SignInAsync()
    {
        await using var visit = await VisitAsync();
        await visit.Page.GotoAsync("/");
        if (!visit.Page.Url.EndsWith("/sign_in", StringComparison.Ordinal))
            return;
        var (access, refresh) = Cloud.Accounts.SignIn();
        await visit.Page.GetByLabel("Access Token").FillAsync(access);
        await visit.Page.GetByLabel("Refresh Token").FillAsync(refresh);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("Signed in successfully")).ToBeVisibleAsync();
        visit.Troubles.ShouldBeEmpty();
    }

    /// <summary>Empty for none.</summary>
    private protected virtual string EncryptionKey => "a key for this test only";

    internal WebAccess Access => new(Database, TimeProvider.System);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    /// <summary>Waits until a query answers as expected.</summary>
    public async Task WaitForAsync(string expected, string sql)
    {
        for (var attempt = 0; attempt < 600 && await ScalarAsync<string>(sql) != expected; attempt++)
            await Task.Delay(100);
        (await ScalarAsync<string>(sql)).ShouldBe(expected);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    async Task StartProgramAsync()
    {
        var port = FreePort();
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        _environment = new(Cloud.Variables)
        {
            ["DATABASE_SOCKET_DIR"] = _cluster.Socket,
            ["DATABASE_NAME"] = "teslamate",
            ["DATABASE_USER"] = "postgres",
            ["ENCRYPTION_KEY"] = EncryptionKey,
            ["HTTP_BINDING_ADDRESS"] = "127.0.0.1",
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["DISABLE_MQTT"] = "true",
            ["MAP_TILES_URL"] = "http://tiles.test/{z}/{x}/{y}.png",
            ["STATE_DIRECTORY"] = _cluster.Folder,
        };
        _program = Process.Start(await DescribeAsync("serve", "--migrate"))!;
        _program.OutputDataReceived += Keep;
        _program.ErrorDataReceived += Keep;
        _program.BeginOutputReadLine();
        _program.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var attempt = 0; attempt < 240; attempt++)
        {
            try
            {
                if ((await http.GetAsync(new Uri($"{Address}/sign_in"))).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
            }

            _program.HasExited.ShouldBeFalse(string.Join('\n', _output));
            await Task.Delay(500);
        }

        throw new TimeoutException($"The program does not answer:\n{string.Join('\n', _output)}");
    }

    /// <summary>Runs a command of the program beside the running one, as an operator does.</summary>
    /// <param name="input">What is typed.</param>
    /// <returns>The exit code, and what was said.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(string input, params string[] command)
    {
        var start = await DescribeAsync(command);
        start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    async Task<ProcessStartInfo> DescribeAsync(params string[] command)
    {
        var start = await ProgramCommand.OfAsync(command);
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Without a password, signed in and with the rows it has at first, whatever a test did to it.</summary>
    public virtual async Task PrepareAsync()
    {
        await Access.RemovePasswordAsync(CancellationToken.None);
        await SignInAsync();
        // The cars of an account are found after its sign-in, and the rows are theirs.
        await WaitForAsync(Cloud.Cars.Count.ToString(CultureInfo.InvariantCulture), "select count(*)::text from cars");
        await ExecuteAsync(Household.Rows);
    }

    void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            if (line.Data is { } text)
                _output.Add(text);
    }

    static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    const string GreyTile = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mOYN2/efwAGjALxEDmZ1AAAAABJRU5ErkJggg==";
}

/// <summary>A program just installed: an account without cars, an empty database, no key. The dashboards are there already.</summary>
public sealed class NewProgramInBrowser : ProgramInBrowser
{
    private protected override IReadOnlyList<Life> Lives(DateTimeOffset now) => [];

    private protected override string EncryptionKey => "";

    const string Dashboards = "https://grafana.example.com";

    public override async Task PrepareAsync()
    {
        await Access.RemovePasswordAsync(CancellationToken.None);
        await SignInAsync();
        await using var visit = await VisitAsync(scripts: false);
        await ExecuteAsync($"update settings set grafana_url = '{Dashboards}'");
        for (var attempt = 0; attempt < 120; attempt++)
        {
            await visit.Page.GotoAsync("/");
            if ((await visit.Page.ContentAsync()).Contains(Dashboards, StringComparison.Ordinal))
                return;
            await Task.Delay(500);
        }

        throw new TimeoutException($"The pages do not learn of {Dashboards}.");
    }
}

/// <summary>One visitor's page and what went wrong on it.</summary>
sealed class Visit : IAsyncDisposable
{
    readonly IBrowserContext _context;

    public Visit(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        // A violated policy is told on the console as an error.
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Troubles.Enqueue($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Troubles.Enqueue($"{page.Url}: {error}");
    }

    public IPage Page { get; }

    /// <summary>As the browser tells of them, at any time.</summary>
    public ConcurrentQueue<string> Troubles { get; } = [];

    /// <summary>
    /// Does what leads to another page, or to the same one anew, and waits until that is there with its styles and scripts: they are not when its
    /// elements are.
    /// </summary>
    public async Task LeaveAsync(Func<Task> action)
    {
        await Page.EvaluateAsync("document.documentElement.dataset.old = ''");
        await action();
        await Assertions.Expect(Page.Locator("html:not([data-old])")).ToHaveCountAsync(1);
        await LoadedAsync();
    }

    /// <summary>
    /// Waits until the page is there with its styles and scripts. The page itself is asked: Playwright's own wait misses an event that comes between
    /// its look and its listening, and then waits for ever.
    /// </summary>
    public async Task LoadedAsync()
    {
        for (var attempt = 0; attempt < 3000; attempt++)
        {
            try
            {
                if (await Page.EvaluateAsync<bool>("document.readyState === 'complete'"))
                    return;
            }
            catch (PlaywrightException) when (attempt < 2999)
            {
                // The page was left at this very moment.
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"{Page.Url} is not loaded.");
    }

    /// <summary>Turns to this tab, or to another one: a page that nobody looks at is not kept up to date.</summary>
    public Task LookAsync(bool isLooking) => Page.EvaluateAsync(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new "
            + "Event('visibilitychange')); }", !isLooking);

    public static async Task UntilAsync(Func<bool> isTrue, string what)
    {
        for (var attempt = 0; attempt < 600 && !isTrue(); attempt++)
            await Task.Delay(100);
        isTrue().ShouldBeTrue(what);
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
