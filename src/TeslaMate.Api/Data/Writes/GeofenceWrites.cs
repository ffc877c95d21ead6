using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Writes;

/// <summary>
/// Geofences, by programs (spec api 2.6), with the rules of the pages' form (spec logbook 9.1). They are of all cars, so a token for some changes
/// none. Each change can be previewed, and undone from the list of changes.
/// </summary>
sealed class GeofenceWrites(IGeofences geofences, RowAnswers answers, TimeProvider time)
{
    static readonly Parameter PricePast = new("price_past", ParameterType.Flag, "Whether charges there without cost get one.");

    static readonly IReadOnlyList<Parameter> SaveParameters = [PricePast, HistoryWrites.Preview];

    static readonly BodyMember Name = new("name", BodyType.Text, "1 to 255 characters.") { IsRequired = true };
    static readonly BodyMember Latitude = new("latitude", BodyType.Number, "Degrees of its middle.") { IsRequired = true };
    static readonly BodyMember Longitude = new("longitude", BodyType.Number, "Degrees of its middle.") { IsRequired = true };
    static readonly BodyMember Radius = new("radius_m", BodyType.Number, "Whole metres, 1 to 4999.") { IsRequired = true };

    static readonly BodyMember Billing = new("billing_type", BodyType.Word, "What a charge there is paid by; `per_kwh` when left out.")
    {
        Values = ["per_kwh", "per_minute"],
    };

    static readonly BodyMember Cost = new("cost_per_unit", BodyType.Number, "Price of a kWh or minute; null for none.") { CanBeNull = true };
    static readonly BodyMember Fee = new("session_fee", BodyType.Number, "Price of a charge, besides; null for none.") { CanBeNull = true };

    static readonly IReadOnlyList<BodyMember> Members = [Name, Latitude, Longitude, Radius, Billing, Cost, Fee];

