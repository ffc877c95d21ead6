using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Logbook.Releases;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.Assets;
using TeslaMate.Web.Languages;
using TeslaMate.Web.LogIn;
using static System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes;

namespace TeslaMate.Web.Layout;

/// <summary>
/// What every component needs of the request that it is rendered for, and what the frame around every page shows. An endpoint takes it as an
/// argument and renders by <see cref="Render{TComponent,TModel}"/>; components have it as <see cref="PageComponent.Context"/>.
/// </summary>
public sealed class PageContext
{
    /// <summary>The texts in the visitor's language.</summary>
    public required Texts Texts { get; init; }

    public required GlobalSettings Settings { get; init; }

    public required Units Units { get; init; }

    public required WebSettings Web { get; init; }

    public required AssetFiles Assets { get; init; }

    /// <summary>The path of this page, without the prefix.</summary>
    public required string Path { get; init; }

    /// <summary>Goes back with every change; null where nothing can be changed.</summary>
    public string? CsrfToken { get; init; }

    /// <summary>Whether a script asks for a part of a page that is shown already.</summary>
    public bool IsFragment { get; init; }

    /// <summary>What the change before this page has to say.</summary>
    public Notice? Notice { get; init; }

    /// <summary>Whether the visitor came in by password and can leave again.</summary>
    public bool CanLogOut { get; init; }

    /// <summary>Whether the visitor may see more than the log-in page.</summary>
    public bool IsInside { get; init; } = true;

    /// <summary>Whether Tesla's tokens are in force.</summary>
    public bool IsSignedIn { get; init; }

    /// <summary>Whether the tokens will be lost with this run, or cannot be read.</summary>
    public bool WarnsOfKey { get; init; }

    /// <summary>A newer release, without its <c>v</c>.</summary>
    public string? NewRelease { get; init; }

    /// <summary>Where it is described; null when the feed does not say.</summary>
    public Uri? NewReleasePage { get; init; }

    public DateTimeOffset Now { get; init; }

    /// <summary>An address of these pages, below the prefix that a proxy strips.</summary>
    public string Url(string path) => Web.UrlPath + path;

    public string Asset(string path) => Url(Assets.Address(path));

    /// <summary>The answer that is a component with its model.</summary>
    public IResult Render<[DynamicallyAccessedMembers(All)] TComponent, TModel>(TModel model, int status = StatusCodes.Status200OK)
        where TComponent : PageComponent<TModel>
        => new ComponentResult<TComponent, TModel>(this, model, status);

    /// <summary>How minimal API endpoints get the context of their request.</summary>
    public static async ValueTask<PageContext> BindAsync(HttpContext http)
    {
        var services = http.RequestServices;
        var web = services.GetRequiredService<WebSettings>();
        var global = services.GetRequiredService<IGlobalSettings>();
        // Strangers ask the logger's database for nothing.
        var settings = http.User.IsOwner() ? await global.ReadAsync(http.RequestAborted) : global.Current;
        var account = services.GetRequiredService<ITeslaAccount>().Status.SignIn;
        var releases = services.GetRequiredService<IReleases>();
        return new PageContext
        {
            Texts = services.GetRequiredService<TextCatalogue>().In(Language.Current),
            Settings = settings,
            Units = new Units(settings),
            Web = web,
            Assets = services.GetRequiredService<AssetFiles>(),
            Path = http.Request.Path.Value is { Length: > 0 } path ? path : "/",
            CsrfToken = FormProtection.TokenFor(http, services.GetRequiredService<IAntiforgery>()),
            IsFragment = http.Request.Headers.ContainsKey("HX-Request"),
            Notice = Notices.Take(http),
            CanLogOut = http.User.Scheme() == Schemes.Session,
            IsInside = http.User.IsOwner(),
            IsSignedIn = account == SignIn.SignedIn,
            WarnsOfKey = !web.HasEncryptionKey || account == SignIn.Undecryptable,
            NewRelease = releases.Newer,
            NewReleasePage = releases.Page,
            Now = services.GetRequiredService<TimeProvider>().GetUtcNow(),
        };
    }
}
