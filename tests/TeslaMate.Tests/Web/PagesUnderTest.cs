using System.Net;
using System.Runtime.CompilerServices;
using AngleSharp.Html.Dom;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Api;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Hosting;
using TeslaMate.Import;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Releases;
using TeslaMate.Outgoing;
using TeslaMate.Telemetry;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;
using TeslaMate.Vehicles;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Tests.Web;

/// <summary>
/// The pages on a port of their own and the logbook on a database of its own, with cars, an account and a geocoder that do what the test says. The
/// logbook's jobs do not run: only what the pages do changes rows.
/// </summary>
sealed class PagesUnderTest : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly StrongBox<bool> _hasLimiter;

    PagesUnderTest(WebApplication app, TestDatabase database, ScriptedNominatim geocoder, StrongBox<bool> hasLimiter)
    {
        (_app, Database, Geocoder, _hasLimiter) = (app, database, geocoder, hasLimiter);
        Address = new Uri(app.Urls.First());
    }

    public Uri Address { get; }

    public TestDatabase Database { get; }

    public ScriptedNominatim Geocoder { get; }

    public FakeVehicles Vehicles => (FakeVehicles)Get<IVehicles>();

    public ScriptedAccount Account => (ScriptedAccount)Get<ITeslaAccount>();

    public FakeTelemetry Telemetry => (FakeTelemetry)Get<ITelemetryReport>();

    public FakeReleases Releases => (FakeReleases)Get<IReleases>();

    public ManualTime Time => (ManualTime)Get<TimeProvider>();

    public RecordedLog Log => Get<RecordedLog>();

    public WebAccess Access => Get<WebAccess>();

    public TokenStore Tokens => Get<TokenStore>();

    public IServiceProvider Services => _app.Services;

    /// <summary>Whether the framework's limiter of requests was made.</summary>
    public bool HasLimiter => _hasLimiter.Value;

    /// <param name="variables">The environment, as far as the pages read it.</param>
    public static Task<PagesUnderTest> StartAsync(params (string Name, string Value)[] variables)
        => StartAsync(settings => settings, reach: database => database, variables);

    /// <param name="change">What the program knows from elsewhere.</param>
    /// <param name="reach">How the pages come to their database.</param>
    /// <param name="variables">The environment, as far as the pages read it.</param>
    public static Task<PagesUnderTest> StartAsync(Func<WebSettings, WebSettings> change, Func<string, string> reach,
        params (string Name, string Value)[] variables)
        => StartAsync(change, reach, IPAddress.Loopback, variables);

    /// <inheritdoc cref="StartAsync(Func{WebSettings, WebSettings}, Func{string, string}, ValueTuple{string, string}[])"/>
    public static async Task<PagesUnderTest> StartAsync(Func<WebSettings, WebSettings> change, Func<string, string> reach, IPAddress listenOn,
        params (string Name, string Value)[] variables)
    {
        var read = new Variables(variables.ToDictionary(variable => variable.Name, variable => variable.Value));
        var settings = WebSettings.Read(read);
        read.Problems.ShouldBeEmpty();
        var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        var reached = reach(database.ConnectionString);
        var geocoder = await ScriptedNominatim.StartAsync();
        var (vehicles, log, hasLimiter) = (new FakeVehicles(), new RecordedLog(), new StrongBox<bool>());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        var ownJobs = builder.Services.ToHashSet();
        builder.Services
            .AddSingleton<TimeProvider>(new ManualTime())
            .AddSingleton(_ => TestDatabase.Programs(new NpgsqlConnectionStringBuilder(reached) { Timezone = "UTC" }.ConnectionString))
            .AddKeyedSingleton(WebDatabase.Pages, (provider, _) => provider.GetRequiredService<NpgsqlDataSource>())
            .AddKeyedSingleton(WebDatabase.Exports, (_, _) => TestDatabase.Programs(
                new NpgsqlConnectionStringBuilder(reached)
                {
                    Timezone = "UTC",
                    MaxPoolSize = WebDatabase.ExportConnections
                }.ConnectionString))
            .AddLogbook(new LogbookSettings { NominatimUrl = geocoder.Address, GeocoderPause = TimeSpan.Zero })
            .AddSingleton(log)
            .AddSingleton<IVehicles>(vehicles)
            .AddSingleton(vehicles.Hub)
            .AddSingleton<ITeslaAccount, ScriptedAccount>()
            .AddSingleton<IReleases, FakeReleases>()
            .AddSingleton<ITelemetryReport, FakeTelemetry>()
            // As without ENCRYPTION_KEY: one for this run.
            .AddSingleton(EncryptionKey.Find(read))
            .AddOutgoing(OutgoingSettings.Read(read))
            .AddImport(new ImportSettings(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), "1"))
            .AddWeb(change(settings))
            .AddApi(ApiSettings.Read(read))
            .PostConfigure<RateLimiterOptions>(_ => hasLimiter.Value = true);
        foreach (var job in builder.Services.Where(service => service.ServiceType == typeof(IHostedService) && !ownJobs.Contains(service)).ToList())
            builder.Services.Remove(job);
        var app = builder.Build();
        app.UseUnreadBodies();
        app.UseForwarding();
        app.UseApi();
        app.MapWeb();
        app.MapApi();
        app.ListenOn(new ListenerSettings.Address(new IPEndPoint(listenOn, 0)));
        await app.StartAsync();
        return new PagesUnderTest(app, database, geocoder, hasLimiter);
    }

    /// <summary>A new token for programs.</summary>
    /// <param name="scopes">Separated by blanks.</param>
    /// <param name="cars">The numbers of the only cars it is for.</param>
    public async Task<string> TokenAsync(string scopes, params int[] cars)
    {
        var (wish, problem) = TokenWish.Parse(
            $"for {scopes}", scopes.Split(' '), [.. cars.Select(car => car.ToString(System.Globalization.CultureInfo.InvariantCulture))], days: null);
        return (await Tokens.CreateAsync(wish.ShouldNotBeNull(problem), CancellationToken.None)).Token.Reveal();
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>A browser without script: it keeps cookies, and does not follow redirects unless told to.</summary>
    /// <param name="prefix">What a proxy between them takes off every path.</param>
    public Browser Visit(string prefix = "") => new(Address, prefix);

    /// <summary>Every table with a mark of all its rows: equal as long as no row of any table has changed.</summary>
    public async Task<IReadOnlyList<string>> RowsAsync() => await Database.LinesAsync("""
        select format('%s.%s %s', schemaname, tablename,
            (xpath('/row/mark/text()', query_to_xml(format('select md5(string_agg(t::text, e''\n'' order by t::text)) mark from %I.%I t', schemaname,
                tablename), true, true, '')))[1])
        from pg_tables
        where schemaname in ('public', 'private', 'teslamate')
        order by 1
        """);

    /// <summary>
    /// Sends a form that cannot be: it is refused, by script and without, and no row of any table is another afterwards. The answer is the page
    /// without script.
    /// </summary>
    public async Task<IHtmlDocument> RefusedAsync(Browser browser, string path, string from, params (string Name, string Value)[] fields)
    {
        var before = await RowsAsync();
        using var response = await browser.PostAsync(path, from, fields);
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        browser.Headers.Add("HX-Request", "true");
        using var fragment = await browser.PostAsync(path, from, fields);
        browser.Headers.Remove("HX-Request");
        fragment.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await RowsAsync()).ShouldBe(before);
        return await Browser.ParseAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Geocoder.DisposeAsync();
        await Database.DisposeAsync();
    }
}

/// <summary>One set of pages with <see cref="SampleRows"/> for all tests of a class, which put back what they change.</summary>
public sealed class SharedPages : IAsyncLifetime
{
    internal PagesUnderTest Pages { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(Pages.Database);
    }

    public async Task DisposeAsync() => await Pages.DisposeAsync();
}
