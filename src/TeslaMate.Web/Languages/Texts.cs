using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Localization;

namespace TeslaMate.Web.Languages;

/// <summary>The pages' texts in one language. The English text is the name; what is not translated stays English.</summary>
public sealed class Texts : IStringLocalizer
{
    readonly Dictionary<string, LocalizedString[]> _messages;

    Texts(Language language, Dictionary<string, LocalizedString[]> messages)
    {
        Language = language;
        _messages = messages;
    }

    public Language Language { get; }

    public LocalizedString this[string name] => _messages.TryGetValue(name, out var forms) ? forms[0] : new(name, name, resourceNotFound: true);

    /// <summary>The text with its <c>{0}</c>, <c>{1}</c> … replaced. A translation that lacks a place is shown without that value.</summary>
    public LocalizedString this[string name, params object[] arguments] => Formatted(this[name], arguments);

    /// <summary>The form that fits the number, which replaces <c>{0}</c>.</summary>
    public LocalizedString Count(int number, string one, string other) => Formatted(
        _messages.TryGetValue(other, out var forms)
            ? forms[Math.Min(Plural(Language.Value, number), forms.Length - 1)] : this[number == 1 ? one : other], number);

    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => _messages.Values.Select(forms => forms[0]);

    /// <summary>All forms of a translated text.</summary>
    internal IReadOnlyList<string> Forms(string english) => [.. _messages[english].Select(form => form.Value)];

    /// <summary>
    /// Reads the embedded messages of a language: <c>languages/de.json</c>, each a text or, for counted things, a list of plural forms.
    /// </summary>
    internal static Texts Load(Language language)
    {
        using var file = typeof(Texts).Assembly.GetManifestResourceStream($"languages/{language.Value}.json");
        if (file is null)
            return new(language, []);
        using var document = JsonDocument.Parse(file);
        return new(language, document.RootElement.EnumerateObject().ToDictionary(message => message.Name, Read));
    }

    static LocalizedString[] Read(JsonProperty message) => message.Value.ValueKind == JsonValueKind.Array
        ? [.. message.Value.EnumerateArray().Select(form => new LocalizedString(message.Name, form.GetString() ?? ""))]
        : [new LocalizedString(message.Name, message.Value.GetString() ?? "")];

    static LocalizedString Formatted(LocalizedString text, params object[] arguments)
        => new(text.Name, string.Format(CultureInfo.InvariantCulture, text.Value, arguments), text.ResourceNotFound);

    // Which of a message's forms a number takes, after Unicode's rules for whole numbers. The framework's localizers have no plurals.
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
}
