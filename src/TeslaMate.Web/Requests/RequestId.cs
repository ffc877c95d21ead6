using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.Requests;

/// <summary>Each answer repeats the request's <c>x-request-id</c> of 20 to 200 characters, or names one of its own.</summary>
sealed class RequestId(RequestDelegate next)
{
    const string Header = "X-Request-Id";

    public Task InvokeAsync(HttpContext http)
    {
        var given = http.Request.Headers[Header].ToString();
        var isUsable = given.Length is >= 20 and <= 200 && given.All(letter => letter is > ' ' and < '\u007f');
        http.TraceIdentifier = isUsable ? given : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
        http.Response.Headers[Header] = http.TraceIdentifier;
        return next(http);
    }
}
