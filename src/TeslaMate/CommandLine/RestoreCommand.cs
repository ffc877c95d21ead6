using System.CommandLine;
using Microsoft.Win32.SafeHandles;
using Npgsql;
using TeslaMate.Backups;
using TeslaMate.Configuration;
using TeslaMate.Database;

namespace TeslaMate.CommandLine;

/// <summary>
/// <c>teslamate restore</c>: a backup takes the place of the database. The hidden options are for NixOS' <c>teslamate-restore</c>, which stops the
/// service in between and has two users of the system do their part: the service's reads the backup, the server's administrator makes and renames
/// databases.
/// </summary>
static class RestoreCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A backup made by pg_dump in any of its formats, plain SQL also compressed with gzip or zstd; - for standard input.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Load and check the backup, show the row counts, and swap nothing." };
        var withCode = new Option<bool>("--with-code")
        {
            Description = "Also load functions, triggers and rules of the backup's own, which run with the rights of the database's owner.",
        };
        var dropOld = new Option<bool>("--drop-old") { Description = "Delete the databases that earlier restores have kept." };
        var administrator = new Option<bool>("--administrator")
        {
            Hidden = true,
            Description = "Serve another restore as the server's "
            + "administrator, over standard input and output."
        };
        var pipes = new Option<bool>("--administrator-on-3-and-4")
        {
            Hidden = true,
            Description = "The administrator answers on descriptor 3 and is "
            + "asked on 4."
        };
        var owner = new Option<string?>("--owner")
        {
            Hidden = true,
            HelpName = "ROLE",
            Description = "The role that the new database shall belong "
            + "to."
        };
        var reader = new Option<string?>("--reader")
        {
            Hidden = true,
            HelpName = "ROLE",
            Description = "A role that may read the new database's "
            + "tables."
        };
        var loadOnly = new Option<bool>("--load-only")
        {
            Hidden = true,
            Description = "Keep the new database and print its name instead of "
            + "swapping."
        };
        var swap = new Option<string?>("--swap") { Hidden = true, HelpName = "DATABASE", Description = "Swap a database that was loaded." };
        var command = new Command("restore",
            "Restore a backup: load it into a new database beside the present one, check it, then swap the two by renaming. The former database is "
                + "kept. The program must not be running.")
        {
            file, dryRun, withCode, dropOld, administrator, pipes, owner, reader, loadOnly, swap,
        };
        command.Validators.Add(result =>
        {
            var asked = new[] { result.GetValue(dropOld), result.GetValue(administrator), result.GetValue(swap) is not null,
                result.GetValue(file) is not null }.Count(one => one);
            if (asked != 1)
                result.AddError("Give either a FILE or --drop-old.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, TextWriter.Synchronized(parsed.InvocationConfiguration.Error));
            // Reading a stranger's file is no work for one who may do everything.
            if (Environment.IsPrivilegedProcess)
            {
                await error.WriteLineAsync("teslamate restore does not run as root. On NixOS: teslamate-restore FILE. Elsewhere run it as the user "
                    + "of the program.");
                return ExitCode.Failure;
            }

            var variables = Variables.FromEnvironment();
            var settings = DatabaseSettings.Read(variables);
            variables.Secret("ENCRYPTION_KEY");
            if (await variables.PrintProblemsAsync(error))
                return ExitCode.Configuration;

            await using var databases = new RestoreDatabases(settings, parsed.GetValue(owner) ?? settings.User, TimeProvider.System, error);
            try
            {
                if (parsed.GetValue(dropOld))
                    await databases.DropFormerAsync(cancellationToken);
                else if (parsed.GetValue(administrator))
                    await ServeAsync(databases, output, cancellationToken);
                else if (parsed.GetValue(swap) is { } loaded)
                    await SwapAsync(databases, settings.Name, loaded, error, cancellationToken);
                else if (parsed.GetValue(pipes))
                    await RunAsync(Pipe(), parsed.GetValue(file)!, isDry: parsed.GetValue(dryRun), isWhole: false, cancellationToken);
                else
                    await RunAsync(databases, parsed.GetValue(file)!, isDry: parsed.GetValue(dryRun), isWhole: !parsed.GetValue(loadOnly),
                        cancellationToken);
                return ExitCode.Ok;
            }
            catch (RestoreException exception)
            {
                await error.WriteLineAsync($"teslamate restore: {exception.Message}");
            }
            catch (NpgsqlException exception)
            {
                await error.WriteLineAsync($"teslamate restore: {settings}: {exception.Message}");
            }

            return ExitCode.Failure;

            async Task RunAsync(IRestoreDatabases by, string path, bool isDry, bool isWhole, CancellationToken token)
            {
                if (isWhole && !isDry)
                    await EnsureStoppedAsync(settings, token);
                await using (by)
                {
                    var restore = new Restore(settings, variables, by, TimeProvider.System, error)
                    {
                        Reader = parsed.GetValue(reader),
                        WithCode = parsed.GetValue(withCode),
                    };
                    var name = await restore.RunAsync(path, Console.OpenStandardInput, keep: !isDry, token);
                    if (isDry)
                        return;
                    if (isWhole)
                        await SwapAsync(databases, settings.Name, name, error, token);
                    else
                        await output.WriteLineAsync(name);
                }
            }
        });
        return command;
    }

    static async Task ServeAsync(RestoreDatabases databases, TextWriter output, CancellationToken cancellationToken)
    {
        using var questions = new StreamReader(Console.OpenStandardInput());
        await AdministratorPipe.ServeAsync(databases, questions, output, cancellationToken);
    }

    static AdministratorPipe Pipe()
        => new(new StreamReader(new FileStream(new SafeFileHandle(3, ownsHandle: true), FileAccess.Read)),
            new StreamWriter(new FileStream(new SafeFileHandle(4, ownsHandle: true), FileAccess.Write)));

    internal static async Task SwapAsync(RestoreDatabases databases, string name, string loaded, TextWriter error,
        CancellationToken cancellationToken)
    {
        var former = await databases.SwapAsync(loaded, cancellationToken);
        await error.WriteLineAsync($"Restored: {name} is the backup now.");
        if (former is not null)
            await error.WriteLineAsync($"The former database is kept as {former}. To delete it: teslamate restore --drop-old");
    }

    /// <summary>What the running program writes meanwhile would be lost with the former database.</summary>
    static async Task EnsureStoppedAsync(DatabaseSettings settings, CancellationToken cancellationToken)
    {
        await using var source = settings.CreateDataSource(connection =>
        {
            connection.ApplicationName = "teslamate-restore";
            connection.Pooling = false;
        });
        try
        {
            await using var command = source.CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and "
                + "application_name ~ '^teslamate( |$)'");
            if (await command.ExecuteScalarAsync(cancellationToken) is > 0L)
                throw new RestoreException($"the program is running on the {settings}. Stop it first.");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            // A database that is gone is one more reason for a restore.
        }
    }
}
