using TeslaMate.Logbook.Cars;

namespace TeslaMate.Tests.Logbook;

public sealed class CarTests : IAsyncLifetime
{
    LogbookDatabase _database = null!;
    LogbookInstance _instance = null!;

    ICars Cars => _instance.Get<ICars>();

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateAsync(cars: 0);
        _instance = new LogbookInstance(_database.DataSource);
    }

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _database.DisposeAsync();
    }

    async Task<Car> FoundAsync(long eid, long vid, string vin, string? name, int suspendMin = 21)
        => (await Cars.DiscoverAsync(new(eid, vid, vin, name), suspendMin, default)).ShouldBeOfType<CarAnswer.Found>().Car;

    [Fact]
    public async Task A_new_car_gets_settings_of_its_own()
    {
        var car = await FoundAsync(1, 2, "VIN", "Herbie", suspendMin: 12);
        car.ShouldBe(new Car { Id = new(1), Eid = 1, Vid = 2, Vin = "VIN", Name = "Herbie", Settings = new CarSettings { SuspendMin = 12 } });
        (await _database.ScalarAsync<long>("select count(*) from car_settings")).ShouldBe(1);
    }

    [Theory]
    [InlineData(9, 9, "VIN")]
    [InlineData(9, 2, "NEW")]
    [InlineData(1, 9, "NEW")]
    public async Task A_car_is_known_by_vin_then_vid_then_eid(long eid, long vid, string vin)
    {
        await FoundAsync(1, 2, "VIN", "Herbie", suspendMin: 12);
        (await FoundAsync(eid, vid, vin, " ")).ShouldBe(
            new Car { Id = new(1), Eid = eid, Vid = vid, Vin = vin, Settings = new CarSettings { SuspendMin = 12 } });
        (await _database.ScalarAsync<long>("select count(*) from car_settings")).ShouldBe(1);
    }

    [Fact]
    public async Task The_vin_wins_over_the_other_numbers_and_a_number_of_another_car_is_taken()
    {
        await FoundAsync(1, 1, "A", null);
        await FoundAsync(2, 2, "B", null);
        (await Cars.DiscoverAsync(new(2, 3, "A", null), 21, default)).ShouldBeOfType<CarAnswer.Refused>().Errors.ShouldBe(
            [new("eid", "has already been taken")]);
        (await Cars.DiscoverAsync(new(3, 2, "A", null), 21, default)).ShouldBeOfType<CarAnswer.Refused>().Errors.ShouldBe(
            [new("vid", "has already been taken")]);
        (await FoundAsync(3, 3, "A", null)).Id.ShouldBe(new(1));
    }

    [Fact]
    public async Task What_a_car_cannot_be_stored_without_is_named()
        => (await Cars.DiscoverAsync(new(null, null, "  ", null), 21, default)).ShouldBeOfType<CarAnswer.Refused>().Errors
            .ShouldBe([new("eid", "can't be blank"), new("vid", "can't be blank"), new("vin", "can't be blank")]);

    [Fact]
    public async Task Cars_are_listed_by_priority_then_number()
    {
        await FoundAsync(1, 1, "A", null);
        await FoundAsync(2, 2, "B", null);
        await FoundAsync(3, 3, "C", null);
        await _database.ExecuteAsync("update cars set display_priority = 2 where id = 1");
        (await Cars.ListAsync(default)).Select(car => car.Vin).ShouldBe(["B", "C", "A"]);
    }

    [Fact]
    public async Task Changed_settings_are_stored_and_told()
    {
        await FoundAsync(1, 1, "A", null);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var news = Cars.WatchAsync(stop.Token).GetAsyncEnumerator();
        var first = news.MoveNextAsync();
        var wanted = new CarSettings
        {
            SuspendMin = 30,
            SuspendAfterIdleMin = 5,
            ReqNotUnlocked = true,
            FreeSupercharging = true,
            UseStreamingApi = false,
            Enabled = false,
            LfpBattery = true,
        };
        (await Cars.ChangeSettingsAsync(new(1), wanted, default)).ShouldNotBeNull().Settings.ShouldBe(wanted);
        (await first).ShouldBeTrue();
        news.Current.Settings.ShouldBe(wanted);
        (await Cars.FindAsync(new(1), default)).ShouldNotBeNull().Settings.ShouldBe(wanted);
        (await Cars.ChangeSettingsAsync(new(7), wanted, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_change_made_elsewhere_is_noticed()
    {
        var register = _instance.Get<CarRegister>();
        await FoundAsync(1, 1, "A", null);
        await FoundAsync(2, 2, "B", null);
        await register.RefreshAsync(default);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var news = Cars.WatchAsync(stop.Token).GetAsyncEnumerator();
        var first = news.MoveNextAsync();
        await _database.ExecuteAsync("update car_settings set enabled = false where id = 2");
        await register.RefreshAsync(default);
        (await first).ShouldBeTrue();
        news.Current.Id.ShouldBe(new(2));
        news.Current.Settings.Enabled.ShouldBeFalse();
    }
}
