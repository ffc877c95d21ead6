using System.Globalization;

namespace TeslaMate.Web.Languages;

/// <summary>One of the languages that the pages are offered in (spec web 5.6).</summary>
/// <param name="Value">As in links and in the select, such as <c>zh_Hans</c>.</param>
/// <param name="Label">The English name.</param>
public sealed record Language(string Value, string Label)
{
    public static Language English { get; } = new("en", "English");

    /// <summary>In the order of the select.</summary>
    public static IReadOnlyList<Language> All { get; } =
    [
        new("ca", "Catalan"), new("zh_Hans", "Chinese (simplified)"), new("zh_Hant", "Chinese (traditional)"), new("da", "Danish"),
        new("nl", "Dutch"),
        English, new("fi", "Finnish"), new("fr", "French"), new("de", "German"), new("hu", "Hungarian"), new("it", "Italian"), new("ja", "Japanese"),
        new("ko", "Korean"), new("nb", "Norwegian"), new("es", "Spanish"), new("sv", "Swedish"), new("th", "Thai"), new("tr", "Turkish"),
        new("uk", "Ukrainian"),
    ];

    /// <summary>The tag for <c>lang</c>, such as <c>zh-Hans</c>.</summary>
    public string Tag => Value.Replace('_', '-');

    /// <summary>By which .NET knows it.</summary>
    public CultureInfo Culture => CultureInfo.GetCultureInfo(Tag);

    /// <summary>That of the request under way, as <c>UseRequestLocalization</c> found it.</summary>
    public static Language Current => Find(CultureInfo.CurrentUICulture.Name) ?? English;

    /// <summary>The language named exactly, with <c>_</c> or <c>-</c>; null when it is not offered.</summary>
    public static Language? Find(string? name)
        => name is null ? null : All.FirstOrDefault(
            language => string.Equals(language.Tag, name.Replace('_', '-'), StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The offered language that comes nearest to a browser's tag: <c>zh-TW</c> is <c>zh_Hant</c>, <c>de-AT</c> is <c>de</c>, <c>no</c> is <c>nb</c>.
    /// </summary>
    public static Language? Nearest(string tag)
    {
        var parts = tag.ToLowerInvariant().Split('-', '_');
        return parts[0] switch
        {
            "zh" => Find(parts.Contains("hant") || parts.Any(part => part is "tw" or "hk" or "mo") ? "zh-Hant" : "zh-Hans"),
            "no" or "nn" => Find("nb"),
            var language => Find(tag) ?? Find(language),
        };
    }

    /// <summary>The best of an <c>Accept-Language</c> header by quality, then by order; null when none of it is offered.</summary>
    public static Language? Negotiate(string? acceptLanguage)
    {
        if (string.IsNullOrEmpty(acceptLanguage)
            || !Microsoft.Net.Http.Headers.StringWithQualityHeaderValue.TryParseList([acceptLanguage], out var wishes))
            return null;
        return wishes.Where(wish => (wish.Quality ?? 1) > 0).OrderByDescending(wish => wish.Quality ?? 1)
            .Select(wish => Nearest(wish.Value.ToString())).FirstOrDefault(language => language is not null);
    }
}
