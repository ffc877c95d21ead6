using Microsoft.Extensions.Hosting;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Outgoing.Events;

/// <summary>Looks at the program itself every half minute: tokens, database, disk, backups.</summary>
sealed partial class ProgramEventWatch(
    ITeslaAccount account, EventMemories memories, IOutgoingEvents outgoing, DirectDelivery direct, EventSettings settings, LogbookSettings logbook,
    TimeProvider time, ILogger<ProgramEventWatch> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    static readonly TimeSpan QuestionTimeout = TimeSpan.FromSeconds(10);

    DateTimeOffset? _awaySince;
    ProgramMemory? _memory;
    bool _isSaved = true;
    Task _alarm = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);
        await _alarm.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task RunAsync(CancellationToken stoppingToken)
    {
        var began = time.GetUtcNow();
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await AskDatabaseAsync(stoppingToken);
            if (_memory is not { } memory)
                continue;
            var (free, total) = Disk();
            var now = time.GetUtcNow();
            var view = new ProgramView(account.Status, _awaySince, free, total,
                settings.BackupFolder is { } folder ? BackupFolder.Look(folder, settings.BackupMaxAge, began, now) : null);
            var (next, events) = ProgramEvents.Look(memory, view, now);
            foreach (var happened in events)
            {
                // What is to be told of the database cannot wait in it.
                if (happened.Type == EventType.DatabaseAway)
                    _alarm = direct.SendAsync(happened, stoppingToken);
                else
                    outgoing.Publish(happened);
            }

            (_memory, _isSaved) = (next, _isSaved && next == memory);
            await SaveAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    Task AskDatabaseAsync(CancellationToken cancellationToken) => AskAsync(
        async limited =>
        {
            if (_memory is null)
                _memory = await memories.OfProgramAsync(limited);
            // A look for the database at the same time.
            await direct.RefreshAsync(limited);
        },
        cancellationToken);

    Task SaveAsync(CancellationToken cancellationToken) => _isSaved || _awaySince is not null ? Task.CompletedTask : AskAsync(
        async limited =>
        {
            await memories.SaveAsync(_memory!, limited);
            _isSaved = true;
        },
        cancellationToken);

    async Task AskAsync(Func<CancellationToken, Task> question, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(QuestionTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await question(either.Token);
            _awaySince = null;
        }
        catch (Exception exception) when ((exception.IsDatabaseFailure() || exception is OperationCanceledException)
            && !cancellationToken.IsCancellationRequested)
        {
            _awaySince ??= time.GetUtcNow();
            Log.Away(logger, exception.Message);
        }
    }

    (long? Free, long? Total) Disk()
    {
        try
        {
            string? folder = Path.GetFullPath(logbook.SpoolFolder);
            while (folder is not null && !Directory.Exists(folder))
                folder = Path.GetDirectoryName(folder);
            return folder is not null && new DriveInfo(folder) is { IsReady: true } disk ? (disk.AvailableFreeSpace, disk.TotalSize) : (null, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, null);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The database does not answer the watch: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
