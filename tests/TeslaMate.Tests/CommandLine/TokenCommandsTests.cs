using System.CommandLine;
using System.Text.Json;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Host;

namespace TeslaMate.Tests.CommandLine;

/// <summary><c>teslamate token</c>.</summary>
public sealed class TokenCommandsTests
{
    [Fact]
    public async Task A_token_is_made_listed_and_revoked()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync($"create schema if not exists teslamate; {MigrationFiles.Text("teslamate/V7__api_tokens.sql")}");
        var (code, output, error) = await RunAsync(database, (variables, console) => TokenCommands.CreateAsync(
            new("phone", ["read", "logging"], ["2"], "30"), variables, console, CancellationToken.None));
        (code, error).ShouldBe((0, ""));
        output.ShouldMatch("^tmt_[A-Za-z0-9_-]{43}\n$");

        (_, var list, _) = await RunAsync(database,
            (variables, console) => TokenCommands.ListAsync(asJson: true, variables, console, CancellationToken.None));
        var token = JsonDocument.Parse(list).RootElement.EnumerateArray().ShouldHaveSingleItem();
        token.EnumerateObject().Select(member => member.Name).ShouldBe(
            ["id", "name", "prefix", "scopes", "car_ids", "created_at", "expires_at", "last_used_at", "last_used_from", "revoked_at"]);
        token.GetProperty("scopes").ToString().ShouldBe("""["read","logging"]""");
        token.GetProperty("car_ids").ToString().ShouldBe("[2]");
        token.GetProperty("prefix").GetString().ShouldBe(output[..8]);
        (await RunAsync(database, (variables, console) => TokenCommands.ListAsync(asJson: false, variables, console, CancellationToken.None)))
            .Output.ShouldMatch($"^1  phone  {output[..8]}…  read,logging  cars: 2  until [0-9-]{{10}}  never used\n$");

        (await RunAsync(database, (variables, console) => TokenCommands.RevokeAsync(1, variables, console, CancellationToken.None))).ShouldBe((0,
            "Token 1 (phone) is revoked.\n", ""));
        (await RunAsync(database, (variables, console) => TokenCommands.RevokeAsync(1, variables, console, CancellationToken.None))).ShouldBe(
            (1, "", "There is no token 1 that could be revoked. Those there are: teslamate token list\n"));
    }

    [Fact]
    public async Task A_scope_that_is_not_known_is_said_and_nothing_is_made()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        var (code, output, error) = await RunAsync(database, (variables, console) => TokenCommands.CreateAsync(
            new("phone", ["everything"], [], null), variables, console, CancellationToken.None));
        (code, output).ShouldBe((2, ""));
        error.ShouldContain("read, logging, write, admin, calendar");
    }

    static async Task<(int Code, string Output, string Error)> RunAsync(TestDatabase database,
        Func<Variables, InvocationConfiguration, Task<int>> run)
    {
        var folder = Directory.CreateTempSubdirectory("token-");
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await run(new Variables(RunningProgram.EnvironmentOf(database, folder.FullName)),
            new InvocationConfiguration { Output = output, Error = error });
        folder.Delete(recursive: true);
        return (code, output.ToString(), error.ToString());
    }
}
