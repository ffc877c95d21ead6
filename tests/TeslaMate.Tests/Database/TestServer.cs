using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Tests.Database;

/// <summary>The PostgreSQL that all tests of this process share: the one of <see cref="TestServers"/>.</summary>
public static class TestServer
{
    static readonly Lazy<Task<string>> Started = new(StartAsync);
    static int _lastDatabase;

    /// <summary>A connection string of a superuser for the maintenance database.</summary>
    public static Task<string> ConnectionStringAsync() => Started.Value;

    /// <summary>Creates a database of the test's own, empty or a copy of <paramref name="template"/>.</summary>
    public static async Task<TestDatabase> CreateDatabaseAsync(string? template = null)
    {
        var administration = await ConnectionStringAsync();
        var name = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref _lastDatabase)}";
        await ExecuteAsync(administration, $"create database {name}{(template is null ? "" : $" template {template}")}");
        return new TestDatabase(new NpgsqlConnectionStringBuilder(administration) { Database = name }.ConnectionString, administration, name);
    }

    internal static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    // 15 is what Debian's stable release brings, too.
    static Task<string> StartAsync()
        => Environment.GetEnvironmentVariable("TESLAMATE_TEST_DATABASE") is { Length: > 0 } given
            ? Task.FromResult(given) : TestServers.StartAsync($"{SupportedServers.Oldest}");
}

/// <summary>A database of one test, dropped on disposal.</summary>
public sealed class TestDatabase(string connectionString, string administration, string name) : IAsyncDisposable
{
    public string Name => name;

    public string ConnectionString => connectionString;

    /// <summary>Connections of the test itself, whose statements look in schema public.</summary>
    public NpgsqlDataSource TestSource { get; } = NpgsqlDataSource.Create(connectionString);

    /// <summary>
    /// Connections as the program makes them: they find nothing but PostgreSQL's own without its schema, and read a column as its own type only.
    /// </summary>
    public NpgsqlDataSource DataSource { get; } = Programs(connectionString);

    /// <summary>Runs statements that return nothing of interest.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var command = TestSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The single value that <paramref name="sql"/> returns.</summary>
    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var command = TestSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>The first column of every row, as text.</summary>
    public async Task<List<string>> LinesAsync(string sql)
    {
        await using var command = TestSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.IsDBNull(0) ? "" : reader.GetFieldValue<object>(0).ToString() ?? "");
        return lines;
    }

    /// <summary>Connections as the program makes them.</summary>
    public static NpgsqlDataSource Programs(string connectionString)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
        builder.ConnectionStringBuilder.SearchPath = "pg_catalog, pg_temp";
        builder.EnableArrays();
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await TestSource.DisposeAsync();
        await TestServer.ExecuteAsync(administration, $"drop database if exists {name} with (force)");
    }
}
