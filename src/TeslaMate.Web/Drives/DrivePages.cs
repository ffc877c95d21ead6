using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Web.Cars;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Drives;

/// <summary>The list of drives, one drive, and its GPX file.</summary>
sealed class DrivePages(DriveQueries drives, GpxFile gpx, ICars cars)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/drives", ListAsync);
        pages.MapGet("/drive/{drive}", ShowAsync);
        routes.MapGet("/drive/{drive}/gpx", (RowNumber drive, HttpContext http, CancellationToken cancellationToken) => gpx.ExportAsync(new DriveId(drive.Int), http, cancellationToken))
            .RequireAuthorization(Policies.Owner)
            .RequireRateLimiting(RateLimits.Exports)
            // A browser that follows the link asks for html, a program for what it gets.
            .WithMetadata(new AnswersIn("html", "xml", "application/*", "text/*"));
    }

    async Task<IResult> ListAsync(PageContext context, Filter filter, CancellationToken cancellationToken)
        => context.Render<DriveListPage, DriveListModel>(
            new(filter, await drives.ListAsync(filter, context.Units, cancellationToken), CarNames.Of(await cars.ListAsync(cancellationToken))));

    async Task<IResult> ShowAsync(PageContext context, RowNumber drive, CancellationToken cancellationToken)
        => await drives.FindAsync(new DriveId(drive.Int), cancellationToken) is { } found
            ? context.Render<DrivePage, DriveModel>(new(found, await drives.TrackAsync(found, cancellationToken)))
            : Results.StatusCode(StatusCodes.Status404NotFound);
}

/// <param name="Filter">Which drives.</param>
/// <param name="List">One page of them.</param>
/// <param name="Cars">To choose from.</param>
public sealed record DriveListModel(Filter Filter, DriveList List, IReadOnlyList<(short Id, string Name)> Cars);

public sealed record DriveModel(Drive Drive, DriveTrack Track);
