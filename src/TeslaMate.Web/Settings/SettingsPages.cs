using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Settings;

/// <summary>The settings of the installation and of each car (spec web 6.3). A form is stored as a whole at each change, or not at all.</summary>
sealed class SettingsPages(ICars cars, IGlobalSettings global, AddressRefresh addresses, ITeslaAccount account)
{
    const string GeocoderProblem = "There was a problem retrieving data from OpenStreetMap. Please try again later.";

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/settings", ShowAsync);
        pages.MapGet("/settings/general", ShowGeneralAsync);
        pages.MapPost("/settings", SaveGeneralAsync);
        pages.MapPost("/settings/car/{car}", SaveCarAsync);
        pages.MapPost("/settings/base_url", (HttpContext http, WebSettings web, CancellationToken cancellationToken)
            => LearnAsync(http, form => RevealedAddresses.BaseUrl(form["origin"], web.UrlPath),
                (settings, url) => settings with { BaseUrl = settings.BaseUrl ?? url }, cancellationToken));
        pages.MapPost("/settings/grafana_url", async (PageContext context, HttpContext http, CancellationToken cancellationToken) =>
        {
            await LearnAsync(http, form => RevealedAddresses.GrafanaUrl(form["referrer"]),
                (settings, url) => settings with { GrafanaUrl = settings.GrafanaUrl ?? url }, cancellationToken);
            return http.Request.HasFormContentType && (await http.Request.ReadFormAsync(cancellationToken)).ContainsKey("asked")
                ? Results.Redirect(context.Url("/settings")) : Results.NoContent();
        });
        pages.MapPost("/sign_out", SignOutAsync);
    }

    async Task<IResult> ShowAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var all = await cars.ListAsync(cancellationToken);
        return context.Render<SettingsPage, SettingsModel>(
            new(all, Stored(Selected(all, http.Request.Query["car"])),
                await GeneralAsync(context.Settings, await EndedRefreshAsync(), cancellationToken)));
    }

    async Task<IResult> ShowGeneralAsync(PageContext context, CancellationToken cancellationToken)
        => context.Render<GeneralForm, GeneralFormModel>(
            await GeneralAsync(await global.ReadAsync(cancellationToken), await EndedRefreshAsync(), cancellationToken));

    async Task<IResult> SaveGeneralAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var (wanted, errors) = SettingsForms.Read(form, context.Settings);
        if (errors.Count == 0)
        {
            // The rest of the form does not wait for the addresses in another language.
            var answer = await global.ChangeAsync(settings => SettingsForms.Read(form, settings).Settings with { Language = settings.Language },
                cancellationToken);
            errors = ErrorsOf(answer);
            if (answer is SettingsAnswer.Changed(var stored))
            {
                if (wanted.Language != stored.Language)
                    addresses.Start(wanted.Language);
                wanted = stored with { Language = wanted.Language };
            }
        }

        var status = errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        var model = await GeneralAsync(wanted, errors, cancellationToken);
        if (context.IsFragment)
            return context.Render<GeneralForm, GeneralFormModel>(model, status);
        if (errors.Count == 0)
            return Results.Redirect(context.Url("/settings"));
        var all = await cars.ListAsync(cancellationToken);
        return context.Render<SettingsPage, SettingsModel>(new(all, Stored(Selected(all, null)), model), status);
    }

    async Task<IResult> SaveCarAsync(PageContext context, HttpContext http, RowNumber car, CancellationToken cancellationToken)
    {
        var id = new CarId(car.Short);
        if (await cars.FindAsync(id, cancellationToken) is not { } found)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var (wanted, errors) = SettingsForms.Read(await http.Request.ReadFormAsync(cancellationToken), found.Settings);
        if (errors.Count == 0 && wanted != found.Settings && await cars.ChangeSettingsAsync(id, wanted, cancellationToken) is null)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var status = errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        var model = new CarFormModel(found, wanted, errors);
        if (context.IsFragment)
            return context.Render<CarForm, CarFormModel>(model, status);
        if (errors.Count == 0)
            return Results.Redirect(context.Url($"/settings?car={id}"));
        return context.Render<SettingsPage, SettingsModel>(
            new(await cars.ListAsync(cancellationToken), model, await GeneralAsync(context.Settings, errors: [], cancellationToken)), status);
    }

    async Task<IResult> LearnAsync(HttpContext http, Func<IFormCollection, string?> find, Func<GlobalSettings, string, GlobalSettings> complete,
        CancellationToken cancellationToken)
    {
        if (find(await http.Request.ReadFormAsync(cancellationToken)) is { } url)
            await global.ChangeAsync(settings => complete(settings, url), cancellationToken);
        return Results.NoContent();
    }

    async Task<IResult> SignOutAsync(PageContext context, CancellationToken cancellationToken)
    {
        await account.SignOutAsync(cancellationToken);
        return Results.Redirect(context.Url("/"));
    }

    async Task<GeneralFormModel> GeneralAsync(GlobalSettings settings, IReadOnlyList<FieldError> errors, CancellationToken cancellationToken)
        => new(settings, errors, await addresses.IsIncompleteAsync(cancellationToken), addresses.IsRunning);

    async Task<IReadOnlyList<FieldError>> EndedRefreshAsync() => ErrorsOf(await addresses.TakeAnswerAsync());

    static IReadOnlyList<FieldError> ErrorsOf(SettingsAnswer? answer) => answer switch
    {
        SettingsAnswer.Refused(var errors) => errors,
        SettingsAnswer.GeocoderFailed => [new FieldError("language", GeocoderProblem)],
        _ => [],
    };

    static CarFormModel? Stored(Car? car) => car is null ? null : new(car, car.Settings, Errors: []);

    static Car? Selected(IReadOnlyList<Car> cars, string? wanted)
        => cars.FirstOrDefault(car => car.Id.ToString() == wanted) ?? cars.MinBy(car => car.Id.Value);
}

/// <param name="Cars">All of them.</param>
/// <param name="CarForm">That of the selected car; null when there is none.</param>
/// <param name="General">What holds for all.</param>
public sealed record SettingsModel(IReadOnlyList<Car> Cars, CarFormModel? CarForm, GeneralFormModel General);

/// <param name="Car">As stored.</param>
/// <param name="Settings">As stored, or as refused.</param>
/// <param name="Errors">Why they were refused.</param>
public sealed record CarFormModel(Car Car, CarSettings Settings, IReadOnlyList<FieldError> Errors);

/// <param name="Settings">As stored, or as refused.</param>
/// <param name="Errors">Why they were refused.</param>
/// <param name="IsIncomplete">Some drive or charge has no address yet.</param>
/// <param name="IsRefreshing">The addresses are being asked for in a new language.</param>
public sealed record GeneralFormModel(GlobalSettings Settings, IReadOnlyList<FieldError> Errors, bool IsIncomplete, bool IsRefreshing);
