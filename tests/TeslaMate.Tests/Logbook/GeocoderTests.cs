using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on addresses (spec logbook 18.7), against a scripted Nominatim.</summary>
public sealed class GeocoderTests : IAsyncLifetime
{
    LogbookDatabase _database = null!;
    LogbookInstance _instance = null!;
    ScriptedNominatim _nominatim = null!;

    AddressJob Job => _instance.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<AddressJob>().Single();

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateAsync();
        _nominatim = await ScriptedNominatim.StartAsync();
        _instance = new LogbookInstance(_database.DataSource,
            settings: Settings with { SpoolFolder = Directory.CreateTempSubdirectory("logbook-").FullName });
        await _instance.LeaseAsync();
    }

    LogbookSettings Settings => new() { NominatimUrl = _nominatim.Address, GeocoderPause = TimeSpan.Zero };

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _nominatim.DisposeAsync();
        await _database.DisposeAsync();
    }

    async Task DriveAsync(double fromLatitude = 1, double toLatitude = 2) => await _instance.WriteAsync(
        new LogbookEntry.StartDrive(At(0), Position(0, 1) with { Latitude = fromLatitude }), InDrive(Position(60, 9) with { Latitude = toLatitude }),
        new LogbookEntry.CloseDrive());

    static string Answer(long osmId, string address = "{}", string more = "") => $$"""
        {"osm_id": {{osmId}}, "osm_type": "way", "display_name": "place {{osmId}}", "lat": "52.0196010141104", "lon": "8.5258", "address": {{address}}{{more}}}
        """;

    /// <summary>JSON may hold what neither a text of .NET nor jsonb can.</summary>
    [Theory]
    [InlineData(""", "licence": "\uD83D" """)]
    [InlineData(""", "licence": "\uDE00\uD83D\u0000" """)]
    [InlineData(""", "x\uD800y": 1 """)]
    [InlineData(""", "extratags": {"a": ["\uDBFF\u0041", "\\uD800"]} """)]
    [InlineData(""", "name": "half \uD83D a smile" """)]
    [InlineData(""", "importance": 1e200000 """)]
    public async Task An_answer_with_halves_of_characters_stops_nobody(string more)
    {
        _nominatim.Reverse = query => (200, query["lat"] == "1" ? Answer(11, more: more) : Answer(22));
        await DriveAsync();
        await Job.RepairAsync(() => { }, default);
        (await _database.RowAsync("select a.osm_id, b.osm_id from drives join addresses a on a.id = start_address_id join addresses b on b.id = "
            + "end_address_id")).ShouldBe("11|22");
    }

    /// <summary>Somebody has written them by hand.</summary>
    [Theory]
    [InlineData("NaN")]
    [InlineData("91")]
    [InlineData("-99.9")]
    public async Task A_position_that_is_no_place_stops_nobody(string latitude)
    {
        _nominatim.Reverse = _ => (200, Answer(22));
        await DriveAsync();
        await _database.ExecuteAsync($"update positions set latitude = '{latitude}' where id = (select max(start_position_id) from drives)");
        await Job.RepairAsync(() => { }, default);
        (await _database.RowAsync("select start_address_id, b.osm_id from drives join addresses b on b.id = end_address_id")).ShouldBe("-|22");
        _nominatim.Requests.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("""{"a":"\u0000\uD83D\uDE00\uD83D"}""", """{"a":"\uD83D\uDE00�"}""")]
    [InlineData("""{"a":"\\uD83D\\\uD83D"}""", """{"a":"\\uD83D\\�"}""")]
    [InlineData("""{"a":"\\"}""", """{"a":"\\"}""")]
    public void Json_is_mended_where_jsonb_would_refuse_it(string json, string mended)
    => TeslaMate.Logbook.Writing.Column.StorableJson(json).ShouldBe(mended);

    [Fact]
    public async Task The_ends_of_a_drive_and_the_place_of_a_charge_get_addresses_after_the_commit()
    {
        _nominatim.Reverse = query => (200, Answer(query["lat"] == "1" ? 11 : 22));
        await DriveAsync();
        await _instance.WriteAsync(new LogbookEntry.StartCharging(At(100), Position(100) with { Latitude = 2 }));
        _nominatim.Requests.ShouldBeEmpty();
        await Job.LookUpQueuedAsync(() => { }, default);
        (await _database.RowAsync("select a.osm_id, b.osm_id from drives join addresses a on a.id = start_address_id join addresses b on b.id = "
            + "end_address_id")).ShouldBe("11|22");
        (await _database.RowAsync("select osm_id from charging_processes join addresses on addresses.id = address_id")).ShouldBe("22");
        // The charge is where the drive ended: nobody is asked again.
        _nominatim.Requests.Count.ShouldBe(2);
        var request = _nominatim.Requests.First();
        request.ShouldBe("/reverse?format=jsonv2&addressdetails=1&extratags=1&namedetails=1&zoom=19&lat=1&lon=13.350144 en TeslaMate/0.1.0");
    }

    [Fact]
    public async Task A_dead_geocoder_keeps_nothing_from_being_logged_and_is_left_alone_after_a_while()
    {
        _nominatim.Reverse = _ => (500, "oops");
        for (var i = 0; i < 5; i++)
            await DriveAsync(i, i + 0.5);
        await Job.RepairAsync(() => { }, default);
        // The sixth failure opens the breaker.
        _nominatim.Requests.Count.ShouldBe(6);
        (await _database.ScalarAsync<long>("select count(*) from drives where start_address_id is null and end_date is not null")).ShouldBe(5);
    }

    [Fact]
    public async Task Words_of_the_geocoder_that_it_failed_are_no_reason_to_leave_it_alone()
    {
        _nominatim.Reverse = _ => (200, """{"error": "failure"}""");
        for (var i = 0; i < 5; i++)
            await DriveAsync(i, i + 0.5);
        await Job.RepairAsync(() => { }, default);
        _nominatim.Requests.Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_charge_is_logged_although_its_place_cannot_be_looked_up()
    {
        _nominatim.Reverse = _ => (500, "oops");
        await _instance.WriteAsync(new LogbookEntry.StartCharging(At(0), Position(0), LookUpAddress: true));
        await Job.LookUpQueuedAsync(() => { }, default);
        _nominatim.Requests.ShouldHaveSingleItem();
        (await _database.RowAsync("select address_id, position_id from charging_processes")).ShouldBe("-|1");
    }

    [Fact]
    public async Task Repair_fills_only_what_is_missing_newest_first()
    {
        await _database.ExecuteAsync("insert into addresses (id, osm_id, osm_type, inserted_at, updated_at) values (100, 1, 'node', now(), now())");
        for (var i = 0; i < 3; i++)
            await DriveAsync(i + 1, i + 1.5);
        while (_instance.Get<AddressQueue>().Reader.TryRead(out _))
        {
        }

        await _database.ExecuteAsync("update drives set start_address_id = 100 where id = 2; update drives set start_position_id = null where id "
            + "= 1");
        _nominatim.Reverse = query => query["lat"] == "3" ? (200, """{"error": "failure"}""") : (200, Answer(7));
        await Job.RepairAsync(() => { }, default);
        (await _database.RowsAsync("select id, start_address_id, (select osm_id from addresses a where a.id = end_address_id) from drives order "
            + "by id"))
            .ShouldBe(["1|-|-", "2|100|7", "3|-|7"]);
        _nominatim.Requests.Select(
            request => request[(request.IndexOf("lat=", StringComparison.Ordinal) + 4)..request.IndexOf("&lon", StringComparison.Ordinal)])
            .ShouldBe(["3", "3.5", "2.5"], ignoreOrder: true);
        _nominatim.Requests.First().ShouldContain("lat=3");
        // What the geocoder does not know it is not asked again, at least today.
        await Job.RepairAsync(() => { }, default);
        _nominatim.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("""{"city":"Batman merkez","residential":"Batman","road":"Cihan Kavşağı","suburb":"Ziyagökalp Mahallesi","state":"x","postcode":"72060"}""",
        "Cihan Kavşağı|Ziyagökalp Mahallesi|Batman merkez|x|72060|-")]
    [InlineData("""{"town":"District of Gungahlin","territory":"Australian Capital Territory","suburb":"Ngunnawal"}""",
        "-|Ngunnawal|District of Gungahlin|Australian Capital Territory|-|-")]
    [InlineData("""{"village":"Sainte-Agathe-la-Bouteresse","municipality":"Montbrison","county":"Loire"}""",
        "-|-|Sainte-Agathe-la-Bouteresse|-|-|Loire")]
    public async Task Of_a_list_of_keys_the_first_that_is_there_wins(string address, string row)
    {
        _nominatim.Reverse = _ => (200, Answer(1, address));
        await DriveAsync();
        await Job.LookUpQueuedAsync(() => { }, default);
        (await _database.RowAsync("select road, neighbourhood, city, state, postcode, county from addresses")).ShouldBe(row);
        (await _database.RowAsync("select latitude, longitude, display_name from addresses")).ShouldBe("52.019601|8.525800|place 1");
    }

    [Theory]
    [InlineData("""{"name": "", "namedetails": {"name": "b"}}""", null)]
    [InlineData("""{"namedetails": {"alt_name": "c", "name": "b"}}""", "b")]
    [InlineData("""{"namedetails": {"alt_name": "c"}}""", "c")]
    [InlineData("""{"name": "a", "namedetails": null}""", "a")]
    public void An_empty_name_is_a_name(string json, string? name)
    {
        var whole = json.TrimEnd('}') + (json.EndsWith("}}", StringComparison.Ordinal) ? "}" : "") + ", " + Answer(1).Trim()[1..];
        AddressParser.Parse(System.Text.Json.JsonDocument.Parse(whole).RootElement).ShouldNotBeNull().Name.ShouldBe(name);
    }

    [Fact]
    public async Task Places_without_an_address_share_one_row()
    {
        _nominatim.Reverse = _ => (200, """{"error": "Unable to geocode"}""");
        await DriveAsync();
        await DriveAsync(3, 4);
        await Job.LookUpQueuedAsync(() => { }, default);
        (await _database.RowAsync("select display_name, osm_type, osm_id, latitude, longitude, raw->>'error' from addresses"))
            .ShouldBe("Unknown|unknown|0|0.000000|0.000000|Unable to geocode");
        (await _database.ScalarAsync<long>("select count(*) from drives where start_address_id = end_address_id")).ShouldBe(2);
    }

    [Fact]
    public async Task A_known_address_stays_as_it_is()
    {
        await _database.ExecuteAsync("insert into addresses (id, osm_id, osm_type, city, inserted_at, updated_at) values (5, 1, 'way', 'old', "
            + "now(), now())");
        _nominatim.Reverse = _ => (200, Answer(1, """{"city":"new"}"""));
        await DriveAsync();
        await Job.LookUpQueuedAsync(() => { }, default);
        (await _database.RowAsync("select id, city from addresses")).ShouldBe("5|old");
        (await _database.RowAsync("select start_address_id, end_address_id from drives")).ShouldBe("5|5");
    }

    [Theory]
    [InlineData(200, "not json")]
    [InlineData(200, """{"lat": 1}""")]
    [InlineData(200, "[]")]
    [InlineData(200, """{"osm_id": "x", "osm_type": "way", "display_name": "a", "lat": "1", "lon": "1"}""")]
    [InlineData(404, """{"error": {"code": 404, "message": "gone"}}""")]
    [InlineData(200, """{"error": "failure"}""")]
    public async Task A_strange_answer_writes_nothing(int status, string body)
    {
        _nominatim.Reverse = _ => (status, body);
        await DriveAsync();
        await Job.LookUpQueuedAsync(() => { }, default);
        (await _database.ScalarAsync<long>("select count(*) from addresses")).ShouldBe(0);
    }

    [Fact]
    public async Task Absurd_texts_are_brought_into_their_columns()
    {
        _nominatim.Reverse = _ => (200, Answer(1, $$"""{"city":"{{new string('ü', 300)}}","road":"a\u0000b"}""", """, "extra": "\u0000" """));
        await DriveAsync();
        await Job.LookUpQueuedAsync(() => { }, default);
        (await _database.RowAsync("select length(city), road from addresses")).ShouldBe("255|ab");
    }

    [Fact]
    public async Task Questions_keep_their_distance()
    {
        var time = new ManualTime();
        using var geocoder = new Geocoder(Settings with { GeocoderPause = TimeSpan.FromSeconds(1) }, time,
            LoggerFactory.Create(_ => { }).CreateLogger<Geocoder>());
        _nominatim.Reverse = _ => (200, Answer(1));
        await geocoder.ReverseAsync(1, 1, "en", default);
        var second = geocoder.ReverseAsync(2, 2, "en", default);
        var third = geocoder.ReverseAsync(3, 3, "en", default);
        second.IsCompleted.ShouldBeFalse();
        _nominatim.Requests.Count.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(1));
        await second;
        _nominatim.Requests.Count.ShouldBe(2);
        while (!third.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(third, Task.Delay(20));
        }

        _nominatim.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_new_language_translates_what_depends_on_it()
    {
        await _database.ExecuteAsync("""
            insert into addresses (id, osm_id, osm_type, display_name, name, city, state, country, latitude, longitude, inserted_at, updated_at) values
                (1, 1, 'way', 'd', 'name 1', 'c', 's', 'Germany', 1, 1, now(), now()), (2, 2, 'node', 'd', 'name 2', 'c', 's', 'Germany', 2, 2, now(), now()),
                (3, 3, 'relation', 'd', 'name 3', 'c', 's', 'Germany', 3, 3, now(), now()), (4, 0, 'unknown', 'Unknown', null, null, null, null, 0, 0, now(), now())
            """);
        _nominatim.LookUp = _ => (200, $"[{Answer(1, """{"country":"Deutschland","state":"Land"}""")}, {Answer(77)}]");
        // The second is found by its coordinates; the third is another thing there.
        _nominatim.Reverse = query => (200,
            query["lat"] == "2" ? Answer(2, """{"country":"Deutschland"}""").Replace("way", "node", StringComparison.Ordinal) : Answer(99));
        var settings = _instance.Get<IGlobalSettings>();
        (await settings.ChangeAsync(current => current with { Language = "de" }, default)).ShouldBeOfType<SettingsAnswer.Changed>();
        (await _database.RowsAsync("select name, country, state, city from addresses order by id"))
            .ShouldBe(["name 1|Deutschland|Land|-", "name 2|Deutschland|-|-", "name 3|Germany|s|c", "-|-|-|-"]);
        _nominatim.Requests.First().ShouldBe("/lookup?osm_ids=W1,N2,R3&format=jsonv2&addressdetails=1&extratags=1&namedetails=1&zoom=19 de "
            + "TeslaMate/0.1.0");
        settings.Current.Language.ShouldBe("de");

        _nominatim.LookUp = _ => (503, "busy");
        (await settings.ChangeAsync(current => current with { Language = "fr" }, default)).ShouldBeOfType<SettingsAnswer.GeocoderFailed>();
        (await _database.RowAsync("select language from settings")).ShouldBe("de");
        settings.Current.Language.ShouldBe("de");
    }

    [Fact]
    public async Task What_is_changed_while_the_geocoder_is_asked_stays_changed()
    {
        await _database.ExecuteAsync("""
            insert into addresses (id, osm_id, osm_type, display_name, name, country, latitude, longitude, inserted_at, updated_at) values (1, 1, 'way', 'd', 'name', 'Germany', 1, 1, now(), now())
            """);
        using var asked = new SemaphoreSlim(0);
        using var answered = new SemaphoreSlim(0);
        _nominatim.LookUp = _ =>
        {
            asked.Release();
            answered.Wait();
            return (200, $"[{Answer(1, """{"country":"Deutschland"}""")}]");
        };
        var settings = _instance.Get<IGlobalSettings>();
        var translation = settings.ChangeAsync(current => current with { Language = "de" }, default);
        await asked.WaitAsync();
        await settings.ChangeAsync(current => current with { UnitOfLength = UnitOfLength.Mi, GrafanaUrl = "http://b" }, default);
        answered.Release();
        var both = new GlobalSettings { Language = "de", UnitOfLength = UnitOfLength.Mi, GrafanaUrl = "http://b" };
        (await translation).ShouldBe(new SettingsAnswer.Changed(both));
        (await settings.ReadAsync(default)).ShouldBe(both);
    }

    [Theory]
    [InlineData(null, "Information: [proxy] NOMINATIM_PROXY unset -> fallback: no proxy")]
    [InlineData("http://127.0.0.1:7890", "Information: [proxy] read NOMINATIM_PROXY, set http proxy host=127.0.0.1 port=7890")]
    [InlineData("http://user:pass@proxy", "Information: [proxy] read NOMINATIM_PROXY, set http proxy host=proxy port=80")]
    [InlineData("socks5://127.0.0.1:1080", "Warning: [proxy] NOMINATIM_PROXY: unsupported scheme=socks5 (only http). fallback: no proxy")]
    [InlineData("http://:8080", "Warning: [proxy] NOMINATIM_PROXY: invalid URI: missing host. fallback: no proxy")]
    [InlineData("http://proxy:x", "Warning: [proxy] NOMINATIM_PROXY: invalid URI: missing/invalid port. fallback: no proxy")]
    public void A_proxy_that_cannot_be_used_is_not(string? proxy, string line)
    {
        var log = new RecordedLog();
        using var geocoder = new Geocoder(Settings with { NominatimProxy = proxy }, TimeProvider.System, log.For<Geocoder>());
        log.Lines.ShouldBe([line]);
    }

    [Fact]
    public async Task The_proxy_is_asked_instead()
    {
        _nominatim.Reverse = _ => (200, Answer(1));
        using var geocoder = new Geocoder(
            Settings with { NominatimUrl = new("http://nominatim.invalid"), NominatimProxy = _nominatim.Address.ToString() }, TimeProvider.System,
            LoggerFactory.Create(_ => { }).CreateLogger<Geocoder>());
        (await geocoder.ReverseAsync(1, 1, "en", default)).ShouldBeOfType<GeocoderAnswer.Found>();
    }
}
