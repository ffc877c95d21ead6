using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Writes;

/// <summary>Which state of a row a change is meant for: <c>If-Match</c> (spec api 2.1).</summary>
sealed class Precondition
{
    readonly IList<EntityTagHeaderValue> _tags;

    Precondition(IList<EntityTagHeaderValue> tags) => _tags = tags;

    /// <summary>Whether the client says anything about it.</summary>
    public bool IsGiven => _tags.Count > 0;

    /// <summary>Whether a look at the row is needed.</summary>
    public bool IsAnything => _tags.Contains(EntityTagHeaderValue.Any);

    /// <exception cref="ProblemException">It is needed and not there.</exception>
    public static Precondition Of(HttpContext http, bool isNeeded)
    {
        var condition = new Precondition(http.Request.GetTypedHeaders().IfMatch);
        return condition.IsGiven || !isNeeded ? condition
            : throw new ProblemException(
                ProblemKind.PreconditionRequired,
                "Send the ETag of the row, as it was read, in If-Match; or If-Match: * to change whatever it is by now.");
    }

    /// <summary>Whether a tag is one of those that the client names. What compresses on the way makes them weak; they stand for the same.</summary>
    public bool Names(string tag) => _tags.Any(known => known.Tag == tag);

    public static ProblemException Failed() => new(ProblemKind.PreconditionFailed, "The row is another one by now. Read it again.");
}
