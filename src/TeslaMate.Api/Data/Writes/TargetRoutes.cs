using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Writes;

/// <summary>
/// Webhooks and the other targets of events, by programs (spec api 4). They are of all cars, so a token for some has none of them. Secrets are set
/// and never read.
/// </summary>
sealed partial class TargetRoutes(TargetTable targets, DeliveryTable deliveries, TargetTest test, AddressGuard guard, ILogger<TargetRoutes> logger)
{
    static readonly IReadOnlyList<string> Kinds = [.. TargetKinds.All.Select(kind => kind.Word())];

    static readonly BodyMember Kind = new("kind", BodyType.Word, "`webhook` when left out; cannot be changed later.") { Values = Kinds };
    static readonly BodyMember Name = new("name", BodyType.Text, "1 to 100 characters.") { IsRequired = true };
    static readonly BodyMember IsEnabled = new("is_enabled", BodyType.Flag, "Whether it is sent to; true when left out.");
    static readonly BodyMember Events = new("events", BodyType.Texts, "Names of events, such as `drive.ended`; null for all.") { CanBeNull = true };
    static readonly BodyMember Cars = new("cars", BodyType.Ids, "Numbers of the cars; null for all.") { CanBeNull = true };

    static readonly BodyMember LeastDistance =
        new("least_distance_km", BodyType.Number, "Shorter drives are not told; null for all.") { CanBeNull = true };

    static readonly BodyMember LeastEnergy =
        new("least_energy_kwh", BodyType.Number, "Charges that added less are not told; null for all.") { CanBeNull = true };

    static readonly BodyMember QuietFrom =
        new("quiet_from", BodyType.Text, "Local time like `22:00` from which only what is urgent is sent; null for none.") { CanBeNull = true };

    static readonly BodyMember QuietTo = new("quiet_to", BodyType.Text, "Local time of the end of it.") { CanBeNull = true };

    /// <summary>Those of all kinds, each once: what a kind does not have is not looked at.</summary>
    static readonly IReadOnlyList<(TargetField Field, BodyMember Member)> Fields =
    [
        .. TargetKinds.All.SelectMany(kind => TargetSettings.FieldsOf(kind).Select(field => (Kind: kind, Field: field)))
            .GroupBy(pair => pair.Field.Name)
            .Select(same => (same.First().Field, MemberOf(same.First().Field, [.. same.Select(pair => pair.Kind.Word())]))),
    ];

    static readonly IReadOnlyList<BodyMember> BodyMembers =
        [Kind, Name, IsEnabled, Events, Cars, LeastDistance, LeastEnergy, QuietFrom, QuietTo, .. Fields.Select(field => field.Member)];

    static readonly IReadOnlyList<Member> Members =
    [
        Member.Id("id", "", "Its number."),
        Member.Word("kind", "", "What it is.", Kinds),
        Member.Text("name", "", "The owner's word for it."),
        Member.Flag("is_enabled", "", "Whether it is sent to."),
        new("events", MemberType.Words, "", "Names of the events that it gets; null for all."),
        new("cars", MemberType.Wholes, "", "The cars that it is told of; null for all."),
        Member.Number("least_distance_km", "", "Shorter drives are not told."),
        Member.Number("least_energy_kwh", "", "Charges that added less are not told."),
        Member.Text("quiet_from", "", "Local time from which only what is urgent is sent."),
        Member.Text("quiet_to", "", "Local time of the end of it."),
        .. Fields.Where(field => !field.Field.IsSecret).Select(field =>
            Member.Text(field.Field.Name, "", field.Field.Label + "; null for other kinds.")),
        new("secrets", MemberType.Words, "", "The names of the secrets that are set; they cannot be read."),
        Member.Instant("created_at", "", "When it was made."),
        Member.Instant("last_success_at", "", "When something arrived last."),
        Member.Instant("last_error_at", "", "When something went wrong last."),
        Member.Text("last_error", "", "What that was."),
        Member.Instant("failing_since", "", "Since when nothing arrives; null while it does."),
        Member.Text("off_reason", "", "Why the program turned it off."),
        Member.Whole("waiting", "", "Deliveries that wait for it."),
    ];

