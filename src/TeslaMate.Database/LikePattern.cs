namespace TeslaMate.Database;

/// <summary>Patterns for PostgreSQL's <c>like</c> and <c>ilike</c> with the default escape character.</summary>
public static class LikePattern
{
    /// <summary>A pattern of what contains <paramref name="text"/>, in which nothing but the ends is wild.</summary>
    public static string Containing(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var literal = text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("%", "\\%", StringComparison.Ordinal)
            .Replace("_", "\\_", StringComparison.Ordinal);
        return $"%{literal}%";
    }
}
