using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Answers a request that a policy refuses: programs as their interface says, pages by 421 for a name that is not ours, and everything else as the
/// schemes do.
/// </summary>
sealed class RefusalHandler : IAuthorizationMiddlewareResultHandler
{
    readonly AuthorizationMiddlewareResultHandler _schemes = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (!authorizeResult.Succeeded && context.GetEndpoint()?.Metadata.GetMetadata<IProgramRefusals>() is { } refusals)
        {
            var refusal = await ProgramRefusal.OfAsync(context, authorizeResult);
            context.Response.StatusCode = refusal.Status;
            await refusals.WriteAsync(context, refusal);
            return;
        }

        if (authorizeResult.AuthorizationFailure?.FailedRequirements.OfType<KnownHost>().Any() == true)
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return;
        }

        // After the log-out, the button "back" must not show what somebody had to log in for.
        if (authorizeResult.Succeeded && context.User.Scheme() is Schemes.Session or Schemes.Proxy && !context.IsLive())
            context.Response.Headers.CacheControl = "no-store";
        await _schemes.HandleAsync(next, context, policy, authorizeResult);
    }
}
