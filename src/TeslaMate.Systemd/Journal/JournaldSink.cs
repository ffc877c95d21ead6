using Serilog.Core;
using Serilog.Events;

namespace TeslaMate.Systemd.Journal;

/// <summary>Writes each event as one journal entry; what journald does not take goes to <paramref name="fallback"/>.</summary>
sealed class JournaldSink(JournalSocket journal, string identifier, Func<string, string> strike, ILogEventSink fallback) : ILogEventSink, IDisposable
{
    public void Emit(LogEvent logEvent)
    {
        if (!journal.TrySend(JournalEntry.Frame(logEvent, identifier, strike)))
            fallback.Emit(logEvent);
    }

    public void Dispose() => journal.Dispose();
}
