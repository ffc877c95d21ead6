using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Logbook;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Writes;

/// <summary>
/// Changes to what was logged, by programs (spec api 2.6): the edits of <see cref="IHistoryEditor"/>, by whose rules the pages go as well, and the
/// list of changes with their undo.
/// </summary>
sealed class HistoryWrites(IHistoryEditor editor, RowAnswers answers, TimeProvider time)
{
    const int LongestKey = 200;

    /// <summary>Asks what a change would be.</summary>
    public static readonly Parameter Preview = new("preview", ParameterType.Flag, "Whether to tell what would change, and change nothing.");

    static readonly BodyMember Ids =
        new("ids", BodyType.Ids, "At least two, consecutive, of one car, with gaps below six hours.") { IsRequired = true };

    static readonly BodyMember Position =
        new("position_id", BodyType.Id, "The position that ends the first and begins the second.") { IsRequired = true };

    static readonly BodyMember Charge = new("charge_id", BodyType.Id, "The charge that ends the first and begins the second.") { IsRequired = true };
    static readonly BodyMember From = new("from", BodyType.Instant, "The new begin; left out or null, it stays.") { CanBeNull = true };
    static readonly BodyMember To = new("to", BodyType.Instant, "The new end; left out or null, it stays.") { CanBeNull = true };
    static readonly BodyMember Geofence =
        new("geofence_id", BodyType.Id, "Where it was, whatever the circle is; null for none.") { IsRequired = true, CanBeNull = true };
    static readonly BodyMember Tags = new("tags", BodyType.Texts, "All tags: 20 at most, of 1 to 40 characters.") { IsRequired = true };
    static readonly BodyMember Value = new("value", BodyType.Number, "Null for no cost, with `total` only.") { IsRequired = true, CanBeNull = true };

    static readonly BodyMember End =
        new("end", BodyType.Word, "Which end of the drive.") { Values = ["start", "end"], IsRequired = true };

    static readonly BodyMember Mode =
        new("mode", BodyType.Word, "What the value is: the cost (`total`, the default), or the price of a kWh or minute.")
        {
            Values = ["total", "per_kwh", "per_minute"],
        };

