namespace TeslaMate.Logbook.News;

/// <summary>What a committed write has begun or ended, for those who tell others of it. Closed.</summary>
/// <param name="Car">Whose row it is.</param>
public abstract record LogbookNews(CarId Car)
{
    /// <summary>A drive has begun; its row is there.</summary>
    public sealed record DriveStarted(CarId Car, DriveId Drive) : LogbookNews(Car);

    /// <summary>A drive has ended, and was worth keeping.</summary>
    public sealed record DriveEnded(CarId Car, DriveId Drive) : LogbookNews(Car);

    /// <summary>A drive was so short that its row is gone.</summary>
    public sealed record DriveDiscarded(CarId Car, DriveId Drive) : LogbookNews(Car);

    /// <summary>A charging process has begun; its row is there.</summary>
    public sealed record ChargingStarted(CarId Car, ChargingProcessId Process) : LogbookNews(Car);

    /// <summary>A charging process is complete.</summary>
    public sealed record ChargingEnded(CarId Car, ChargingProcessId Process) : LogbookNews(Car);
}

/// <summary>Tells what is in the database since a moment ago. Nobody who listens can hold up or fail a write.</summary>
public interface ILogbookNews
{
    /// <summary>All news of the cars that this instance writes, from the first step on; who is a thousand behind loses the oldest.</summary>
    IAsyncEnumerable<LogbookNews> WatchAsync(CancellationToken cancellationToken);
}
