namespace TeslaMate.Api.Data.Writes;

/// <summary>What a member of a request's body holds.</summary>
enum BodyType
{
    /// <summary>The number of a row.</summary>
    Id,

    /// <summary>Numbers of rows.</summary>
    Ids,

    /// <summary>A decimal number, read exactly.</summary>
    Number,

    Text,
    Texts,
    Flag,

    /// <summary>One of <see cref="BodyMember.Values"/>.</summary>
    Word,

    /// <summary>RFC 3339 with an offset.</summary>
    Instant,
}

/// <summary>One member of a request's body: what it is called, how it is read, and what it means.</summary>
sealed record BodyMember(string Name, BodyType Type, string Description)
{
    /// <summary>The words that are allowed; empty for any.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Whether it has to be there.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether it may be null, which then says something.</summary>
    public bool CanBeNull { get; init; }
}
