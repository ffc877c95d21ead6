using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Tesla;

namespace TeslaMate.Tests.CommandLine;

public sealed class SignInCommandTests : IDisposable
{
    readonly StringWriter _output = new();
    readonly StringWriter _error = new();

    [Theory]
    [InlineData("""{"access_token":"a1","refresh_token":"r1"}""")]
    [InlineData("""{"access":" a1 ","refresh":"r1\n","other":7}""")]
    [InlineData("a1\nr1")]
    [InlineData("\r\n  a1 \r\n\r\n r1\r\n")]
    public void Tokens_are_json_or_two_lines(string text)
    {
        var tokens = SignInInput.Read(text).ShouldBeOfType<SignInInput.Tokens>();
        tokens.Access.Reveal().ShouldBe("a1");
        tokens.Refresh.Reveal().ShouldBe("r1");
        tokens.ToString().ShouldNotContain("a1");
    }

    [Theory]
    [InlineData("known-secret")]
    [InlineData("known-secret\nknown-secret\nknown-secret")]
    [InlineData("access: known-secret\nrefresh: known-secret")]
    [InlineData("""{"access_token":"known-secret"}""")]
    [InlineData("""{"access_token":7,"refresh_token":"known-secret"}""")]
    [InlineData("""{"access_token":"known-secret",""")]
    public void Anything_else_is_refused_without_repeating_it(string text)
        => SignInInput.Read(text).ShouldBeOfType<SignInInput.Unusable>().Reason.ShouldNotContain("known-secret");

    [Fact]
    public async Task Good_tokens_are_exchanged_and_stored_encrypted_in_place_of_the_old_ones()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await using var tesla = await ScriptedServer.StartAsync(
            ScriptedServer.Json(200, """{"access_token":"new-access","refresh_token":"new-refresh","expires_in":28800}"""));
        for (var i = 0; i < 2; i++)
            (await RunAsync(database, tesla, "given-access\ngiven-refresh\n")).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain("Signed in");
        tesla.Requests.First().Body.ShouldContain("given-refresh");
        (await database.ScalarAsync<long>("select count(*) from private.tokens")).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from private.tokens where position('new-access'::bytea in access) = 0 and "
            + "length(access) = 50")).ShouldBe(1);
        (_output.ToString() + _error).ShouldNotContain("given-");
    }

    [Fact]
    public async Task Bad_tokens_leave_everything_as_it_was()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await using var tesla = await ScriptedServer.StartAsync(
            ScriptedServer.Json(401, """{"error":"login_required","error_description":"The refresh_token is invalid"}"""));
        (await RunAsync(database, tesla, """{"access":"given-access","refresh":"given-refresh"}""")).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("The refresh_token is invalid");
        (await database.ScalarAsync<long>("select count(*) from private.tokens")).ShouldBe(0);
        (_output.ToString() + _error).ShouldNotContain("given-");
    }

    [Fact]
    public async Task A_database_without_tables_is_noticed_before_the_tokens_are_used_up()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var tesla = await ScriptedServer.StartAsync();
        (await RunAsync(database, tesla, "given-access\ngiven-refresh\n")).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("teslamate migrate");
        tesla.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_tokens_and_no_settings_are_told()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var tesla = await ScriptedServer.StartAsync();
        (await RunAsync(database, tesla, "")).ShouldBe(ExitCode.Usage);
        (await SignInCommand.RunAsync(new Variables(new Dictionary<string, string>()), new StringReader(""), true, _output, _error, default))
            .ShouldBe(ExitCode.Configuration);
        _error.ToString().ShouldContain("DATABASE_NAME");
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    Task<int> RunAsync(TestDatabase database, ScriptedServer tesla, string input)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var variables = new Variables(new Dictionary<string, string>
        {
            [connection.Host!.StartsWith('/') ? "DATABASE_SOCKET_DIR" : "DATABASE_HOST"] = connection.Host,
            ["DATABASE_PORT"] = $"{connection.Port}",
            ["DATABASE_NAME"] = connection.Database!,
            ["DATABASE_USER"] = connection.Username!,
            ["DATABASE_PASS"] = connection.Password ?? "unused",
            ["ENCRYPTION_KEY"] = "secret",
            ["TESLA_AUTH_HOST"] = tesla.Address.AbsoluteUri,
        });
        return SignInCommand.RunAsync(variables, new StringReader(input), isRedirected: true, _output, _error, default);
    }
}
