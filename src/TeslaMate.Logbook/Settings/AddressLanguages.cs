namespace TeslaMate.Logbook.Settings;

/// <summary>The languages that addresses can be had in (spec logbook 13.1).</summary>
public static class AddressLanguages
{
    /// <summary>English name and code, sorted by name. (<c>zh_Hans</c> is accepted too; an older page stored it.)</summary>
    public static IReadOnlyList<(string Name, string Code)> All { get; } =
    [
        ("Albanian", "sq"), ("Arabic", "ar"), ("Armenian", "hy"), ("Azerbaijani", "az"), ("Belarusian", "be"), ("Bosnian", "bs"),
        ("Breton", "br"), ("Bulgarian", "bg"), ("Catalan", "ca"), ("Chinese", "zh"), ("Croatian", "hr"), ("Czech", "cs"), ("Danish", "da"),
        ("Dutch", "nl"), ("English", "en"), ("Estonian", "et"), ("Finnish", "fi"), ("French", "fr"), ("Georgian", "ka"), ("German", "de"),
        ("Greek", "el"), ("Hebrew", "he"), ("Hungarian", "hu"), ("Icelandic", "is"), ("Irish", "ga"), ("Italian", "it"), ("Japanese", "ja"),
        ("Japanese (Kana)", "ja_kana"), ("Japanese (Latin)", "ja-Latn"), ("Kannada", "kn"), ("Kazakh", "kk"), ("Korean", "ko"),
        ("Korean (Latin)", "ko-Latn"), ("Latin", "la"), ("Latvian", "lv"), ("Lithuanian", "lt"), ("Luxembourgish", "lb"),
        ("Macedonian", "mk"), ("Maltese", "mt"), ("Norwegian", "no"), ("Polish", "pl"), ("Portuguese", "pt"), ("Romania", "ro"),
        ("Romansh", "rm"), ("Russian", "ru"), ("Scottish Gaelic", "gd"), ("Serbian (Cyrillic)", "sr"), ("Serbian (Latin)", "sr-Latn"),
        ("Slovak", "sk"), ("Slovene", "sl"), ("Spanish", "es"), ("Swedish", "sv"), ("Thai", "th"), ("Turkish", "tr"), ("Ukrainian", "uk"),
        ("Welsh", "cy"), ("Western Frisian", "fy"),
    ];

    public static bool IsSupported(string code) => code == "zh_Hans" || All.Any(language => language.Code == code);
}
