using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Web.History;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;
using TeslaMate.Web.Settings;

namespace TeslaMate.Web.Geofences;

/// <summary>The list of geofences and the form for one (spec web 6.4, 6.5). What is saved or deleted can be undone (spec api 2.6).</summary>
sealed class GeofencePages(IGeofences geofences)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages("/geo-fences");
        pages.MapGet("", async (PageContext context, CancellationToken cancellationToken)
            => context.Render<GeofenceListPage, GeofenceListModel>(new(await geofences.ListAsync(cancellationToken))));
        pages.MapGet("/new", NewAsync);
        pages.MapGet("/{geofence}/edit", EditAsync);
        pages.MapPost("", (PageContext context, HttpContext http, CancellationToken cancellationToken) =>
            SaveAsync(context, http, geofence: null, cancellationToken));
        pages.MapPost("/{geofence}", (PageContext context, HttpContext http, RowNumber geofence, CancellationToken cancellationToken) =>
            SaveAsync(context, http, geofence, cancellationToken));
        pages.MapPost("/{geofence}/delete", DeleteAsync);
    }

    async Task<IResult> NewAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var given = Degrees(http.Request.Query["lat"], 90) is { } latitude && Degrees(http.Request.Query["lng"], 180) is { } longitude
            ? ((double, double)?)(latitude, longitude) : null;
        var (lat, lng) = given ?? await geofences.LastPositionAsync(cancellationToken) ?? (0, 0);
        return Page(context, new()
        {
            Input = GeofenceInput.At(lat, lng),
            Dashboards = given is null ? null : DashboardLink.From(http.Request.Headers.Referer)
        });
    }

    async Task<IResult> EditAsync(PageContext context, RowNumber geofence, CancellationToken cancellationToken)
        => await geofences.FindAsync(new GeofenceId(geofence.Int), cancellationToken) is { } found
            ? Page(context, new() { Geofence = found, Input = GeofenceInput.Of(found) })
            : Results.StatusCode(StatusCodes.Status404NotFound);

    async Task<IResult> SaveAsync(PageContext context, HttpContext http, RowNumber? geofence, CancellationToken cancellationToken)
    {
        var id = geofence is { } number ? new GeofenceId(number.Int) : (GeofenceId?)null;
        var existing = id is { } known ? await geofences.FindAsync(known, cancellationToken) : null;
        if (id is not null && existing is null)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var fields = await http.Request.ReadFormAsync(cancellationToken);
        var (input, form, errors) = GeofenceInput.Read(fields);
        var model = new GeofenceModel { Geofence = existing, Input = input };
        if (errors.Count > 0)
            return Page(context, model with { Errors = errors }, StatusCodes.Status422UnprocessableEntity);
        var decision = fields["costs"].ToString();
        if (decision is not ("keep" or "add") && await geofences.CountWithoutCostAsync(id, form, cancellationToken) is > 0 and var count)
            return Page(context, model with { ChargesWithoutCost = count });
        var addCosts = decision == "add";
        var version = fields["version"].ToString() is { Length: > 0 } previewed ? previewed : null;
        var isPreview = version is null && fields["preview"].Count > 0;
        var answer = isPreview ? await geofences.PreviewAsync(id, form, addCosts, cancellationToken)
            : await geofences.SaveAsync(id, form, addCosts, new(HistoryPages.Author) { Version = version }, cancellationToken);
        switch (answer)
        {
            case GeofenceAnswer.Previewed(var detail):
                return context.Render<ChangePage, ChangeModel>(new(detail, new(
                    http.Request.Path, id is null ? "/geo-fences/new" : $"/geo-fences/{id}/edit", [.. Chosen(fields)])));
            case GeofenceAnswer.Changed:
                return HistoryPages.Problem(context, EditProblem.Stale);
            case GeofenceAnswer.Busy:
                return HistoryPages.Problem(context, EditProblem.Busy);
            case GeofenceAnswer.Saved(var saved):
                Notices.Leave(http, new Notice(
                    context.Texts[existing is null ? "Geo-fence \"{0}\" created" : "Geo-fence \"{0}\" updated", saved.Name], IsError: false));
                return Results.Redirect(context.Url("/geo-fences"));
            case GeofenceAnswer.Refused(var refused):
                return Page(context, model with { Errors = refused }, StatusCodes.Status422UnprocessableEntity);
            default:
                return Results.StatusCode(StatusCodes.Status404NotFound);
        }
    }

    async Task<IResult> DeleteAsync(PageContext context, HttpContext http, RowNumber geofence, CancellationToken cancellationToken)
    {
        var id = new GeofenceId(geofence.Int);
        var fields = await http.Request.ReadFormAsync(cancellationToken);
        var version = fields["version"].ToString() is { Length: > 0 } shown ? shown : null;
        // A dialog has asked, or a preview was shown; otherwise it is shown now.
        var answer = context.IsFragment || version is not null
            ? await geofences.DeleteAsync(id, new(HistoryPages.Author) { Version = version }, cancellationToken)
            : await geofences.PreviewDeletionAsync(id, cancellationToken);
        switch (answer)
        {
            case GeofenceAnswer.Previewed(var detail):
                return context.Render<ChangePage, ChangeModel>(new(detail, new(http.Request.Path, "/geo-fences", [])));
            case GeofenceAnswer.Deleted when context.IsFragment:
                return Results.Ok();
            case GeofenceAnswer.Deleted:
                Notices.Leave(http, new Notice(context.Texts["The change is made. It can be undone for 90 days."], IsError: false));
                return Results.Redirect(context.Url("/geo-fences"));
            case GeofenceAnswer.Changed:
                return HistoryPages.Problem(context, EditProblem.Stale);
            case GeofenceAnswer.Busy:
                return HistoryPages.Problem(context, EditProblem.Busy);
            default:
                return Results.StatusCode(StatusCodes.Status404NotFound);
        }
    }

    /// <summary>What the form asks for, again.</summary>
    static IEnumerable<(string Name, string? Value)> Chosen(IFormCollection fields)
        => from field in fields
           where field.Key == "costs" || field.Key.StartsWith(GeofenceInput.FormName + "[", StringComparison.Ordinal)
           select (field.Key, (string?)field.Value.ToString());

    static double? Degrees(string? text, double largest)
        => double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var degrees)
            && Math.Abs(degrees) <= largest ? degrees : null;

    static IResult Page(PageContext context, GeofenceModel model, int status = StatusCodes.Status200OK)
        => context.Render<GeofencePage, GeofenceModel>(model, status);
}

public sealed record GeofenceListModel(IReadOnlyList<Geofence> Geofences);

public sealed record GeofenceModel
{
    /// <summary>Null for a new one.</summary>
    public Geofence? Geofence { get; init; }

    /// <summary>What the form shows.</summary>
    public required GeofenceInput Input { get; init; }

    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>More than none asks what to do with them.</summary>
    public int ChargesWithoutCost { get; init; }

    /// <summary>Where a link with a position led here from; the owner is asked whether these are the dashboards.</summary>
    public DashboardLink? Dashboards { get; init; }
}
