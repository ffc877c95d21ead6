using System.Diagnostics.Metrics;
using Prometheus;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Health;

/// <summary>
/// The program's instruments in Prometheus' text format. Each export observes them anew into a registry of its own, so that no sample outlives what
/// it tells of (a car's earlier state), and takes only what the asker may know.
/// </summary>
static class PrometheusExport
{
    public const string ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;

    /// <param name="meters">The program's; the process may run several.</param>
    /// <param name="mayKnowAll">Whether <see cref="HealthParts.Personal"/> meters are exported, too.</param>
    public static async Task WriteAsync(IMeterFactory meters, bool mayKnowAll, Stream output, CancellationToken cancellationToken)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var metrics = Prometheus.Metrics.WithCustomRegistry(registry);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Meter.Name.StartsWith("TeslaMate.", StringComparison.Ordinal)
                    && (mayKnowAll || !IsPersonal(instrument.Meter) && !TellsVersion(instrument)))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(metrics, instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(metrics, instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(metrics, instrument, value, tags));
        listener.Start();
        try
        {
            listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // An instrument that cannot be observed now has no sample; all others were observed.
        }

        await registry.CollectAndExportAsTextAsync(output, cancellationToken);
    }

    static bool IsPersonal(Meter meter) => meter.Tags?.Any(tag => tag.Key == HealthParts.Personal) == true;

    static bool TellsVersion(Instrument instrument) => instrument.Name is "teslamate_info" or "teslamate_schema_version";

    static void Record(MetricFactory metrics, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (names, values) = (new string[tags.Length], new string[tags.Length]);
        for (var i = 0; i < tags.Length; i++)
            (names[i], values[i]) = (tags[i].Key, tags[i].Value?.ToString() ?? "");
        if (instrument.GetType().GetGenericTypeDefinition() == typeof(ObservableCounter<>))
            metrics.CreateCounter(instrument.Name, instrument.Description ?? "", names).WithLabels(values).IncTo(value);
        else
            metrics.CreateGauge(instrument.Name, instrument.Description ?? "", names).WithLabels(values).Set(value);
    }
}
