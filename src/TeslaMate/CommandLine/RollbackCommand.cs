using System.CommandLine;
using TeslaMate.Database.Migrations;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate rollback</c>: takes versions back, newest first.</summary>
static class RollbackCommand
{
    public static Command Create()
    {
        var version = new Argument<long?>("VERSION")
        {
            Description = "Undo this version and everything newer.",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Parsers.NumberOrNone<long>("a version", "rollback 20260808090000"),
        };
        var toKnown = new Option<bool>("--to-known") { Description = "Undo what a newer program did, by the scripts that it left in the database." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask, even if data is lost." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing; say what would be undone and lost." };
        var command = new Command("rollback", "Take the database back to an earlier version.") { version, toKnown, yes, dryRun };
        command.Validators.Add(result =>
        {
            if (result.GetResult(version) is { Tokens.Count: > 0 } == result.GetValue(toKnown))
                result.AddError("Name either the VERSION to undo, or --to-known.");
        });
        command.SetAction((parsed, cancellationToken) => DatabaseCommand.RunAsync(parsed, (migrator, display)
            => RunAsync(migrator, display, parsed.GetValue(version), parsed.GetValue(yes), parsed.GetValue(dryRun), cancellationToken)));
        return command;
    }

    static async Task<int> RunAsync(Migrator migrator, MigrationDisplay display, long? version, bool yes, bool dryRun,
        CancellationToken cancellationToken)
    {
        var forecast = await migrator.ForecastRollbackAsync(version, cancellationToken);
        if (dryRun)
            return display.Forecast(forecast);
        if (forecast.Losses.Any() && !yes && forecast.Errors.Count == 0)
        {
            display.Losses(forecast);
            if (!await display.ConfirmAsync("Go back and lose this?", cancellationToken))
                return ExitCode.Failure;
        }

        var outcome = await display.WhileAsync(progress => migrator.RollbackAsync(version, progress, cancellationToken));
        return display.Outcome(outcome, "There is nothing to undo.");
    }
}
