using TeslaMate.Logbook.Spooling;

namespace TeslaMate.Logbook.Writing;

/// <summary>This run of this instance: its numbers, its folder and its ways into the database.</summary>
sealed partial class WriterSession : IAsyncDisposable
{
    public WriterSession(NpgsqlDataSource database, LogbookSettings settings, TimeProvider time, ILogger<WriterSession> logger)
    {
        try
        {
            Folder = StateFolder.Open(settings.SpoolFolder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoFolder(logger, settings.SpoolFolder, exception.Message);
        }

        Writer = new(database, Session, time, logger);
        Groups = new(Writer);
    }

    public Guid Session { get; } = Guid.NewGuid();

    /// <summary>The same for every run with the same folder.</summary>
    public Guid Instance => Folder?.Instance ?? Session;

    /// <summary>Null when there is no folder that can be written to.</summary>
    public StateFolder? Folder { get; }

    public DatabaseWriter Writer { get; }

    public PositionGroups Groups { get; }

    public async ValueTask DisposeAsync()
    {
        await Groups.DisposeAsync();
        Folder?.Dispose();
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error,
            Message = "The folder {Folder} (TESLAMATE_SPOOL_DIR) cannot be written to, so an outage of the database will lose what the cars do: "
                + "{Reason}")]
        public static partial void NoFolder(ILogger logger, string folder, string reason);
    }
}
