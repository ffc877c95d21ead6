using System.Net;
using System.Text;
using TeslaMate.Import.Running;
using TeslaMate.Tests.Web;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

public sealed class ImportPageTests
{
    [Fact]
    public async Task A_file_is_sent_imported_and_told_of()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();
        (await browser.GetAsync("/import")).Headers.Location!.ToString().ShouldBe("/", "there is nothing to import");
        var page = await browser.PageAsync("/import/files");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(Browser.TokenOf(page)), "_csrf_token" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(
                Whole([.. Beginning, Online("10:03").With("power", "much"), Drive("11:00", 1000), Park("11:02", 1001)]))), "files", "052024.csv" },
            { new ByteArrayContent([1, 2, 3]), "files", "../evil.csv" },
        };
        using (var sent = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/import/files") { Content = form }))
            sent.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await browser.PageAsync("/import")).QuerySelectorAll("li").Select(file => file.TextContent).ShouldContain("052024.csv");
        (await browser.PostAsync("/import", "/import/files", ("settings[timezone]", "Etc/UTC"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var desk = pages.Get<ImportDesk>();
        for (var attempt = 0; attempt < 600 && desk.Status is ImportStatus.Running; attempt++)
            await Task.Delay(50);
        desk.Status.ShouldBeOfType<ImportStatus.Ended>();
        var done = await browser.PageAsync("/import");
        done.QuerySelector("#import-files tbody tr")!.TextContent.ShouldContain("done");
        done.QuerySelectorAll("#import-rejections tbody td").Select(cell => cell.TextContent)
            .ShouldBe(["052024.csv", "5", "power", "invalid fields"]);
        (await pages.Database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(1);
    }

    [Fact]
    public async Task An_import_that_was_cut_off_keeps_its_zone_until_it_is_discarded()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        var desk = pages.Get<ImportDesk>();
        using (var content = new MemoryStream(
            Encoding.UTF8.GetBytes(Whole([.. Beginning, .. Minutes("12:00", 105, time => Online(time).With("power", "much"))]))))
            (await desk.StoreAsync("052024.csv", content, CancellationToken.None)).ShouldBeTrue();
        await pages.Database.ExecuteAsync($"""
            insert into import_runs (source_key, status, timezone, date_limit_captured, inserted_at, updated_at)
            values ('{ImportStore.KeyOf(desk.Folder)}', 'running', 'Asia/Kathmandu', true, now(), now())
            """);
        using var browser = pages.Visit();
        var page = await browser.PageAsync("/import/files");
        page.QuerySelector("#settings_timezone").ShouldBeNull();
        page.QuerySelector("#settings_resume_timezone")!.GetAttribute("value").ShouldBe("Asia/Kathmandu");
        page.QuerySelector("#saved-import-timezone")!.TextContent.ShouldBe("Asia/Kathmandu");

        (await browser.PostAsync("/import/discard", "/import/files")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        page = await browser.PageAsync("/import/files");
        page.Body!.TextContent.ShouldContain("Interrupted import discarded.");
        page.QuerySelector("#settings_timezone").ShouldNotBeNull();
        page.QuerySelector("#discard").ShouldBeNull();
        (await pages.Database.ScalarAsync<string>("select status from import_runs")).ShouldBe("abandoned");

        await browser.PostAsync("/import", "/import/files", ("settings[timezone]", "Etc/UTC"));
        for (var attempt = 0; attempt < 600 && desk.Status is ImportStatus.Running; attempt++)
            await Task.Delay(50);
        page = await browser.PageAsync("/import/files");
        page.QuerySelector("#import-rejected")!.TextContent.ShouldContain("105");
        page.QuerySelectorAll("#import-rejections tbody tr").Length.ShouldBe(100);
        (await browser.PostAsync("/import/discard", "/import/files")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await browser.PageAsync("/import/files")).Body!.TextContent.ShouldContain("The import can no longer be discarded.");
    }

    [Fact]
    public async Task While_it_runs_the_page_tells_the_pace_and_the_time_that_is_left()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        var desk = pages.Get<ImportDesk>();
        foreach (var (name, month) in ((string, string)[])[("052024.csv", "2024-05-01"), ("062024.csv", "2024-06-01")])
        {
            using var content = new MemoryStream(
                Encoding.UTF8.GetBytes(Whole(Minutes("00:00", 1300, Asleep).Select(row => row.On(month)))));
            (await desk.StoreAsync(name, content, CancellationToken.None)).ShouldBeTrue();
        }

        // Each file stops before its checkpoint until the test lets it go on.
        await pages.Database.ExecuteAsync("""
            create function wait() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(substr(new.file_name, 2, 1)::integer);
                return new; end $$;
            create trigger wait before insert on teslamate.import_files for each row execute function wait()
            """);
        using var browser = pages.Visit();
        await using (var gate = await pages.Database.TestSource.OpenConnectionAsync())
        {
            await using (var close = new Npgsql.NpgsqlCommand("select pg_advisory_lock(5), pg_advisory_lock(6)", gate))
                await close.ExecuteNonQueryAsync();
            await browser.PostAsync("/import", "/import/files", ("settings[timezone]", "Etc/UTC"));
            for (var attempt = 0; attempt < 600 && await WaitingAsync() == 0; attempt++)
                await Task.Delay(50);
            pages.Time.Advance(TimeSpan.FromSeconds(2));
            await using (var first = new Npgsql.NpgsqlCommand("select pg_advisory_unlock(5)", gate))
                await first.ExecuteNonQueryAsync();
            for (var attempt = 0; attempt < 600 && desk.Status is not ImportStatus.Running { Left: not null }; attempt++)
                await Task.Delay(50);
            var status = await browser.PageAsync("/import/status");
            status.QuerySelector("#import-pace")!.TextContent.Trim().ShouldMatch(@"^\d+ rows a second, \d+:\d\d:\d\d left$");
            var bar = status.QuerySelector("progress")!;
            var (read, all) = (long.Parse(bar.GetAttribute("value")!, null), long.Parse(bar.GetAttribute("max")!, null));
            // It reads ahead.
            read.ShouldBeInRange(1, all);
            status.QuerySelector("#import-progress")!.GetAttribute("hx-trigger").ShouldBe("every 1s");
            await using var open = new Npgsql.NpgsqlCommand("select pg_advisory_unlock(6)", gate);
            await open.ExecuteNonQueryAsync();
        }

        for (var attempt = 0; attempt < 600 && desk.Status is ImportStatus.Running; attempt++)
            await Task.Delay(50);
        desk.Status.ShouldBeOfType<ImportStatus.Ended>().Report.IsClean.ShouldBeTrue();
        var done = await browser.PageAsync("/import/status");
        done.QuerySelector("#import-pace").ShouldBeNull();
        done.QuerySelector("#import-progress")!.GetAttribute("hx-trigger").ShouldBeNull("nothing is asked for any more");

        Task<long> WaitingAsync() => pages.Database.ScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted "
            + "and database = (select oid from pg_database where datname = current_database())");
    }

    [Fact]
    public async Task What_is_sent_is_the_programs_alone_to_read()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        var desk = pages.Get<ImportDesk>();
        await SendAsync("012024.csv");
        File.GetUnixFileMode(desk.Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Path.Combine(desk.Folder, "012024.csv")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // Who shares the folder on purpose goes on to, and can lead nothing that is sent to another file.
        const UnixFileMode Shared = (UnixFileMode)0b111_111_000;
        File.SetUnixFileMode(desk.Folder, Shared);
        var other = Path.Combine(desk.Folder, "other");
        await File.WriteAllTextAsync(other, "kept");
        File.CreateSymbolicLink(Path.Combine(desk.Folder, "022024.csv.part"), other);
        File.CreateSymbolicLink(Path.Combine(desk.Folder, "022024.csv"), other);
        await SendAsync("022024.csv");
        File.GetUnixFileMode(desk.Folder).ShouldBe(Shared);
        (await File.ReadAllTextAsync(other)).ShouldBe("kept");
        new FileInfo(Path.Combine(desk.Folder, "022024.csv")).LinkTarget.ShouldBeNull();

        async Task SendAsync(string name)
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes(Whole([.. Beginning])));
            (await desk.StoreAsync(name, content, CancellationToken.None)).ShouldBeTrue();
        }
    }

    [Fact]
    public void The_time_that_is_left_goes_by_what_was_read_so_far()
    {
        var progress = new ImportProgress(0, [], Rows: 3000, BytesRead: 250, BytesInAll: 1000, []);
        var running = ImportStatus.Running.After(TimeSpan.FromSeconds(2), progress);
        running.RowsPerSecond.ShouldBe(1500);
        running.Left.ShouldBe(TimeSpan.FromSeconds(6));
        ImportStatus.Running.After(TimeSpan.FromSeconds(2), progress with { Rows = 0, BytesRead = 0 }).Left.ShouldBeNull();
    }
}
