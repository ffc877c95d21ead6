using System.Text.Json.Nodes;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Settings;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;

namespace TeslaMate.Tests.Outgoing;

/// <summary>Events as they leave the program, one of each type, and somebody who writes them down.</summary>
static class SampleEvents
{
    public static readonly DateTimeOffset Noon = new(2026, 7, 4, 12, 0, 0, TimeSpan.Zero);

    public static OutgoingEvent Of(EventType type, string data, string? car = "Blue")
        => new(OutgoingEvent.IdOf(type, new CarId(1), "sample"), type, Noon, car is null ? null : new EventCar(new CarId(1), car),
            (JsonObject)JsonNode.Parse(data)!);

    public static readonly OutgoingEvent DriveEnded = Of(EventType.DriveEnded, """
        {"id":7,"start":{"at":"2026-07-04T08:00:00.250Z","place":"Home","battery_pct":80},"end":{"at":"2026-07-04T08:30:40.000Z",
        "place":"Seestrasse 12, Zug","battery_pct":74},"duration_s":1839.75,"distance_km":25.5}
        """);

    const string Charge = """
        {"id":3,"start":{"at":"2026-07-05T17:00:00.000Z","battery_pct":60},"end":{"at":"2026-07-06T18:00:00.000Z","battery_pct":89},"place":"Home",
        "energy_added_kwh":24.30,"cost":7.5,"limit_pct":90}
        """;

    public static IReadOnlyList<OutgoingEvent> All { get; } =
    [
        Of(EventType.DriveStarted, """{"id":7,"start":{"place":"Home","battery_pct":80},"end":null}"""), DriveEnded,
        Of(EventType.ChargeStarted, Charge), Of(EventType.ChargeEnded, Charge), Of(EventType.ChargeInterrupted, Charge),
        Of(EventType.StateChanged, """{"from":"online","to":"suspended","since":"2026-07-04T12:00:00.000Z"}"""),
        Of(EventType.PlaceEntered, """{"geofence_id":2,"name":"Home"}"""), Of(EventType.PlaceLeft, """{"geofence_id":2,"name":"Home"}"""),
        Of(EventType.UpdateAvailable, """{"version":"2026.24","previous":"2026.20"}"""),
        Of(EventType.UpdateInstalled, """{"version":"2026.24","previous":null}"""),
        Of(EventType.BatteryLow, """{"battery_pct":19}"""), Of(EventType.ChargeLimitReached, """{"battery_pct":80}"""),
        Of(EventType.TyreWarning, """{"wheel":"rl"}"""), Of(EventType.SentryAlert, """{"place":"Home"}"""),
        Of(EventType.LeftOpen, """{"what":["door","window","trunk","frunk","unlocked"]}"""),
        Of(EventType.DataStopped, """{"since":"2026-07-04T11:00:00.000Z","reason":"timeout"}"""),
        Of(EventType.DataResumed, """{"since":"2026-07-04T11:00:00.000Z","reason":null}"""),
        Of(EventType.TokenExpiring, """{"reason":"timeout"}""", car: null), Of(EventType.SignInNeeded, """{"reason":"refused"}""", car: null),
        Of(EventType.IntegrationFailed, """{"reason":"HTTP 401","target_id":5,"target":"Planner"}""", car: null),
        Of(EventType.BackupFailed, """{"reason":"overdue: the newest backup is 50 h old"}""", car: null),
        Of(EventType.DiskLow, """{"reason":"900 MB of 10000 MB are free"}""", car: null),
        Of(EventType.DatabaseAway, """{"reason":"away since 2026-07-04 12:00 UTC"}""", car: null),
        Of(EventType.Test, "{}", car: null),
    ];

    public static MessageWriter Writer(string language = "en", Func<GlobalSettings, GlobalSettings>? change = null)
    {
        var settings = new GlobalSettings { Language = language, BaseUrl = "https://tm.example/" };
        return new MessageWriter(new MessageTexts(), new TheseSettings(change?.Invoke(settings) ?? settings), TimeProvider.System);
    }

    sealed class TheseSettings(GlobalSettings settings) : IGlobalSettings
    {
        public GlobalSettings Current => settings;

        public Task<GlobalSettings> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(settings);

        public Task<SettingsAnswer> ChangeAsync(Func<GlobalSettings, GlobalSettings> change, CancellationToken cancellationToken)
            => throw new NotSupportedException();

        public IAsyncEnumerable<GlobalSettings> WatchAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
