using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Configuration;

/// <summary>What keeps a job of the program going: a bug in one of them must not stop the others, nor the job for good.</summary>
public static partial class Job
{
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromMinutes(5));

    // A loop that went well for so long has put the failures before it behind itself.
    static readonly TimeSpan Recovered = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Runs a loop until it ends by itself or is asked to; begins it again, later and later, should it keep failing. Never fails itself, since the
    /// host would end the program.
    /// </summary>
    public static async Task KeepRunningAsync(Func<CancellationToken, Task> loop, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(loop);
        ArgumentNullException.ThrowIfNull(time);
        for (var attempt = 0; !stopping.IsCancellationRequested; attempt++)
        {
            TimeSpan pause;
            var began = time.GetTimestamp();
            try
            {
                await loop(stopping);
                return;
            }
            catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException && stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                attempt = time.GetElapsedTime(began) > Recovered ? 0 : attempt;
                pause = Retries.Pause(attempt, Random.Shared.NextDouble());
                Log.Failed(logger, pause.TotalSeconds, exception);
            }

            await Task.Delay(pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "A job failed; it starts again in {Seconds:0.0} s")]
        public static partial void Failed(ILogger logger, double seconds, Exception exception);
    }
}
