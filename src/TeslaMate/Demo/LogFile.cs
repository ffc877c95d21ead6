using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using TeslaMate.Logging;

namespace TeslaMate.Demo;

/// <summary>Keeps the log of a demo out of the terminal.</summary>
sealed class LogFile(string path, ITextFormatter format) : ILogEventSink, IDisposable
{
    readonly Lock _lock = new();
    readonly StreamWriter _lines = new(path, append: true) { AutoFlush = true };

    public static Logger Create(string path, LogSettings settings) => new LoggerConfiguration()
        .MinimumLevel.Is(settings.Level)
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .MinimumLevel.Override("System", LogEventLevel.Warning)
        .WriteTo.Sink(new LogFile(path, new PlainLines(new SecretRedactor([]))))
        .CreateLogger();

    public void Emit(LogEvent logEvent)
    {
        lock (_lock)
            format.Format(logEvent, _lines);
    }

    public void Dispose() => _lines.Dispose();
}