    static readonly IReadOnlyList<Member> DeliveryMembers =
    [
        Member.Id("id", "", "Its number."),
        Member.Text("event_id", "", "The event's id, which receivers get."),
        Member.Text("event", "", "What happened."),
        Member.Whole("car_id", "", "The car."),
        Member.Instant("occurred_at", "", "When it happened."),
        Member.Word("state", "", "How far it is.", "pending", "delivered", "failed", "dropped"),
        Member.Whole("attempts", "", "So many were made."),
        Member.Instant("next_at", "", "When it is tried next."),
        Member.Text("last_error", "", "What went wrong last."),
        Member.Instant("created_at", "", "When it was stored."),
        Member.Instant("finished_at", "", "When it ended."),
    ];

    static readonly IReadOnlyList<Member> SecretMember =
        [new("secret", MemberType.Text, "", "What signs, `whsec_…`; shown once.", Group: "once")];

    public void Map(RouteGroupBuilder admin)
    {
        var one = new Shape.One("Webhook", Members);
        admin.MapGet("/webhooks", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => ListAsync(http)))
            .WithMetadata(Of("getWebhooks", "Webhooks and the other targets of events.", new Shape.Rows("Webhook", Members)));
        admin.MapGet("/webhooks/{id}", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => OneAsync(http, id)))
            .WithMetadata(Of("getWebhooksOne", "One target of events.", one));
        admin.MapGet("/webhooks/{id}/deliveries", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => DeliveriesAsync(http, id)))
            .WithMetadata(Of("getWebhooksOneDeliveries", "The deliveries of a target that are kept, the newest first.",
                new Shape.Rows("WebhookDelivery", DeliveryMembers)));
        admin.MapPost("/webhooks", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => CreateAsync(http)))
            .WithMetadata(Of("postWebhooks", "Makes a target; the answer has the signing secret of a webhook, once.",
                new Shape.One("NewWebhook", [.. Members, .. SecretMember])) with
            { Body = BodyMembers, IsChange = true });
        admin.MapPut("/webhooks/{id}", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => UpdateAsync(http, id)))
            .WithMetadata(Of("putWebhooksOne", "Changes a target; secrets that are left out stay, null removes one.", one) with
            { Body = BodyMembers, IsChange = true, NeedsMatch = true });
        admin.MapDelete("/webhooks/{id}", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => DeleteAsync(http, id)))
            .WithMetadata(Of("deleteWebhooksOne", "Deletes a target with what waits for it.", one) with { IsChange = true, NeedsMatch = true });
        admin.MapPost("/webhooks/{id}/test", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => TestAsync(http, id)))
            .WithMetadata(Of("postWebhooksOneTest", "Sends a test event and waits for how it ends.",
                new Shape.One("WebhookTest",
                    [Member.Flag("is_delivered", "", "Whether it arrived."), Member.Text("reason", "", "Why it did not.")])) with
            { IsChange = true });
        admin.MapPost("/webhooks/{id}/secret", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => RollAsync(http, id)))
            .WithMetadata(Of("postWebhooksOneSecret", "A new signing secret; the one before signs too for 24 hours.",
                new Shape.One("WebhookSecret", [Member.Text("secret", "", "What signs, `whsec_…`; shown once.")])) with
            { IsChange = true });
    }

    static Described Of(string name, string summary, Shape shape) => new(name, summary, [], [Format.Json], shape) { Scope = Scopes.Admin };

    async Task ListAsync(HttpContext http)
    {
        Check(http);
        var all = await targets.ListAsync(http.RequestAborted);
        await RowAnswers.WholeAsync(http, Format.Json, Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var target in all)
                Write(json, target, secret: null);
            json.WriteEndArray();
            json.WriteNull("next");
            json.WriteEndObject();
        }));
    }

    async Task OneAsync(HttpContext http, RowNumber id)
    {
        Check(http);
        await RowAnswers.WholeAsync(http, Format.Json, Json(await FindAsync(http, id)));
    }

    async Task DeliveriesAsync(HttpContext http, RowNumber id)
    {
        Check(http);
        var target = await FindAsync(http, id);
        var all = await deliveries.RecentAsync(target.Id, DeliveryTable.MostWaiting + DeliveryTable.MostEnded, http.RequestAborted);
        await RowAnswers.WholeAsync(http, Format.Json, Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var delivery in all)
                Write(json, delivery);
            json.WriteEndArray();
            json.WriteNull("next");
            json.WriteEndObject();
        }));
    }

    async Task CreateAsync(HttpContext http)
    {
        Check(http);
        // A second one would tell everything twice without a word.
        if (http.Request.Headers.ContainsKey("Idempotency-Key"))
            throw new ProblemException(ProblemKind.InvalidParameter, "A new target cannot be sent twice without harm: leave Idempotency-Key out.");
        var body = await Body.ReadAsync(http, BodyMembers);
        var kind = TargetKinds.Find(body.Text(Kind)) ?? TargetKind.Webhook;
        var (made, key) = await targets.CreateAsync(Input(body, kind, new HashSet<string>()), http.RequestAborted);
        Log.Created(logger, made.Id, made.Kind.Word(), made.Name, http.User.TokenName(), RequestOrigin.Of(http));
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ETag = RowAnswers.TagOf(Json(made).Span);
        await RowAnswers.SendAsync(http, Format.Json, Json(json => Write(json, made, key)));
    }

    async Task UpdateAsync(HttpContext http, RowNumber id)
    {
        Check(http);
        var body = await Body.ReadAsync(http, BodyMembers);
        var condition = Precondition.Of(http, isNeeded: true);
        var known = await FindAsync(http, id);
        if (!IsMatch(condition, known))
            throw Precondition.Failed();
        if (body.Has(Kind) && body.Text(Kind) != known.Kind.Word())
        {
            throw new ProblemException(ProblemKind.Unusable, "The kind of a target cannot be changed.",
                new ParameterProblem(null, $"It is {known.Kind.Word()}.", "/kind"));
        }

        var input = Input(body, known.Kind, known.SecretNames);
        var changed = DoneOrThrow(await targets.UpdateAsync(known.Id, input, target => IsMatch(condition, target), http.RequestAborted));
        Log.Changed(logger, changed.Id, changed.Name, string.Join(' ', input.Secrets.Keys), http.User.TokenName(), RequestOrigin.Of(http));
        await AnswerAsync(http, Json(changed));
    }

    async Task DeleteAsync(HttpContext http, RowNumber id)
    {
        Check(http);
        var condition = Precondition.Of(http, isNeeded: true);
        var known = DoneOrThrow(await targets.DeleteAsync(id.Int, target => IsMatch(condition, target), http.RequestAborted));
        Log.Deleted(logger, known.Id, known.Name, http.User.TokenName(), RequestOrigin.Of(http));
        await AnswerAsync(http, Json(known));
    }

    async Task TestAsync(HttpContext http, RowNumber id)
    {
        Check(http);
        if (await test.SendAsync(id.Int, http.RequestAborted) is not { } result)
            throw ProblemException.NotFound();
        await RowAnswers.SendAsync(http, Format.Json, Json(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("is_delivered", result is DeliveryResult.Delivered);
            json.WriteString("reason", (result as DeliveryResult.Refused)?.Reason);
            json.WriteEndObject();
        }));
    }

    async Task RollAsync(HttpContext http, RowNumber id)
    {
        Check(http);
        var known = await FindAsync(http, id);
        if (await targets.RollKeyAsync(known.Id, http.RequestAborted) is not { } key)
            throw new ProblemException(ProblemKind.Unusable, "Only a webhook has a signing secret.");
        Log.KeyChanged(logger, known.Id, known.Name, http.User.TokenName(), RequestOrigin.Of(http));
        http.Response.Headers.CacheControl = "no-store";
        await RowAnswers.SendAsync(http, Format.Json, Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("secret", key.Reveal());
            json.WriteEndObject();
        }));
    }

    static void Check(HttpContext http)
    {
        if (http.User.Cars() is not null)
            throw new ProblemException(ProblemKind.ForbiddenScope, "Targets are of all cars; a token for some of them cannot see or change them.");
    }

    async Task<ListedTarget> FindAsync(HttpContext http, RowNumber id)
        => await targets.FindAsync(id.Int, http.RequestAborted) ?? throw ProblemException.NotFound();

    /// <summary>Whether the client knows the target as it is.</summary>
    static bool IsMatch(Precondition condition, ListedTarget target)
        => condition.IsAnything || condition.Names(RowAnswers.TagOf(Json(target).Span));

    static ListedTarget DoneOrThrow(TargetAnswer answer) => answer switch
    {
        TargetAnswer.Done(var target) => target,
        TargetAnswer.Changed => throw Precondition.Failed(),
        _ => throw ProblemException.NotFound(),
    };

    TargetInput Input(Body body, TargetKind kind, IReadOnlySet<string> known)
    {
        Dictionary<string, string?> fields = [];
        foreach (var (field, member) in Fields)
        {
            if (body.Has(member))
            {
                fields[field.Name] = member.Type switch
                {
                    BodyType.Flag => body.Flag(member) is { } flag ? (flag ? "true" : "false") : null,
                    BodyType.Id => body.Id(member)?.ToString(CultureInfo.InvariantCulture),
                    _ => body.Text(member),
                };
            }
        }

        var draft = new TargetDraft
        {
            Kind = kind,
            Name = body.Text(Name),
            IsEnabled = body.Flag(IsEnabled) ?? true,
            Fields = fields,
            Events = body.Has(Events) && body.Texts(Events) is { Count: > 0 } events ? events : null,
            Cars = body.Has(Cars) && body.Ids(Cars) is { Count: > 0 } cars ? [.. cars.Select(car => new CarId((short)Math.Min(car, short.MaxValue)))]
                : null,
            LeastDistanceKm = body.Number(LeastDistance),
            LeastEnergyKwh = body.Number(LeastEnergy),
            QuietFrom = body.Text(QuietFrom),
            QuietTo = body.Text(QuietTo),
        };
        var (input, errors) = TargetInput.Check(draft, known, guard);
        return input ?? throw Refused(errors);
    }

    static ProblemException Refused(IReadOnlyList<FieldError> errors)
    {
        ParameterProblem[] problems = [.. errors.Select(error => new ParameterProblem(
            null, string.Format(CultureInfo.InvariantCulture, error.Problem, [.. error.Arguments]), $"/{error.Field}"))];
        return new(ProblemKind.Unusable, string.Join(" ", problems.Select(problem => $"{problem.Member} {problem.Message}.")), problems);
    }

    static BodyMember MemberOf(TargetField field, IReadOnlyList<string> kinds) => new(field.Name, field.Form switch
    {
        FieldForm.Flag => BodyType.Flag,
        FieldForm.Port => BodyType.Id,
        FieldForm.Word => BodyType.Word,
        _ => BodyType.Text,
    }, $"Of {string.Join(", ", kinds)}: {field.Label}.{(field.IsSecret ? " Cannot be read." : "")}")
    {
        CanBeNull = true,
        Values = [.. field.Values.Select(value => value.Word)],
    };

    static Task AnswerAsync(HttpContext http, ReadOnlyMemory<byte> row)
    {
        http.Response.Headers.ETag = RowAnswers.TagOf(row.Span);
        return RowAnswers.SendAsync(http, Format.Json, row);
    }

    static ReadOnlyMemory<byte> Json(ListedTarget target) => Json(json => Write(json, target, secret: null));

    static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output,
            new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(json);
        return output.WrittenMemory;
    }

    static void Write(Utf8JsonWriter json, ListedTarget target, Secret? secret)
    {
        json.WriteStartObject();
        json.WriteNumber("id", target.Id);
        json.WriteString("kind", target.Kind.Word());
        json.WriteString("name", target.Name);
        json.WriteBoolean("is_enabled", target.IsEnabled);
        WriteList(json, "events", target.Filter.Types, (writer, type) => writer.WriteStringValue(type.Name));
        WriteList(json, "cars", target.Filter.Cars, (writer, car) => writer.WriteNumberValue(car.Value));
        WriteNumber(json, "least_distance_km", target.Filter.LeastDistanceKm);
        WriteNumber(json, "least_energy_kwh", target.Filter.LeastEnergyKwh);
        json.WriteString("quiet_from", target.QuietHours?.From.ToString("HH:mm", CultureInfo.InvariantCulture));
        json.WriteString("quiet_to", target.QuietHours?.To.ToString("HH:mm", CultureInfo.InvariantCulture));
        foreach (var (field, _) in Fields)
        {
            if (!field.IsSecret)
                json.WriteString(field.Name, target.Values.GetValueOrDefault(field.Name));
        }

        WriteList(json, "secrets", target.SecretNames.Order(StringComparer.Ordinal).ToList(), (writer, name) => writer.WriteStringValue(name));
        WriteInstant(json, "created_at", target.CreatedAt);
        WriteInstant(json, "last_success_at", target.LastSuccessAt);
        WriteInstant(json, "last_error_at", target.LastErrorAt);
        json.WriteString("last_error", target.LastError);
        WriteInstant(json, "failing_since", target.FailingSince);
        json.WriteString("off_reason", target.OffReason);
        json.WriteNumber("waiting", target.Waiting);
        if (secret is not null)
            json.WriteString("secret", secret.Reveal());
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, DeliveryRecord delivery)
    {
        json.WriteStartObject();
        json.WriteNumber("id", delivery.Id);
        json.WriteString("event_id", delivery.EventId);
        json.WriteString("event", delivery.EventType);
        if (delivery.Car is { } car)
            json.WriteNumber("car_id", car.Value);
        else
            json.WriteNull("car_id");
        WriteInstant(json, "occurred_at", delivery.OccurredAt);
        json.WriteString("state", delivery.State.ToString().ToLowerInvariant());
        json.WriteNumber("attempts", delivery.Attempts);
        WriteInstant(json, "next_at", delivery.NextAt);
        json.WriteString("last_error", delivery.LastError);
        WriteInstant(json, "created_at", delivery.CreatedAt);
        WriteInstant(json, "finished_at", delivery.FinishedAt);
        json.WriteEndObject();
    }

    static void WriteList<T>(Utf8JsonWriter json, string name, IReadOnlyList<T>? values, Action<Utf8JsonWriter, T> write)
    {
        if (values is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
            write(json, value);
        json.WriteEndArray();
    }

    static void WriteNumber(Utf8JsonWriter json, string name, decimal? number)
    {
        if (number is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    static void WriteInstant(Utf8JsonWriter json, string name, DateTimeOffset? instant)
        => json.WriteString(name, instant?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Kind}, {Name}) was made by {Token}, from {Address}")]
        public static partial void Created(ILogger logger, int id, string kind, string name, string? token, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) was changed (secrets: {Secrets}) by {Token}, from {Address}")]
        public static partial void Changed(ILogger logger, int id, string name, string secrets, string? token, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) got a new signing secret by {Token}, from {Address}")]
        public static partial void KeyChanged(ILogger logger, int id, string name, string? token, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Target {Id} ({Name}) was deleted by {Token}, from {Address}")]
        public static partial void Deleted(ILogger logger, int id, string name, string? token, RequestOrigin address);
    }
}
