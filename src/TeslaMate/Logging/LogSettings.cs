using Serilog.Events;
using TeslaMate.Configuration;

namespace TeslaMate.Logging;

/// <summary>How much is logged.</summary>
/// <param name="Level"><c>LOG_LEVEL</c>: <c>debug</c>, <c>info</c> (the default), <c>warning</c> or <c>error</c>.</param>
sealed record LogSettings(LogEventLevel Level)
{
    public static LogSettings Read(Variables variables)
    {
        switch (variables.Text("LOG_LEVEL")?.ToLowerInvariant())
        {
            case null or "info" or "information": return new LogSettings(LogEventLevel.Information);
            case "debug": return new LogSettings(LogEventLevel.Debug);
            case "warning" or "warn": return new LogSettings(LogEventLevel.Warning);
            case "error": return new LogSettings(LogEventLevel.Error);
            default:
                variables.Problem($"LOG_LEVEL is \"{variables.Text("LOG_LEVEL")}\", which is none of debug, info, warning and error. Example: "
                    + "LOG_LEVEL=info");
                return new LogSettings(LogEventLevel.Information);
        }
    }
}
