using System.Collections.Frozen;
using Microsoft.Extensions.Localization;

namespace TeslaMate.Web.Languages;

/// <summary>The texts of all languages, from the embedded files. Its localizers are those of the request under way.</summary>
public sealed class TextCatalogue : IStringLocalizerFactory
{
    readonly FrozenDictionary<Language, Texts> _texts = Language.All.ToFrozenDictionary(language => language, Texts.Load);

    public Texts In(Language language) => _texts[language];

    public IStringLocalizer Create(Type resourceSource) => In(Language.Current);

    public IStringLocalizer Create(string baseName, string location) => In(Language.Current);
}
