using System.Text.Json.Nodes;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Events;

/// <summary>
/// What a look at a car tells (spec api 4.2): memory and the car as it is in, memory and events out. It knows no clock and nobody else; drives and
/// charging processes come from the logbook instead, since their rows are the news.
/// </summary>
public static class CarEvents
{
    /// <summary>A car stays so long in a geofence, or out of it, before that is told: fences have ragged edges.</summary>
    public static readonly TimeSpan PlaceHeld = TimeSpan.FromSeconds(60);

    /// <summary>A parked car stays open so long before that is told: people load and unload.</summary>
    public static readonly TimeSpan OpenFor = TimeSpan.FromMinutes(10);

    /// <summary>Longer without an answer of a car that is awake, its data has stopped.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(30);

    /// <summary>So far above its limit, a battery that was low can become low again.</summary>
    public const int BatteryHysteresisPct = 5;

    const int SentryAlarm = 7;

    /// <summary>What is new, and what to remember. Looking twice at the same tells nothing the second time.</summary>
    public static (CarMemory Memory, IReadOnlyList<OutgoingEvent> Events) Look(CarMemory memory, CarView view, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(view);
        var turn = new Turn(memory, view, now);
        turn.State();
        turn.DataFlow();
        // Values out of the database are old: they are no news.
        if (!view.Summary.IsRestored)
        {
            turn.Place();
            turn.Versions();
            turn.Battery();
            turn.ChargeLimit();
            turn.Tyres();
            turn.Sentry();
            turn.Open();
        }

        return (turn.Memory, turn.Events);
    }

    /// <summary>Whether a charging process that has just ended did so before it was done: stopped, or without power, below the limit.</summary>
    public static bool IsInterrupted(string? chargingState, int? batteryLevel, int? limit)
        => chargingState is "Stopped" or "NoPower" && batteryLevel < limit;

    sealed class Turn(CarMemory memory, CarView view, DateTimeOffset now)
    {
        readonly List<OutgoingEvent> _events = [];

        public CarMemory Memory { get; private set; } = memory;

        public IReadOnlyList<OutgoingEvent> Events => _events;

        Summary Summary => view.Summary;

        bool IsParked => Summary.State is not VehicleStateName.Driving && Summary.ShiftState is null or "" or "P";

        public void State()
        {
            // Both say that the program does not know yet, not that the car does something else.
            if (Summary.State is VehicleStateName.Unavailable or VehicleStateName.Start)
                return;
            var word = Summary.State.Word;
            if (Memory.State is { } before && before != word)
            {
                var since = Summary.Since ?? now;
                Add(EventType.StateChanged, since, new JsonObject { ["from"] = before, ["to"] = word, ["since"] = Moments.Text(since) });
            }

            Memory = Memory with { State = word };
        }

        public void DataFlow()
        {
            if (view.Health is not { IsStandby: false } health)
                return;
            var last = health.LastGoodAnswer is { } answer && answer > view.WatchedSince ? answer : view.WatchedSince;
            var allowed = Summary.State == VehicleStateName.Suspended
                ? Silence + TimeSpan.FromMinutes(Summary.Car.Settings.SuspendMin) : Silence;
            var isAway = Summary.State is VehicleStateName.Asleep or VehicleStateName.Offline;
            var isSilent = !isAway && now - last >= allowed;
            if (Memory.StoppedSince is null && (isSilent || !health.Healthy))
            {
                Memory = Memory with { StoppedSince = last };
                Add(EventType.DataStopped, now,
                    new JsonObject { ["since"] = Moments.Text(last), ["reason"] = health.LastError ?? (isSilent ? "no answer" : "too many errors") });
            }
            else if (Memory.StoppedSince is { } since && health is { Healthy: true, LastGoodAnswer: { } good } && good > since
                && now - good < Silence)
            {
                Memory = Memory with { StoppedSince = null };
                Add(EventType.DataResumed, good, new JsonObject { ["since"] = Moments.Text(since), ["reason"] = null });
            }
        }

        public void Place()
        {
            if (Summary.Latitude is null)
                return;
            var place = new KnownPlace(Summary.Geofence?.Id, Summary.Geofence?.Name);
            if (Memory.Place is null || Memory.Place.Id == place.Id)
            {
                // The first place is no change; another name of the same one neither.
                Memory = Memory with { Place = place, NewPlace = null };
                return;
            }

            if (Memory.NewPlace?.Place.Id != place.Id || Memory.NewPlace is null)
                Memory = Memory with { NewPlace = new(place, now) };
            if (Memory.NewPlace is not { } change || now - change.Since < PlaceHeld)
                return;
            if (Memory.Place is { Id: not null } left)
                Add(EventType.PlaceLeft, change.Since, Fence(left));
            if (place.Id is not null)
                Add(EventType.PlaceEntered, change.Since, Fence(place));
            Memory = Memory with { Place = place, NewPlace = null };
        }

