using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Api.Companion;
using TeslaMate.Api.Data;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Events;
using TeslaMate.Api.Data.Live;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Writes;
using TeslaMate.Api.Exports;
using TeslaMate.Api.Mcp;
using TeslaMate.Api.OpenApi;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Api;

/// <summary>The interfaces for programs. Its calls stand beside those of the pages, whose log-in, tokens and limits they share.</summary>
public static class ApiComposition
{
    /// <summary>Registers the interfaces. They need <c>AddWeb</c> beside them.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services, ApiSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.HasMcp)
            services.AddMcpTools();
        return services
            .AddSingleton(settings)
            .AddApiPipeline()
            .AddApiDescriptions()
            .AddSingleton<CompanionDatabase>()
            .AddSingleton<CarQueries>()
            .AddSingleton<DriveQueries>()
            .AddSingleton<ChargeQueries>()
            .AddSingleton<BatteryQueries>()
            .AddSingleton<StatusQueries>()
            .AddSingleton<CompanionRoutes>()
            .AddSingleton<StreamLimit>()
            .AddSingleton<RowAnswers>()
            .AddLive()
            .AddSingleton<GeoJsonFiles>()
            .AddSingleton<ExportRoutes>()
            .AddSingleton<CalendarFile>()
            .AddSingleton<HistoryWrites>()
            .AddSingleton<GeofenceWrites>()
            .AddSingleton<TargetRoutes>()
            .AddSingleton<IEventRows, EventRows>()
            .AddSingleton<TryOutPage>()
            .AddSingleton<DataRoutes>()
            .AddDataDescription();
    }

    /// <summary>Adds the routes; after <c>MapWeb</c>, whose pipeline guards them.</summary>
    public static WebApplication MapApi(this WebApplication app)
    {
        app.Services.GetRequiredService<CompanionRoutes>().Map(app);
        app.Services.GetRequiredService<DataRoutes>().Map(app);
        app.MapApiDescriptions();
        if (app.Services.GetRequiredService<ApiSettings>().HasMcp)
            app.MapMcpTools();
        return app;
    }
}
