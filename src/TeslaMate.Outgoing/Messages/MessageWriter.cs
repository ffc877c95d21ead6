using System.Globalization;
using System.Text.Json.Nodes;
using TeslaMate.Logbook.Settings;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Outgoing.Messages;

/// <summary>
/// Puts events into words: in the language of the settings, with the owner's units and the time of this machine. What an event does not tell is left
/// out of the sentence.
/// </summary>
public sealed class MessageWriter(MessageTexts texts, IGlobalSettings settings, TimeProvider time)
{
    /// <summary>The event as a message.</summary>
    public Message Write(OutgoingEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var current = settings.Current;
        return new Draft(happened, texts.In(current.Language), current, time.LocalTimeZone).Message();
    }

    sealed class Draft(OutgoingEvent happened, Func<string, string> translate, GlobalSettings settings, TimeZoneInfo zone)
    {
        Lookup Texts { get; } = new(translate);

        JsonObject Data => happened.Data;

        EventType Type => happened.Type;

        public Message Message()
        {
            var title = Title();
            var whose = happened.Car is { } car ? car.Name is { Length: > 0 } name ? name : $"Tesla #{car.Id}" : "TeslaMate";
            var text = string.Join(' ', Sentences().Where(sentence => sentence is { Length: > 0 }));
            return new Message($"{whose}: {title}", text.Length > 0 ? text : title, Importance(), Link());
        }

        string Title() => Type == EventType.IntegrationFailed
            ? Texts[EventTitles.Of(Type), Text("target") ?? "?"] : Texts[EventTitles.Of(Type)];

        string?[] Sentences() => Type.Name switch
        {
            "drive.started" => [Place("start", "Departed from {0}."), Level("start")],
            "drive.ended" => [Place("end", "Arrived at {0}."), Way(), Level("end")],
            "charge.started" => [PlaceOfCharge(), Level("start"), Limit()],
            "charge.ended" => [PlaceOfCharge(), Energy(), Level("end"), Cost()],
            "charge.interrupted" => [PlaceOfCharge(), Energy(), Level("end"), Limit()],
            "state.changed" => [$"{State("from")} → {State("to")}"],
            "place.entered" => [Filled("Arrived at {0}.", Text("name"))],
            "place.left" => [Filled("Departed from {0}.", Text("name"))],
            "update.available" or "update.installed" => [Version()],
            "battery.low" or "charge.limit_reached" => [Filled("Battery at {0} %.", Whole(Data["battery_pct"]))],
            "tyre.warning" => [Wheel()],
            "sentry.alert" => [Filled("Place: {0}.", Text("place"))],
            "left.open" => [Open()],
            "data.stopped" => [Filled("Nothing has arrived since {0}.", Moment("since")), InBrackets("reason")],
            "data.resumed" => [Filled("Nothing had arrived since {0}.", Moment("since"))],
            "token.expiring" => [Texts["Once they have expired, no car is logged any more."], InBrackets("reason")],
            "sign_in.needed" => [Texts["Tesla refuses the tokens; no car is logged until then."], InBrackets("reason")],
            "integration.failed" or "backup.failed" or "disk.low" => [Text("reason")],
            "database.away" => [Texts["What the cars do is kept on disk meanwhile."], InBrackets("reason")],
            _ => [Texts["Messages arrive here."]],
        };

        Importance Importance() => Type.Name switch
        {
            "state.changed" or "place.entered" or "place.left" or "drive.started" or "data.resumed" or "update.installed" => Messages.Importance.Low,
            _ when Type.IsUrgent => Messages.Importance.High,
            "sign_in.needed" or "database.away" or "backup.failed" or "battery.low" => Messages.Importance.High,
            _ => Messages.Importance.Normal,
        };

        Uri? Link()
        {
            if (settings.BaseUrl is not { Length: > 0 } url || !Uri.TryCreate(url.TrimEnd('/'), UriKind.Absolute, out var pages))
                return null;
            var id = Whole(Data["id"]);
            return new Uri(pages.ToString().TrimEnd('/') + Type.Name switch
            {
                "drive.ended" when id is not null => $"/drive/{id}",
                "charge.ended" or "charge.interrupted" when id is not null => $"/charge/{id}",
                _ => "/",
            });
        }

