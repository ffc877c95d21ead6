using Npgsql;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The short question of a start, against the long way that it spares.</summary>
public sealed class KnownVersionsTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("delete from schema_migrations where version = 20240603152807", false)]
    [InlineData("insert into schema_migrations values (20991231000000, now())", false)]
    [InlineData("delete from teslamate.changelog where version = '2'", false)]
    [InlineData("update teslamate.changelog set success = false where version = '2'", false)]
    [InlineData("insert into teslamate.changelog (type, version, description, name, installed_by, success) values (0, '99', 'later', "
        + "'V99__later.sql', 'somebody', true)", false)]
    [InlineData("drop schema teslamate cascade", false)]
    [InlineData("drop table schema_migrations", false)]
    public async Task A_database_is_current_when_it_has_exactly_these_versions(string change, bool isCurrent)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        if (change.Length > 0)
            await database.ExecuteAsync(change);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        (await KnownVersions.AreAllOfAsync(source, CancellationToken.None)).ShouldBe(isCurrent);
    }

    [Fact]
    public async Task An_empty_database_is_not_current()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        (await KnownVersions.AreAllOfAsync(source, CancellationToken.None)).ShouldBeFalse();
    }
}
