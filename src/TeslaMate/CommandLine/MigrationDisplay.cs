using System.Globalization;
using Spectre.Console;
using TeslaMate.Database.Migrations;

namespace TeslaMate.CommandLine;

/// <summary>
/// Shows people how a migration goes: a bar on a terminal, otherwise a line per version; causes and remedies go to the error stream.
/// </summary>
sealed class MigrationDisplay(TextWriter output, TextWriter error)
{
    static bool IsTerminal => !Console.IsOutputRedirected;

    /// <summary>Shows the progress of <paramref name="run"/>.</summary>
    public async Task<MigrationOutcome> WhileAsync(Func<IProgress<MigrationProgress>, Task<MigrationOutcome>> run)
        => IsTerminal && ReferenceEquals(output, Console.Out) ? await OnTerminalAsync(run) : await run(new Lines(output, error));

    /// <returns>The exit code for it.</returns>
    public int Outcome(MigrationOutcome outcome, string nothingToDo)
    {
        switch (outcome)
        {
            case MigrationOutcome.Done(0):
                output.WriteLine(nothingToDo);
                return ExitCode.Ok;
            case MigrationOutcome.Done:
                return ExitCode.Ok;
            case MigrationOutcome.Refused(var errors):
                Errors(errors);
                error.WriteLine("Nothing was changed.");
                return ExitCode.Failure;
            case MigrationOutcome.Failed failed:
                error.WriteLine($"Failed at {failed.At}: {failed.Message}");
                if (failed.Statement is { } statement)
                    error.WriteLine($"  statement: {statement.ReplaceLineEndings("\n             ")}");
                error.WriteLine($"  remedy: {failed.Remedy}");
                error.WriteLine("The database stands at its last whole version.");
                return ExitCode.Failure;
            default:
                throw new System.Diagnostics.UnreachableException($"no words for {outcome}");
        }
    }

    public void Errors(IReadOnlyList<PreflightError> errors)
    {
        foreach (var fault in errors)
        {
            error.WriteLine(fault.Cause);
            if (fault.Statement is { } statement)
                error.WriteLine(
                    "  shown by: " + string.Join(' ', statement.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                        .ReplaceLineEndings(" "));
            error.WriteLine($"  remedy: {fault.Remedy}");
        }
    }

    /// <returns>The exit code for it: a run that would be refused is a failure.</returns>
    public int Forecast(MigrationForecast forecast)
    {
        if (forecast.UsesBaseline)
            output.WriteLine("The database is empty: one script makes the newest schema.");
        else if (forecast.Versions.Count == 0 && forecast.Errors.Count == 0)
            output.WriteLine("Nothing is pending.");
        foreach (var version in forecast.Versions)
        {
            output.WriteLine(version.Version);
            if (version.Summary.Length > 0)
                output.WriteLine($"    {version.Summary}");
            foreach (var table in version.Rewrites)
                output.WriteLine($"    rewrites {Described(table)}");
            foreach (var table in version.Scans)
                output.WriteLine($"    scans {Described(table)}");
            output.WriteLine(version.StrongestLock is { } strongest ? $"    strongest lock: {strongest}" : "    locks no existing table");
            foreach (var loss in version.Loses)
                output.WriteLine($"    loses {loss}");
        }

        foreach (var warning in forecast.Warnings)
            error.WriteLine(warning);
        Errors(forecast.Errors);
        return forecast.Errors.Count > 0 ? ExitCode.Failure : ExitCode.Ok;
    }

    public void Losses(MigrationForecast forecast)
    {
        error.WriteLine("Going back loses data:");
        foreach (var loss in forecast.Losses)
            error.WriteLine($"  {loss}");
    }

    /// <summary>Asks on a terminal; elsewhere the answer is no, and what to write instead is said.</summary>
    public async Task<bool> ConfirmAsync(string question, CancellationToken cancellationToken)
    {
        if (!IsTerminal || Console.IsInputRedirected)
        {
            await error.WriteLineAsync("Nothing was changed. Add --yes to go back all the same.");
            return false;
        }

        return await new ConfirmationPrompt(question) { DefaultValue = false }.ShowAsync(AnsiConsole.Console, cancellationToken);
    }

    static async Task<MigrationOutcome> OnTerminalAsync(Func<IProgress<MigrationProgress>, Task<MigrationOutcome>> run)
    {
        MigrationOutcome? outcome = null;
        await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("Looking at the database", maxValue: 1);
                bar.IsIndeterminate = true;
                outcome = await run(new Bar(bar));
            });
        return outcome!;
    }

    static string Described(TableSize table)
        => string.Create(CultureInfo.InvariantCulture, $"{table.Name} ({table.Rows} rows, {table.Bytes / 1048576.0:0.#} MB with its indexes)");

    static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0##} s");

    /// <summary>One line a version, and one every few seconds while it lasts.</summary>
    sealed class Lines(TextWriter output, TextWriter error) : IProgress<MigrationProgress>
    {
        readonly Lock _lock = new();

        public void Report(MigrationProgress value)
        {
            // The watch reports from beside the work.
            lock (_lock)
                Write(value);
        }

        void Write(MigrationProgress value)
        {
            switch (value)
            {
                case MigrationProgress.Finished(var version, var back, var number, var count, var took):
                    output.WriteLine($"[{number}/{count}] {(back ? "undone " : "")}{version}: {Seconds(took)}");
                    break;
                case MigrationProgress.Working(var what, var elapsed, var doing):
                    output.WriteLine($"{what}: {elapsed.TotalSeconds:0} s so far, {doing}");
                    break;
                case MigrationProgress.NewKey key:
                    error.WriteLine(Shown(key));
                    break;
                case MigrationProgress.Note(var text, var isWarning):
                    (isWarning ? error : output).WriteLine(text);
                    break;
            }

            output.Flush();
        }
    }

    static string Shown(MigrationProgress.NewKey key) => $"""
        {key.Advice}

            ENCRYPTION_KEY={key.Key.Reveal()}

        """;

    /// <summary>A bar with the lines of what is finished above it.</summary>
    sealed class Bar(ProgressTask bar) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value)
        {
            switch (value)
            {
                case MigrationProgress.Started(var version, var back, var number, var count):
                    bar.IsIndeterminate = false;
                    bar.MaxValue = count;
                    bar.Value = number - 1;
                    bar.Description = Markup.Escape($"{(back ? "Undoing " : "")}{version}");
                    break;
                case MigrationProgress.Finished(var version, var back, var number, _, var took):
                    bar.Value = number;
                    AnsiConsole.WriteLine($"{(back ? "undone " : "")}{version}: {Seconds(took)}");
                    break;
                case MigrationProgress.Working(var what, _, var doing):
                    bar.Description = Markup.Escape($"{what}: {doing}");
                    break;
                case MigrationProgress.NewKey key:
                    AnsiConsole.MarkupLine($"[yellow]{Markup.Escape(Shown(key))}[/]");
                    break;
                case MigrationProgress.Note(var text, var isWarning):
                    AnsiConsole.MarkupLine(isWarning ? $"[yellow]{Markup.Escape(text)}[/]" : Markup.Escape(text));
                    break;
            }
        }
    }
}
