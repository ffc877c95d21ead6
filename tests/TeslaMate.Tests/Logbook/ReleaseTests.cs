using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Releases;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Logbook;

public sealed class ReleaseTests
{
    [Theory]
    [InlineData("5.1.3-dev", "v5.1.2", null)]
    [InlineData("5.1.2", "v5.1.2", null)]
    [InlineData("4.99.0", "v5.1.2", "5.1.2")]
    [InlineData("4.2.0-dev", "v4.2.0", "4.2.0")]
    [InlineData("4.2.0+abc", "v4.2.1-rc.1", "4.2.1-rc.1")]
    [InlineData("1.0.0", "2.0.0", null)]
    [InlineData("1.0.0", "vfoo", null)]
    public async Task A_greater_version_is_remembered(string current, string tag, string? newer)
        => (await CheckAsync(current, 200, $$"""{"tag_name": "{{tag}}", "prerelease": false, "draft": false}""")).ShouldBe(newer);

    [Theory]
    [InlineData(200, """{"tag_name": "v9.0.0", "prerelease": true, "draft": false}""")]
    [InlineData(200, """{"tag_name": "v9.0.0", "prerelease": false, "draft": true}""")]
    [InlineData(200, """{"foo": "bar"}""")]
    [InlineData(200, "[]")]
    [InlineData(200, "nonsense")]
    [InlineData(404, """{"tag_name": "v9.0.0", "prerelease": false, "draft": false}""")]
    public async Task Anything_else_changes_nothing(int status, string body) => (await CheckAsync("1.0.0", status, body)).ShouldBeNull();

    [Theory]
    [InlineData("1.0.0-alpha", "1.0.0-alpha.1")]
    [InlineData("1.0.0-alpha.1", "1.0.0-alpha.beta")]
    [InlineData("1.0.0-beta.2", "1.0.0-beta.11")]
    [InlineData("1.0.0-rc.1", "1.0.0")]
    [InlineData("1.9.0", "1.10.0")]
    public void Versions_are_ordered_as_semver_says(string lower, string higher)
    {
        SemanticVersion.Parse(lower).ShouldNotBeNull().CompareTo(SemanticVersion.Parse(higher)).ShouldBeLessThan(0);
        SemanticVersion.Parse(higher).ShouldNotBeNull().CompareTo(SemanticVersion.Parse(lower)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Nobody_is_asked_unless_an_address_is_set()
    {
        var time = new ManualTime();
        using var check = new ReleaseCheck(new LogbookSettings(), time, LoggerFactory.Create(_ => { }).CreateLogger("x"), "1.0.0");
        await check.StartAsync(default);
        time.PendingTimers.ShouldBe(0);
        await check.StopAsync(default);
    }

    static async Task<string?> CheckAsync(string current, int status, string body)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        await app.StartAsync();
        using var check = new ReleaseCheck(new LogbookSettings(), TimeProvider.System, LoggerFactory.Create(_ => { }).CreateLogger("x"), current);
        await check.CheckAsync(new(app.Urls.First()), default);
        return check.Newer;
    }
}
