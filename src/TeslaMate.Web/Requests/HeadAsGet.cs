using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.Requests;

/// <summary>Answers <c>HEAD</c> as <c>GET</c>, of whatever path, and leaves out the body.</summary>
sealed class HeadAsGet(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (!HttpMethods.IsHead(http.Request.Method))
            return next(http);
        http.Request.Method = HttpMethods.Get;
        http.Response.Body = Stream.Null;
        return next(http);
    }
}
