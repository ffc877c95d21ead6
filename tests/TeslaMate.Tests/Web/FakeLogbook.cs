using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Releases;
using TeslaMate.Logbook.Settings;

namespace TeslaMate.Tests.Web;

sealed class FakeCars : ICars
{
    public List<Car> All { get; } = [];

    public Task<IReadOnlyList<Car>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Car>>([.. All]);

    public Task<Car?> FindAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult(All.FirstOrDefault(one => one.Id == car));

    public Task<CarAnswer> DiscoverAsync(DiscoveredVehicle vehicle, int newSuspendMin, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Car?> ChangeSettingsAsync(CarId car, CarSettings settings, CancellationToken cancellationToken)
    {
        var index = All.FindIndex(one => one.Id == car);
        return Task.FromResult<Car?>(index < 0 ? null : All[index] = All[index] with { Settings = settings });
    }

    public async IAsyncEnumerable<Car> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }
}

sealed class FakeGlobalSettings : IGlobalSettings
{
    public GlobalSettings Current { get; set; } = new();

    public SettingsAnswer? Answer { get; set; }

    /// <summary>What a change of the language waits for; nothing when null.</summary>
    public TaskCompletionSource<SettingsAnswer>? Geocoder { get; set; }

    public Task<GlobalSettings> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(Current);

    public async Task<SettingsAnswer> ChangeAsync(GlobalSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Language != Current.Language && Geocoder is { } geocoder && await geocoder.Task is not SettingsAnswer.Changed and var failure)
            return failure;
        if (Answer is null)
            Current = settings;
        return Answer ?? new SettingsAnswer.Changed(settings);
    }

    public async IAsyncEnumerable<GlobalSettings> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }
}

sealed class FakeGeofences : IGeofences
{
    public List<Geofence> All { get; } = [];

    public int WithoutCost { get; set; }

    public Geofence? Find(double latitude, double longitude) => null;

    public Task<IReadOnlyList<Geofence>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Geofence>>([.. All]);

    public Task<Geofence?> FindAsync(GeofenceId geofence, CancellationToken cancellationToken) => Task.FromResult(All.FirstOrDefault(one => one.Id == geofence));

    public Task<int> CountWithoutCostAsync(GeofenceId? geofence, GeofenceForm form, CancellationToken cancellationToken) => Task.FromResult(WithoutCost);

    public Task<GeofenceAnswer> SaveAsync(GeofenceId? geofence, GeofenceForm form, bool addCosts, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(form.Name))
            return Task.FromResult<GeofenceAnswer>(new GeofenceAnswer.Refused([new FieldError("name", "can't be blank")]));
        var saved = new Geofence(geofence ?? new GeofenceId(All.Count + 1), form.Name.Trim(), form.Latitude ?? 0, form.Longitude ?? 0, (short)(form.Radius ?? 0), BillingType.PerKwh, form.CostPerUnit, form.SessionFee);
        All.RemoveAll(one => one.Id == saved.Id);
        All.Add(saved);
        return Task.FromResult<GeofenceAnswer>(new GeofenceAnswer.Saved(saved));
    }

    public Task<bool> DeleteAsync(GeofenceId geofence, CancellationToken cancellationToken) => Task.FromResult(All.RemoveAll(one => one.Id == geofence) > 0);

    public Task<(double Latitude, double Longitude)?> LastPositionAsync(CancellationToken cancellationToken) => Task.FromResult<(double, double)?>(null);
}

sealed class FakeReleases : IReleases
{
    public string? Newer { get; set; }
}
