using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Host;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.CommandLine;

/// <summary><c>teslamate set-password</c>, at a terminal and with a file.</summary>
public sealed class SetPasswordTests
{
    [Theory]
    [InlineData("correct horse battery", "correct horse battery", 0, true)]
    [InlineData("correct horse battery", "correct horse batterz", 1, false)]
    [InlineData("correct horse battery", null, 1, false)]
    [InlineData("short", "short", 1, false)]
    [InlineData(null, null, 1, false)]
    public async Task At_a_terminal_it_is_asked_for_twice_and_not_shown(string? first, string? second, int exit, bool isSet)
    {
        await using var database = await PreparedAsync();
        var answers = new Queue<string?>([first, second]);
        var (code, said) = await RunAsync(database, "", answers.Dequeue);
        code.ShouldBe(exit, said);
        said.ShouldNotContain("horse");
        (await HasAsync(database)).ShouldBe(isSet);
    }

    [Fact]
    public async Task A_file_is_read_once()
    {
        await using var database = await PreparedAsync();
        (await RunAsync(database, "correct horse battery\n", readHidden: null)).Code.ShouldBe(0);
        (await HasAsync(database)).ShouldBeTrue();
    }

    static async Task<TestDatabase> PreparedAsync()
    {
        var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync("create schema if not exists teslamate");
        foreach (var file in (string[])["V2__web_access", "V3__web_front_door", "V7__api_tokens"])
            await database.ExecuteAsync(MigrationFiles.Text($"teslamate/{file}.sql"));
        return database;
    }

    static async Task<(int Code, string Said)> RunAsync(TestDatabase database, string input, Func<string?>? readHidden)
    {
        var folder = Directory.CreateTempSubdirectory("set-password-");
        using var said = new StringWriter();
        var variables = new Variables(RunningProgram.EnvironmentOf(database, folder.FullName));
        var code = await SetPasswordCommand.RunAsync(SetPasswordCommand.Wish.Password, variables, new StringReader(input), said, said,
            CancellationToken.None, readHidden);
        folder.Delete(recursive: true);
        return (code, said.ToString());
    }

    static async Task<bool> HasAsync(TestDatabase database)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        return await new WebAccess(source, TimeProvider.System).HasPasswordAsync(CancellationToken.None);
    }
}
