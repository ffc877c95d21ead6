using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace TeslaMate.Web.LogIn;

/// <summary>Metadata of the endpoints for programs: how they write that somebody may not enter. Pages lead to the log-in instead.</summary>
public interface IProgramRefusals
{
    /// <summary>Writes the answer; status and headers are set.</summary>
    Task WriteAsync(HttpContext http, ProgramRefusal refusal);
}

/// <summary>Why a program may not enter.</summary>
/// <param name="Status">401 without a token that counts, 403 without the scope, 421 by a name that is not ours, 429 when there was too much.</param>
/// <param name="Reason">A few words; in those of spec api 1.2 for 401.</param>
public sealed record ProgramRefusal(int Status, string Reason)
{
    internal static async Task<ProgramRefusal> OfAsync(HttpContext http, PolicyAuthorizationResult result)
    {
        if (result.AuthorizationFailure?.FailedRequirements.OfType<KnownHost>().Any() == true)
            return new(StatusCodes.Status421MisdirectedRequest, "this name is not known here; set VIRTUAL_HOST to it, or a password");
        var answer = await http.RequestServices.GetRequiredService<ApiTokens>().TryAsync(http);
        if (answer.Wait is { } wait)
        {
            RetryAfter.Set(http.Response, wait);
            return new(StatusCodes.Status429TooManyRequests, "too many wrong tokens");
        }

        if (result.Forbidden)
            return new(StatusCodes.Status403Forbidden, "the token lacks the scope");
        http.Response.Headers[HeaderNames.WWWAuthenticate] = Schemes.Bearer;
        return new(StatusCodes.Status401Unauthorized, answer.Problem);
    }
}
