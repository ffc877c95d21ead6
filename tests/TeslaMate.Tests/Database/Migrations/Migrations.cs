using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>What tests of the engine have in common.</summary>
static class Migrations
{
    public const string Key = "correct-horse-battery-staple";

    /// <summary>The settings that lead to a test's database, as the role that made it or as <paramref name="user"/>.</summary>
    public static DatabaseSettings Settings(this TestDatabase database, string? user = null)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        return new DatabaseSettings
        {
            Host = connection.Host!,
            Port = connection.Port,
            Name = connection.Database!,
            User = user ?? connection.Username!,
            Password = connection.Password is { } password ? new Secret(password) : null,
        };
    }

    /// <summary>A migrator of this program, with patience for a test.</summary>
    public static Migrator Migrator(this TestDatabase database, MigrationFolder? reference = null, MigrationFolder? own = null, string? user = null,
        LockRetryPolicy? retries = null)
        => new(database.Settings(user), new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = Key }), TimeProvider.System)
        {
            Reference = reference ?? MigrationFolder.Embedded(""),
            Own = own ?? MigrationFolder.Embedded("teslamate/"),
            Retries = retries ?? new LockRetryPolicy(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(100), 3),
        };

    /// <summary>Runs what is pending and expects that it works.</summary>
    public static async Task MigrateAsync(this TestDatabase database, long? to = null)
    {
        var outcome = await database.Migrator().MigrateAsync(new Told(), CancellationToken.None, to);
        outcome.ShouldBeOfType<MigrationOutcome.Done>(outcome.ToString());
    }

    /// <summary>The fingerprint's lines.</summary>
    public static Task<List<string>> FingerprintAsync(this TestDatabase database) => database.LinesAsync(TestFiles.Text("fingerprint.sql"));

    public static Task<List<string>> VersionsAsync(this TestDatabase database)
        => database.LinesAsync("select version from schema_migrations order by version");

    /// <summary>Every row of a table, to see that nothing changed.</summary>
    public static Task<List<string>> RowsAsync(this TestDatabase database, string table)
        => database.LinesAsync($"select to_jsonb(t)::text from {table} t order by 1");
}

/// <summary>Keeps what a run said.</summary>
sealed class Told : IProgress<MigrationProgress>
{
    readonly Lock _lock = new();
    readonly List<MigrationProgress> _all = [];

    public IReadOnlyList<MigrationProgress> All
    {
        get
        {
            lock (_lock)
                return [.. _all];
        }
    }

    public IEnumerable<string> Notes => All.OfType<MigrationProgress.Note>().Select(note => note.Text);

    public void Report(MigrationProgress value)
    {
        lock (_lock)
            _all.Add(value);
    }
}
