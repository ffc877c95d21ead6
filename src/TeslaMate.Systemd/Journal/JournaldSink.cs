using Serilog.Core;
using Serilog.Events;

namespace TeslaMate.Systemd.Journal;

/// <summary>Writes each event as one journal entry; what journald does not take goes to <paramref name="fallback"/>.</summary>
sealed class JournaldSink(JournalSocket journal, string identifier, Func<string, string> redact, ILogEventSink fallback) : ILogEventSink, IDisposable
{
    public void Emit(LogEvent logEvent)
    {
        if (!journal.TrySend(JournalEntry.Frame(logEvent, identifier, redact)))
            fallback.Emit(logEvent);
    }

    public void Dispose() => journal.Dispose();
}
