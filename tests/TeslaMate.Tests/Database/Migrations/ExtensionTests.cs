namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The steps that make, change and drop extensions, for those who may not, and for those who built on them.</summary>
public sealed class ExtensionTests
{
    static readonly string[] Extensions = ["extension cube in public", "extension earthdistance in public"];

    [Theory]
    [MemberData(nameof(PostgresServer.All), MemberType = typeof(PostgresServer))]
    public async Task A_role_without_rights_goes_up_and_down_where_the_extensions_exist(string server)
    {
        await using var steps = new Steps(await PostgresServer.CreateOwnedDatabaseAsync(server, owner: "teslamate_without_rights"));
        await steps.UpAsync();
        (await steps.SchemaAsync()).ShouldBeTheLines(RecordedSteps.SchemaAt(RecordedSteps.Newest), "up");
        await steps.DownAsync();
        (await steps.SchemaAsync()).ShouldBeTheLines([.. Extensions, .. RecordedSteps.Empty], "down");
    }

    [Theory]
    [MemberData(nameof(PostgresServer.All), MemberType = typeof(PostgresServer))]
    public async Task What_others_built_on_the_extensions_stays(string server)
    {
        await using var steps = await Steps.LeftAtAsync(20240915193446, server);
        await steps.ExecuteAsync("create view fences as select id, ll_to_earth(latitude, longitude) as centre from geofences");
        await steps.UpAsync(20240915193446);
        (await steps.LinesAsync("select count(*) from fences")).ShouldBe(["0"]);
        await steps.ExecuteAsync("drop view fences");
        (await steps.SchemaAsync()).ShouldBeTheLines(RecordedSteps.SchemaAt(RecordedSteps.Newest), "up");
    }
}
