using System.Diagnostics;
using Microsoft.Extensions.Hosting.Systemd;
using TeslaMate.Database.Migrations;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.Hosting;

/// <summary>Tells the log and the service manager how a migration goes, where nobody looks at a terminal.</summary>
sealed partial class MigrationLog(ISystemdNotifier notifier, ILogger logger) : IProgress<MigrationProgress>
{
    static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(30);

    TimeSpan _nextWord = WorthSaying;

    public void Report(MigrationProgress value)
    {
        switch (value)
        {
            case MigrationProgress.Started(var version, var back, var number, var count):
                _nextWord = WorthSaying;
                notifier.Notify(ServiceState.Status($"{(back ? "Undoing" : "Applying")} migration {number} of {count}: {version}"));
                break;
            case MigrationProgress.Finished(var version, var back, var number, var count, var took):
                Log.Finished(logger, number, count, Number(version), back ? "undone" : "applied", Name(version), took.TotalSeconds);
                break;
            case MigrationProgress.Working(var what, var elapsed, var doing):
                notifier.Notify(ServiceState.Status($"Migrating: {what}: {elapsed.TotalSeconds:0} s so far, {doing}"));
                if (elapsed >= _nextWord)
                {
                    Log.Working(logger, Number(what), Name(what), elapsed.TotalSeconds, doing);
                    _nextWord = elapsed * 2;
                }

                break;
            case MigrationProgress.NewKey key:
                Log.Warning(logger, key.Advice);
                break;
            case MigrationProgress.Note(var text, Warning: true):
                Log.Warning(logger, text);
                break;
            case MigrationProgress.Note(var text, _):
                Log.Note(logger, text);
                break;
        }
    }

    /// <summary>Logs how it ended: one message, with the remedy if there is something to do. True when the database is where it should be.</summary>
    public bool Ended(MigrationOutcome outcome)
    {
        switch (outcome)
        {
            case MigrationOutcome.Done(0):
                return true;
            case MigrationOutcome.Done(var versions):
                Log.Done(logger, versions);
                return true;
            case MigrationOutcome.Refused(var errors):
                foreach (var error in errors)
                    Log.Refused(logger, error.Cause, error.Remedy);
                return false;
            case MigrationOutcome.Failed failed:
                Log.Failed(logger, Number(failed.At), Name(failed.At), failed.Message, failed.Remedy, failed.Statement);
                return false;
            default:
                throw new UnreachableException($"no words for {outcome}");
        }
    }

    // "20220123131732 encrypt_tokens": the number is the field that people search for.
    static string? Number(string version) => version.Split(' ')[0] is { Length: > 0 } first && first.All(char.IsAsciiDigit) ? first : null;

    static string Name(string version) => Number(version) is { } number ? version[number.Length..].Trim() : version;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "[{Number}/{Count}] Migration {MigrationVersion} {Outcome} ({Name}) in "
            + "{TookSec:0.###} s")]
        public static partial void Finished(ILogger logger, int number, int count, string? migrationVersion, string outcome, string name,
            double tookSec);

        [LoggerMessage(Level = LogLevel.Information, Message = "Migration {MigrationVersion} ({Name}): {ElapsedSec:0} s so far, {Doing}")]
        public static partial void Working(ILogger logger, string? migrationVersion, string name, double elapsedSec, string doing);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Note}")]
        public static partial void Note(ILogger logger, string note);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Note}")]
        public static partial void Warning(ILogger logger, string note);

        [LoggerMessage(Level = LogLevel.Information, Message = "The database is up to date: {Versions} migrations were applied")]
        public static partial void Done(ILogger logger, int versions);

        [LoggerMessage(Level = LogLevel.Error, Message = "The migrations were not started, nothing was changed: {Cause} Remedy: {Remedy}")]
        public static partial void Refused(ILogger logger, string cause, string remedy);

        [LoggerMessage(Level = LogLevel.Error,
            Message = "Migration {MigrationVersion} ({Name}) failed: {Reason}. The database stands at its last whole version. Remedy: "
                + "{Remedy}\nStatement: {Statement}")]
        public static partial void Failed(ILogger logger, string? migrationVersion, string name, string reason, string remedy, string? statement);
    }
}
