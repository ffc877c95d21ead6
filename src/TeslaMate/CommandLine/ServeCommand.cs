using System.CommandLine;
using Serilog.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Hosting;
using TeslaMate.Logging;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate serve</c>: logs the cars and serves the pages.</summary>
static class ServeCommand
{
    public static Command Create()
    {
        var migrate = new Option<bool>("--migrate") { Description = "Apply pending migrations first, instead of refusing to start." };
        var command = new Command("serve", "Log the cars and serve the web pages (this is what happens without a verb).") { migrate };
        command.SetAction((parsed, cancellationToken)
            => RunAsync(Variables.FromEnvironment(), parsed.GetValue(migrate), parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    /// <summary>Reads the settings, waits for the database, checks its schema and runs until <paramref name="stop"/>.</summary>
    internal static async Task<int> RunAsync(Variables variables, bool migrate, TextWriter error, CancellationToken stop)
    {
        var settings = Settings.Read(variables);
        if (variables.Problems.Count > 0)
        {
            foreach (var problem in variables.Problems)
                await error.WriteLineAsync(problem);
            return ExitCode.Configuration;
        }

        await using var log = LogOutput.Create(settings.Log, new SecretStrike(settings.Secrets));
        using var loggers = new SerilogLoggerFactory(log);
        try
        {
            var wait = new DatabaseWait(
                settings.Database, SystemdNotifier.FromEnvironment(), TimeProvider.System, loggers.CreateLogger<DatabaseWait>(), Random.Shared.NextDouble);
            await wait.UntilAnswerAsync(stop);
            return await ProgramRun.RunAsync(TeslaMateApp.Build(settings, log), settings, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }
}
