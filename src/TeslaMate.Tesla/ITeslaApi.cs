using TeslaMate.Tesla.Cars;

namespace TeslaMate.Tesla;

/// <summary>
/// The vehicle requests (spec tesla-api 4). One attempt each: repeating is the caller's decision. Only cancellation throws. Until the stored tokens
/// have been read at start-up, requests wait for that.
/// </summary>
public interface ITeslaApi
{
    /// <summary>
    /// The account's cars in Tesla's order; those that are online and wanted come with all sections if these could be had within 32.5 s each.
    /// </summary>
    /// <param name="wantsState">Which cars to ask for all sections, which keeps them awake: the caller has no use for it with cars it knows.</param>
    Task<ApiAnswer<IReadOnlyList<VehicleListing>>> ListAsync(Func<VehicleListing, bool> wantsState, CancellationToken cancellationToken);

    /// <summary>The <c>vehicle</c> request: says whether the car is online, and does not keep it awake.</summary>
    Task<ApiAnswer<VehicleData>> GetAsync(Eid car, CancellationToken cancellationToken);

    /// <summary>The <c>vehicle_data</c> request, all sections. It keeps the car awake.</summary>
    Task<ApiAnswer<VehicleData>> GetWithStateAsync(Eid car, CancellationToken cancellationToken);
}
