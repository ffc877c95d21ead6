using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Outgoing;

/// <summary>
/// Where events go: the targets, a form for each, the last deliveries (spec api 4). A stolen session must not send itself where the cars are, so
/// the owner is asked for the password again.
/// </summary>
sealed partial class TargetPages(
    TargetTable targets, DeliveryTable deliveries, TargetTest test, AddressGuard guard, ICars cars, MessageTexts texts, ILogger<TargetPages> logger)
{
    public const string Path = "/outgoing";

    const int ShownDeliveries = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages(Path).RequireConfirmation();
        pages.MapGet("", async (PageContext context, CancellationToken cancellationToken)
            => context.Render<TargetListPage, TargetListModel>(new(await targets.ListAsync(cancellationToken))));
        pages.MapGet("/new", NewAsync);
        pages.MapGet("/abrp/{car}", PlannerAsync);
        pages.MapGet("/{target}", EditAsync);
        pages.MapPost("", CreateAsync);
        pages.MapPost("/{target}", ChangeAsync);
    }

    async Task<IResult> NewAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var kind = TargetKinds.Find(http.Request.Query["kind"]) ?? TargetKind.Webhook;
        return await PageAsync(context, new() { Kind = kind, Entry = TargetEntry.New(kind) }, cancellationToken);
    }

    /// <summary>Where the live values of a car go: the target that is there, or the form of one.</summary>
    async Task<IResult> PlannerAsync(PageContext context, RowNumber car, CancellationToken cancellationToken)
    {
        if ((await cars.ListAsync(cancellationToken)).FirstOrDefault(known => known.Id.Value == car.Int) is not { Id: var id })
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var there = (await targets.ListAsync(cancellationToken)).FirstOrDefault(
            target => target.Kind is TargetKind.Abrp && target.Filter.Cars?.Contains(id) != false);
        if (there is not null)
            return Results.Redirect(context.Url($"{Path}/{there.Id}"));
        var entry = TargetEntry.New(TargetKind.Abrp) with { Name = TargetTexts.Of(TargetKind.Abrp), Cars = [id] };
        return await PageAsync(context, new() { Kind = TargetKind.Abrp, Entry = entry }, cancellationToken);
    }

    async Task<IResult> EditAsync(PageContext context, RowNumber target, CancellationToken cancellationToken)
        => await targets.FindAsync(target.Int, cancellationToken) is { } found
            ? await PageAsync(context, new() { Target = found, Kind = found.Kind, Entry = TargetEntry.Of(found) }, cancellationToken)
            : Results.StatusCode(StatusCodes.Status404NotFound);

    async Task<IResult> CreateAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (TargetKinds.Find(form["kind"]) is not { } kind)
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        var (entry, draft, errors) = TargetEntry.Read(form, kind);
        var (input, problems) = TargetInput.Check(draft, new HashSet<string>(), guard);
        if (input is null || errors.Count > 0)
            return await PageAsync(context, new() { Kind = kind, Entry = entry, Errors = [.. errors, .. problems] }, cancellationToken);
        var (made, key) = await targets.CreateAsync(input, cancellationToken);
        Log.Created(logger, made.Id, made.Kind.Word(), made.Name, RequestOrigin.Of(http));
        if (key is null)
            return Done(context, http, context.Texts["Saved"], made.Id);
        http.Response.Headers.CacheControl = "no-store";
        return await PageAsync(context, new() { Target = made, Kind = kind, Entry = TargetEntry.Of(made), Made = key }, cancellationToken);
    }

    async Task<IResult> ChangeAsync(PageContext context, HttpContext http, RowNumber target, CancellationToken cancellationToken)
    {
        if (await targets.FindAsync(target.Int, cancellationToken) is not { } found)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var form = await http.Request.ReadFormAsync(cancellationToken);
        switch (form["do"].ToString())
        {
            case "save":
                return await SaveAsync(form, found, context, http, cancellationToken);
            case "test":
                var result = await test.SendAsync(found.Id, cancellationToken);
                Notices.Leave(http, result is DeliveryResult.Refused(var reason)
                    ? new Notice(context.Texts["The test did not arrive: {0}", reason], IsError: true)
                    : new Notice(context.Texts["The test has arrived."], IsError: false));
                return Results.Redirect(context.Url($"{Path}/{found.Id}"));
            case ("on" or "off") and var word:
                await targets.SetEnabledAsync(found.Id, word == "on", cancellationToken);
                Log.Switched(logger, found.Id, found.Name, word, RequestOrigin.Of(http));
                return Results.Redirect(context.Url(Path));
            case "key":
                if (await targets.RollKeyAsync(found.Id, cancellationToken) is not { } key)
                    return Results.StatusCode(StatusCodes.Status400BadRequest);
                Log.KeyChanged(logger, found.Id, found.Name, RequestOrigin.Of(http));
                http.Response.Headers.CacheControl = "no-store";
                return await PageAsync(context, new() { Target = found, Kind = found.Kind, Entry = TargetEntry.Of(found), Made = key },
                    cancellationToken);
            case "delete":
                await targets.DeleteAsync(found.Id, isExpected: _ => true, cancellationToken);
                Log.Deleted(logger, found.Id, found.Name, RequestOrigin.Of(http));
                return Results.Redirect(context.Url(Path));
            default:
                return Results.StatusCode(StatusCodes.Status400BadRequest);
        }
    }

    async Task<IResult> SaveAsync(IFormCollection form, ListedTarget found, PageContext context, HttpContext http,
        CancellationToken cancellationToken)
    {
        var (entry, draft, errors) = TargetEntry.Read(form, found.Kind);
        var (input, problems) = TargetInput.Check(draft, found.SecretNames, guard);
        if (input is null || errors.Count > 0)
        {
            return await PageAsync(
                context, new() { Target = found, Kind = found.Kind, Entry = entry, Errors = [.. errors, .. problems] }, cancellationToken);
        }

        await targets.UpdateAsync(found.Id, input, isExpected: _ => true, cancellationToken);
        Log.Changed(logger, found.Id, input.Name, string.Join(' ', input.Secrets.Keys), RequestOrigin.Of(http));
        return Done(context, http, context.Texts["Saved"], found.Id);
    }

    static IResult Done(PageContext context, HttpContext http, string sentence, int id)
    {
        Notices.Leave(http, new Notice(sentence, IsError: false));
        return Results.Redirect(context.Url($"{Path}/{id}"));
    }

    async Task<IResult> PageAsync(PageContext context, TargetModel model, CancellationToken cancellationToken)
        => context.Render<TargetPage, TargetModel>(
            model with
            {
                Cars = await cars.ListAsync(cancellationToken),
                EventNames = TargetTexts.OfEvents(texts.In(context.Texts.Language.Value)),
                Deliveries = model.Target is { } target ? await deliveries.RecentAsync(target.Id, ShownDeliveries, cancellationToken) : [],
            },
            model.Errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Kind}, {Name}) was made in the pages, from {Address}")]
        public static partial void Created(ILogger logger, int id, string kind, string name, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) was changed in the pages (secrets: {Secrets}), from {Address}")]
        public static partial void Changed(ILogger logger, int id, string name, string secrets, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) was turned {Word} in the pages, from {Address}")]
        public static partial void Switched(ILogger logger, int id, string name, string word, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) got a new signing secret in the pages, from {Address}")]
        public static partial void KeyChanged(ILogger logger, int id, string name, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) was deleted in the pages, from {Address}")]
        public static partial void Deleted(ILogger logger, int id, string name, RequestOrigin address);
    }
}

public sealed record TargetListModel(IReadOnlyList<ListedTarget> Targets);

public sealed record TargetModel
{
    /// <summary>Null for a new one.</summary>
    public ListedTarget? Target { get; init; }

    public required TargetKind Kind { get; init; }

    /// <summary>What the form shows.</summary>
    public required TargetEntry Entry { get; init; }

    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>A new signing secret, which is shown once.</summary>
    public Secret? Made { get; init; }

    /// <summary>Those that events can be about.</summary>
    public IReadOnlyList<Car> Cars { get; init; } = [];

    /// <summary>What events are called, in the visitor's language, by their names outside.</summary>
    public IReadOnlyDictionary<string, string> EventNames { get; init; } = new Dictionary<string, string>();

    /// <summary>The newest first.</summary>
    public IReadOnlyList<DeliveryRecord> Deliveries { get; init; } = [];
}
