using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Telemetry.Inbox;

namespace TeslaMate.Telemetry.Intakes;

/// <summary>Takes the records that Tesla's own server puts on Kafka; offsets are committed after the rows.</summary>
sealed partial class KafkaIntake(TelemetrySettings settings, RecordIntake records, TimeProvider time, ILogger<KafkaIntake> logger) : BackgroundService
{
    const int MostTogether = 1_000;

    static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => settings.Kafka is { } kafka
        ? Job.KeepRunningAsync(token => Task.Factory.StartNew(() => RunAsync(kafka, token), token, TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap(), time, logger, stoppingToken)
        : Task.CompletedTask;

    /// <summary>On a thread of its own, since the client's only way to wait is to block.</summary>
    async Task RunAsync(KafkaAddress kafka, CancellationToken cancellationToken)
    {
        var configuration = new ConsumerConfig
        {
            BootstrapServers = kafka.Servers,
            GroupId = "teslamate",
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            AllowAutoCreateTopics = true,
        };
        // The client tells of every attempt to connect, which is several a second while a broker is away: each kind of trouble is a warning once.
        HashSet<ErrorCode> troubles = [];
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(configuration).SetErrorHandler((_, error) =>
        {
            if (troubles.Add(error.Code))
                Log.Failed(logger, error.Reason);
            else
                Log.Skipped(logger, error.Reason);
        }).Build();
        consumer.Subscribe([$"{kafka.Topics}_V", $"{kafka.Topics}_alerts", $"{kafka.Topics}_errors", $"{kafka.Topics}_connectivity"]);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                List<ConsumeResult<Ignore, byte[]>> batch = [];
                while (batch.Count < MostTogether && Next(consumer, batch.Count == 0 ? PollTimeout : TimeSpan.Zero) is { } result)
                    batch.Add(result);
                if (batch.Count == 0)
                    continue;
                if (troubles.Count > 0)
                    Log.Recovered(logger);
                troubles.Clear();
                while (!(await Task.WhenAll(batch.Select(
                    result => records.TakeAsync(IntakePath.Kafka, result.Topic, result.Message.Value ?? [], TxidOf(result), cancellationToken))))
                    .All(isSafe => isSafe))
                {
                    // What is stored already is a duplicate the second time.
                }

                consumer.Commit(batch.GroupBy(result => result.TopicPartition)
                    .Select(group => new TopicPartitionOffset(group.Key, group.Max(result => result.Offset.Value) + 1)));
            }
        }
        finally
        {
            consumer.Close();
        }
    }

    /// <summary>The next record; null when there is none in that time.</summary>
    ConsumeResult<Ignore, byte[]>? Next(IConsumer<Ignore, byte[]> consumer, TimeSpan timeout)
    {
        try
        {
            return consumer.Consume(timeout);
        }
        catch (ConsumeException exception) when (!exception.Error.IsFatal)
        {
            // A topic that nothing was written to yet does not exist, which is no reason to leave the others.
            Log.Skipped(logger, exception.Error.Reason);
            return null;
        }
    }

    static ReadOnlyMemory<byte> TxidOf(ConsumeResult<Ignore, byte[]> result) =>
        result.Message.Headers?.TryGetLastBytes("txid", out var txid) == true && txid.Length is > 0 and <= 128 ? txid : default;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Kafka: {Reason}")]
        public static partial void Skipped(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Kafka: {Reason}; trying again until it answers")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "Kafka: records come again")]
        public static partial void Recovered(ILogger logger);
    }
}
