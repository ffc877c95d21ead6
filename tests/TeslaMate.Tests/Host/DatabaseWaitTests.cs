using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Hosting;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Systemd;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Host;

public sealed class DatabaseWaitTests
{
    [Fact]
    public async Task A_database_that_comes_up_late_is_waited_for_and_the_reason_is_told()
    {
        var server = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionStringAsync());
        var name = $"late_{Guid.NewGuid():N}";
        var settings = new DatabaseSettings
        {
            Host = server.Host!,
            Port = server.Port,
            Name = name,
            User = server.Username!,
            Password = Password(server)
        };
        using var manager = new DatagramListener();
        var log = new RecordedLog();
        var time = new ManualTime();
        await using var database = settings.CreateDataSource();
        var wait = new DatabaseWait(database, settings, Notifiers.At(manager.Name), time, log.For<DatabaseWait>(), () => 0.5);

        var answer = wait.UntilAnswerAsync(default);
        while (log.Lines.Count == 0)
            await Task.Delay(5);
        answer.IsCompleted.ShouldBeFalse();
        await TestServer.ExecuteAsync(server.ConnectionString, $"create database {name}");
        try
        {
            while (!answer.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(5);
            }

            (await answer).ShouldBeGreaterThanOrEqualTo(150000);
        }
        finally
        {
            database.Clear();
            await TestServer.ExecuteAsync(server.ConnectionString, $"drop database {name} with (force)");
        }

        log.Lines[0].ShouldBe($"Warning: Waiting for {settings}: there is no database {name}; run as the server's administrator: CREATE DATABASE "
            + $"{name} OWNER {server.Username}");
        log.Lines[^1].ShouldStartWith($"Information: The {settings} answers after");
        var sent = manager.Drain();
        sent.ShouldContain($"STATUS=Waiting for {settings}: there is no database {name}; run as the server's administrator: CREATE DATABASE "
            + $"{name} OWNER {server.Username}");
        sent.ShouldContain("EXTEND_TIMEOUT_USEC=60000000");
    }

    [Fact]
    public async Task A_stop_ends_the_wait()
    {
        var settings = new DatabaseSettings { Host = "/nonexistent", Name = "x", User = "x" };
        using var stop = new CancellationTokenSource();
        await using var database = settings.CreateDataSource();
        var answer = new DatabaseWait(database, settings, Notifiers.At(null), new ManualTime(), new RecordedLog().For<DatabaseWait>(),
            () => 0.5).UntilAnswerAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => answer);
    }

    [Fact]
    public async Task A_wait_with_a_limit_ends_with_the_reason()
    {
        var settings = new DatabaseSettings { Host = "/nonexistent", Name = "x", User = "x" };
        await using var database = settings.CreateDataSource();
        var time = new ManualTime();
        var answer = new DatabaseWait(database, settings, Notifiers.At(null), time, new RecordedLog().For<DatabaseWait>(), () => 0.5)
        {
            Limit = TimeSpan.FromMinutes(5),
        }.UntilAnswerAsync(default);
        var waited = TimeSpan.Zero;
        while (!answer.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            waited += TimeSpan.FromSeconds(5);
            await Task.Delay(5);
        }

        waited.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(5));
        (await Should.ThrowAsync<TimeoutException>(() => answer)).Message.ShouldContain("within 5 minutes");
    }

    static Secret? Password(NpgsqlConnectionStringBuilder server) => server.Password is { Length: > 0 } text ? new Secret(text) : null;
}
