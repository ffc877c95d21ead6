using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Demo;
using TeslaMate.Hosting;
using TeslaMate.Logging;
using TeslaMate.Systemd.Notify;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// The program as <c>serve</c> runs it, in a process of its own that can be killed, but by a clock that a test moves. Its settings come from the
/// environment.
/// </summary>
static class FollowingProgram
{
    // On the thread pool from the start: the clock does not see what the main thread is at.
    public static Task<int> RunAsync(string socket, TextWriter error, CancellationToken stop)
        => Task.Run(() => FollowAsync(socket, error, stop), stop);

    static async Task<int> FollowAsync(string socket, TextWriter error, CancellationToken stop)
    {
        var variables = Variables.FromEnvironment();
        var settings = Settings.Read(variables);
        if (variables.Problems.Count > 0)
        {
            foreach (var problem in variables.Problems)
                await error.WriteLineAsync(problem);
            return ExitCode.Configuration;
        }

        IdleDetector? idle = null;
        using var counting = idle = new IdleDetector(() => idle!.Requests, () => 0, alwaysAtWork: 0).Start();
        var time = ClockLine.Follow(socket, idle.IsIdle, () => idle.Requests);
        await using var log = new LoggerConfiguration()
            .MinimumLevel.Is(settings.Log.Level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .WriteTo.Console(new PlainLines(new SecretRedactor(settings.Secrets)))
            .CreateLogger();
        using var loggers = new SerilogLoggerFactory(log);
        // By real time: to the clock, a connection that is being opened looks like having nothing to do.
        await using var database = settings.Database.CreateDataSource(connection => connection.Pooling = false);
        await new DatabaseWait(database, settings.Database, BestEffortNotifier.FromEnvironment(), TimeProvider.System,
            loggers.CreateLogger<DatabaseWait>(), () => 0).UntilAnswerAsync(stop);
        var overrides = new AppOverrides { Time = time, Services = services => services.KeepRealTimeForHousekeeping() };
        return await ProgramRun.RunAsync(TeslaMateApp.Build(settings, log, overrides), settings, stop);
    }
}
