using Serilog.Core;
using Serilog.Events;

namespace TeslaMate.Systemd.Journal;

/// <summary>
/// Lines with the prefix <c>&lt;N&gt;</c>, which systemd turns into the priority of the journal entry. Every line carries its own.
/// </summary>
sealed class PriorityLines(TextWriter output, Func<string, string> redact) : ILogEventSink
{
    public void Emit(LogEvent logEvent)
    {
        var prefix = $"<{JournalEntry.Priority(logEvent.Level)}>";
        var text = MessageText.RenderLine(logEvent) + (logEvent.Exception is { } exception ? $"\n{MessageText.Render(exception)}" : "");
        // One write per event, so that the lines of two events do not mix; the console's writer is synchronized.
        output.Write(string.Concat(redact(text).ReplaceLineEndings("\n").Split('\n').Select(line => $"{prefix}{line}\n")));
        output.Flush();
    }
}
