using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Settings;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Addresses;

/// <summary>
/// Finds the addresses of drives and charging processes: soon after they are written, and every hour for all that still lack one (the repair job of
/// spec logbook 12). It works outside of any transaction of the log; neither a dead geocoder nor a slow one is noticed by a car.
/// </summary>
sealed partial class AddressJob(
    NpgsqlDataSource database, Geocoder geocoder, IGlobalSettings settings, AddressQueue queue, TimeProvider time, ILogger<AddressJob> logger,
    IHeartbeats? heartbeats = null) : BackgroundService
{
    static readonly TimeSpan RepairInterval = TimeSpan.FromHours(1);

    /// <summary>How many drives and how many charging processes one repair takes on.</summary>
    const int RepairMost = 5000;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        // A question waits for its turn and for an answer; between two of them there is always a beat.
        using var heartbeat = heartbeats?.Start("addresses", TimeSpan.FromMinutes(5));
        void Beat() => heartbeat?.Beat();
        var nextRepair = time.GetUtcNow();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (time.GetUtcNow() >= nextRepair)
                {
                    nextRepair = time.GetUtcNow() + RepairInterval;
                    await RepairAsync(Beat, stoppingToken);
                }
                else
                {
                    await LookUpQueuedAsync(Beat, stoppingToken);
                }
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.DatabaseAway(logger, exception.Message);
            }

            Beat();
            await WaitAsync(stoppingToken);
        }
    }

    /// <summary>Everything that lacks an address, newest first. What is new meanwhile goes first.</summary>
    internal async Task RepairAsync(Action beat, CancellationToken cancellationToken)
    {
        foreach (var end in await ReadAsync(
            $"select missing.* from ({AddressStatements.MissingOfDrive}) missing (id) order by id desc limit {2 * RepairMost}", null, isDrive: true,
            cancellationToken))
        {
            if (geocoder.IsResting)
                return;
            beat();
            await LookUpQueuedAsync(beat, cancellationToken);
            Log.RepairingDrive(logger, end.Id);
            await LookUpAsync(end, cancellationToken);
        }

        foreach (var end in await ReadAsync(
            $"{AddressStatements.MissingOfCharging} order by process.id desc limit {RepairMost}", null, isDrive: false, cancellationToken))
        {
            if (geocoder.IsResting)
                return;
            beat();
            await LookUpQueuedAsync(beat, cancellationToken);
            Log.RepairingCharging(logger, end.Id);
            await LookUpAsync(end, cancellationToken);
        }
    }

    internal async Task LookUpQueuedAsync(Action beat, CancellationToken cancellationToken)
    {
        while (!geocoder.IsResting && queue.Reader.TryRead(out var waiting))
        {
            var ends = waiting.Drive is { } drive
                ? await ReadAsync(AddressStatements.MissingOfDrive + " and drives.id = $1 order by is_start desc", drive.Value, isDrive: true,
                    cancellationToken)
                : await ReadAsync(AddressStatements.MissingOfCharging + " and process.id = $1", waiting.Process!.Value.Value, isDrive: false,
                    cancellationToken);
            foreach (var end in ends)
            {
                beat();
                await LookUpAsync(end, cancellationToken);
            }
        }
    }

    async Task LookUpAsync(End end, CancellationToken cancellationToken)
    {
        switch (await geocoder.ReverseAsync(end.Latitude, end.Longitude, settings.Current.Language, cancellationToken))
        {
            case GeocoderAnswer.Found([var address, ..]):
                if (await StoreAsync(address, cancellationToken) is not { } id)
                    break;
                var column = end.IsStart switch { true => "start_address_id", false => "end_address_id", null => "address_id" };
                await using (var update = database.CreateCommand(
                    $"update public.{(end.IsDrive ? "drives" : "charging_processes")} set {column} = $1 where id = $2 and {column} is null"))
                {
                    update.Parameters.Add(Value.Of(id));
                    update.Parameters.Add(Value.Of(end.Id));
                    await update.ExecuteNonQueryAsync(cancellationToken);
                }

                break;
            case GeocoderAnswer.NotThere(var reason):
                Log.NotFound(logger, end.IsDrive ? "drive" : "charging process", end.Id, reason);
                break;
        }
    }

    /// <summary>The number of the address's row; null when the database refuses it, which must not keep the next address waiting.</summary>
    async Task<int?> StoreAsync(Address address, CancellationToken cancellationToken)
    {
        // What only the geocoder's whole answer can be refused for costs that answer, which nothing reads.
        foreach (var attempt in (Address[])[address, address with { Raw = "{}" }])
        {
            try
            {
                return await SequenceCheck.RepairAndRetryAsync(database, async () =>
                {
                    await using var store = AddressStatements.Store(database, attempt);
                    return (int)(await store.ExecuteScalarAsync(cancellationToken))!;
                }, cancellationToken);
            }
            catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData)
            {
                Log.NotStored(logger, exception.MessageText);
            }
        }

        return null;
    }

    async Task<List<End>> ReadAsync(string sql, int? id, bool isDrive, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        if (id is { } known)
            command.Parameters.Add(Value.Of(known));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<End> ends = [];
        while (await reader.ReadAsync(cancellationToken))
            ends.Add(new(isDrive, reader.GetInt32(0), reader.Boolean(1), reader.GetDouble(2), reader.GetDouble(3)));
        return ends;
    }

    /// <summary>Until there is something to look up, but a minute at most, because repairs are due by the clock.</summary>
    async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var minute = new CancellationTokenSource(TimeSpan.FromMinutes(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(minute.Token, cancellationToken);
        try
        {
            if (geocoder.IsResting)
                await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token);
            await queue.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The minute is over.
        }
    }

    /// <summary>An end of a drive, or the place of a charging process.</summary>
    sealed record End(bool IsDrive, int Id, bool? IsStart, double Latitude, double Longitude);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Repairing drive #{DriveId} ...")]
        public static partial void RepairingDrive(ILogger logger, int driveId);

        [LoggerMessage(Level = LogLevel.Information, Message = "Repairing charging process #{ChargingProcessId} ...")]
        public static partial void RepairingCharging(ILogger logger, int chargingProcessId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Address of {Kind} {Id} not found: {Reason}")]
        public static partial void NotFound(ILogger logger, string kind, int id, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The database refuses an answer of the geocoder: {Reason}")]
        public static partial void NotStored(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Addresses wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);
    }
}