        public void Versions()
        {
            if (Summary.Version is { Length: > 0 } version)
            {
                if (Memory.InstalledVersion is { } previous && IsNewer(version, previous))
                    Add(EventType.UpdateInstalled, now, new JsonObject { ["version"] = version, ["previous"] = previous });
                // An answer may be older than the one before it; a version never is.
                if (Memory.InstalledVersion is not { } known || IsNewer(version, known))
                    Memory = Memory with { InstalledVersion = version };
            }

            if (Summary.UpdateAvailable is not { } isAvailable)
                return;
            var offered = isAvailable ? Summary.UpdateVersion?.Trim() ?? "" : "";
            // Without its version an update is not known yet.
            if (isAvailable && offered.Length == 0)
                return;
            if (offered.Length > 0 && Memory.OfferedVersion is { } before && before != offered)
                Add(EventType.UpdateAvailable, now, new JsonObject { ["version"] = offered, ["previous"] = Memory.InstalledVersion });
            // What was offered once and is now being installed, or offered again later, is the same offer.
            if (offered.Length > 0 || Memory.OfferedVersion is null)
                Memory = Memory with { OfferedVersion = offered };
        }

        public void Battery()
        {
            if (Summary.BatteryLevel is not { } level)
                return;
            if (level < view.BatteryLowPct)
            {
                if (Memory.IsBatteryLow == false)
                    Add(EventType.BatteryLow, now, new JsonObject { ["battery_pct"] = level });
                Memory = Memory with { IsBatteryLow = true };
            }
            else if (Memory.IsBatteryLow is null || level >= view.BatteryLowPct + BatteryHysteresisPct)
                Memory = Memory with { IsBatteryLow = false };
        }

        public void ChargeLimit()
        {
            Memory = Memory with
            {
                BatteryLevel = Summary.BatteryLevel ?? Memory.BatteryLevel,
                ChargeLimit = Summary.ChargeLimitSoc ?? Memory.ChargeLimit,
            };
            if (Summary.ChargingState is not { Length: > 0 } charging)
                return;
            var limit = Memory.ChargeLimit ?? 0;
            if (charging == "Disconnected")
                Memory = Memory with { ReachedLimit = null };
            // A car that stays plugged in charges again what it loses; that it is full again is no news.
            else if (charging == "Complete" && Memory.ReachedLimit != limit)
            {
                if (Memory.ChargingState is not (null or "Complete"))
                    Add(EventType.ChargeLimitReached, now, new JsonObject { ["battery_pct"] = Memory.BatteryLevel });
                Memory = Memory with { ReachedLimit = limit };
            }

            Memory = Memory with { ChargingState = charging };
        }

        public void Tyres()
        {
            Memory = Memory with
            {
                IsSoftFl = Wheel("fl", Memory.IsSoftFl, Summary.TpmsSoftWarningFl),
                IsSoftFr = Wheel("fr", Memory.IsSoftFr, Summary.TpmsSoftWarningFr),
                IsSoftRl = Wheel("rl", Memory.IsSoftRl, Summary.TpmsSoftWarningRl),
                IsSoftRr = Wheel("rr", Memory.IsSoftRr, Summary.TpmsSoftWarningRr),
            };
        }

        bool? Wheel(string wheel, bool? before, bool? isSoft)
        {
            if (before == false && isSoft == true)
                Add(EventType.TyreWarning, now, new JsonObject { ["wheel"] = wheel });
            return isSoft ?? before;
        }

        public void Sentry()
        {
            if (Summary is not { CenterDisplayState: { } display, SentryMode: { } isOn })
                return;
            var isAlarmed = isOn && display == SentryAlarm;
            if (isAlarmed && Memory.IsSentryAlarmed == false)
                Add(EventType.SentryAlert, now, new JsonObject { ["place"] = Summary.Geofence?.Name });
            Memory = Memory with { IsSentryAlarmed = isAlarmed };
        }

        public void Open()
        {
            // "Not known" is neither open nor closed: nothing changes until the car says more.
            if (Summary is { Locked: null, DoorsOpen: null, WindowsOpen: null, TrunkOpen: null, FrunkOpen: null } or { IsUserPresent: null })
                return;
            string[] parts =
            [
                .. (Summary.DoorsOpen == true ? ["door"] : (string[])[]), .. (Summary.WindowsOpen == true ? ["window"] : (string[])[]),
                .. (Summary.TrunkOpen == true ? ["trunk"] : (string[])[]), .. (Summary.FrunkOpen == true ? ["frunk"] : (string[])[]),
                .. (Summary.Locked == false ? ["unlocked"] : (string[])[]),
            ];
            if (!IsParked || Summary.IsUserPresent == true || parts.Length == 0)
            {
                Memory = Memory with { OpenSince = null, IsOpenTold = false };
                return;
            }

            var since = Memory.OpenSince ?? now;
            Memory = Memory with { OpenSince = since };
            if (Memory.IsOpenTold || now - since <= OpenFor)
                return;
            Memory = Memory with { IsOpenTold = true };
            Add(EventType.LeftOpen, now, new JsonObject { ["what"] = new JsonArray([.. parts.Select(part => (JsonNode)part)]) });
        }

        static JsonObject Fence(KnownPlace place) => new() { ["geofence_id"] = place.Id, ["name"] = place.Name };

        void Add(EventType type, DateTimeOffset at, JsonObject data) => _events.Add(Made.Of(type, at, Summary.Car, Summary.DisplayName, data));

        // As the updates' own order: part by part, as numbers where they are.
        static bool IsNewer(string version, string than)
        {
            var (left, right) = (Parts(version), Parts(than));
            for (var part = 0; part < Math.Min(left.Length, right.Length); part++)
            {
                if (string.CompareOrdinal(left[part], right[part]) is not 0 and var order)
                    return order > 0;
            }

            return left.Length > right.Length;
        }

        static string[] Parts(string version) => [.. version.Split(' ')[0].Split('.').Select(part => part.PadLeft(12, '0'))];
    }
}
