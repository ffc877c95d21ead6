using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Spectre.Console;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Import;
using TeslaMate.Import.Merging;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate import</c>: the history of other loggers, while the service runs.</summary>
static partial class ImportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string?>("DIR") { Description = "The folder of the files, or one file.", Arity = ArgumentArity.ZeroOrOne };
        var from = new Option<string?>("--from")
        {
            Description = "Take over another TeslaMate database instead: postgres://user@host:port/name. Its password may be in PGPASSWORD or in "
                + "~/.pgpass.",
        };
        var timeZone = new Option<string?>("--timezone") { Description = "The time zone that the times in the files are in, such as Europe/Berlin." };
        var car = new Option<string?>("--car") { Description = "Import only this car, by its VIN; rows of other cars are left out." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing; say what would be imported." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask before the import begins." };
        var json = new Option<bool>("--json") { Description = "Write one JSON object, for programs." };
        var command = new Command(
            "import",
            "Import the history of another logger: TeslaFi's monthly CSV files, Tessie's exports, a mysqldump of TeslaLogger's, or another "
                + "TeslaMate database. It may run beside the service and again at any time: nothing is imported twice, and what was logged live "
                + "stays as it is.")
        {
            folder, timeZone, from, car, dryRun, yes, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(folder) is null == result.GetValue(from) is null)
                result.AddError("Name either the folder DIR, or another database with --from.");
            else if (result.GetValue(from) is { } address && SourceAddress.Parse(address) is null)
                result.AddError("--from needs an address such as postgres://teslamate@localhost:5432/teslamate.");
            else if (result.GetValue(folder) is not null && result.GetValue(timeZone) is null)
                result.AddError("Name the time zone of the files with --timezone, such as --timezone Europe/Berlin.");
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Variables.FromEnvironment(),
            new ImportRequest(parsed.GetValue(folder) ?? "", parsed.GetValue(timeZone) ?? "")
            {
                Vin = parsed.GetValue(car),
                IsDryRun = parsed.GetValue(dryRun)
            },
            parsed.GetValue(from) is { } address ? SourceAddress.Parse(address) : null, parsed.GetValue(yes), parsed.GetValue(json),
            parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(
        Variables variables, ImportRequest request, Uri? from, bool yes, bool json, InvocationConfiguration console,
        CancellationToken cancellationToken)
    {
        var (output, error) = (console.Output, console.Error);
        var database = DatabaseSettings.Read(variables);
        var logbook = LogbookSettings.Read(variables);
        request = request with { FallbackVehicleId = variables.Text("TESLAFI_IMPORT_VEHICLE_ID", request.FallbackVehicleId) };
        if (await variables.PrintProblemsAsync(error))
            return ExitCode.Configuration;

        var isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && !json;
        if (isTerminal && !yes && !request.IsDryRun && !Console.IsInputRedirected
            && !await new ConfirmationPrompt(
                $"Import {(from?.Host ?? request.Folder).EscapeMarkup()} into {database.ToString().EscapeMarkup()}?")
            { DefaultValue = true }
                .ShowAsync(AnsiConsole.Console, cancellationToken))
            return ExitCode.Failure;

        await using var services = new ServiceCollection().AddLogging().AddDatabase(database).AddLogbook(logbook).AddImport().BuildServiceProvider();
        try
        {
            var importer = services.GetRequiredService<IImporter>();
            var report = from is not null
                ? await services.GetRequiredService<IDatabaseMerge>().MergeAsync(from, request.Vin, request.IsDryRun, cancellationToken) : isTerminal
                ? await OnTerminalAsync(progress => importer.ImportAsync(request, progress, cancellationToken))
                : await importer.ImportAsync(request, json ? null : new Lines(output), cancellationToken);
            if (json)
                await output.WriteLineAsync(JsonSerializer.Serialize(JsonReport.Of(report, request.IsDryRun), ReportJson.Default.JsonReport));
            else
                Summarize(report, request.IsDryRun, output);
            if (report.Explanation is { } explanation)
                await error.WriteLineAsync(explanation);
            return report switch
            {
                { Problem: ImportProblem.UnknownZone or ImportProblem.UnknownCar or ImportProblem.NoFolder } => ExitCode.Usage,
                { IsClean: true } => ExitCode.Ok,
                _ => ExitCode.Failure,
            };
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            await error.WriteLineAsync($"{database}: {exception.MessageText}. Bring the tables up to date first, with: teslamate migrate");
            return ExitCode.Failure;
        }
        catch (NpgsqlException exception)
        {
            await error.WriteLineAsync($"{database}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    static void Summarize(ImportReport report, bool isDryRun, TextWriter output)
    {
        if (report.Problem != ImportProblem.None)
            return;
        if (report.ResumedZone is { } zone)
            output.WriteLine($"The interrupted import of this folder was gone on with, in its time zone {zone}.");
        foreach (var rejection in report.Rejections.Take(100))
            output.WriteLine($"{rejection.File}, line {rejection.Line}: {rejection.Reason}{(rejection.Column is { } column ? $" ({column})" : "")}");
        if (report.Rejections.Count > 100)
            output.WriteLine($"... and {report.Rejections.Count - 100} more rows that could not be used (all of them with --json)");
        foreach (var overlap in report.Overlaps.Take(100))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{overlap.Car}: the {overlap.Kind.Replace('_', ' ')} of {overlap.Start:yyyy-MM-dd HH:mm} is covered here, left out"));
        var (files, created) = (report.Files, report.Created);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{files.Sum(file => file.Rows)} rows: {files.Sum(file => file.Imported)} imported, {files.Sum(file => file.Skipped)} skipped, "
            + $"{files.Sum(file => file.Rejected)} rejected"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(isDryRun ? "Would create" : "Created")}: {created.Drives} drives, {created.ChargingProcesses} charging processes, "
            + $"{created.Positions} positions, "
            + $"{created.Charges} charges, {created.States} states, {created.Updates} updates"));
        if (files.All(file => file.State == FileState.Skipped))
            output.WriteLine("All of these files were imported before; nothing was imported twice.");
    }

    static string Advice(string? reason) => reason == "vehicle_data_incomplete"
        ? " (no row tells everything about a car; whose the files are that name none, as Tessie's, is said by --car VIN)" : "";

    static string Line(FileReport file) => file.State switch
    {
        FileState.Failed => $"{file.Name}: failed: {file.Reason}{Advice(file.Reason)}",
        FileState.Skipped => $"{file.Name}: was imported before, skipped",
        _ => string.Create(CultureInfo.InvariantCulture,
            $"{file.Name}: {file.Rows} rows, {file.Imported} imported, {file.Skipped} skipped, {file.Rejected} rejected"),
    };

    static async Task<ImportReport> OnTerminalAsync(Func<IProgress<ImportProgress>, Task<ImportReport>> run)
    {
        ImportReport? report = null;
        await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(async context => report = await run(new Bar(context.AddTask("Reading", maxValue: 1))));
        return report!;
    }

    /// <summary>One line a file.</summary>
    sealed class Lines(TextWriter output) : IProgress<ImportProgress>
    {
        readonly HashSet<string> _told = [];
        readonly Lock _lock = new();

        public void Report(ImportProgress value)
        {
            lock (_lock)
            {
                foreach (var file in value.Files.Where(
                    file => file.State is FileState.Done or FileState.Failed or FileState.Skipped && _told.Add(file.Name)))
                    output.WriteLine(Line(file));
                output.Flush();
            }
        }
    }

    /// <summary>A bar with the lines of what is finished above it, the rate in front of it and the time that is left behind it.</summary>
    sealed class Bar(ProgressTask bar) : IProgress<ImportProgress>
    {
        readonly HashSet<string> _told = [];
        readonly Lock _lock = new();
        readonly long _started = Stopwatch.GetTimestamp();

        public void Report(ImportProgress value)
        {
            lock (_lock)
            {
                foreach (var file in value.Files.Where(
                    file => file.State is FileState.Done or FileState.Failed or FileState.Skipped && _told.Add(file.Name)))
                    AnsiConsole.WriteLine(Line(file));
                var rate = value.Rows / Math.Max(0.001, Stopwatch.GetElapsedTime(_started).TotalSeconds);
                bar.MaxValue = Math.Max(1, value.BytesInAll);
                bar.Value = value.BytesRead;
                bar.Description = Markup.Escape(
                    string.Create(CultureInfo.InvariantCulture, $"{value.Files[value.File].Name}  {value.Rows} rows  {rate:0} rows/s"));
            }
        }
    }

    sealed record JsonFile(string Name, int Rows, int Imported, int Skipped, int Rejected, string State, string? Reason);

    sealed record JsonRejection(string File, int Line, string? Column, string Reason);

    sealed record JsonReport(
        IReadOnlyList<JsonFile> Files, IReadOnlyList<JsonRejection> Rejections, Created Created, IReadOnlyList<Overlap> Overlaps, bool DryRun,
        string? Error)
    {
        public static JsonReport Of(ImportReport report, bool isDryRun) => new(
            [.. report.Files.Select(file => new JsonFile(file.Name, file.Rows, file.Imported, file.Skipped, file.Rejected,
                file.State.ToString().ToLowerInvariant(), file.Reason))],
            [.. report.Rejections.Select(rejection => new JsonRejection(rejection.File, rejection.Line, rejection.Column, rejection.Reason))],
            report.Created, report.Overlaps, isDryRun, report.Explanation);
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
    [JsonSerializable(typeof(JsonReport))]
    sealed partial class ReportJson : JsonSerializerContext;
}
