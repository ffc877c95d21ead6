using TeslaMate.Configuration;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.News;

/// <summary>Makes news of what commits have done.</summary>
sealed class CommittedNews : ILogbookNews
{
    readonly Broadcast<LogbookNews> _news = new(capacity: 1000);

    public IAsyncEnumerable<LogbookNews> WatchAsync(CancellationToken cancellationToken) => _news.WatchAsync(cancellationToken);

    public void Handle(Outcome outcome)
    {
        LogbookNews? news = outcome switch
        {
            Outcome.DriveStarted(var car, var drive) => new LogbookNews.DriveStarted(car, drive),
            // A drive that is computed again for what came late has ended before.
            Outcome.DriveClosed { IsAgain: false } closed => new LogbookNews.DriveEnded(closed.Car, closed.Drive),
            Outcome.DriveDiscarded discarded => new LogbookNews.DriveDiscarded(discarded.Car, discarded.Drive),
            Outcome.ChargingStarted started => new LogbookNews.ChargingStarted(started.Car, started.Process),
            Outcome.ChargingCompleted completed => new LogbookNews.ChargingEnded(completed.Car, completed.Process),
            _ => null,
        };
        if (news is not null)
            _news.Publish(news);
    }
}
