using TeslaMate.Mqtt.Values;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>What one car has published, and so what a new summary changes (spec mqtt 6).</summary>
sealed class CarTopics(string @base, string? defaultGeofence, Outbox outbox)
{
    readonly Dictionary<string, string?> _last = [];
    string? _version;
    bool? _updateAvailable;
    string? _updateVersion;

    /// <summary>Removes the retained value that old versions left on a topic whose messages are passing ones.</summary>
    public void CleanUp() => _ = outbox.PutOnceAsync($"{@base}/{SummaryTopics.Healthy}", [], retain: true);

    public void Publish(Summary summary)
    {
        foreach (var (topic, payload) in SummaryTopics.Of(summary, defaultGeofence))
            Offer(topic, payload);
        _version = summary.Version ?? _version;
        _updateAvailable = summary.UpdateAvailable ?? _updateAvailable;
        _updateVersion = summary.UpdateVersion ?? _updateVersion;
        if (SummaryTopics.SoftwareUpdate(_version, _updateAvailable, _updateVersion) is { } update)
            Offer("software_update", update);
    }

    /// <summary>Empties what was published, in this run, of a car that is no more.</summary>
    public void Clear()
    {
        foreach (var topic in _last.Keys)
            _ = outbox.PutOnceAsync($"{@base}/{topic}", [], retain: true);
        _ = outbox.PutOnceAsync($"{@base}/{SummaryTopics.Healthy}", [], retain: false);
        _last.Clear();
    }

    void Offer(string topic, string? payload)
    {
        if (topic == SummaryTopics.Healthy)
        {
            outbox.Put($"{@base}/{topic}", Payload.Bytes(payload), retain: false);
            return;
        }

        if (payload is null && !SummaryTopics.ClearedByNull.Contains(topic))
            return;
        if (_last.TryGetValue(topic, out var before) && (before == payload || SummaryTopics.IsSameNumber(topic, before, payload)))
            return;
        _last[topic] = payload;
        outbox.Put($"{@base}/{topic}", Payload.Bytes(payload), retain: true);
    }
}
