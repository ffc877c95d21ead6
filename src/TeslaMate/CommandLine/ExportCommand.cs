using System.CommandLine;
using System.Globalization;
using Npgsql;
using TeslaMate.Api.Exports;
using TeslaMate.Configuration;
using TeslaMate.Database;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate export</c>: everything of a car as a file, while the service runs.</summary>
static class ExportCommand
{
    public static Command Create()
    {
        var car = new Argument<short>("CAR")
        {
            Description = "The car's ID.",
            CustomParser = Parsers.Number<short>(Parsers.WholeNumber, "export 1 --to car.zip"),
        };
        var to = new Option<FileInfo>("--to") { Description = "The ZIP to write; it must not exist yet.", HelpName = "FILE", Required = true };
        var command = new Command("export", "Write everything of a car into a ZIP: one CSV per table, in the columns of the database.") { car, to };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Variables.FromEnvironment(), parsed.GetValue(car), parsed.GetRequiredValue(to), parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(Variables variables, short car, FileInfo to, TextWriter output, TextWriter error,
        CancellationToken cancellationToken)
    {
        var settings = DatabaseSettings.Read(variables);
        if (await variables.PrintProblemsAsync(error))
            return ExitCode.Configuration;

        try
        {
            await using var database = settings.CreateDataSource();
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await CarArchive.BeginAsync(connection, cancellationToken);
            if (!await CarArchive.HasCarAsync(connection, car, cancellationToken))
            {
                await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"There is no car with ID {car}."));
                return ExitCode.Failure;
            }

            return await WriteAsync(connection, car, to, output, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            await error.WriteLineAsync($"{settings}: {exception.Message}");
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Failure;
        }
    }

    // Where the whole life of a car stands, only its owner reads; and what is not whole does not stay.
    static async Task<int> WriteAsync(NpgsqlConnection connection, short car, FileInfo to, TextWriter output, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(to.FullName, options);
        var isWhole = false;
        try
        {
            await CarArchive.WriteAsync(connection, car, file, TimeProvider.System.GetLocalNow(), new Lines(output), cancellationToken);
            await file.FlushAsync(cancellationToken);
            isWhole = true;
        }
        finally
        {
            if (!isWhole)
                to.Delete();
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{to.FullName}: {file.Length} bytes"));
        return ExitCode.Ok;
    }

    sealed class Lines(TextWriter output) : IProgress<string>
    {
        public void Report(string value) => output.WriteLine(value);
    }
}
