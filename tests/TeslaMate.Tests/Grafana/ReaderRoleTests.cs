using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Grafana;

/// <summary>The role of docs/how-to/let-grafana-read-another-server.md.</summary>
public sealed partial class ReaderRoleTests
{
    [Fact]
    public async Task It_reads_what_the_dashboards_show_and_nothing_else()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        var role = $"reader_{Guid.NewGuid():N}";
        var owner = await database.ScalarAsync<string>("select current_user::text");
        var recipe = await File.ReadAllTextAsync(Path.Combine(Evaluation.Root, "docs/how-to/let-grafana-read-another-server.md"));
        var sql = Block.Match(recipe).Groups[1].Value;
        await database.ExecuteAsync(sql.Replace("grafana", role, StringComparison.Ordinal)
            .Replace("database teslamate", $"database {database.Name}", StringComparison.Ordinal)
            .Replace("for role teslamate", $"for role {owner}", StringComparison.Ordinal));
        await database.ExecuteAsync("create table public.later (id int)");
        var granted = await File.ReadAllTextAsync(
            Path.Combine(Evaluation.Root, "src/TeslaMate.Database/Migrations/Sql/teslamate/R__measures_90_rights.sql"));
        var measures = Table.Matches(granted).Select(match => match.Value).ToHashSet();
        Table.Matches(sql).Select(match => match.Value).ToHashSet().ShouldBe(measures, ignoreOrder: true);

        foreach (var readable in (string[])[.. measures, "positions", "later"])
            await ExecuteAsync($"select count(*) from {readable}");
        (await RefusedAsync("create temporary table x ()")).ShouldBe(PostgresErrorCodes.ReadOnlySqlTransaction);
        // Rights refuse it also where the role has asked for more than reading.
        foreach (var refused in (string[])["select * from private.tokens", "select * from teslamate.web_access", "select * from teslamate.api_tokens",
            "delete from public.states", "create table public.x ()"])
            (await RefusedAsync(refused, "-c default_transaction_read_only=off")).ShouldBe(PostgresErrorCodes.InsufficientPrivilege, refused);
        await database.ExecuteAsync($"drop owned by {role}; drop role {role}");

        async Task<string> RefusedAsync(string statement, string? options = null)
            => (await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(statement, options))).SqlState;

        async Task ExecuteAsync(string statement, string? options = null)
        {
            await using var reader = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString)
            {
                Username = role,
                Pooling = false,
                Options = options,
            }.ConnectionString);
            await reader.OpenAsync();
            await using var command = new NpgsqlCommand(statement, reader);
            await command.ExecuteNonQueryAsync();
        }
    }

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline)]
    static partial Regex Block { get; }

    [GeneratedRegex(@"teslamate\.\w+")]
    static partial Regex Table { get; }
}
