using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace TeslaMate.Web.Languages;

/// <summary>The pages' texts in one language. The English text is the key; what is not translated stays English.</summary>
public sealed class Texts
{
    readonly FrozenDictionary<string, string[]> _messages;

    Texts(Language language, FrozenDictionary<string, string[]> messages)
    {
        Language = language;
        _messages = messages;
    }

    public Language Language { get; }

    /// <summary>The embedded messages of every language: <c>languages/de.json</c>, each a text or, for counted things, a list of plural forms.</summary>
    public static FrozenDictionary<Language, Texts> LoadAll() => Language.All.ToFrozenDictionary(language => language, Load);

    public string this[string english] => _messages.TryGetValue(english, out var forms) ? forms[0] : english;

    /// <summary>The text with its <c>{0}</c>, <c>{1}</c> … replaced. A translation that lacks a place is shown without that value.</summary>
    public string With(string english, params ReadOnlySpan<object?> values) => string.Format(CultureInfo.InvariantCulture, this[english], values);

    /// <summary>The form that fits the number, which replaces <c>{0}</c>.</summary>
    public string Count(int number, string one, string other)
    {
        var form = _messages.TryGetValue(other, out var forms)
            ? forms[Math.Min(Plural(Language.Value, number), forms.Length - 1)]
            : number == 1 ? one : other;
        return string.Format(CultureInfo.InvariantCulture, form, number);
    }

    /// <summary>The English texts that have a translation here.</summary>
    internal IEnumerable<string> Translated => _messages.Keys;

    /// <summary>All forms of a translated text.</summary>
    internal IReadOnlyList<string> Forms(string english) => _messages[english];

    // Which of a message's forms a number takes, after Unicode's rules for whole numbers.
    static int Plural(string language, int number) => language switch
    {
        "ja" or "ko" or "th" or "zh_Hans" or "zh_Hant" => 0,
        "fr" => number <= 1 ? 0 : 1,
        "uk" => (number % 10, number % 100) switch
        {
            (1, not 11) => 0,
            ( >= 2 and <= 4, < 12 or > 14) => 1,
            _ => 2,
        },
        _ => number == 1 ? 0 : 1,
    };

    static Texts Load(Language language)
    {
        using var file = typeof(Texts).Assembly.GetManifestResourceStream($"languages/{language.Value}.json");
        if (file is null)
            return new(language, FrozenDictionary<string, string[]>.Empty);
        using var document = JsonDocument.Parse(file);
        return new(language, document.RootElement.EnumerateObject().ToFrozenDictionary(message => message.Name, message => Read(message.Value)));
    }

    static string[] Read(JsonElement message) => message.ValueKind == JsonValueKind.Array
        ? [.. message.EnumerateArray().Select(form => form.GetString() ?? "")]
        : [message.GetString() ?? ""];
}
