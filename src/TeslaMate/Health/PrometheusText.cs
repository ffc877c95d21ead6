using System.Globalization;
using System.Text;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Health;

/// <summary>Prometheus' text format 0.0.4.</summary>
static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>All samples, those of one name together below its help and type, as the format demands.</summary>
    public static string Write(IEnumerable<Measure> measures)
    {
        var text = new StringBuilder();
        foreach (var metric in measures.GroupBy(measure => measure.Name, StringComparer.Ordinal))
        {
            var first = metric.First();
            text.Append("# HELP ").Append(first.Name).Append(' ').Append(Escape(first.Help, quote: false)).Append('\n');
            text.Append("# TYPE ").Append(first.Name).Append(first.IsCounter ? " counter\n" : " gauge\n");
            foreach (var sample in metric)
            {
                text.Append(sample.Name);
                if (sample.Labels.Count > 0)
                    text.Append('{').AppendJoin(',', sample.Labels.Select(label => $"{label.Name}=\"{Escape(label.Value, quote: true)}\"")).Append('}');
                text.Append(' ').Append(Number(sample.Value)).Append('\n');
            }
        }

        return text.ToString();
    }

    static string Escape(string text, bool quote)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quote ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
