using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Measures;
using TeslaMate.Telemetry;
using TeslaMate.Web.Cars;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;
using TeslaMate.Web.Telemetry;

namespace TeslaMate.Web.Drives;

/// <summary>The list of drives, one drive, and its GPX file.</summary>
sealed class DrivePages(
    DriveQueries drives, GpxFile gpx, ICars cars, [FromKeyedServices(WebDatabase.Pages)] MeasureReader measures, IServiceProvider services)
{
    readonly ITelemetryReport? _telemetry = services.GetService<ITelemetryReport>();

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/drives", ListAsync);
        pages.MapGet("/drive/{drive}", ShowAsync);
        routes.MapGet("/drive/{drive}/gpx", (RowNumber drive, HttpContext http, CancellationToken cancellationToken) =>
            gpx.ExportAsync(new DriveId(drive.Int), http, cancellationToken))
            .RequireAuthorization(Policies.Owner)
            .RequireRateLimiting(RateLimits.Exports)
            // A browser that follows the link asks for html, a program for what it gets.
            .WithMetadata(new AnswersIn("html", "xml", "application/*", "text/*"));
        routes.MapGet("/drive/{drive}/csv", ExportAsync)
            .RequireAuthorization(Policies.Owner)
            .RequireRateLimiting(RateLimits.Exports)
            .WithMetadata(DataTable.AnswersIn);
    }

    async Task<IResult> ListAsync(PageContext context, Filter filter, CancellationToken cancellationToken)
        => context.Render<DriveListPage, DriveListModel>(
            new(filter, await drives.ListAsync(filter, context.Units, cancellationToken), CarNames.Of(await cars.ListAsync(cancellationToken))));

    async Task<IResult> ShowAsync(PageContext context, HttpContext http, RowNumber drive, string? axis, CancellationToken cancellationToken)
        => await ReadAsync(context, http, drive, axis, cancellationToken) is { } model
            ? context.Render<DrivePage, DriveModel>(
                model with
                {
                    Battery = await BatteryModel.ReadAsync(_telemetry,
                    report => report.BatteryAsync(new DriveId(drive.Int), cancellationToken))
                })
            : Results.StatusCode(StatusCodes.Status404NotFound);

    async Task<IResult> ExportAsync(PageContext context, HttpContext http, RowNumber drive, CancellationToken cancellationToken)
        => await ReadAsync(context, http, drive, axis: null, cancellationToken) is { Points: var points }
            ? points.ToFile(http, string.Create(CultureInfo.InvariantCulture, $"drive-{drive.Int}"))
            : Results.StatusCode(StatusCodes.Status404NotFound);

    Task<DriveModel?> ReadAsync(PageContext context, HttpContext http, RowNumber drive, string? axis, CancellationToken cancellationToken)
        => DriveModel.ReadAsync(
            drives, measures, context, drive.Int, StatisticsRequest.ZoneOf(http) ?? TimeZoneInfo.Utc, isByDistance: axis == "distance",
            cancellationToken);
}

/// <param name="Filter">Which drives.</param>
/// <param name="List">One page of them.</param>
/// <param name="Cars">To choose from.</param>
public sealed record DriveListModel(Filter Filter, DriveList List, IReadOnlyList<(short Id, string Name)> Cars);
