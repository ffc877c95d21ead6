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
    [InlineData("\"https://example.com/releases/9\"", "https://example.com/releases/9")]
    [InlineData("\"javascript:alert(1)\"", null)]
    [InlineData("\"file:///etc/passwd\"", null)]
    [InlineData("7", null)]
    public async Task A_release_says_where_it_is_described(string link, string? page)
    {
        await using var feed = await Feed.StartAsync(
            context => context.Response.WriteAsync($$"""{"tag_name": "v9.0.0", "prerelease": false, "draft": false, "html_url": {{link}}}"""));
        using var check = Check(TimeProvider.System);
        await check.CheckAsync(feed.Address, default);
        check.Newer.ShouldBe("9.0.0");
        check.Page?.ToString().ShouldBe(page);
    }

    [Fact]
    public async Task A_release_that_is_withdrawn_is_not_announced_any_longer()
    {
        var tag = "v9.0.0";
        await using var feed = await Feed.StartAsync(
            context => context.Response.WriteAsync($$"""{"tag_name": "{{tag}}", "prerelease": false, "draft": false}"""));
        using var check = Check(TimeProvider.System);
        await check.CheckAsync(feed.Address, default);
        check.Newer.ShouldBe("9.0.0");
        tag = "v1.0.0";
        await check.CheckAsync(feed.Address, default);
        check.Newer.ShouldBeNull();
    }

    [Fact]
    public async Task A_feed_that_does_not_answer_is_given_up()
    {
        var asked = new TaskCompletionSource();
        await using var feed = await Feed.StartAsync(context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var time = new ManualTime();
        using var check = Check(time);
        var checking = check.CheckAsync(feed.Address, default);
        await asked.Task;
        check.Newer.ShouldBeNull();
        time.Advance(TimeSpan.FromSeconds(30));
        await checking;
        check.Newer.ShouldBeNull();
        // Nobody listens there any longer.
        var gone = feed.Address;
        await feed.DisposeAsync();
        await check.CheckAsync(gone, default);
        check.Newer.ShouldBeNull();
    }

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
        using var check = Check(time);
        await check.StartAsync(default);
        time.PendingTimers.ShouldBe(0);
        await check.StopAsync(default);
    }

    static async Task<string?> CheckAsync(string current, int status, string body)
    {
        await using var feed = await Feed.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        using var check = Check(TimeProvider.System, current);
        await check.CheckAsync(feed.Address, default);
        return check.Newer;
    }

    static ReleaseCheck Check(TimeProvider time, string current = "1.0.0")
        => new(new LogbookSettings(), time, LoggerFactory.Create(_ => { }).CreateLogger("x"), current);

    sealed class Feed(WebApplication app) : IAsyncDisposable
    {
        public Uri Address { get; } = new(app.Urls.First());

        public static async Task<Feed> StartAsync(RequestDelegate answer)
        {
            var app = LoopbackServer.Build();
            app.Run(answer);
            await app.StartAsync();
            return new Feed(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
