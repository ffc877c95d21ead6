using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Asks the owner for the password again before something that a stolen session must not do, such as handing over tokens: a session has to be
/// opened, or confirmed, shortly before.
/// </summary>
public static class Confirmation
{
    /// <summary>How long a password that was given counts.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Marks endpoints of <see cref="Policies.Owner"/>; who is not let in by a session is let through, since that scheme asks for no password.
    /// </summary>
    public static T RequireConfirmation<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Needed());

    internal static async Task InvokeAsync(HttpContext http, RequestDelegate next, WebSettings settings, TimeProvider time)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<Needed>() is null || http.User.Scheme() != Schemes.Session
            || (await AccessState.OfAsync(http)).Session?.ConfirmedAt > time.GetUtcNow() - Length)
        {
            await next(http);
            return;
        }

        // A form that was sent too late is lost; its page is where to go on.
        var confirm = $"{settings.UrlPath}{SessionPages.ConfirmPath}?return={Uri.EscapeDataString(http.Request.Path + http.Request.QueryString)}";
        if (!http.Request.Headers.ContainsKey("HX-Request"))
            http.Response.Redirect(confirm);
        else
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers["HX-Redirect"] = confirm;
        }
    }

    sealed record Needed;
}
