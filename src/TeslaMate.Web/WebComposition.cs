using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Database.Encryption;
using TeslaMate.Web.Assets;
using TeslaMate.Web.Cars;
using TeslaMate.Web.Charges;
using TeslaMate.Web.Drives;
using TeslaMate.Web.Geofences;
using TeslaMate.Web.History;
using TeslaMate.Web.Importing;
using TeslaMate.Web.Languages;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Outgoing;
using TeslaMate.Web.Requests;
using TeslaMate.Web.Settings;
using TeslaMate.Web.SigningIn;
using TeslaMate.Web.Statistics;
using TeslaMate.Web.Telemetry;

namespace TeslaMate.Web;

public static class WebComposition
{
    /// <summary>Registers the pages. They need <c>AddDatabase</c>, the logbook, the account and the cars beside them.</summary>
    public static IServiceCollection AddWeb(this IServiceCollection services, WebSettings settings)
    {
        services.AddAntiforgery();
        services.AddProblemDetails();
        services.AddSchemes().AddOidc(settings);
        services.AddHostFiltering(hosts =>
        {
            // Which names are ours is asked by the policies; none at all is a request that nobody can answer.
            hosts.AllowedHosts = ["*"];
            hosts.AllowEmptyHosts = false;
            hosts.IncludeFailureMessage = false;
        });
        return services
            .Configure<AntiforgeryOptions>(FormProtection.Configure)
            .AddPolicies()
            .AddRateLimits(settings)
            .AddOtherOrigins(settings)
            .AddCompression()
            .AddWebDatabase()
            .AddSingleton<IKeyManager>(provider => new KeyRing(KeyRing.CipherFor(settings, provider.GetService<EncryptionKey>()),
                provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<ILoggerFactory>(), TimeProvider.System))
            .AddSingleton(settings)
            .AddSingleton<AssetFiles>()
            .Configure<RequestLocalizationOptions>(RequestLanguage.Configure)
            .AddSingleton<TextCatalogue>()
            .AddSingleton<IStringLocalizerFactory>(provider => provider.GetRequiredService<TextCatalogue>())
            .AddSingleton<WebAccess>()
            .AddSingleton<TokenStore>()
            .AddMetrics()
            .AddSingleton<TokenUse>()
            .AddSingleton<LogInThrottle>()
            .AddSingleton<ApiTokens>()
            .AddSingleton<KnownHosts>()
            .AddSingleton<IMonitorAccess, MonitorAccess>()
            .AddSingleton<SessionWatch>()
            .AddSingleton<LiveCars>()
            .AddSingleton<AddressRefresh>()
            .AddSingleton<DriveQueries>()
            .AddSingleton<GpxFile>()
            .AddSingleton<ChargeQueries>()
            .AddSingleton<PasswordCheck>()
            .AddSingleton<LogInPages>()
            .AddSingleton<SessionPages>()
            .AddSingleton<TokenPages>()
            .AddSingleton<CarPages>()
            .AddSingleton<DrivePages>()
            .AddSingleton<ChargePages>()
            .AddSingleton<GeofencePages>()
            .AddSingleton<HistoryPages>()
            .AddSingleton<ImportPages>()
            .AddSingleton<SettingsPages>()
            .AddSingleton<TargetPages>()
            .AddSingleton<TelemetryPages>()
            .AddSingleton<SignInPages>();
    }

    /// <summary>
    /// Puts the pages and their guards into the pipeline. What shall be answered before them (health checks) goes before this call.
    /// </summary>
    public static WebApplication MapWeb(this WebApplication app)
    {
        app.UseForwarding();
        app.UseMiddleware<HostCookies>();
        app.UseHsts();
        app.UseMiddleware<RequestId>();
        app.UseMiddleware<AnswerHeaders>();
        app.UseMiddleware<HeadAsGet>();
        app.Use(async (http, next) =>
        {
            if (!await app.Services.GetRequiredService<AssetFiles>().TryServeAsync(http))
                await next(http);
        });
        app.UseRequestLocalization();
        app.UseMiddleware<Failures>();
        app.UseHostFiltering();
        app.UseCompression();
        app.UseRouting();
        app.UseOtherOrigins();
        app.UseMiddleware<Negotiation>();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use((http, next) => app.Services.GetRequiredService<TokenUse>().InvokeAsync(http, next));
        app.UseMiddleware<FormProtection>();
        app.Use((http, next) => Confirmation.InvokeAsync(http, next, http.RequestServices.GetRequiredService<WebSettings>(),
            http.RequestServices.GetRequiredService<TimeProvider>()));
        app.UseRateLimits();
        app.UseEndpoints(_ => { });

        app.Services.GetRequiredService<LogInPages>().Map(app);
        app.Services.GetRequiredService<SessionPages>().Map(app);
        app.Services.GetRequiredService<TokenPages>().Map(app);
        app.Services.GetRequiredService<CarPages>().Map(app);
        app.Services.GetRequiredService<DrivePages>().Map(app);
        app.Services.GetRequiredService<ChargePages>().Map(app);
        StatisticsPages.Map(app);
        app.Services.GetRequiredService<GeofencePages>().Map(app);
        app.Services.GetRequiredService<HistoryPages>().Map(app);
        app.Services.GetRequiredService<ImportPages>().Map(app);
        app.Services.GetRequiredService<SettingsPages>().Map(app);
        app.Services.GetRequiredService<TargetPages>().Map(app);
        app.Services.GetRequiredService<TelemetryPages>().Map(app);
        app.Services.GetRequiredService<SignInPages>().Map(app);
        return app;
    }
}
