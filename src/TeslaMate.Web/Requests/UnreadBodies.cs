using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Takes what a client goes on sending though it was refused as too large, and throws it away. The server would hang up instead, without having said
/// so: the answer is lost where it meets a client that still sends, and the next request of one that has kept the connection is lost too.
/// </summary>
public static class UnreadBodies
{
    /// <summary>Who needs longer to send what is not wanted is hung up on after all.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>To be called before everything that answers.</summary>
    public static IApplicationBuilder UseUnreadBodies(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Use(async (http, next) =>
        {
            // Such a client waits for a word before it sends, and does not send after a refusal: nothing would come.
            var waits = http.Request.Headers.Expect.Count > 0;
            if (waits)
                http.Response.OnStarting(() => HangUp(http));
            await next(http);
            if (!waits && UnreadTooLarge(http) is { } sizes)
                await ThrowAwayAsync(http, sizes);
        });
    }

    static Task HangUp(HttpContext http)
    {
        if (UnreadTooLarge(http) is not null)
            http.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }

    static IHttpMaxRequestBodySizeFeature? UnreadTooLarge(HttpContext http)
        => http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false, MaxRequestBodySize: { } largest } sizes
            && http.Request.ContentLength > largest ? sizes : null;

    static async Task ThrowAwayAsync(HttpContext http, IHttpMaxRequestBodySizeFeature sizes)
    {
        sizes.MaxRequestBodySize = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            await http.Response.CompleteAsync();
            await http.Request.Body.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // It has gone, or is hung up on.
        }
    }
}
