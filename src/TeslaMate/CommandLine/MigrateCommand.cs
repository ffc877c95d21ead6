using System.CommandLine;
using TeslaMate.Database.Migrations;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate migrate</c>: brings the database to the newest version.</summary>
static class MigrateCommand
{
    public static Command Create()
    {
        var to = new Option<long?>("--to") { Description = "Stop at this version instead of the newest.", HelpName = "VERSION" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing; say what each pending version does, which tables it rewrites or scans, and what it locks." };
        var command = new Command("migrate", "Bring the database to the newest version; a database of TeslaMate's is continued from where it stands.") { to, dryRun };
        command.SetAction((parsed, cancellationToken) => DatabaseCommand.RunAsync(parsed, (migrator, display)
            => RunAsync(migrator, display, parsed.GetValue(to), parsed.GetValue(dryRun), cancellationToken)));
        return command;
    }

    static async Task<int> RunAsync(Migrator migrator, MigrationDisplay display, long? to, bool dryRun, CancellationToken cancellationToken)
    {
        if (!dryRun)
            return display.Outcome(await display.WhileAsync(progress => migrator.MigrateAsync(progress, cancellationToken, to)), "The database is up to date.");
        var forecast = await migrator.ForecastAsync(cancellationToken, to);
        return display.Forecast(forecast);
    }
}
