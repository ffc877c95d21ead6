using Serilog;
using Serilog.Configuration;
using TeslaMate.Systemd.Journal;

namespace TeslaMate.Systemd;

public static class LoggerSinkConfigurationExtensions
{
    /// <summary>
    /// Writes entries to systemd's journal with <c>PRIORITY</c>, <c>SYSLOG_IDENTIFIER</c> and every property as a field in journal spelling
    /// (<c>CarId</c> becomes <c>CAR_ID</c>). Entries that the journal does not take go to standard error.
    /// </summary>
    /// <param name="identifier">The name before each line of <c>journalctl</c>.</param>
    /// <param name="redact">Removes secrets from all texts; null when there are none to remove.</param>
    /// <param name="socketPath">journald's socket; null for the usual one.</param>
    public static LoggerConfiguration Journald(
        this LoggerSinkConfiguration sinks, string identifier = "teslamate", Func<string, string>? redact = null, string? socketPath = null)
    {
        redact ??= static text => text;
        return sinks.Sink(new JournaldSink(
            new JournalSocket(socketPath ?? JournalSocket.DefaultPath), identifier, redact, new PriorityLines(Console.Error, redact)));
    }

    /// <summary>Writes lines with a priority prefix to standard error, for a systemd whose journal has no native socket.</summary>
    public static LoggerConfiguration PriorityLines(this LoggerSinkConfiguration sinks, Func<string, string>? redact = null)
        => sinks.Sink(new PriorityLines(Console.Error, redact ?? (static text => text)));
}
