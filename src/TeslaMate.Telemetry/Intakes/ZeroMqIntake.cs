using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Telemetry.Inbox;

namespace TeslaMate.Telemetry.Intakes;

/// <summary>Listens to Tesla's own servers on ZeroMQ. The server has acknowledged what it sends, so what cannot be stored waits here.</summary>
sealed class ZeroMqIntake(TelemetrySettings settings, RecordIntake records, TimeProvider time, ILogger<ZeroMqIntake> logger) : BackgroundService
{
    // Records under way at once; the order in the inbox does not matter.
    const int MostUnderWay = 1_000;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(settings.ZeroMq.Select(server =>
        Job.KeepRunningAsync(token => RunAsync(server, token), time, logger, stoppingToken)));

    async Task RunAsync(Uri server, CancellationToken cancellationToken)
    {
        using var grace = new Grace(time, cancellationToken);
        using var room = new SemaphoreSlim(MostUnderWay);
        // The network keeps real time, whatever clock the cars have.
        var subscriber = new ZmtpSubscriber(server.Host, server.Port, TimeProvider.System);
        try
        {
            await foreach (var message in subscriber.ReadAsync(cancellationToken))
            {
                if (message is not [var topic, var body])
                    continue;
                await room.WaitAsync(cancellationToken);
                _ = TakeAsync(Encoding.UTF8.GetString(topic), body, room, grace.Token);
            }
        }
        finally
        {
            for (var ended = 0; ended < MostUnderWay; ended++)
                await room.WaitAsync(CancellationToken.None);
        }
    }

    async Task TakeAsync(string topic, byte[] body, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        try
        {
            while (!await records.TakeAsync(IntakePath.ZeroMq, topic, body, default, cancellationToken))
            {
                // Nobody else has it any more.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // The database did not take it until the program had to end.
        }
        finally
        {
            room.Release();
        }
    }
}
