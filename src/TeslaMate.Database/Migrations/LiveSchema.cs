using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>The schema that a database really has.</summary>
static class LiveSchema
{
    public static async Task<IReadOnlyDictionary<(string Kind, string Name), SchemaFact>> ReadAsync(NpgsqlConnection connection,
        CancellationToken cancellationToken)
    {
        Dictionary<(string, string), SchemaFact> facts = [];
        // Names are said as schema public sees them, while functions are looked up where the connection looks.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await foreach (var row in connection.RowsAsync(MigrationFolder.Text("fingerprint.sql"), cancellationToken))
        {
            var fact = SchemaFact.Parse(row.GetString(0));
            facts[fact.Key] = fact;
        }

        return facts;
    }
}
