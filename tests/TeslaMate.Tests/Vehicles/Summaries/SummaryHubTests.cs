using TeslaMate.Logbook;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Vehicles.Summaries;

public class SummaryHubTests
{
    [Fact]
    public async Task A_watcher_of_all_sees_the_present_and_cars_that_appear_later()
    {
        var hub = new SummaryHub();
        hub.Publish(Of(1, VehicleStateName.Online));
        await using var watch = hub.WatchAllAsync(CancellationToken.None).GetAsyncEnumerator();
        (await NextAsync(watch)).Car.Id.Value.ShouldBe((short)1);
        hub.Publish(Of(2, VehicleStateName.Asleep));
        (await NextAsync(watch)).Car.Id.Value.ShouldBe((short)2);
    }

    [Fact]
    public async Task A_slow_watcher_misses_what_is_old_but_never_the_newest()
    {
        var hub = new SummaryHub();
        hub.Publish(Of(1, VehicleStateName.Start));
        await using var watch = hub.WatchAsync(new CarId(1), CancellationToken.None).GetAsyncEnumerator();
        (await NextAsync(watch)).State.ShouldBe(VehicleStateName.Start);
        foreach (var state in new[] { VehicleStateName.Online, VehicleStateName.Driving, VehicleStateName.Charging })
            hub.Publish(Of(1, state));
        hub.Publish(Of(2, VehicleStateName.Asleep));
        (await NextAsync(watch)).State.ShouldBe(VehicleStateName.Charging);
        hub.Publish(Of(1, VehicleStateName.Updating));
        (await NextAsync(watch)).State.ShouldBe(VehicleStateName.Updating);
    }

    [Fact]
    public async Task A_watch_ends_when_it_is_cancelled()
    {
        using var gone = new CancellationTokenSource();
        await using var watch = new SummaryHub().WatchAllAsync(gone.Token).GetAsyncEnumerator();
        var next = watch.MoveNextAsync();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task A_car_that_is_logged_no_longer_is_told_once()
    {
        var hub = new SummaryHub();
        hub.Publish(Of(1, VehicleStateName.Online));
        hub.Publish(Of(2, VehicleStateName.Online));
        await using var removed = hub.WatchRemovedAsync(CancellationToken.None).GetAsyncEnumerator();
        var next = removed.MoveNextAsync();
        hub.Remove(new CarId(3));
        hub.Remove(new CarId(2));
        hub.Remove(new CarId(2));
        hub.Remove(new CarId(1));
        (await next).ShouldBeTrue();
        removed.Current.ShouldBe(new CarId(2));
        (await removed.MoveNextAsync()).ShouldBeTrue();
        removed.Current.ShouldBe(new CarId(1));
    }

    [Fact]
    public void Cars_are_listed_by_priority_then_number()
    {
        var hub = new SummaryHub();
        hub.Publish(Of(1, VehicleStateName.Online, priority: 5));
        hub.Publish(Of(3, VehicleStateName.Online));
        hub.Publish(Of(2, VehicleStateName.Online));
        hub.All.Select(summary => summary.Car.Id.Value).ShouldBe([(short)2, (short)3, (short)1]);
        hub.Remove(new CarId(3));
        hub.Current(new CarId(3)).ShouldBeNull();
        hub.All.Count.ShouldBe(2);
    }

    static Summary Of(short car, VehicleStateName state, short priority = 1) =>
        new() { Car = ACar.Row() with { Id = new CarId(car), DisplayPriority = priority }, State = state, Healthy = true };

    static async Task<Summary> NextAsync(IAsyncEnumerator<Summary> watch)
    {
        (await watch.MoveNextAsync()).ShouldBeTrue();
        return watch.Current;
    }
}
