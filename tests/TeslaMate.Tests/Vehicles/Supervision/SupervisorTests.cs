using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tests.Vehicles.Loop;
using TeslaMate.Vehicles;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Supervision;

/// <summary>Finding cars, starting and stopping them (spec vehicle 2 and 18.1).</summary>
public sealed class SupervisorTests : IAsyncLifetime
{
    World _world = new();

    [Theory]
    [InlineData("empty")]
    [InlineData("not signed in")]
    [InlineData("error")]
    [InlineData("rate limit")]
    public async Task Without_a_list_the_stored_cars_are_logged(string list)
    {
        _world.Tesla.Listing = list switch
        {
            "empty" => Listed(),
            "not signed in" => new ApiError.NotSignedIn(),
            "rate limit" => new ApiError.RateLimited(TimeSpan.FromSeconds(60)),
            _ => new ApiError.Failed("boom"),
        };
        _world.Cars.Has(Row() with { Eid = 2222222, Vid = 333333, Vin = "1234" });
        _world.Tesla.Car(2222222, Asleep);
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows().Count > 0);
        (await _world.Vehicles.ListAsync(CancellationToken.None)).ShouldHaveSingleItem().Healthy.ShouldBeTrue();
    }

    [Fact]
    public async Task A_list_that_failed_is_asked_again_and_brings_new_cars()
    {
        _world.Tesla.Listing = new ApiError.Failed("boom");
        await StartAsync();
        await _world.UntilAsync(() => _world.Tesla.Lists >= 2);
        _world.Tesla.Listing = Listed(Listing(11, "A"));
        _world.Tesla.Car(11, Asleep);
        await _world.UntilAsync(() => _world.Logbook.Rows().Count > 0);
    }

    [Fact]
    public async Task A_start_lists_the_cars_once()
    {
        Two();
        _world.Account.Becomes(new AccountStatus(SignIn.Starting, Generation: 0));
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        _world.Account.Becomes(new AccountStatus(SignIn.SignedIn, Generation: 0));
        // Whatever the news of the sign-in causes happens before what is asked for later.
        await _world.UntilAsync(() => _world.Supervisor.SignIns == 1);
        await _world.Cars.ChangeSettingsAsync(new CarId(1), Row().Settings with { SuspendMin = 5 }, CancellationToken.None);
        await _world.UntilAsync(() => _world.Supervisor.Runner(new CarId(1))!.Summary.Car.Settings.SuspendMin == 5);
        _world.Tesla.Lists.ShouldBe(1, "each list costs money on a priced account");
    }

    [Fact]
    public async Task What_happens_while_the_cars_are_listed_does_not_make_the_list_due_again()
    {
        Two();
        var answered = new TaskCompletionSource();
        _world.Tesla.ListHeldBy = answered.Task;
        _world.Account.Becomes(new AccountStatus(SignIn.Starting, Generation: 0));
        await StartAsync();
        await _world.UntilAsync(() => _world.Tesla.Lists == 1);
        _world.Account.Becomes(new AccountStatus(SignIn.SignedIn, Generation: 0));
        await _world.UntilAsync(() => _world.Supervisor.Waiting == 1);
        answered.SetResult();
        await _world.UntilAsync(() => _world.Supervisor.SignIns == 1);
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        await _world.Cars.ChangeSettingsAsync(new CarId(1), Row().Settings with { SuspendMin = 5 }, CancellationToken.None);
        await _world.UntilAsync(() => _world.Supervisor.Runner(new CarId(1))!.Summary.Car.Settings.SuspendMin == 5);
        _world.Tesla.Lists.ShouldBe(1);
    }

    [Fact]
    public async Task A_car_bought_later_appears_without_a_restart()
    {
        _world.Tesla.Listing = Listed(Listing(11, "A"));
        _world.Tesla.Car(11, Asleep);
        _world.Tesla.Car(12, Asleep);
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        _world.Tesla.Listing = Listed(Listing(11, "A"), Listing(12, "B"));
        await _world.UntilAsync(() => _world.Logbook.Rows(2).Count > 0, TimeSpan.FromSeconds(30));
        _world.Logbook.Rows(1).Count.ShouldBe(1, "the first car noticed nothing");
    }

    [Fact]
    public async Task A_bad_entry_of_the_list_stops_no_other_and_doubles_are_one()
    {
        _world.Cars.Refuses = vehicle => vehicle.Vin == "bad";
        _world.Tesla.Listing = Listed(Listing(10, "bad"), Listing(11, "A"), Listing(11, "A"));
        _world.Tesla.Car(11, Asleep);
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        _world.Supervisor.Runners.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_car_that_belongs_to_nobody_any_more_is_not_logged()
    {
        _world.Cars.Has(Row(), Row() with { Id = new CarId(2), Vin = "sold", Eid = 99 });
        _world.Tesla.Listing = Listed(Listing(11, Row().Vin));
        _world.Tesla.Car(11, Asleep);
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        _world.Supervisor.Runner(new CarId(2)).ShouldBeNull();
    }

    [Fact]
    public async Task One_cars_failure_touches_no_other_and_passes()
    {
        Two();
        var failures = 0;
        _world.Logbook.Result = (car, _) => car.Value == 1 && ++failures <= 3 ? throw new InvalidOperationException("bug") : WriteResult.Stored;
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        _world.Vehicles.Health.Select(health => health.Restarts).ShouldBe([3, 0]);
        _world.Logbook.Rows(2).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Disabling_a_car_stops_only_that_one_and_enabling_starts_it_again()
    {
        Two();
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        var other = _world.Supervisor.Runner(new CarId(2));
        await _world.Cars.ChangeSettingsAsync(new CarId(1), Row().Settings with { Enabled = false }, CancellationToken.None);
        await _world.UntilAsync(() => _world.Supervisor.Runner(new CarId(1)) is null && _world.Hub.Current(new CarId(1)) is null);
        (await _world.Vehicles.SuspendLoggingAsync(new CarId(1), CancellationToken.None)).ShouldBe(new SuspendAnswer.NotRunning());
        (await _world.Vehicles.ResumeLoggingAsync(new CarId(1), CancellationToken.None)).ShouldBeFalse();
        await _world.Cars.ChangeSettingsAsync(new CarId(1), Row().Settings, CancellationToken.None);
        await _world.UntilAsync(() => _world.Hub.Current(new CarId(1)) is not null);
        _world.Supervisor.Runner(new CarId(2)).ShouldBeSameAs(other);
    }

    [Fact]
    public async Task New_settings_reach_the_car()
    {
        Two();
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        await _world.Cars.ChangeSettingsAsync(new CarId(1), Row().Settings with { SuspendMin = 5 }, CancellationToken.None);
        await _world.UntilAsync(() => _world.Supervisor.Runner(new CarId(1))!.Summary.Car.Settings.SuspendMin == 5);
    }

    [Fact]
    public async Task A_first_sign_in_needs_no_restart()
    {
        _world.Account.Becomes(new AccountStatus(SignIn.SignedOut, Generation: 0));
        _world.Tesla.Listing = new ApiError.NotSignedIn();
        _world.Cars.Has(Row());
        _world.Tesla.Car(11, _ => new ApiError.NotSignedIn());
        await StartAsync();
        await _world.UntilAsync(() => _world.Vehicles.Health is [{ Healthy: false, LastError: "not_signed_in" }]);
        var asked = _world.Tesla.Requests.Count;
        await _world.UntilAsync(() => _world.Time.GetUtcNow() - T > TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(5));
        _world.Tesla.Requests.Count.ShouldBe(asked, "without tokens nothing is asked");

        _world.Tesla.Listing = Listed(Listing(11, Row().Vin), Listing(12, "B"));
        _world.Tesla.Car(11, Asleep);
        _world.Tesla.Car(12, Asleep);
        _world.Account.Becomes(new AccountStatus(SignIn.SignedIn, Generation: 1));
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        _world.Vehicles.Health.ShouldAllBe(health => health.Healthy);
    }

    [Fact]
    public async Task A_car_with_a_new_number_is_found_again()
    {
        _world.Cars.Has(Row());
        _world.Tesla.Listing = Listed(Listing(11, Row().Vin));
        await StartAsync();
        await _world.UntilAsync(() => _world.Vehicles.Health is [{ LastError: "vehicle_not_found" }]);
        _world.Tesla.Listing = Listed(Listing(12, Row().Vin));
        _world.Tesla.Car(12, Asleep);
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0, TimeSpan.FromSeconds(5));
        (_world.Time.GetUtcNow() - T).TotalMinutes.ShouldBeLessThan(10, "not only with the next regular list");
    }

    [Fact]
    public async Task A_car_that_is_sold_is_asked_no_more_until_it_is_back()
    {
        Two();
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        _world.Tesla.Listing = Listed(Listing(11, Row().Vin));
        _world.Tesla.Car(12, _ => new ApiError.VehicleNotFound());
        await _world.UntilAsync(() => _world.Supervisor.Runner(new CarId(2)) is null);
        (_world.Time.GetUtcNow() - T).TotalMinutes.ShouldBeLessThan(30, "not only with the next regular list");
        // A list that fails does not bring it back.
        _world.Tesla.Listing = new ApiError.Failed("boom");
        var lists = _world.Tesla.Lists;
        await _world.UntilAsync(() => _world.Tesla.Lists > lists + 1, TimeSpan.FromSeconds(30));
        _world.Supervisor.Runners.ShouldHaveSingleItem().Car.Id.ShouldBe(new CarId(1));

        _world.Tesla.Car(12, Asleep);
        _world.Tesla.Listing = Listed(Listing(11, Row().Vin), Listing(12, "B"));
        await _world.UntilAsync(() => _world.Hub.Current(new CarId(2)) is not null, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_car_that_is_not_found_for_a_while_but_still_listed_goes_on()
    {
        Two();
        _world.Tesla.Car(12, _ => new ApiError.VehicleNotFound());
        await StartAsync();
        await _world.UntilAsync(() => _world.Tesla.Lists > 1);
        _world.Tesla.Car(12, Asleep);
        await _world.UntilAsync(() => _world.Logbook.Rows(2).Count > 0);
    }

    [Fact]
    public async Task A_car_that_is_deleted_from_the_database_is_logged_under_its_new_number_only()
    {
        Two();
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        _world.Cars.Lacks(1);
        await _world.UntilAsync(() => _world.Logbook.Rows(3).Count > 0, TimeSpan.FromSeconds(30));
        await _world.UntilAsync(() => _world.Supervisor.Runner(new CarId(1)) is null);
        _world.Supervisor.Runners.Select(runner => runner.Car.Id.Value).ShouldBe([(short)2, (short)3], ignoreOrder: true);
    }

    [Fact]
    public async Task A_car_that_is_listed_twice_with_two_numbers_keeps_the_first()
    {
        _world.Tesla.Listing = Listed(Listing(11, "A"), Listing(12, "A"));
        _world.Tesla.Car(11, Asleep);
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        var row = (await ((ICars)_world.Cars).ListAsync(CancellationToken.None)).ShouldHaveSingleItem();
        row.Eid.ShouldBe(11);
    }

    [Fact]
    public async Task A_restart_lists_again_and_starts_again()
    {
        Two();
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        var before = _world.Supervisor.Runner(new CarId(1));
        var lists = _world.Tesla.Lists;
        await _world.Vehicles.RestartAsync(CancellationToken.None);
        _world.Tesla.Lists.ShouldBe(lists + 1);
        _world.Supervisor.Runner(new CarId(1)).ShouldNotBeSameAs(before);
    }

    [Fact]
    public async Task A_car_of_another_instance_is_taken_over_when_that_one_ends()
    {
        Two();
        var isFree = false;
        _world.Leases.IsFree = car => car.Value == 2 || isFree;
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(2).Count > 0);
        _world.Logbook.Rows(1).ShouldBeEmpty();
        isFree = true;
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0);
        await _world.Leases.Held[new CarId(1)].Loss.CancelAsync();
        isFree = false;
        await _world.UntilAsync(() => !_world.Leases.Held.ContainsKey(new CarId(1)));
        _world.Supervisor.Runner(new CarId(1))!.Loop.ShouldBeNull();
    }

    /// <summary>One list a day is left of the requests that nothing causes (spec fleet-telemetry 4.9).</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_every_car_streams_the_list_is_asked_for_once_a_day_and_each_time_is_in_the_ledger(bool areAll)
    {
        var feeds = areAll ? new SilentFeeds(1, 2) : new SilentFeeds(1);
        _world = new World(feeds);
        Two();
        await StartAsync();
        var start = _world.Time.GetUtcNow();
        await _world.UntilAsync(() => _world.Tesla.Lists == 1 && feeds.Statuses.Count == 1);

        await _world.UntilAsync(() => _world.Tesla.Lists == 2 && feeds.Statuses.Count == 2,
            areAll ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(30));

        var passed = _world.Time.GetUtcNow() - start;
        if (areAll)
            passed.ShouldBeGreaterThan(TimeSpan.FromHours(24));
        else
            passed.ShouldBeInRange(TimeSpan.FromHours(1), TimeSpan.FromHours(24));
        feeds.Lists.ShouldBe(["start or sign-in", "regular look"]);
        feeds.Statuses.ShouldBe([200, 200]);
    }

    [Fact]
    public async Task What_a_list_asks_of_a_car_that_is_new_is_in_the_ledger_with_how_it_ended()
    {
        var feeds = new SilentFeeds(1);
        _world = new World(feeds);
        Two();
        _world.Tesla.Listing = Listed(Listing(11, Row().Vin), Listing(12, "B"), Listing(13, "C") with { StateStatus = 408 });
        await StartAsync();
        await _world.UntilAsync(() => feeds.Statuses.Count == 2);

        feeds.Lists.ShouldBe(["start or sign-in", "new car"]);
        feeds.Statuses.ShouldBe([200, 408]);
    }

    [Fact]
    public async Task A_stop_gives_everything_back()
    {
        Two();
        await StartAsync();
        await _world.UntilAsync(() => _world.Logbook.Rows(1).Count > 0 && _world.Logbook.Rows(2).Count > 0);
        await _world.Supervisor.StopAsync(CancellationToken.None);
        _world.Leases.Held.ShouldBeEmpty();
        _world.Supervisor.Runners.ShouldBeEmpty();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _world.Supervisor.StopAsync(CancellationToken.None);
        _world.Supervisor.Dispose();
    }

    static ApiAnswer<IReadOnlyList<VehicleListing>> Listed(params VehicleListing[] listings)
        => new ApiAnswer<IReadOnlyList<VehicleListing>>.Ok(listings);

    static VehicleListing Listing(long eid, string vin)
        => new(new Eid(eid), new Vid(eid + 100), vin, new VehicleData { State = "asleep", DisplayName = vin });

    Task StartAsync() => _world.Supervisor.StartAsync(CancellationToken.None);

    /// <summary>Two sleeping cars.</summary>
    void Two()
    {
        Car first = Row();
        _world.Cars.Has(first, first with { Id = new CarId(2), Eid = 12, Vin = "B" });
        _world.Tesla.Listing = Listed(Listing(11, first.Vin), Listing(12, "B"));
        _world.Tesla.Car(11, Asleep);
        _world.Tesla.Car(12, Asleep);
    }
}
