using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on states and updates (spec logbook 18.1).</summary>
public sealed class StateAndUpdateTests : IAsyncLifetime
{
    LogbookDatabase _database = null!;
    LogbookInstance _instance = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateAsync(cars: 2);
        _instance = await LogbookInstance.OfCarAsync(_database);
        await _instance.LeaseAsync(2);
    }

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _database.DisposeAsync();
    }

    Task<WriteResult> StateAsync(CarActivity activity, double second, short car = 1)
        => _instance.Logbook.WriteAsync(new(car), [new LogbookEntry.StartState(activity, At(second))], default);

    Task<List<string>> StatesAsync(short car = 1)
        => _database.RowsAsync($"select state::text, start_date, end_date from states where car_id = {car} order by id");

    [Fact]
    public async Task The_same_state_again_changes_nothing()
    {
        await StateAsync(CarActivity.Online, 0);
        await StateAsync(CarActivity.Online, 60);
        (await StatesAsync()).ShouldBe(["online|10:00:00|-"]);
    }

    [Theory]
    [InlineData(60, "10:01:00")]
    [InlineData(0, "10:00:00")]
    [InlineData(-60, "10:00:00")]
    public async Task Another_state_ends_the_open_one_but_never_before_its_start(double second, string date)
    {
        await StateAsync(CarActivity.Online, 0);
        (await StateAsync(CarActivity.Offline, second)).ShouldBe(WriteResult.Stored);
        (await StatesAsync()).ShouldBe([$"online|10:00:00|{date}", $"offline|{date}|-"]);
    }

    [Fact]
    public async Task Cars_do_not_end_each_others_states()
    {
        await StateAsync(CarActivity.Online, 0);
        await StateAsync(CarActivity.Asleep, 1, car: 2);
        await StateAsync(CarActivity.Offline, 2);
        await StateAsync(CarActivity.Online, 3, car: 2);
        (await StatesAsync()).ShouldBe(["online|10:00:00|10:00:02", "offline|10:00:02|-"]);
        (await StatesAsync(2)).ShouldBe(["asleep|10:00:01|10:00:03", "online|10:00:03|-"]);
    }

    [Theory]
    [InlineData("2019.8.4 530d1d3", "2019.8.5 3aaa23d", true)]
    [InlineData("2024.8", "2024.8.1", true)]
    [InlineData("2024.20.1", "2024.8.9", false)]
    [InlineData("2020.12.5", "2020.12.10", true)]
    [InlineData("2019.40.9", "2019.40.10.7", true)]
    [InlineData("2019.40.10", "2019.40.10.7", true)]
    [InlineData("2024.8.1", "2024.8.1 abc", false)]
    [InlineData("2024.10000", "2024.9999", false)]
    [InlineData(null, "2024.8.1", false)]
    public async Task A_missed_update_is_one_with_a_higher_version(string? latest, string reported, bool missed)
    {
        await _database.ExecuteAsync($"insert into updates (car_id, start_date, end_date, version) values (1, '2024-01-01', "
            + $"{(latest is null ? "null, null" : $"'2024-01-02', '{latest}'")})");
        await _instance.WriteAsync(new LogbookEntry.NoteVersion(At(0), reported));
        var rows = await _database.RowsAsync("select start_date, end_date, version from updates where id > 1");
        rows.ShouldBe(missed ? [$"10:00:00|10:00:00|{reported}"] : []);
        _instance.Log.Lines.Any(line => line.EndsWith($"Logged missing software update: {reported}", StringComparison.Ordinal)).ShouldBe(missed);
    }

    [Fact]
    public async Task The_first_version_seen_is_recorded_and_an_empty_one_is_not()
    {
        await _instance.WriteAsync(new LogbookEntry.NoteVersion(At(0), " "), new LogbookEntry.NoteVersion(At(1), "2024.8.1 abc"));
        (await _database.RowsAsync("select start_date, version from updates")).ShouldBe(["10:00:01|2024.8.1 abc"]);
    }

    [Fact]
    public async Task An_ended_update_without_a_version_hides_nothing()
    {
        await _database.ExecuteAsync("insert into updates (car_id, start_date, end_date) values (1, '2024-01-01', '2024-01-01')");
        await _instance.WriteAsync(new LogbookEntry.NoteVersion(At(0), "2024.8.1"));
        (await _database.ScalarAsync<long>("select count(*) from updates")).ShouldBe(2);
    }

    [Fact]
    public async Task An_update_has_a_start_an_end_and_a_version()
    {
        await _instance.WriteAsync(new LogbookEntry.StartUpdate(At(0)));
        await _instance.WriteAsync(new LogbookEntry.StartUpdate(At(30)));
        await _instance.WriteAsync(new LogbookEntry.FinishUpdate(At(60), "2019.8.5 3aaa23d"));
        await _instance.WriteAsync(new LogbookEntry.StartUpdate(At(90)), new LogbookEntry.FinishUpdate(At(80), new string('9', 300)));
        (await _database.RowsAsync("select start_date, end_date, left(version, 16), length(version) from updates order by id"))
            .ShouldBe(["10:00:00|10:01:00|2019.8.5 3aaa23d|16", "10:01:30|10:01:30|9999999999999999|255"]);
    }

    [Fact]
    public async Task A_cancelled_update_is_gone()
    {
        await _instance.WriteAsync(new LogbookEntry.StartUpdate(At(0)));
        await _instance.WriteAsync(new LogbookEntry.CancelUpdate());
        (await _instance.WriteAsync(new LogbookEntry.CancelUpdate())).ShouldBe(WriteResult.Stored);
        (await _database.ScalarAsync<long>("select count(*) from updates")).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_car_does_not_say_about_itself_is_kept()
    {
        await _instance.WriteAsync(new LogbookEntry.UpdateCar(new CarDescription("Herbie", "3", "74D", "LR AWD", "White", "Pinwheel18", null)));
        await _instance.WriteAsync(new LogbookEntry.UpdateCar(new CarDescription(null, "3", null, null, "Blue", null, " ")));
        (await _database.RowAsync("select name, model, trim_badging, marketing_name, exterior_color, wheel_type, spoiler_type from cars where id "
            + "= 1"))
            .ShouldBe("Herbie|3|74D|LR AWD|Blue|Pinwheel18|-");
    }
}
