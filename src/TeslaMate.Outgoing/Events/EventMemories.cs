using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Outgoing.Events;

/// <summary>Keeps what was last known, and told, over restarts (table <c>event_memories</c>).</summary>
sealed class EventMemories(NpgsqlDataSource database, TimeProvider time)
{
    const string Program = "program";

    /// <summary>What is remembered of a car; a memory without anything when it was never looked at.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<CarMemory> OfCarAsync(CarId car, CancellationToken cancellationToken)
        => Parsed(await ReadAsync(Scope(car), cancellationToken), MemoryJson.Default.CarMemory) ?? new CarMemory();

    /// <inheritdoc cref="OfCarAsync"/>
    public async Task<ProgramMemory> OfProgramAsync(CancellationToken cancellationToken)
        => Parsed(await ReadAsync(Program, cancellationToken), MemoryJson.Default.ProgramMemory) ?? new ProgramMemory();

    /// <exception cref="NpgsqlException">The database is away.</exception>
    public Task SaveAsync(CarId car, CarMemory memory, CancellationToken cancellationToken)
        => SaveAsync(Scope(car), JsonSerializer.Serialize(memory, MemoryJson.Default.CarMemory), cancellationToken);

    /// <inheritdoc cref="SaveAsync(CarId, CarMemory, CancellationToken)"/>
    public Task SaveAsync(ProgramMemory memory, CancellationToken cancellationToken)
        => SaveAsync(Program, JsonSerializer.Serialize(memory, MemoryJson.Default.ProgramMemory), cancellationToken);

    static string Scope(CarId car) => $"car {car}";

    // What an older or a newer program wrote in another way is as good as unknown.
    static T? Parsed<T>(string? json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    async Task<string?> ReadAsync(string scope, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select memory::text from teslamate.event_memories where scope = $1");
        command.Parameters.Add(Value.Of(scope));
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    async Task SaveAsync(string scope, string memory, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            insert into teslamate.event_memories (scope, memory, updated_at)
            values ($1, $2::text::jsonb, $3)
            on conflict (scope) do update
            set (memory, updated_at) = (excluded.memory, excluded.updated_at)
            """);
        command.Parameters.Add(Value.Of(scope));
        command.Parameters.Add(Value.Of(memory));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

[JsonSerializable(typeof(CarMemory))]
[JsonSerializable(typeof(ProgramMemory))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
sealed partial class MemoryJson : JsonSerializerContext;
