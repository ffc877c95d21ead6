using System.CommandLine;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Systemd.Journal;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate migrate</c>: brings the database to the newest version.</summary>
static class MigrateCommand
{
    public static Command Create()
    {
        var to = new Option<long?>("--to")
        {
            Description = "Stop at this version instead of the newest.",
            HelpName = "VERSION",
            CustomParser = Parsers.NumberOrNone<long>("a version", "--to 20260808090000"),
        };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Change nothing; say what each pending version does, which tables it rewrites "
            + "or scans, and what it locks."
        };
        var writeLostRows = new Option<bool>("--write-lost-rows")
        {
            Description = "Take versions for applied whose work is there although schema_migrations has lost their rows.",
        };
        var wait = DatabaseCommand.WaitOption();
        var command = new Command("migrate", "Bring the database to the newest version; a database of TeslaMate's is continued from where it "
            + "stands.") { to, dryRun, writeLostRows, wait };
        command.SetAction((parsed, cancellationToken) => DatabaseCommand.RunAsync(parsed, parsed.GetValue(wait), (migrator, display, loggers)
            => JournalStream.IsStandardError() && !parsed.GetValue(dryRun)
                ? InServiceAsync(migrator, loggers(), parsed.GetValue(to), parsed.GetValue(writeLostRows), cancellationToken)
                : RunAsync(migrator, display, parsed.GetValue(to), parsed.GetValue(writeLostRows), parsed.GetValue(dryRun), cancellationToken),
                cancellationToken));
        return command;
    }

    /// <summary>As a service, before the program itself: to the journal, and without a limit of time.</summary>
    static async Task<int> InServiceAsync(Migrator migrator, ILoggerFactory loggers, long? to, bool writesLostRows,
        CancellationToken cancellationToken)
    {
        var notifier = BestEffortNotifier.FromEnvironment();
        await using var longStart = LongStart.Begin(notifier, TimeProvider.System);
        var log = new MigrationLog(notifier, loggers.CreateLogger("TeslaMate.Database.Migrations"));
        return log.Ended(await migrator.MigrateAsync(log, cancellationToken, to, writesLostRows)) ? ExitCode.Ok : ExitCode.Failure;
    }

    static async Task<int> RunAsync(Migrator migrator, MigrationDisplay display, long? to, bool writesLostRows, bool dryRun,
        CancellationToken cancellationToken)
    {
        if (!dryRun)
            return display.Outcome(await display.WhileAsync(progress => migrator.MigrateAsync(progress, cancellationToken, to, writesLostRows)),
                "The database is up to date.");
        var forecast = await migrator.ForecastAsync(cancellationToken, to, writesLostRows);
        return display.Forecast(forecast);
    }
}
