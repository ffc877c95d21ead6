using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook;

namespace TeslaMate.CommandLine;

/// <summary>What verbs have in common: how they tell of settings that are wrong and of a database that fails.</summary>
static class Verbs
{
    extension(Variables variables)
    {
        /// <summary>Prints what is wrong with the variables that were read, a line each.</summary>
        /// <returns>Whether anything is; the verb then ends with <see cref="ExitCode.Configuration"/>.</returns>
        public async Task<bool> PrintProblemsAsync(TextWriter error)
        {
            foreach (var problem in variables.Problems)
                await error.WriteLineAsync(problem);
            return variables.Problems.Count > 0;
        }
    }

    /// <summary>Carries out a verb that needs the logbook.</summary>
    /// <param name="run">Gives the exit code; its <see cref="NpgsqlException"/> is printed with what can be done about it.</param>
    public static async Task<int> WithLogbookAsync(Variables variables, TextWriter error, Func<IServiceProvider, Task<int>> run)
    {
        var database = DatabaseSettings.Read(variables);
        var logbook = LogbookSettings.Read(variables);
        if (await variables.PrintProblemsAsync(error))
            return ExitCode.Configuration;
        await using var services = new ServiceCollection().AddLogging().AddDatabase(database).AddLogbook(logbook).BuildServiceProvider();
        return await WithDatabaseAsync(database, error, () => run(services));
    }

    /// <summary>Carries out a verb that needs the database.</summary>
    /// <param name="run">Gives the exit code; its <see cref="NpgsqlException"/> is printed with what can be done about it.</param>
    public static async Task<int> WithDatabaseAsync(DatabaseSettings database, TextWriter error, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (NpgsqlException exception)
        {
            await error.WriteLineAsync(database.Explain(exception));
            return ExitCode.Failure;
        }
    }
}