    public void Map(RouteGroupBuilder writes)
    {
        var shape = new Shape.One(PlaceListing.Geofences.Row, PlaceListing.Geofences.Members);
        writes.MapPost("/geofences", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => SaveAsync(http, null)))
            .WithMetadata(new Described("postGeofences", "Makes a geofence; drives and charges in it belong to it from now on.", SaveParameters,
                [Format.Json], shape)
            { Scope = Scopes.Write, Body = Members, IsChange = true, TakesKey = true });
        writes.MapPut("/geofences/{id}", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => SaveAsync(http, id)))
            .WithMetadata(new Described("putGeofencesOne", "Changes a geofence; what is left out has no value afterwards.", SaveParameters,
                [Format.Json], shape)
            { Scope = Scopes.Write, Body = Members, IsChange = true, NeedsMatch = true });
        writes.MapDelete("/geofences/{id}", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => DeleteAsync(http, id)))
            .WithMetadata(new Described("deleteGeofencesOne", "Deletes a geofence; what it held goes to the ones below it.", [HistoryWrites.Preview],
                [Format.Json], shape)
            { Scope = Scopes.Write, IsChange = true, NeedsMatch = true });
    }

    async Task SaveAsync(HttpContext http, RowNumber? id)
    {
        CheckAccess(http);
        var question = Question.Read(http.Request.Query, SaveParameters, time.LocalTimeZone);
        var form = FormOf(await Body.ReadAsync(http, Members));
        var (fence, addCosts) = (id is { } number ? new GeofenceId(number.Int) : (GeofenceId?)null, question.Flag(PricePast) == true);
        Task<GeofenceAnswer> PreviewAsync() => geofences.PreviewAsync(fence, form, addCosts, http.RequestAborted);
        if (question.Flag(HistoryWrites.Preview) == true)
        {
            await TellAsync(http, await PreviewAsync());
            return;
        }

        var order = fence is { } known ? await OrderAsync(http, known, PreviewAsync)
            : new GeofenceOrder(HistoryWrites.AuthorOf(http)) { Key = HistoryWrites.KeyOf(http) };
        var answer = await geofences.SaveAsync(fence, form, addCosts, order, http.RequestAborted);
        var saved = answer is GeofenceAnswer.Saved(var geofence) ? geofence : throw ProblemOf(answer);
        await WriteAsync(http, await answers.RowAsync(http, PlaceListing.Geofences, saved.Id.Value));
    }

    async Task DeleteAsync(HttpContext http, RowNumber id)
    {
        CheckAccess(http);
        var question = Question.Read(http.Request.Query, [HistoryWrites.Preview], time.LocalTimeZone);
        var fence = new GeofenceId(id.Int);
        Task<GeofenceAnswer> PreviewAsync() => geofences.PreviewDeletionAsync(fence, http.RequestAborted);
        if (question.Flag(HistoryWrites.Preview) == true)
        {
            await TellAsync(http, await PreviewAsync());
            return;
        }

        var order = await OrderAsync(http, fence, PreviewAsync);
        var row = await answers.RowAsync(http, PlaceListing.Geofences, id.Int);
        var answer = await geofences.DeleteAsync(fence, order, http.RequestAborted);
        await WriteAsync(http, answer is GeofenceAnswer.Deleted ? row : throw ProblemOf(answer));
    }

    /// <summary>That the client knows the geofence as it is, or what its change comes to: what must still be there when it is made.</summary>
    async Task<GeofenceOrder> OrderAsync(HttpContext http, GeofenceId id, Func<Task<GeofenceAnswer>> preview)
    {
        var condition = Precondition.Of(http, isNeeded: true);
        var order = new GeofenceOrder(HistoryWrites.AuthorOf(http));
        if (condition.IsAnything)
            return order;
        // Before the row whose tag is compared: whoever changes it after this look is noticed, by the tag or by the change itself.
        var seen = await geofences.FindAsync(id, http.RequestAborted);
        if (condition.Names(RowAnswers.TagOf((await answers.RowAsync(http, PlaceListing.Geofences, id.Value)).Span)))
            return order with { Seen = seen };
        return await preview() is GeofenceAnswer.Previewed({ Version: var version }) && condition.Names(HistoryWrites.TagOf(version))
            ? order with { Version = version } : throw Precondition.Failed();
    }

    static Task TellAsync(HttpContext http, GeofenceAnswer preview)
        => preview is GeofenceAnswer.Previewed(var detail) ? HistoryWrites.SendAsync(http, detail, isPreview: true, isRepeated: false)
            : throw ProblemOf(preview);

    static ProblemException ProblemOf(GeofenceAnswer answer) => answer switch
    {
        GeofenceAnswer.Refused(var errors) => Refused(errors),
        GeofenceAnswer.Changed => Precondition.Failed(),
        GeofenceAnswer.Busy => new ProblemException(ProblemKind.Conflict, "This is being written by somebody else. Try again."),
        GeofenceAnswer.KeyReused => new ProblemException(ProblemKind.Conflict, "This key belongs to another change."),
        _ => ProblemException.NotFound(),
    };

    static void CheckAccess(HttpContext http)
    {
        if (http.User.Cars() is not null)
            throw new ProblemException(ProblemKind.ForbiddenScope, "A geofence is of all cars; a token for some of them cannot change it.");
    }

    static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> row)
    {
        http.Response.Headers.ETag = RowAnswers.TagOf(row.Span);
        await RowAnswers.SendAsync(http, Format.Json, row);
    }

    static GeofenceForm FormOf(Body body) => new()
    {
        Name = body.Text(Name),
        Latitude = (double?)body.Number(Latitude),
        Longitude = (double?)body.Number(Longitude),
        Radius = body.Number(Radius),
        BillingType = body.Text(Billing) ?? "per_kwh",
        CostPerUnit = body.Number(Cost),
        SessionFee = body.Number(Fee),
    };

    static ProblemException Refused(IReadOnlyList<FieldError> errors)
    {
        ParameterProblem[] problems = [.. errors.Select(error => new ParameterProblem(
            null, string.Format(CultureInfo.InvariantCulture, error.Problem, [.. error.Arguments]),
            $"/{(error.Field == "radius" ? "radius_m" : error.Field)}"))];
        return new(ProblemKind.Unusable, string.Join(" ", problems.Select(problem => $"{problem.Member} {problem.Message}.")), problems);
    }
}
