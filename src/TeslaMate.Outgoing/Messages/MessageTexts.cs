using System.Collections.Concurrent;
using System.Text.Json;

namespace TeslaMate.Outgoing.Messages;

/// <summary>
/// The texts of messages in all languages of the pages, from the embedded files <c>Messages/Languages</c>. The English text is the name; a message is
/// written without a visitor whose browser says a language, so that of the settings is taken.
/// </summary>
public sealed class MessageTexts
{
    readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _languages = new();

    /// <summary>
    /// The texts of a language: from the English text, with its <c>{0}</c>, <c>{1}</c> ..., to the translated one with these places. English where
    /// the language, or a text of it, is not there.
    /// </summary>
    /// <param name="language">As <c>de</c>, <c>pt</c> or <c>zh_Hant</c>.</param>
    public Func<string, string> In(string language)
    {
        var texts = _languages.GetOrAdd(language, Load);
        return english => texts.GetValueOrDefault(english, english);
    }

    /// <summary>Every text that is translated into a language.</summary>
    internal IReadOnlyDictionary<string, string> All(string language) => _languages.GetOrAdd(language, Load);

    static IReadOnlyDictionary<string, string> Load(string language)
    {
        // The settings name more languages than the pages have, some of them in another way.
        var whole = language.Replace('-', '_');
        foreach (var name in (string[])[whole, whole.Split('_')[0] switch { "zh" => "zh_Hans", "no" or "nn" => "nb", var part => part }])
        {
            using var file = typeof(MessageTexts).Assembly.GetManifestResourceStream($"messages/{name}.json");
            if (file is not null)
                return JsonSerializer.Deserialize(file, StringsJson.Default.DictionaryStringString) ?? [];
        }

        return new Dictionary<string, string>();
    }
}
