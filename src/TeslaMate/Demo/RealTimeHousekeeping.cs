using TeslaMate.Logbook;

namespace TeslaMate.Demo;

/// <summary>
/// Leaves by real time what has nothing to do with cars, when their time is another one: leases run out by the database's clock, and looking every few
/// seconds for changes and for a database that is back would take most of a month that passes in minutes.
/// </summary>
static class RealTimeHousekeeping
{
    static readonly string[] Jobs = ["LeaseRenewal", "SpoolFlush", "ChangeWatch"];

    public static IServiceCollection KeepHouseByRealTime(this IServiceCollection services)
    {
        foreach (var job in Jobs)
        {
            var index = services.ToList().FindIndex(service => service.ServiceType == typeof(IHostedService)
                && service.ImplementationType is { } type && type.Name == job && type.Assembly == typeof(ILogbook).Assembly);
            if (index < 0)
                throw new InvalidOperationException($"The logbook has no job {job} any more.");
            var implementation = services[index].ImplementationType!;
            services[index] = ServiceDescriptor.Singleton(typeof(IHostedService),
                provider => ActivatorUtilities.CreateInstance(provider, implementation, TimeProvider.System));
        }

        return services;
    }
}
