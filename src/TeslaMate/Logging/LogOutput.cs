using Microsoft.Extensions.Hosting.Systemd;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using TeslaMate.Systemd;
using TeslaMate.Systemd.Journal;

namespace TeslaMate.Logging;

static class LogOutput
{
    /// <summary>The program's log: to the journal as a service of systemd, otherwise plain lines to <paramref name="output"/>.</summary>
    public static Logger Create(LogSettings settings, SecretRedactor secrets, TextWriter output)
    {
        var configuration = new LoggerConfiguration()
            .Enrich.FromLogContext()
            .MinimumLevel.Is(settings.Level)
            // What the frameworks tell of every request and start is of use only for finding errors.
            .MinimumLevel.Override("Microsoft", settings.Level <= LogEventLevel.Debug ? LogEventLevel.Debug : LogEventLevel.Warning)
            .MinimumLevel.Override("System", settings.Level <= LogEventLevel.Debug ? LogEventLevel.Debug : LogEventLevel.Warning);
        // An address may hold a token, which some apps know no other place for.
        configuration.MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LogEventLevel.Warning);
        // The pages' forms have keys of their own; what the framework says of its unused ones helps nobody.
        configuration.MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error);
        // A part that is not well tells so itself, once, and not at every look.
        configuration.MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal);
        // What an assistant asks wrongly is told to it, and is no error of this program's.
        configuration.MinimumLevel.Override("ModelContextProtocol", LogEventLevel.Fatal);
        if (JournalStream.IsStandardError())
            configuration.WriteTo.Journald(redact: secrets.Apply);
        else if (SystemdHelpers.IsSystemdService())
            configuration.WriteTo.PriorityLines(secrets.Apply);
        else
            configuration.WriteTo.Sink(new WriterSink(output, new PlainLines(secrets)));
        return configuration.CreateLogger();
    }
}
