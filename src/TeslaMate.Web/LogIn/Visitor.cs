using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>Who sends a request, as far as it matters here. Closed.</summary>
abstract record Visitor
{
    Visitor()
    {
    }

    /// <summary>No password is set and no proxy is asked: everybody who can reach the listener is inside.</summary>
    public sealed record Anybody : Visitor;

    /// <summary>Came in by password.</summary>
    public sealed record Session(byte[] Id) : Visitor;

    /// <summary>A trusted proxy vouches for this name.</summary>
    public sealed record Vouched(string Name) : Visitor;

    /// <summary>Has to log in first.</summary>
    public sealed record Stranger : Visitor;

    public static Visitor Of(HttpContext http) => http.Features.Get<Visitor>() ?? new Stranger();
}
