using System.CommandLine;
using Npgsql;
using Serilog.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Logging;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.CommandLine;

/// <summary>What the verbs about the database have in common: its settings, and what is said when it cannot be reached.</summary>
static class DatabaseCommand
{
    /// <summary>
    /// Whoever starts a unit waits for its end, such as an upgrade of the whole machine. The unit itself is started again after that.
    /// </summary>
    static readonly TimeSpan LongestWaitOfUnit = TimeSpan.FromMinutes(5);

    /// <summary>For verbs that a service manager runs: the database may still be on its way.</summary>
    public static Option<bool> WaitOption() => new("--wait")
    {
        Description = "Wait until the database answers, instead of failing when it does "
        + "not."
    };

    public static Task<int> RunAsync(ParseResult parsed, Func<Migrator, MigrationDisplay, Task<int>> run)
        => RunAsync(parsed, wait: false, (migrator, display, _) => run(migrator, display), CancellationToken.None);

    /// <param name="run">Gets, besides the migrator and the display, what makes the log when it is needed.</param>
    public static async Task<int> RunAsync(
        ParseResult parsed, bool wait, Func<Migrator, MigrationDisplay, Func<ILoggerFactory>, Task<int>> run, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var variables = Variables.FromEnvironment();
        var isStepOfUnit = wait && Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 };
        var settings = DatabaseSettings.Read(variables);
        var logSettings = LogSettings.Read(variables);
        // Asked for before anything runs: the key may be in a file that cannot be read.
        variables.Secret("ENCRYPTION_KEY");
        if (await variables.PrintProblemsAsync(error))
        {
            // Of a unit, systemd looks at the exit code of the main process alone. That finds the same and keeps the unit from being started again
            // and again.
            return isStepOfUnit ? ExitCode.Ok : ExitCode.Configuration;
        }

        // Standard output belongs to the verb's own words.
        await using var log = new LogOnDemand(logSettings, variables, error);
        var migrator = new Migrator(settings, variables, TimeProvider.System);
        var display = new MigrationDisplay(output, error);
        try
        {
            if (wait)
            {
                await using var database = settings.CreateDataSource(connection => connection.Pooling = false);
                await new DatabaseWait(database, settings, BestEffortNotifier.FromEnvironment(), TimeProvider.System,
                    log.Factory.CreateLogger<DatabaseWait>(), Random.Shared.NextDouble)
                {
                    Limit = isStepOfUnit ? LongestWaitOfUnit : null,
                }.UntilAnswerAsync(cancellationToken);
            }

            return await run(migrator, display, () => log.Factory);
        }
        catch (TimeoutException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Failure;
        }
        catch (NpgsqlException exception)
        {
            display.Errors([migrator.Explain(exception)]);
            return ExitCode.Failure;
        }
    }

    /// <summary>On a terminal nothing is logged, and making a log would take longer than a look at a current database.</summary>
    sealed class LogOnDemand(LogSettings settings, Variables variables, TextWriter error) : IAsyncDisposable
    {
        Serilog.Core.Logger? _log;
        SerilogLoggerFactory? _factory;

        public ILoggerFactory Factory => _factory ??= new SerilogLoggerFactory(_log ??= LogOutput.Create(settings,
            new SecretRedactor(variables.Secrets), error));

        public async ValueTask DisposeAsync()
        {
            _factory?.Dispose();
            if (_log is not null)
                await _log.DisposeAsync();
        }
    }
}
