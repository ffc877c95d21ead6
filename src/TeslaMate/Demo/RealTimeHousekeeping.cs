using TeslaMate.Logbook;

namespace TeslaMate.Demo;

/// <summary>
/// Leaves by real time what has nothing to do with cars, when their time is another one: looking every few seconds for changes and for a database
/// that is back would take most of a month that passes in minutes.
/// </summary>
static class RealTimeHousekeeping
{
    public static IServiceCollection KeepRealTimeForHousekeeping(this IServiceCollection services)
        => services.AddKeyedSingleton(Housekeeping.Clock, TimeProvider.System);
}
