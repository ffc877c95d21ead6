namespace TeslaMate.Tests.Database;

public sealed class TestServerTests
{
    [Fact]
    public async Task Each_test_has_a_database_of_its_own()
    {
        await using var one = await TestServer.CreateDatabaseAsync();
        await using var other = await TestServer.CreateDatabaseAsync();
        await one.ExecuteAsync("create table cars (id int)");
        (await other.ScalarAsync<bool>("select to_regclass('cars') is null")).ShouldBeTrue();
    }
}
