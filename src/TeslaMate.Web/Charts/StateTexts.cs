using TeslaMate.Measures;

namespace TeslaMate.Web.Charts;

/// <summary>States as pages name them; English texts.</summary>
static class StateTexts
{
    public static string Of(CarState state) => state switch
    {
        CarState.Driving => "driving",
        CarState.Charging => "charging",
        CarState.Offline => "offline",
        CarState.Asleep => "asleep",
        CarState.Online => "online",
        CarState.Updating => "updating",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
