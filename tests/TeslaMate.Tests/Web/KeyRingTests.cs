using System.Net;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Backups;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>
/// What the tokens of forms are made with outlives a restart and is the same for all instances, and nobody reads it in the database.
/// </summary>
public sealed class KeyRingTests
{
    const string Secret = "a long secret that is set on every instance";

    static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_form_outlives_a_restart_and_may_be_sent_to_another_instance()
    {
        await using var first = await PagesUnderTest.StartAsync(("SECRET_KEY_BASE", Secret));
        await SampleRows.AddAsync(first.Database);
        await using var second = await PagesUnderTest.StartAsync(settings => settings, reach: _ => first.Database.ConnectionString,
            ("SECRET_KEY_BASE", Secret));
        (await SentAsync(first, second)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_a_key_a_form_lasts_as_long_as_the_process()
    {
        await using var first = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(first.Database);
        await using var second = await PagesUnderTest.StartAsync(settings => settings, reach: _ => first.Database.ConnectionString);
        (await SentAsync(first, first)).ShouldBe(HttpStatusCode.OK);
        (await SentAsync(first, second)).ShouldBe(HttpStatusCode.Forbidden);
        (await first.Database.ScalarAsync<long>("select count(*) from teslamate.web_keys")).ShouldBe(0);
    }

    [Fact]
    public async Task Another_key_starts_anew_without_a_word_of_failure()
    {
        await using var first = await PagesUnderTest.StartAsync(("SECRET_KEY_BASE", Secret));
        await SampleRows.AddAsync(first.Database);
        await using var second = await PagesUnderTest.StartAsync(settings => settings, reach: _ => first.Database.ConnectionString,
            ("SECRET_KEY_BASE", "another secret, since the first one was seen"));
        (await SentAsync(first, second)).ShouldBe(HttpStatusCode.Forbidden);
        (await SentAsync(second, second)).ShouldBe(HttpStatusCode.OK);
        second.Log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldBeEmpty();
        (await first.Database.ScalarAsync<long>("select count(*) from teslamate.web_keys")).ShouldBe(2);
    }

    [Fact]
    public async Task Instances_that_start_together_agree_on_one_key()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        IKeyManager[] rings = [Ring(pages, Secret), Ring(pages, Secret)];
        foreach (var ring in rings)
            ring.CreateNewKey(Start, Start.AddDays(90));
        rings[0].GetAllKeys().Single().KeyId.ShouldBe(rings[1].GetAllKeys().Single().KeyId);
        Ring(pages, "another").GetAllKeys().ShouldBeEmpty();
    }

    [Fact]
    public async Task No_secret_stands_in_the_database_in_clear()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        Ring(pages, Secret).CreateNewKey(Start, Start.AddDays(90));
        (await pages.Database.ScalarAsync<byte[]>("select secret from teslamate.web_keys")).AsSpan(2, 10).ToArray()
            .ShouldBe("AES.GCM.V1"u8.ToArray());
    }

    [Fact]
    public async Task A_restore_brings_back_neither_an_old_password_nor_a_session()
    {
        await using var before = await PagesUnderTest.StartAsync();
        await using var restored = await PagesUnderTest.StartAsync();
        await before.Access.SetPasswordAsync(new Secret("the password of today"), CancellationToken.None);
        await restored.Access.SetPasswordAsync(new Secret("the password of last year"), CancellationToken.None);
        using var thief = restored.Visit();
        (await thief.PostAsync("/log_in", from: "/log_in", ("password", "the password of last year"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var token = await before.Access.MakeApiTokenAsync(CancellationToken.None);
        await CarryOverAsync(before, restored);

        (await thief.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var browser = restored.Visit();
        (await browser.PostAsync("/log_in", from: "/log_in", ("password", "the password of last year"))).StatusCode.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await browser.PostAsync("/log_in", from: "/log_in", ("password", "the password of today"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await restored.Access.IsApiTokenAsync(token.Reveal(), CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_backup_without_a_password_opens_no_pages_and_one_with_a_password_closes_them()
    {
        await using var before = await PagesUnderTest.StartAsync();
        await using var restored = await PagesUnderTest.StartAsync();
        await restored.Access.SetPasswordAsync(new Secret("the password of the backup"), CancellationToken.None);
        await CarryOverAsync(before, restored);
        (await restored.Access.HasPasswordAsync(CancellationToken.None)).ShouldBeTrue();
        await restored.Access.RemovePasswordAsync(CancellationToken.None);
        await before.Access.SetPasswordAsync(new Secret("the password of today"), CancellationToken.None);
        await CarryOverAsync(before, restored);
        (await restored.Access.HasPasswordAsync(CancellationToken.None)).ShouldBeTrue();
    }

    static Task CarryOverAsync(PagesUnderTest before, PagesUnderTest restored)
        => AccessTables.CarryOverAsync(before.Database.Settings(), restored.Database.Settings(), CancellationToken.None);

    static KeyRing Ring(PagesUnderTest pages, string secret)
        => new(new TokenCipher(System.Text.Encoding.UTF8.GetBytes(secret)), pages.Get<NpgsqlDataSource>(), NullLoggerFactory.Instance,
            new TeslaMate.Tests.Time.ManualTime());

    /// <summary>Sends the form of one instance's page to the other.</summary>
    static async Task<HttpStatusCode> SentAsync(PagesUnderTest from, PagesUnderTest to)
    {
        using var browser = from.Visit();
        using var page = await browser.GetAsync("/charge-cost/1");
        var token = Browser.TokenOf(await Browser.ParseAsync(page));
        using var other = to.Visit();
        other.Headers.Add("Cookie", page.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));
        using var answer = await other.PostWithAsync(token, "/charge-cost/1", [("charging_process[cost]", "1")]);
        return answer.StatusCode;
    }
}
