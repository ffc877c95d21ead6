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

    [Theory]
    [InlineData("Host=db", true, "TESLAMATE_TEST_DATABASE")]
    [InlineData("Host=db", false, "TESLAMATE_TEST_DATABASE")]
    [InlineData("", true, "containers")]
    [InlineData(null, true, "containers")]
    [InlineData(null, false, "private clusters")]
    public void A_server_that_is_named_comes_first_then_containers_then_private_clusters(string? given, bool hasDocker, string expected)
        => TestServers.Describe(given, hasDocker).ShouldContain(expected);

    [SkippableFact]
    public async Task Without_a_Docker_engine_the_server_is_a_private_cluster_on_a_unix_socket()
    {
        Skip.If(TestServers.HasDocker || Environment.GetEnvironmentVariable("TESLAMATE_TEST_DATABASE") is { Length: > 0 }, "there is another server");
        TestServers.Description.ShouldContain("private clusters");
        new Npgsql.NpgsqlConnectionStringBuilder(await TestServer.ConnectionStringAsync()).Host.ShouldStartWith("/");
    }
}
