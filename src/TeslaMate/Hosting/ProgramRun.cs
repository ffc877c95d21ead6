using TeslaMate.CommandLine;

namespace TeslaMate.Hosting;

/// <summary>Runs the built program from its start to its stop.</summary>
static partial class ProgramRun
{
    // What the parts promise is 9 s; whatever does not keep to it is left behind.
    static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(10);

    /// <summary>Starts, runs until <paramref name="stop"/>, and stops in order.</summary>
    /// <returns><see cref="ExitCode.Ok"/> after a stop that was asked for, <see cref="ExitCode.Failure"/> otherwise.</returns>
    public static async Task<int> RunAsync(WebApplication app, Settings settings, CancellationToken stop)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("TeslaMate");
        var time = app.Services.GetRequiredService<TimeProvider>();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            app.Lifetime.ApplicationStarted.Register(() => Listener.Opened(settings.Listener));
            app.Lifetime.ApplicationStopping.Register(stopping.SetResult);
            app.ListenOn(settings.Listener, settings.ApiPort);
            await app.StartAsync(stop);
        }
        catch (IOException exception)
        {
            // The address is in use, or may not be used.
            Log.CannotListen(logger, settings.Listener, exception.Message);
            await app.DisposeAsync();
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A service did not start, by a bug; the host has logged the exception.
            Log.CannotStart(logger, exception.Message);
            return ExitCode.Failure;
        }

        Log.Started(logger, settings.Listener);
        // What the start needed is given back: a program that mostly waits would keep it for hours.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using (stop.Register(app.Lifetime.StopApplication))
            await stopping.Task;

        try
        {
            await app.StopAsync(CancellationToken.None).WaitAsync(LongestStop, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // Nothing is lost: what is written is written, and the next start goes on from there.
            Log.StopTookTooLong(logger, LongestStop.TotalSeconds);
            return ExitCode.Failure;
        }

        await app.DisposeAsync();
        return stop.IsCancellationRequested ? ExitCode.Ok : ExitCode.Failure;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Listener}")]
        public static partial void Started(ILogger logger, ListenerSettings listener);

        [LoggerMessage(Level = LogLevel.Critical, Message = "Cannot listen on {Listener}: {Reason}")]
        public static partial void CannotListen(ILogger logger, ListenerSettings listener, string reason);

        [LoggerMessage(Level = LogLevel.Critical, Message = "The program cannot start: {Reason}")]
        public static partial void CannotStart(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "The stop took longer than {LongestStopSec:0} s; what still runs is left behind")]
        public static partial void StopTookTooLong(ILogger logger, double longestStopSec);
    }
}
