namespace TeslaMate.Logbook;

/// <summary>What keeps a job of the logbook going: a bug in one of them must not stop the cars, nor the job for good.</summary>
static partial class Loop
{
    static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Runs a loop until it is asked to end; begins it again, later and later, should it fail.</summary>
    public static async Task RunAsync(Func<CancellationToken, Task> loop, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        for (var pause = Shortest; !stopping.IsCancellationRequested; pause = pause * 2 < Longest ? pause * 2 : Longest)
        {
            try
            {
                await loop(stopping);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.Failed(logger, pause.TotalSeconds, exception);
            }

            await Task.Delay(pause, time, stopping);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "A job of the logbook failed; it starts again in {Seconds} s")]
        public static partial void Failed(ILogger logger, double seconds, Exception exception);
    }
}
