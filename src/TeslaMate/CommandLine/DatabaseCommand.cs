using System.CommandLine;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;

namespace TeslaMate.CommandLine;

/// <summary>What the verbs about the database have in common: its settings, and what is said when it cannot be reached.</summary>
static class DatabaseCommand
{
    public static async Task<int> RunAsync(ParseResult parsed, Func<Migrator, MigrationDisplay, Task<int>> run)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var variables = Variables.FromEnvironment();
        var settings = DatabaseSettings.Read(variables);
        // Asked for before anything runs: the key may be in a file that cannot be read.
        variables.Secret("ENCRYPTION_KEY", credential: "encryption-key");
        if (variables.Problems.Count > 0)
        {
            foreach (var problem in variables.Problems)
                await error.WriteLineAsync(problem);
            return ExitCode.Configuration;
        }

        var migrator = new Migrator(settings, variables, TimeProvider.System);
        var display = new MigrationDisplay(output, error);
        try
        {
            return await run(migrator, display);
        }
        catch (NpgsqlException exception)
        {
            display.Obstacles([migrator.Explain(exception)]);
            return ExitCode.Failure;
        }
    }
}
