using System.Globalization;
using Npgsql;
using TeslaMate.Database.Clusters;

namespace TeslaMate.Demo;

/// <summary>Where a demo keeps its database, its log and the moment its world began, so that a given folder can be gone on with.</summary>
sealed class DemoFolder : IAsyncDisposable
{
    const string DatabaseName = "teslamate";

    readonly PrivateCluster _cluster;

    DemoFolder(PrivateCluster cluster, string path) => (_cluster, Path) = (cluster, path);

    /// <summary>The folder for everything but the database's own files.</summary>
    public string Path { get; }

    public string LogFile => System.IO.Path.Combine(Path, "demo.log");

    /// <summary>The folder of the database's socket.</summary>
    public string Socket => _cluster.Socket;

    /// <param name="folder">An absolute path; null for a temporary folder that goes away again.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not there or does not start; the message says what to do.</exception>
    public static async Task<DemoFolder> OpenAsync(string? folder, CancellationToken cancellationToken)
    {
        var cluster = await PrivateCluster.StartAsync(
            folder is null ? null : System.IO.Path.Combine(folder, "postgres"), settings: ["synchronous_commit = off"],
            cancellationToken: cancellationToken);
        try
        {
            var path = folder ?? System.IO.Path.Combine(cluster.Folder, "demo");
            Directory.CreateDirectory(path);
            await CreateDatabaseAsync(cluster, cancellationToken);
            return new DemoFolder(cluster, path);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>When the world of this folder began; <paramref name="otherwise"/> in a new one.</summary>
    public async Task<DateTimeOffset> BeganAsync(DateTimeOffset otherwise, CancellationToken cancellationToken)
    {
        var file = System.IO.Path.Combine(Path, "began");
        if (File.Exists(file)
            && DateTimeOffset.TryParse(await File.ReadAllTextAsync(file, cancellationToken), CultureInfo.InvariantCulture,
                DateTimeStyles.RoundtripKind, out var began))
            return began;
        await File.WriteAllTextAsync(file, otherwise.ToString("O", CultureInfo.InvariantCulture), cancellationToken);
        return otherwise;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    static async Task CreateDatabaseAsync(PrivateCluster cluster, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(cluster.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("select exists (select from pg_database where datname = $1)",
            connection)
        { Parameters = { new() { Value = DatabaseName } } };
        if (await exists.ExecuteScalarAsync(cancellationToken) is true)
            return;
        await using var create = new NpgsqlCommand($"create database {DatabaseName}", connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }
}
