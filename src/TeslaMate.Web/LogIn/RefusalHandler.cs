using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>Answers a request that a policy refuses: a name that is not ours by 421, everything else as the schemes do.</summary>
sealed class RefusalHandler : IAuthorizationMiddlewareResultHandler
{
    readonly AuthorizationMiddlewareResultHandler _schemes = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.AuthorizationFailure?.FailedRequirements.OfType<KnownHost>().Any() == true)
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return Task.CompletedTask;
        }

        // After the log-out, the button "back" must not show what somebody had to log in for.
        if (authorizeResult.Succeeded && context.User.Scheme() is Schemes.Session or Schemes.Proxy && !context.IsLive())
            context.Response.Headers.CacheControl = "no-store";
        return _schemes.HandleAsync(next, context, policy, authorizeResult);
    }
}
