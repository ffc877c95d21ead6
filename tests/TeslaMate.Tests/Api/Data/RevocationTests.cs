using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Web.Requests;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Who may no longer read does not read on (spec api 2.5).</summary>
public sealed class RevocationTests(DataUnderTest data) : IClassFixture<DataUnderTest>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await StreamTests.SeedAsync(data);
        await data.Pages.Access.SetPasswordAsync(new Secret("correct horse battery staple"), CancellationToken.None);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("/api/v1/cars/2/drives/2000")]
    [InlineData("/data/v1/cars/2/positions.ndjson")]
    [InlineData("/data/v1/cars/2/positions.csv")]
    public async Task A_revoked_token_ends_a_stream_under_way(string path)
    {
        using var client = data.Client(await data.Pages.TokenAsync("read"));
        using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1000]);
        foreach (var token in await data.Pages.Tokens.ListAsync(CancellationToken.None))
            await data.Pages.Tokens.RevokeAsync(token.Id, CancellationToken.None);
        data.Pages.Time.Advance(PatientBody.AccessCheck);
        await Should.ThrowAsync<Exception>(() => body.CopyToAsync(Stream.Null));
    }
}
