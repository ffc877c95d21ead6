using Microsoft.Extensions.Localization;

namespace TeslaMate.Web.Languages;

/// <summary>The texts of all languages, from the embedded files. Its localizers are those of the request under way.</summary>
public sealed class TextCatalogue : IStringLocalizerFactory
{
    // Most are never asked for.
    readonly Dictionary<Language, Lazy<Texts>> _texts
        = Language.All.ToDictionary(language => language, language => new Lazy<Texts>(() => Texts.Load(language)));

    public Texts In(Language language) => _texts[language].Value;

    public IStringLocalizer Create(Type resourceSource) => In(Language.Current);

    public IStringLocalizer Create(string baseName, string location) => In(Language.Current);
}
