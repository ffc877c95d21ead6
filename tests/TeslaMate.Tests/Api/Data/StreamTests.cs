using System.Net;
using System.Text.Json;
using TeslaMate.Web.Requests;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Long answers (spec api 2.1): memory, slow and vanished clients, a database that dies, limits.</summary>
public sealed class StreamTests(DataUnderTest data) : IClassFixture<DataUnderTest>, IAsyncLifetime
{
    const int Positions = 200_000;
    const string Path = "/data/v1/cars/2/positions";

    public Task InitializeAsync() => SeedAsync(data);

    /// <summary>A drive of car 2 with so many positions that no buffer on the way holds them.</summary>
    internal static async Task SeedAsync(DataUnderTest data)
    {
        if (await data.Database.ScalarAsync<long>("select count(*) from positions where car_id = 2") > 0)
            return;
        await data.Database.ExecuteAsync($"""
            insert into drives (id, car_id, start_date, end_date) values (2000, 2, '2025-01-01', '2025-03-01');
            insert into positions (car_id, drive_id, date, latitude, longitude, speed, power, odometer, battery_level, elevation)
            select 2, 2000, '2025-01-01'::timestamp + n * interval '20 seconds', 47 + n % 1000 * 0.0001, 8 + n % 777 * 0.0001, n % 130, n % 90,
                n * 0.1, n % 100, n % 500
            from generate_series(1, {Positions}) as n
            """);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("ndjson")]
    [InlineData("csv")]
    [InlineData("gpx")]
    public async Task Memory_stays_bounded_while_everything_comes(string format)
    {
        using var client = data.Client();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var response = await OpenAsync(client, format);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var reader = new StreamReader(body);
        var (lines, most) = (0, 0L);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("id,", StringComparison.Ordinal) && (format != "gpx" || line.Contains("<trkpt", StringComparison.Ordinal)))
                lines++;
            if (lines % 20_000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        lines.ShouldBe(Positions);
        // Other tests run beside this one, so this is far from what the answer needs itself; the benchmark measures that.
        most.ShouldBeLessThan(200_000_000);
    }

    [Fact]
    public async Task Rows_come_in_order_over_all_pieces_of_the_window()
    {
        using var client = data.Client();
        using var response = await OpenAsync(client, "ndjson?fields=at");
        var ids = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        ids.Length.ShouldBe(Positions);
        ids.ShouldBe(ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_query_ends_when_its_client_goes()
    {
        using (var client = data.Client())
        using (await OpenAsync(client, "ndjson"))
        {
            // Gone without having read.
        }

        await UntilAsync(async () => await data.Database.ScalarAsync<long>("""
            select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and query like '%from public.positions%'
                and pid <> pg_backend_pid()
            """) == 0);
    }

    [Theory]
    [InlineData("/api/v1/cars/2/drives/2000")]
    [InlineData(Path + ".ndjson")]
    public async Task A_client_that_does_not_read_is_cut_off(string path)
    {
        await using var pages = await DataUnderTest.StartAsync(data.Database);
        using var client = DataUnderTest.Client(pages);
        using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var body = await response.Content.ReadAsStreamAsync();
        await UntilAsync(async () =>
        {
            pages.Time.Advance(PatientBody.PartTimeout);
            return await data.Database.ScalarAsync<long>("""
                select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and query like '%public.positions%'
                    and pid <> pg_backend_pid()
                """) == 0;
        });
        await Should.ThrowAsync<Exception>(() => body.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Nobody_reads_a_third_stream()
    {
        using var client = data.Client();
        using var first = await OpenAsync(client, "ndjson");
        using var second = await OpenAsync(client, "ndjson");
        using (var third = await client.GetAsync($"{Path}.ndjson"))
        {
            third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            third.Headers.RetryAfter.ShouldNotBeNull();
            third.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        }

        // Short answers are not streams, and have connections of their own.
        (await data.JsonAsync("/data/v1/drives")).GetProperty("data").GetArrayLength().ShouldBeGreaterThan(0);
        first.Dispose();
        second.Dispose();
        using var again = await OpenAsync(client, "ndjson");
    }

    [Theory]
    [InlineData("ndjson")]
    [InlineData("csv")]
    public async Task A_database_that_dies_half_way_leaves_no_answer_that_looks_whole(string format)
    {
        using var client = data.Client();
        using var response = await OpenAsync(client, format);
        await data.Database.ExecuteAsync("""
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and query like '%from public.positions%'
            """);
        if (format == "csv")
        {
            await Should.ThrowAsync<HttpRequestException>(response.Content.ReadAsStringAsync());
            return;
        }

        var lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        lines.Length.ShouldBeLessThan(Positions);
        JsonDocument.Parse(lines[^1]).RootElement.GetProperty("error").GetProperty("type").GetString().ShouldBe("/data/problems/database-away");
    }

    /// <summary>A stream, once those of the test before have ended.</summary>
    static async Task<HttpResponseMessage> OpenAsync(HttpClient client, string format)
    {
        HttpResponseMessage? response = null;
        await UntilAsync(async () =>
        {
            response?.Dispose();
            response = await client.GetAsync($"{Path}.{format}", HttpCompletionOption.ResponseHeadersRead);
            return response.StatusCode != HttpStatusCode.TooManyRequests;
        });
        response!.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response;
    }

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(50, limit.Token);
    }
}
