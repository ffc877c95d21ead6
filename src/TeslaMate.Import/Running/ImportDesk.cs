using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Import.Reading;

namespace TeslaMate.Import.Running;

/// <summary>
/// Where the service looks for files to import (<c>IMPORT_DIR</c>), and what stands in for an empty vehicle id (<c>TESLAFI_IMPORT_VEHICLE_ID</c>).
/// </summary>
public sealed record ImportSettings(string Folder, string FallbackVehicleId)
{
    /// <summary>Reads the variables.</summary>
    public static ImportSettings Read(Variables variables)
        => new(Path.GetFullPath(variables.Text("IMPORT_DIR", "import")), variables.Text("TESLAFI_IMPORT_VEHICLE_ID", "1"));
}

/// <summary>What the page of the import shows. Closed.</summary>
public abstract record ImportStatus
{
    ImportStatus() { }

    /// <summary>Nothing has been done yet.</summary>
    public sealed record Idle : ImportStatus;

    /// <summary>An import is at work.</summary>
    /// <param name="Progress">Null before the first file.</param>
    /// <param name="RowsPerSecond">Since it began; null before the first row.</param>
    /// <param name="Left">How long it will take yet, at that rate; null before the first row.</param>
    public sealed record Running(ImportProgress? Progress, double? RowsPerSecond = null, TimeSpan? Left = null) : ImportStatus
    {
        internal static Running After(TimeSpan elapsed, ImportProgress progress)
        {
            if (elapsed <= TimeSpan.Zero || progress.Rows == 0 || progress.BytesRead == 0)
                return new(progress);
            var share = (double)progress.BytesRead / progress.BytesInAll;
            return new(progress, progress.Rows / elapsed.TotalSeconds, elapsed * ((1 - share) / share));
        }
    }

    /// <summary>An import has ended.</summary>
    public sealed record Ended(ImportReport Report) : ImportStatus;

    /// <summary>An import broke off; it can be begun again.</summary>
    public sealed record Broken(string Message) : ImportStatus;
}

/// <summary>The import that the pages start: one at a time, beside the cars that are logged.</summary>
public sealed partial class ImportDesk(IImporter importer, ImportSettings settings, TimeProvider time, ILogger<ImportDesk> logger)
    : IHostedService, IDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly Lock _lock = new();
    Task _run = Task.CompletedTask;
    volatile ImportStatus _status = new ImportStatus.Idle();

    /// <summary>How the import stands.</summary>
    public ImportStatus Status => _status;

    /// <summary>There were files when the service started, and they have not been imported since.</summary>
    public bool IsImportMode { get; private set; }

    /// <summary>The folder.</summary>
    public string Folder => settings.Folder;

    /// <summary>The names of the files that can be imported.</summary>
    public IReadOnlyList<string> Files()
    {
        try
        {
            return [.. HistoryFolder.List(new ImportRequest(settings.Folder, "UTC"), TimeZoneInfo.Utc).Select(file => file.Name)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Starts an import of the folder; false when one is at work.</summary>
    public bool TryStart(string timeZone, string? vin)
    {
        lock (_lock)
        {
            if (_status is ImportStatus.Running)
                return false;
            _status = new ImportStatus.Running(null);
            _run = Task.Run(() => RunAsync(
                new ImportRequest(settings.Folder, timeZone) { Vin = vin, FallbackVehicleId = settings.FallbackVehicleId }));
            return true;
        }
    }

    /// <summary>
    /// The time zone in which an import of the folder that was cut off goes on; null when there is none, or when the database is away.
    /// </summary>
    public async Task<string?> InterruptedZoneAsync(CancellationToken cancellationToken)
    {
        if (_status is ImportStatus.Running)
            return null;
        try
        {
            return await importer.InterruptedZoneAsync(settings.Folder, cancellationToken);
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    /// <summary>
    /// Gives up an import that was cut off, so that another time zone may be chosen; what it imported stays. False when there is none, or one is at
    /// work.
    /// </summary>
    public async Task<bool> DiscardAsync(CancellationToken cancellationToken)
    {
        if (_status is ImportStatus.Running || !await importer.DiscardAsync(settings.Folder, cancellationToken))
            return false;
        _status = new ImportStatus.Idle();
        return true;
    }

    /// <summary>Stores a file that somebody sent; false when its name is none that is known.</summary>
    public async Task<bool> StoreAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        if (Path.GetFileName(name) != name || !HistoryFolder.IsKnown(name))
            return false;
        // A folder that the owner made may be shared on purpose.
        if (!Directory.Exists(settings.Folder))
            PrivateFiles.CreateFolder(settings.Folder);
        var path = Path.Combine(settings.Folder, name);
        var part = path + ".part";
        try
        {
            // Never what somebody else may have put there, such as a link to another file.
            File.Delete(part);
            await using (var file = PrivateFiles.Open(part, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                await content.CopyToAsync(file, cancellationToken);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            // No half of a file, above all not on a disk that is full.
            File.Delete(part);
            throw;
        }

        return true;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(settings.Folder) && Files().Count > 0)
            {
                IsImportMode = true;
                Log.ImportMode(logger, Directory.GetFileSystemEntries(settings.Folder).Length, settings.Folder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoAccess(logger, settings.Folder, Fingerprint.Code(exception));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _run.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    async Task RunAsync(ImportRequest request)
    {
        try
        {
            var report = await importer.ImportAsync(request, new Relay(this, time), _stopping.Token);
            _status = new ImportStatus.Ended(report);
            IsImportMode &= !report.IsClean;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _status = new ImportStatus.Idle();
        }
        catch (Exception exception)
        {
            Log.Broke(logger, exception);
            _status = new ImportStatus.Broken(exception is NpgsqlException or IOException
                ? exception.Message : "The import broke off; the journal says why.");
        }
    }

    sealed class Relay(ImportDesk desk, TimeProvider time) : IProgress<ImportProgress>
    {
        readonly long _started = time.GetTimestamp();

        public void Report(ImportProgress value) => desk._status = ImportStatus.Running.After(time.GetElapsedTime(_started), value);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Found {Count} file(s) at '{Folder}'. Starting in import mode!")]
        public static partial void ImportMode(ILogger logger, int count, string folder);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot access directory '{Folder}': {Reason}")]
        public static partial void NoAccess(ILogger logger, string folder, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "The import broke off")]
        public static partial void Broke(ILogger logger, Exception exception);
    }
}
