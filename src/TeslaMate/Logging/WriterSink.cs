using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace TeslaMate.Logging;

/// <summary>Writes each event at once, one after the other.</summary>
sealed class WriterSink(TextWriter output, ITextFormatter formatter) : ILogEventSink
{
    readonly Lock _lock = new();

    public void Emit(LogEvent logEvent)
    {
        lock (_lock)
        {
            formatter.Format(logEvent, output);
            output.Flush();
        }
    }
}
