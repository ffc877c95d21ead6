using Serilog;
using TeslaMate.Api;
using TeslaMate.Configuration.Health;
using TeslaMate.Database;
using TeslaMate.Health;
using TeslaMate.Import;
using TeslaMate.Logbook;
using TeslaMate.Mqtt;
using TeslaMate.Outgoing;
using TeslaMate.Systemd;
using TeslaMate.Telemetry;
using TeslaMate.Tesla;
using TeslaMate.Vehicles;
using TeslaMate.Web;
using TeslaMate.Web.Requests;

namespace TeslaMate.Hosting;

/// <summary>Composes the projects into one application. Used by <c>serve</c>, <c>start</c> and <c>demo</c>, and by tests.</summary>
static class TeslaMateApp
{
    // The service manager waits 10 s for a stop; what the parts have not finished by then is given up with a second to spare.
    static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(9);

    /// <summary>
    /// The program, not yet started: nothing is asked of the database yet. When it starts, the database must answer, its schema must be current, and
    /// <see cref="Listener"/> must know where to listen.
    /// </summary>
    public static WebApplication Build(Settings settings, Serilog.ILogger log, AppOverrides? overrides = null)
    {
        overrides ??= new AppOverrides();
        // Everything is set by our own variables: neither appsettings.json nor ASPNETCORE_* may change what was checked, and nobody waits for their
        // changes.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(TeslaMateApp).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Logging.AddSerilog(log);
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = LongestStop;
            // A page that is still open must not use up the time that the cars need.
            host.ServicesStopConcurrently = true;
        });
        builder.Services
            .AddSingleton(overrides.Time)
            .AddSingleton<IHostLifetime, SignalsAreHandledElsewhere>()
            .AddRoutingCore()
            .AddSystemdService()
            .AddHealth(overrides.Time.GetTimestamp())
            .AddDatabase(settings.Database)
            .AddSingleton(settings.Key)
            .AddTesla(settings.Tesla)
            .AddLogbook(settings.Logbook)
            .AddVehicles(settings.Vehicles)
            .AddOutgoing(settings.Outgoing)
            .AddEvents(settings.Outgoing)
            .AddTelemetry(settings.Telemetry)
            .AddMqtt(settings.Mqtt)
            .AddImport(settings.Import)
            .AddWeb(settings.Web)
            .AddApi(settings.Api);
        overrides.Services?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseUnreadBodies();
        app.UseApiListener();
        app.UseForwarding();
        app.UseHealthCheck();
        app.UseApi();
        app.MapWeb();
        app.MapApi();
        app.MapMetrics();
        return app;
    }

    static IServiceCollection AddHealth(this IServiceCollection services, long started)
        => services
            // In the order of the status line.
            .AddHealthPart<CarsHealth>("cars", isPersonal: true)
            .AddHealthPart<AccountHealth>("account", isPersonal: true)
            .AddHealthPart<DatabaseHealth>(DatabaseHealth.PartName, isVital: true)
            .AddSingleton(new ProgramStart(started))
            .AddHealthPart<ProcessHealth>("process")
            .AddHostedService<StatusLine>()
            .AddHostedService<IdleCompaction>();

    /// <summary>The command line turns signals into cancellation, before there is a host and after.</summary>
    sealed class SignalsAreHandledElsewhere : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