        string? Place(string side, string sentence) => Filled(sentence, Value(Data[side], "place"));

        string? PlaceOfCharge() => Filled("Place: {0}.", Text("place"));

        string? Level(string side) => Filled("Battery at {0} %.", Whole(Value<JsonNode>(Data[side], "battery_pct")));

        string? Limit() => Filled("The limit is {0} %.", Whole(Data["limit_pct"]));

        string? Way()
        {
            if (Number(Data["distance_km"]) is not { } km)
                return null;
            var isMiles = settings.UnitOfLength == UnitOfLength.Mi;
            var distance = string.Create(CultureInfo.InvariantCulture, $"{(isMiles ? km * Lengths.MilesPerKm : km):0.0} {(isMiles ? "mi" : "km")}");
            return Number(Data["duration_s"]) is { } seconds ? Texts["{0} in {1}.", distance, Duration(seconds)] : $"{distance}.";
        }

        string? Energy() => Number(Data["energy_added_kwh"]) is { } kwh
            ? Texts["{0} added.", string.Create(CultureInfo.InvariantCulture, $"{kwh:0.0#} kWh")] : null;

        string? Cost() => Number(Data["cost"]) is { } cost
            ? Texts["Cost: {0}.", cost.ToString("0.00", CultureInfo.InvariantCulture)] : null;

        string? Version() => Text("version") is not { } version ? null
            : Text("previous") is { } previous ? Texts["Version {0}, before: {1}.", version, previous] : Texts["Version {0}.", version];

        string? Wheel() => Text("wheel") switch
        {
            "fl" => Texts["Front left"],
            "fr" => Texts["Front right"],
            "rl" => Texts["Rear left"],
            "rr" => Texts["Rear right"],
            _ => null,
        };

        string Open()
        {
            var open = Data["what"] is JsonArray what ? what.Select(one => one?.GetValue<string>()).ToList() : [];
            var names = open.Select(one => one switch
            {
                "door" => Texts["Door"],
                "window" => Texts["Window"],
                "trunk" => Texts["Trunk"],
                "frunk" => Texts["Frunk"],
                _ => null,
            }).OfType<string>().ToList();
            var sentence = names.Count > 0 ? Texts["Open: {0}.", string.Join(", ", names)] : null;
            return string.Join(' ', ((string?[])[sentence, open.Contains("unlocked") ? Texts["The car is not locked."] : null]).OfType<string>());
        }

        string State(string member) => Text(member) switch
        {
            "asleep" => Texts["asleep"],
            "charging" => Texts["charging"],
            "driving" => Texts["driving"],
            "offline" => Texts["offline"],
            "online" => Texts["online"],
            "suspended" => Texts["falling asleep"],
            "updating" => Texts["updating"],
            var other => other ?? "?",
        };

        string? Moment(string member)
            => Text(member) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? TimeZoneInfo.ConvertTime(moment, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : null;

        string? InBrackets(string member) => Text(member) is { Length: > 0 } text ? $"({text})" : null;

        string? Filled(string sentence, string? value) => value is { Length: > 0 } ? Texts[sentence, value] : null;

        string? Text(string member) => Value(Data, member);

        static string? Value(JsonNode? node, string member)
            => Value<JsonValue>(node, member) is { } value && value.TryGetValue(out string? text) ? text : null;

        static T? Value<T>(JsonNode? node, string member)
            where T : JsonNode => (node as JsonObject)?[member] as T;

        static double? Number(JsonNode? node)
            => node is JsonValue value && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number : null;

        static string? Whole(JsonNode? node) => Number(node)?.ToString("0", CultureInfo.InvariantCulture);

        static string Duration(double seconds) => HoursAndMinutes.Text((int)Math.Round(seconds / 60));
    }

    readonly struct Lookup(Func<string, string> translate)
    {
        public string this[string english] => translate(english);

        public string this[string english, params string[] values] => string.Format(CultureInfo.InvariantCulture, translate(english), values);
    }
}
