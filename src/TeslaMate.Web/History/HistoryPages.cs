using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.History;

/// <summary>Changes to what was logged: what a drive or charge offers, the preview, the list of changes (spec api 2.6).</summary>
sealed class HistoryPages(IHistoryEditor editor, IGeofences geofences)
{
    /// <summary>Who changes something here, as the list of changes names him.</summary>
    public const string Author = "pages";

    const int PageSize = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages("/history");
        pages.MapGet("", ListAsync);
        pages.MapGet("/{change:long}", ShowAsync);
        pages.MapGet("/drive/{drive}", (PageContext context, RowNumber drive, CancellationToken cancellationToken)
            => EditAsync(context, EntryKind.Drive, drive, cancellationToken));
        pages.MapGet("/charge/{process}", (PageContext context, RowNumber process, CancellationToken cancellationToken)
            => EditAsync(context, EntryKind.Charge, process, cancellationToken));
        pages.MapPost("/preview", PreviewAsync);
        pages.MapPost("", ApplyAsync);
        pages.MapPost("/{change:long}/undo", UndoAsync);
    }

    /// <summary>Why something is refused: a text of the pages, in English.</summary>
    public static string Sentence(EditProblem problem) => problem switch
    {
        EditProblem.NotFound or EditProblem.UnknownPlace => "There is nothing at this address.",
        EditProblem.NothingToDo => "Nothing would change.",
        EditProblem.TooMany => "That was too much at once.",
        EditProblem.InvalidTags or EditProblem.InvalidValue => "The address or the form could not be understood.",
        EditProblem.NoFactor => "The energy of this charge is not known; please enter the total.",
        EditProblem.GoingOn => "This has not ended yet.",
        EditProblem.SeveralCars or EditProblem.NotConsecutive or EditProblem.GapTooLong or EditProblem.OdometerFalls
            => "Only consecutive ones of one car, with less than six hours between them, can be merged.",
        EditProblem.TooFewRows or EditProblem.TooShort => "What is left would be too short.",
        EditProblem.LaterChange => "A later change of the same rows has to be undone first.",
        EditProblem.Stale or EditProblem.Touched or EditProblem.AlreadyUndone or EditProblem.KeyReused
            => "It was changed in the meantime. Please look at it again.",
        _ => "That did not work. Please try again.",
    };

    async Task<IResult> ListAsync(PageContext context, long? before, CancellationToken cancellationToken)
    {
        var changes = await editor.ListAsync(cars: null, before, PageSize + 1, cancellationToken);
        return context.Render<HistoryPage, HistoryModel>(new([.. changes.Take(PageSize)], changes.Count > PageSize));
    }

    async Task<IResult> ShowAsync(PageContext context, long change, CancellationToken cancellationToken)
        => await editor.FindAsync(change, cancellationToken) is { } detail
            ? context.Render<ChangePage, ChangeModel>(new(detail, Preview: null))
            : Results.StatusCode(StatusCodes.Status404NotFound);

    async Task<IResult> EditAsync(PageContext context, EntryKind kind, RowNumber id, CancellationToken cancellationToken)
    {
        if (await editor.EntriesAsync(kind, [id.Int], cancellationToken) is not [var entry])
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var tags = await editor.TagsAsync(kind, [entry.Id], cancellationToken);
        return context.Render<EditPage, EditModel>(
            new(kind, entry, tags.GetValueOrDefault(entry.Id) ?? [], await geofences.ListAsync(cancellationToken)));
    }

    async Task<IResult> PreviewAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (await HistoryInput.ParseAsync(form, editor, cancellationToken) is not { } edit)
            return Problem(context, EditProblem.InvalidValue);
        return await editor.PreviewAsync(edit, cancellationToken) switch
        {
            EditAnswer.Done(var detail, _) => context.Render<ChangePage, ChangeModel>(new(detail, new(
                "/history", edit.Kind is EntryKind.Drive ? "/drives" : "/charges", [.. HistoryInput.Fields(edit)]))),
            EditAnswer.Refused(var problem, _) => Problem(context, problem),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    async Task<IResult> ApplyAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (await HistoryInput.ParseAsync(form, editor, cancellationToken) is not { } edit
            || form["version"].ToString() is not { Length: > 0 } version)
            return Problem(context, EditProblem.InvalidValue);
        return Answer(context, http, await editor.ApplyAsync(edit, Author, version, key: null, cancellationToken),
            "The change is made. It can be undone for 90 days.");
    }

    async Task<IResult> UndoAsync(PageContext context, HttpContext http, long change, CancellationToken cancellationToken)
        => Answer(context, http, await editor.UndoAsync(change, Author, cancellationToken), "The change is undone.");

    static IResult Answer(PageContext context, HttpContext http, EditAnswer answer, string success)
    {
        if (answer is EditAnswer.Refused(var problem, _))
            return Problem(context, problem);
        Notices.Leave(http, new Notice(context.Texts[success], IsError: false));
        return Results.Redirect(context.Url("/history"));
    }

    /// <summary>The page that says why a change is refused.</summary>
    public static IResult Problem(PageContext context, EditProblem problem)
    {
        var status = problem switch
        {
            EditProblem.NotFound => StatusCodes.Status404NotFound,
            EditProblem.InvalidTags or EditProblem.InvalidValue or EditProblem.NoFactor or EditProblem.TooMany or EditProblem.NothingToDo
                or EditProblem.UnknownPlace
                => StatusCodes.Status422UnprocessableEntity,
            _ => StatusCodes.Status409Conflict,
        };
        return context.Render<RefusalPage, RefusalModel>(new(context.Texts[Sentence(problem)]), status);
    }
}

/// <param name="Changes">The newest first.</param>
/// <param name="HasMore">There are older ones.</param>
public sealed record HistoryModel(IReadOnlyList<HistoryChange> Changes, bool HasMore);

/// <param name="Detail">What changes, or changed.</param>
/// <param name="Preview">What makes it; null when it is made.</param>
public sealed record ChangeModel(HistoryDetail Detail, ChangePreview? Preview);

/// <param name="Action">Where the form goes that makes the change; it has the version too.</param>
/// <param name="Back">Where whoever does not want it goes.</param>
/// <param name="Fields">What the form asks for, without the version.</param>
public sealed record ChangePreview(string Action, string Back, IReadOnlyList<(string Name, string? Value)> Fields);

/// <param name="Kind">What it is.</param>
/// <param name="Entry">Nothing can be changed while it goes on.</param>
/// <param name="Tags">In alphabetical order.</param>
/// <param name="Geofences">To choose from.</param>
public sealed record EditModel(EntryKind Kind, HistoryEntry Entry, IReadOnlyList<string> Tags, IReadOnlyList<Geofence> Geofences);

/// <param name="Text">Why, in the visitor's language.</param>
public sealed record RefusalModel(string Text);