    public void Map(RouteGroupBuilder writes)
    {
        foreach (var kind in (EntryKind[])[EntryKind.Drive, EntryKind.Charge])
        {
            var (path, noun) = kind is EntryKind.Drive ? ("/drives", "drive") : ("/charging-processes", "charging process");
            var at = kind is EntryKind.Drive ? Position : Charge;
            Several(writes, $"{path}/merge", [Ids], $"Makes one {noun} of consecutive ones; the first keeps its number.",
                body => new HistoryEdit.Merge(kind, body.Ids(Ids)));
            One(writes, "POST", $"{path}/{{id}}/split", kind, [at], $"Makes two of a {noun}.",
                (id, body) => new HistoryEdit.Split(kind, id, body.Id(at)!.Value));
            One(writes, "POST", $"{path}/{{id}}/trim", kind, [From, To], $"Cuts off what lies before and after two moments of a {noun}.",
                (id, body) => new HistoryEdit.Trim(kind, id, body.Instant(From), body.Instant(To)));
            One(writes, "PUT", $"{path}/{{id}}/tags", kind, [Tags], $"Sets the tags of a {noun}.",
                (id, body) => new HistoryEdit.SetTags(kind, [id], TagMode.Replace, body.Texts(Tags)));
            One(writes, "PUT", $"{path}/{{id}}/geofence", kind, kind is EntryKind.Drive ? [End, Geofence] : [Geofence], $"Says where a {noun} was.",
                (id, body) => new HistoryEdit.SetGeofence(
                    kind, [id], body.Text(End) == "start" ? PlaceEnd.Start : PlaceEnd.End, body.Id(Geofence)));
            One(writes, "DELETE", $"{path}/{{id}}", kind, null, $"Deletes a {noun}; positions stay, charges go along.",
                (id, _) => new HistoryEdit.Delete(kind, [id]));
        }

        One(writes, "PUT", "/charging-processes/{id}/cost", EntryKind.Charge, [Mode, Value], "Sets the cost of a charging process.",
            (id, body) => new HistoryEdit.SetCost([id], CostModeOf(body.Text(Mode)), body.Number(Value)));

        writes.MapGet("/changes", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => ListAsync(http)))
            .WithMetadata(new Described("getChanges", "Changes of the last 90 days, the newest first.",
                [Parameter.Cars, Parameter.Limit, Parameter.Cursor], [Format.Json], new Shape.File("`data` and `next`."))
            { Scope = Scopes.Write });
        writes.MapGet("/changes/{id}", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => ShowAsync(http, id.Value)))
            .WithMetadata(new Described("getChangesOne", "A change with the rows before and after.", [], [Format.Json],
                new Shape.File("The change."))
            { Scope = Scopes.Write });
        writes.MapPost("/changes/{id}/undo", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => UndoAsync(http, id.Value)))
            .WithMetadata(new Described("postChangesOneUndo", "Gives the rows of a change back as they were, with their numbers.", [], [Format.Json],
                new Shape.File("The change."))
            { Scope = Scopes.Write, IsChange = true });
    }

    void Several(RouteGroupBuilder writes, string path, IReadOnlyList<BodyMember> members, string summary, Func<Body, HistoryEdit.OfEntries> edit)
        => writes.MapPost(path, (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, async () =>
            await ChangeAsync(http, edit(await Body.ReadAsync(http, members)), listing: null)))
            .WithMetadata(Describe("POST", path, members, summary) with { TakesKey = true });

    void One(
        RouteGroupBuilder writes, string method, string path, EntryKind kind, IReadOnlyList<BodyMember>? members, string summary,
        Func<int, Body, HistoryEdit.OfEntries> edit)
        => writes.MapMethods(path, [method], (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, async () =>
            await ChangeAsync(http, edit(id.Int, members is null ? Body.None : await Body.ReadAsync(http, members)),
                kind is EntryKind.Drive ? DriveListing.Drives : ChargeListing.Processes)))
            .WithMetadata(Describe(method, path, members, summary) with { NeedsMatch = true, TakesKey = method == "POST" });

    static Described Describe(string method, string path, IReadOnlyList<BodyMember>? members, string summary)
        => new(DataRoutes.NameOf(path, method), summary, [Preview], [Format.Json], new Shape.File("The change, with the rows before and after."))
        {
            Scope = Scopes.Write,
            Body = members,
            IsChange = true,
        };

    /// <param name="listing">What a change of one row is compared with; null for one of several.</param>
    async Task ChangeAsync(HttpContext http, HistoryEdit.OfEntries edit, Listing? listing)
    {
        var isPreview = Question.Read(http.Request.Query, [Preview], time.LocalTimeZone).Flag(Preview) == true;
        var (author, key) = (AuthorOf(http), KeyOf(http));
        var entries = await editor.EntriesAsync(edit.Kind, edit.Ids, http.RequestAborted);
        if (entries.Any(entry => !http.User.MaySee(entry.Car)))
            throw ProblemException.NotFound();
        // By now its rows may be gone.
        if (key is not null && !isPreview && await editor.RepeatedAsync(edit, author, key, http.RequestAborted) is { } before)
        {
            await AnswerAsync(http, before);
            return;
        }

        var condition = Precondition.Of(http, isNeeded: listing is not null && !isPreview);
        var preview = await editor.PreviewAsync(edit, http.RequestAborted);
        if (isPreview || preview is not EditAnswer.Done({ Version: var version }, _))
        {
            await AnswerAsync(http, preview, isPreview: true);
            return;
        }

        // The version was taken before the row was looked at, and is asked for again when the change is made: nothing slips in between.
        var isChosen = condition is { IsGiven: true, IsAnything: false };
        if (isChosen && !condition.Names(TagOf(version)) && !(listing is not null
            && condition.Names(RowAnswers.TagOf((await answers.RowAsync(http, listing, edit.Ids[0])).Span))))
            throw Precondition.Failed();
        await AnswerAsync(http, await editor.ApplyAsync(edit, author, isChosen ? version : null, key, http.RequestAborted));
    }

    async Task ListAsync(HttpContext http)
    {
        var question = Question.Read(http.Request.Query, [Parameter.Cars, Parameter.Limit, Parameter.Cursor], time.LocalTimeZone);
        var most = question.Whole(Parameter.Limit) ?? RowAnswers.UsualPage;
        var before = question.Text(Parameter.Cursor) is { } text ? Cursor.Read(text, http.Request).Id : (long?)null;
        var wanted = question.Ids(Parameter.Cars)?.Where(id => id is > 0 and <= short.MaxValue).Select(id => new CarId((short)id)).ToList();
        var cars = wanted is null ? http.User.Cars() : [.. wanted.Where(http.User.MaySee)];
        var changes = await editor.ListAsync(cars, before, most + 1, http.RequestAborted);
        var next = changes.Count > most ? new Cursor(null, changes[most - 1].Id).Write(http.Request) : null;
        await RowAnswers.WholeAsync(http, Format.Json, ChangeJson.Write(changes.Take(most), next));
    }

    async Task ShowAsync(HttpContext http, long id)
        => await RowAnswers.WholeAsync(http, Format.Json, ChangeJson.Write(await FindAsync(http, id), isPreview: false, isRepeated: false));

    async Task UndoAsync(HttpContext http, long id)
    {
        Question.Read(http.Request.Query, [], time.LocalTimeZone);
        await FindAsync(http, id);
        await AnswerAsync(http, await editor.UndoAsync(id, AuthorOf(http), http.RequestAborted));
    }

    async Task<HistoryDetail> FindAsync(HttpContext http, long id)
        => await editor.FindAsync(id, http.RequestAborted) is { } detail
            && (detail.Change.Car is { } car ? http.User.MaySee(car) : http.User.Cars() is null)
            ? detail : throw ProblemException.NotFound();

    static async Task AnswerAsync(HttpContext http, EditAnswer answer, bool isPreview = false)
    {
        switch (answer)
        {
            case EditAnswer.Done(var detail, var isRepeated):
                await SendAsync(http, detail, isPreview, isRepeated);
                break;
            case EditAnswer.Refused(var problem, var text):
                throw new ProblemException(KindOf(problem), text);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>A change, or what one would be, with the tag by which it can be made.</summary>
    public static Task SendAsync(HttpContext http, HistoryDetail detail, bool isPreview, bool isRepeated)
    {
        if (isPreview)
            http.Response.Headers.ETag = TagOf(detail.Version);
        http.Response.Headers.CacheControl = "no-store";
        return RowAnswers.SendAsync(http, Format.Json, ChangeJson.Write(detail, isPreview, isRepeated));
    }

    /// <summary>The tag of a preview.</summary>
    public static string TagOf(string version) => $"\"{version}\"";

    static ProblemKind KindOf(EditProblem problem) => problem switch
    {
        EditProblem.NotFound => ProblemKind.NotFound,
        EditProblem.UnknownPlace or EditProblem.NothingToDo or EditProblem.TooMany or EditProblem.InvalidTags or EditProblem.InvalidValue
            or EditProblem.NoFactor => ProblemKind.Unusable,
        EditProblem.Stale => ProblemKind.PreconditionFailed,
        _ => ProblemKind.Conflict,
    };

    static CostMode CostModeOf(string? word) => word switch
    {
        "per_kwh" => CostMode.PerKwh,
        "per_minute" => CostMode.PerMinute,
        _ => CostMode.Total,
    };

    // A key belongs to who sent it: two tokens may choose the same.
    public static string AuthorOf(HttpContext http) => http.User.TokenName() is { } token ? $"token {token}" : "program";

    public static string? KeyOf(HttpContext http) => http.Request.Headers["Idempotency-Key"].ToString() switch
    {
        "" => null,
        { Length: > LongestKey } => throw new ProblemException(ProblemKind.InvalidParameter, "An Idempotency-Key has at most 200 characters."),
        var key => key,
    };
}
