using System.Text.Json.Nodes;
using TeslaMate.Simulator.Roads;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Records;
using Field = TeslaMate.Telemetry.Wire.Generated.Field;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>Sends what a profile asks for, as cars do: changes only, none more often than its interval, none smaller than its least change.</summary>
sealed class SignalSender(string profile)
{
    readonly Dictionary<int, (TimeSpan Interval, double Delta)> _fields = TelemetryProfile.Fields(profile)
        .Select(field => (Number: FieldNames.NumberOf(field.Key), Settings: field.Value!.AsObject()))
        .Where(field => field.Number is not null)
        .ToDictionary(
            field => field.Number!.Value,
            field => (TimeSpan.FromSeconds((int)field.Settings["interval_seconds"]!),
                field.Settings["minimum_delta"] is JsonValue delta ? (double)delta : 0));

    readonly Dictionary<int, (TelemetryValue Value, DateTimeOffset At)> _sent = [];

    /// <summary>After a sleep a car sends each field once.</summary>
    public void Forget() => _sent.Clear();

    /// <summary>What is due now; these count as sent.</summary>
    public IReadOnlyList<Datum> Take(IEnumerable<(Field Field, TelemetryValue Value)> values, DateTimeOffset now)
    {
        List<Datum> due = [];
        foreach (var (field, value) in values)
        {
            var number = (int)field;
            if (!_fields.TryGetValue(number, out var settings))
                continue;
            if (_sent.TryGetValue(number, out var last) && (now - last.At < settings.Interval || !IsChange(last.Value, value, settings.Delta)))
                continue;
            _sent[number] = (value, now);
            due.Add(new Datum(number, value));
        }

        return due;
    }

    static bool IsChange(TelemetryValue before, TelemetryValue now, double delta) => (before, now) switch
    {
        (TelemetryValue.Number one, TelemetryValue.Number other) => one.Value != other.Value && Math.Abs(one.Value - other.Value) >= delta,
        (TelemetryValue.Place one, TelemetryValue.Place other) =>
            one != other && new GeoPoint(one.Latitude, one.Longitude).MetresTo(new GeoPoint(other.Latitude, other.Longitude)) >= delta,
        _ => before != now,
    };
}
