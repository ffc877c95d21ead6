using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Takes what a client goes on sending though it was refused as too large, and throws it away. The server would hang up instead: a client that still
/// sends then loses the answer, and knows nothing but that the connection broke.
/// </summary>
public static class UnreadBodies
{
    /// <summary>Who needs longer to send what is not wanted is hung up on after all.</summary>
    static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    /// <summary>To be called before everything that answers.</summary>
    public static IApplicationBuilder UseUnreadBodies(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Use(async (http, next) =>
        {
            await next(http);
            // Who waits for a word before sending sends nothing after a refusal.
            if (http.Request.Headers.Expect.Count == 0 && UnreadTooLarge(http) is { } sizes)
                await ThrowAwayAsync(http, sizes);
        });
    }

    static IHttpMaxRequestBodySizeFeature? UnreadTooLarge(HttpContext http)
        => http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false, MaxRequestBodySize: { } largest } sizes
            && http.Request.ContentLength > largest ? sizes : null;

    static async Task ThrowAwayAsync(HttpContext http, IHttpMaxRequestBodySizeFeature sizes)
    {
        sizes.MaxRequestBodySize = null;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        timeout.CancelAfter(ReadTimeout);
        try
        {
            await http.Response.CompleteAsync();
            await http.Request.Body.CopyToAsync(Stream.Null, timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // It has gone, or is hung up on.
        }
    }
}
