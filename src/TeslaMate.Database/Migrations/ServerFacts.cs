using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// What the engine has to know about the server, the role and the database before it decides anything: the columns of <c>server_facts.sql</c>.
/// </summary>
sealed partial record ServerFacts
{
    public required int Major { get; init; }
    public required string Version { get; init; }
    public required string Database { get; init; }
    public required string Role { get; init; }
    public required bool IsSuperuser { get; init; }

    /// <summary>A standby, or a role or database whose transactions are read-only.</summary>
    public required bool IsReadOnly { get; init; }

    public required bool MayCreateInDatabase { get; init; }
    public required bool MayCreateInPublic { get; init; }
    public required bool HasPublicSchema { get; init; }
    public required bool HasSchemaMigrations { get; init; }
    public required bool HasChangelog { get; init; }
    public required bool HasOwnSchema { get; init; }
    public required bool HasOwnTables { get; init; }

    /// <summary>Whether the role may read the tables of applied versions; true when they are not there.</summary>
    public required bool MayReadRecords { get; init; }

    /// <summary>
    /// Whether a role is called like our schema, so that PostgreSQL's usual search path ("$user", public) would lead its programs, the reference
    /// among them, into our schema; and whether this session may and has yet to prevent that.
    /// </summary>
    public required bool HasNamesake { get; init; }

    /// <summary>How many relations <c>public</c> holds that no extension brought, besides <c>schema_migrations</c> and <c>changelog</c>.</summary>
    public required long PublicObjects { get; init; }

    /// <summary>This session, as <c>pg_stat_activity</c> calls it.</summary>
    public required int Process { get; init; }

    /// <summary>Reads the facts, and makes the session fit for long work: no limit of time but for locks, more memory, one schema.</summary>
    /// <param name="longestLock">How long a statement waits for a table that another session keeps to itself.</param>
    public static async Task<ServerFacts> ReadAsync(NpgsqlConnection connection, TimeSpan longestLock, CancellationToken cancellationToken)
        => JsonSerializer.Deserialize((await connection.ScalarAsync<string>(MigrationFolder.Text("queries/server_facts.sql"), cancellationToken,
            Value.Of($"{(long)longestLock.TotalMilliseconds}")))!, Json.Default.ServerFacts)!;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(ServerFacts))]
    sealed partial class Json : JsonSerializerContext;
}
