using System.CommandLine;
using System.Globalization;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook.Statistics;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate rebuild-statistics</c>: makes anew what is kept for charts, while the service runs.</summary>
static class RebuildStatisticsCommand
{
    public static Command Create()
    {
        var car = new Option<short?>("--car")
        {
            Description = "Only this car's.",
            HelpName = "ID",
            CustomParser = Parsers.NumberOrNone<short>(Parsers.WholeNumber, "--car 1"),
        };
        var command = new Command("rebuild-statistics", "Make anew what is kept for charts and statistics, from the log; pages stay right "
            + "meanwhile, and slower.") { car };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Variables.FromEnvironment(), parsed.GetValue(car), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(Variables variables, short? car, TextWriter output, TextWriter error,
        CancellationToken cancellationToken)
    {
        var settings = DatabaseSettings.Read(variables);
        if (await variables.PrintProblemsAsync(error))
            return ExitCode.Configuration;

        await using var database = settings.CreateDataSource();
        try
        {
            var progress = new LineProgress(output);
            if (await new StatisticsStore(database).RebuildAsync(car, progress, cancellationToken))
            {
                progress.End();
                return ExitCode.Ok;
            }

            await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"There is no car with ID {car}."));
            return ExitCode.Failure;
        }
        catch (NpgsqlException exception)
        {
            await error.WriteLineAsync($"{settings}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    /// <summary>One line for every kind of rows of a car, and one a second while it lasts.</summary>
    sealed class LineProgress(TextWriter output) : IProgress<StatisticsProgress>
    {
        StatisticsProgress _last;
        long _said;

        public void Report(StatisticsProgress value)
        {
            if (_last.What is not null && (_last.Car, _last.What) != (value.Car, value.What))
                End();
            _last = value;
            if (Environment.TickCount64 - _said >= 1000)
                Say();
        }

        public void End()
        {
            if (_last.What is not null)
                Say();
        }

        void Say()
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Car {_last.Car}: {_last.Done} {_last.What}"));
            _said = Environment.TickCount64;
        }
    }
}
