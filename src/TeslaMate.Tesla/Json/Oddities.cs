using Microsoft.Extensions.Logging;

namespace TeslaMate.Tesla.Json;

/// <summary>Where the parsers report fields they had to ignore. Names and kinds only: the values may be a position or a token.</summary>
sealed partial class Oddities(ILogger<Oddities> logger, TimeProvider time)
{
    readonly LogLimiter _logLimiter = new(time);

    public void Report(string section, string field, string problem)
    {
        if (_logLimiter.ShouldLog(section.Length == 0 ? field : section + "." + field, problem))
            Log.Ignored(logger, section, field, problem);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Tesla's field {Section} {Field} is ignored: {Problem}")]
        public static partial void Ignored(ILogger logger, string section, string field, string problem);
    }
}
