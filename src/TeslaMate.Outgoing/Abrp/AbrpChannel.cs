using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Abrp;

/// <summary>
/// What a car tells A Better Route Planner. It takes no events; as a channel it answers the test button, by sending the car's newest values once.
/// </summary>
sealed class AbrpChannel(SummaryHub hub, AbrpClient client, BatteryFacts batteries, AbrpSettings settings) : IChannel
{
    public TargetKind Kind => TargetKind.Abrp;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        if (target.Filter.Cars is not [var car])
            return new DeliveryResult.Refused("a token belongs to one car; choose one");
        if (hub.Current(car) is not { } summary)
            return new DeliveryResult.Refused("the car is not logged at the moment");
        return await SendAsync(target, summary, cancellationToken) switch
        {
            null => new DeliveryResult.Refused("the car has told nothing since the program was started; wait until it is awake"),
            AbrpAnswer.Taken => new DeliveryResult.Delivered(),
            AbrpAnswer.Refused(var reason) => new DeliveryResult.Refused(reason),
            AbrpAnswer.Failed(var reason) => new DeliveryResult.TryAgain(null, reason),
            var answer => throw new System.Diagnostics.UnreachableException($"no result for {answer}"),
        };
    }

    /// <summary>Sends a car's values once; null when there are none to send.</summary>
    public async Task<AbrpAnswer?> SendAsync(OutgoingTarget target, Summary summary, CancellationToken cancellationToken)
    {
        var abrp = (TargetSettings.Abrp)target.Settings;
        if ((abrp.ApplicationKey ?? settings.ApplicationKey) is not { } key)
            return new AbrpAnswer.Refused("there is no application key: set ABRP_API_KEY or enter one");
        var (capacity, health) = await batteries.OfAsync(summary.Car.Id, cancellationToken);
        return AbrpPoint.Of(summary, new AbrpFacts(abrp.SharesPlace, abrp.CarModel, capacity, health)) is { } point
            ? await client.SendAsync(key, abrp.UserToken, point, cancellationToken) : null;
    }
}
