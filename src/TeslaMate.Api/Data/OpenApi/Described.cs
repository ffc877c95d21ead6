using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Api.Data.Writes;

namespace TeslaMate.Api.Data.OpenApi;

/// <summary>What an endpoint tells of itself in the OpenAPI document: the very things it is made of.</summary>
/// <param name="Name">The operation's name, unique in the document.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Parameters">In the query.</param>
/// <param name="Formats">What it answers in.</param>
/// <param name="Answer">What is in it.</param>
/// <param name="Suffix">Whether the path ends in the format.</param>
sealed record Described(string Name, string Summary, IReadOnlyList<Parameter> Parameters, IReadOnlyList<Format> Formats, Shape Answer, bool Suffix =
    false)
{
    public string Scope { get; init; } = "read";

    /// <summary>What the request's JSON holds; null for none.</summary>
    public IReadOnlyList<BodyMember>? Body { get; init; }

    /// <summary>Whether it changes something that may be in the way of others.</summary>
    public bool IsChange { get; init; }

    /// <summary>Whether <c>If-Match</c> is asked for.</summary>
    public bool NeedsMatch { get; init; }

    /// <summary>Whether <c>Idempotency-Key</c> makes a repetition harmless.</summary>
    public bool TakesKey { get; init; }
}

/// <summary>What an answer holds. Closed.</summary>
abstract record Shape
{
    Shape() { }

    /// <summary>A page or stream of rows.</summary>
    /// <param name="Name">What a row is called in the document.</param>
    public sealed record Rows(string Name, IReadOnlyList<Member> Members) : Shape;

    /// <summary>One row.</summary>
    /// <param name="Name">What a row is called in the document.</param>
    public sealed record One(string Name, IReadOnlyList<Member> Members) : Shape;

    /// <summary>An object with lists.</summary>
    public sealed record Whole(Document Document) : Shape;

    /// <summary>What JSON Schema has no more to say of.</summary>
    public sealed record File(string Description) : Shape;
}
