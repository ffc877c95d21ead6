using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Releases;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Time;
using TeslaMate.Vehicles;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>The pages on a port of their own, with a database of their own, and cars and an account that do what the test says.</summary>
sealed class PagesUnderTest : IAsyncDisposable
{
    readonly WebApplication _app;

    PagesUnderTest(WebApplication app, TestDatabase database, FakeVehicles vehicles, FakeAccount account, ManualTime time, Troubles troubles)
    {
        (_app, Database, Vehicles, Account, Time, Troubles) = (app, database, vehicles, account, time, troubles);
        Address = new Uri(app.Urls.First());
    }

    public Uri Address { get; }

    public TestDatabase Database { get; }

    public FakeVehicles Vehicles { get; }

    public FakeAccount Account { get; }

    public ManualTime Time { get; }

    /// <summary>What was logged as a warning or worse.</summary>
    public Troubles Troubles { get; }

    public WebAccess Access => _app.Services.GetRequiredService<WebAccess>();

    public IServiceProvider Services => _app.Services;

    public static async Task<PagesUnderTest> StartAsync(params (string Name, string Value)[] variables)
    {
        var read = new Variables(variables.ToDictionary(variable => variable.Name, variable => variable.Value));
        var settings = WebSettings.Read(read);
        read.Problems.ShouldBeEmpty();
        var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync($"create schema if not exists teslamate; {MigrationFiles.Text("teslamate/V2__web_access.sql")}");
        var (vehicles, account, time) = (new FakeVehicles(), new FakeAccount(), new ManualTime());
        var builder = WebApplication.CreateSlimBuilder();
        var troubles = new Troubles();
        builder.Logging.ClearProviders().AddProvider(troubles);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Timezone = "UTC" }.ConnectionString))
            .AddSingleton<IVehicles>(vehicles)
            .AddSingleton(vehicles.Hub)
            .AddSingleton<ITeslaAccount>(account)
            .AddSingleton<ICars, FakeCars>()
            .AddSingleton<IGlobalSettings, FakeGlobalSettings>()
            .AddSingleton<IGeofences, FakeGeofences>()
            .AddSingleton<IReleases, FakeReleases>()
            .AddWeb(settings);
        var app = builder.Build();
        app.MapWeb();
        await app.StartAsync();
        return new PagesUnderTest(app, database, vehicles, account, time, troubles);
    }

    /// <summary>A browser without script: it keeps cookies, and does not follow redirects unless told to.</summary>
    public Browser Visit() => new(Address);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
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
        ((FakeCars)Pages.Services.GetRequiredService<ICars>()).All.Add(FakeVehicles.Car().Car);
    }

    public async Task DisposeAsync() => await Pages.DisposeAsync();
}
