using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>The header that tells a client when to come again.</summary>
static class RetryAfter
{
    public static void Set(HttpResponse response, TimeSpan wait)
        => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds))).ToString();
}
