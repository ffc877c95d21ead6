using System.Collections.Concurrent;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Settings;
using TeslaMate.Vehicles;
using TeslaMate.Web.Languages;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Cars;

/// <summary>
/// The events that keep open pages up to date. A card is rendered once per change, language and units, however many pages are open; a page that
/// cannot keep up gets the newest card only.
/// </summary>
sealed class LiveCars(SummaryHub hub, IVehicles vehicles, SessionWatch sessions, IServiceProvider services, ILoggerFactory loggers,
    IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>
    /// A proxy between here and the browser must not take silence for the end. How often it is looked whether the visitor may still see the cars.
    /// </summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<View, (Summary Summary, Lazy<Task<string>> Html)> _rendered = new();

    /// <summary>
    /// The cards and fetch states of now, then every change, until the browser leaves or its session has ended. Which cars there are is told when
    /// one has gone, and again and again as a sign of life.
    /// </summary>
    public async IAsyncEnumerable<SseItem<string>> WatchAsync(PageContext context, HttpContext http,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var events = Channel.CreateBounded<SseItem<string>>(1);
        var watchers = new Dictionary<CarId, Task>();
        Task[] sources =
        [
            PassOnAsync(RemovalsAsync, ending.Token),
            PassOnAsync(CardsAsync, ending.Token),
            PassOnAsync(SignsOfLifeAsync, ending.Token),
            PassOnAsync(AccessAsync, ending.Token),
        ];
        try
        {
            // So that the browser knows at once that it is connected, however quiet the cars are.
            yield return Alive();
            await foreach (var item in events.Reader.ReadAllAsync(ending.Token))
                yield return item;
        }
        finally
        {
            await ending.CancelAsync();
            // The cards add watchers until they have ended themselves.
            await Task.WhenAll(sources);
            await Task.WhenAll(watchers.Values);
        }

        async Task RemovalsAsync(CancellationToken gone)
        {
            await foreach (var _ in hub.WatchRemovedAsync(gone))
                await events.Writer.WriteAsync(await CarsAsync(gone), gone);
        }

        async Task CardsAsync(CancellationToken gone)
        {
            await foreach (var summary in hub.WatchAllAsync(gone))
            {
                var id = summary.Car.Id;
                if (!watchers.ContainsKey(id))
                    watchers[id] = PassOnAsync(stop => BusyAsync(id, stop), gone);
                await events.Writer.WriteAsync(new SseItem<string>(await RenderAsync(summary, context), "car") { EventId = id.ToString() }, gone);
            }
        }

        async Task BusyAsync(CarId car, CancellationToken gone)
        {
            await foreach (var isBusy in vehicles.WatchBusyAsync(car, gone))
                await events.Writer.WriteAsync(new SseItem<string>(isBusy ? "true" : "false", "busy") { EventId = car.ToString() }, gone);
        }

        async Task SignsOfLifeAsync(CancellationToken gone)
        {
            using var timer = new PeriodicTimer(Silence, time);
            while (await timer.WaitForNextTickAsync(gone))
            {
                if (!await sessions.IsStillInsideAsync(http, gone))
                    events.Writer.TryComplete();
                else
                {
                    await events.Writer.WriteAsync(await CarsAsync(gone), gone);
                    await events.Writer.WriteAsync(Alive(), gone);
                }
            }
        }

        // At once where this instance changes who may come in, with the next sign of life where another does.
        async Task AccessAsync(CancellationToken gone)
        {
            for (var changed = sessions.Changed; ; changed = sessions.Changed)
            {
                if (!await sessions.IsStillInsideAsync(http, gone))
                {
                    events.Writer.TryComplete();
                    return;
                }

                await changed.WaitAsync(gone);
            }
        }

        // A source that fails ends the stream, and the browser connects again.
        async Task PassOnAsync(Func<CancellationToken, Task> source, CancellationToken gone)
        {
            try
            {
                await source(gone);
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested)
            {
            }
            catch (Exception exception)
            {
                events.Writer.TryComplete(exception);
            }
        }
    }

    // With the program's clock, by which the pages count how long a state lasts.
    SseItem<string> Alive() => new(time.GetUtcNow().UtcDateTime.ToString("o", CultureInfo.InvariantCulture), "alive");

    /// <summary>The numbers of the cars that the home page shows; a page with one more takes its card away.</summary>
    async Task<SseItem<string>> CarsAsync(CancellationToken cancellationToken)
        => new(string.Join(',', (await vehicles.ListAsync(cancellationToken)).Select(summary => summary.Car.Id)), "cars");

    Task<string> RenderAsync(Summary summary, PageContext context)
    {
        var entry = _rendered.AddOrUpdate(new View(summary.Car.Id, context.Texts.Language, context.Settings),
            _ => Entry(), (_, known) => ReferenceEquals(known.Summary, summary) ? known : Entry());
        return entry.Html.Value;

        (Summary, Lazy<Task<string>>) Entry() => (summary, new Lazy<Task<string>>(() => RenderNowAsync(summary, Shared(context))));
    }

    async Task<string> RenderNowAsync(Summary summary, PageContext context)
    {
        await using var renderer = new HtmlRenderer(services, loggers);
        var model = new CarDetailsModel(CarCard.Of(summary, context), IsBusy: false);
        return await renderer.Dispatcher.InvokeAsync(async ()
            => (await RootComponent.RenderAsync<CarDetails, CarDetailsModel>(renderer, context, model)).ToHtmlString());
    }

    // What all visitors with the same language and units see: without a form token, which scripts send in a header.
    PageContext Shared(PageContext context) => new()
    {
        Texts = context.Texts,
        Settings = context.Settings,
        Units = context.Units,
        Web = context.Web,
        Assets = context.Assets,
        Path = "/",
        Now = time.GetUtcNow(),
    };

    readonly record struct View(CarId Car, Language Language, GlobalSettings Settings);
}
