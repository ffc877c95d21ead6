using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.Hosting;

/// <summary>
/// Waits until the database answers, whatever keeps it: a server that is still starting as well as a password that somebody has yet to correct. The
/// service manager's start limit is kept away meanwhile, because a restart would not bring the database back.
/// </summary>
sealed partial class DatabaseWait(
    NpgsqlDataSource database, DatabaseSettings settings, ISystemdNotifier notifier, TimeProvider time, ILogger<DatabaseWait> logger,
    Func<double> random)
{
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromMilliseconds(500), Longest: TimeSpan.FromSeconds(15));
    static readonly TimeSpan RemindEvery = TimeSpan.FromMinutes(1);
    static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait at most; null for ever.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Returns the server's version number (<c>server_version_num</c>, such as 170003) once the database answers.</summary>
    /// <exception cref="TimeoutException">It did not within <see cref="Limit"/>.</exception>
    public async Task<int> UntilAnswerAsync(CancellationToken cancellationToken)
    {
        await using var longStart = LongStart.Begin(notifier, time);
        var started = time.GetTimestamp();
        var lastSaid = started;
        string? said = null;
        for (var attempt = 0; ; attempt++)
        {
            var reason = await TryAsync(cancellationToken);
            if (reason is Answer.Version(var version))
            {
                if (said is not null)
                {
                    var waited = time.GetElapsedTime(started);
                    Log.DatabaseAnswers(logger, settings, waited.TotalSeconds);
                }

                return version;
            }

            var why = ((Answer.Away)reason).Reason;
            notifier.Notify(ServiceState.Status($"Waiting for {settings}: {why}"));
            if (why != said || time.GetElapsedTime(lastSaid) >= RemindEvery)
            {
                Log.Waiting(logger, settings, why);
                (said, lastSaid) = (why, time.GetTimestamp());
            }

            if (Limit is { } limit && time.GetElapsedTime(started) >= limit)
                throw new TimeoutException($"The {settings} did not answer within {limit.TotalMinutes:0} minutes: {why}");
            await Task.Delay(Retries.Pause(attempt, random()), time, cancellationToken);
        }
    }

    async Task<Answer> TryAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LongestAttempt, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using var command = database.CreateCommand("select current_setting('server_version_num')");
            return new Answer.Version(int.Parse((string)(await command.ExecuteScalarAsync(both.Token))!, CultureInfo.InvariantCulture));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer.Away("no answer in time");
        }
        catch (PostgresException exception)
        {
            return new Answer.Away(Explain(exception));
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            return new Answer.Away(exception.Reason());
        }
    }

    string Explain(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => $"the password of role {settings.User} is not accepted; set DATABASE_PASS, or change it: ALTER ROLE "
            + $"{settings.User} PASSWORD '...'",
        PostgresErrorCodes.InvalidAuthorizationSpecification => $"{exception.MessageText}; see DATABASE_USER and the server's pg_hba.conf",
        PostgresErrorCodes.InvalidCatalogName => $"there is no database {settings.Name}; run as the server's administrator: CREATE DATABASE "
            + $"{settings.Name} OWNER {settings.User}",
        _ => exception.MessageText,
    };

    abstract record Answer
    {
        Answer() { }

        public sealed record Version(int Number) : Answer;

        public sealed record Away(string Reason) : Answer;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for {Database}: {Reason}")]
        public static partial void Waiting(ILogger logger, DatabaseSettings database, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "The {Database} answers after {WaitedSec:0} s")]
        public static partial void DatabaseAnswers(ILogger logger, DatabaseSettings database, double waitedSec);
    }
}
