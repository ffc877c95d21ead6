using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using TeslaMate.Systemd.Journal;

namespace TeslaMate.Logging;

/// <summary>
/// The reference's lines: local time, the car if there is one, the level, the message; an exception follows on indented lines of its own.
/// </summary>
sealed class PlainLines(SecretRedactor secrets) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var car = logEvent.Properties.TryGetValue("CarId", out var id) ? string.Create(CultureInfo.InvariantCulture, $"car_id={id} ") : "";
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{logEvent.Timestamp:yyyy-MM-dd HH:mm:ss.fff} {car}[{Level(logEvent.Level)}] {MessageText.RenderLine(logEvent)}");
        output.WriteLine(secrets.Apply(line));
        if (logEvent.Exception is { } exception)
            output.WriteLine(secrets.Apply(MessageText.Render(exception)));
    }

    static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "critical",
        LogEventLevel.Error => "error",
        LogEventLevel.Warning => "warning",
        LogEventLevel.Information => "info",
        _ => "debug",
    };
}
